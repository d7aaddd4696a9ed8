"""Fixtures for every package: a real Postgres per test process, a database without rows per test.

`TEST_DATABASE_URL` names an outside server to use instead; its user must be allowed to create databases. The tables
come from the migrations: after changing a row class, write one (`cutroom.app.migrate` says how).
"""

import gc
import logging
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from typing import Any, Final, Self

import asyncpg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from cutroom.app.migrate import upgrade
from cutroom.db import Database, EmbeddedPostgres, make_engine
from cutroom.db.engine import connect, dsn
from cutroom.kit.redaction import clean

_STATE: Final = """
    SELECT (SELECT max(oid) FROM pg_class) AS objects, pg_database_size(current_database()) AS bytes,
           (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections
"""
_EMPTY: Final = """
    SELECT 'WITH ' || string_agg(format('t%s AS (DELETE FROM %I)', oid, relname), ', ') || ' SELECT 1'
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""
_ROOM_BYTES: Final = 2**20

# How long an example takes, or its making, says nothing on a machine that does other things too.
settings.register_profile(
    "patient",
    settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")

# While modules are imported and tests collected, everything is kept: looking for garbage again and again finds nothing.
gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from now on, and never again among what was collected."""
    gc.freeze()
    gc.enable()


async def _state(connection: "asyncpg.Connection[Any]") -> tuple[int, int, int]:
    row = await connection.fetchrow(_STATE)
    assert row is not None
    return row["objects"], row["bytes"], row["connections"]


class Server:
    """A Postgres, the name of the database in it that holds our tables and no rows, and copies ready for use."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.template = f"template_{secrets.token_hex(8)}"
        self._ready: list[str] = []

    async def execute(self, statement: str) -> None:
        connection = await connect(self.url, name="tests")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def database_url(self, name: str) -> str:
        return dsn(make_url(self.url).set(database=name))

    async def create(self, template: str) -> str:
        name = f"test_{secrets.token_hex(8)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def drop(self, *names: str) -> None:
        for name in names:
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def take(self) -> str:
        """The name of a database with every table and no rows."""
        return self._ready.pop() if self._ready else await self.create(self.template)

    async def give_back(self, name: str) -> None:
        """Take a database back: emptied when only rows were added to it, and few; else it is dropped.

        Making a database takes a hundred times as long as emptying one.
        """
        connection = await connect(self.database_url(name), name="tests")
        try:
            objects, size, connections = await _state(connection)
            reusable = connections == 1 and (objects, size <= self._size + _ROOM_BYTES) == (self._objects, True)
            if reusable:
                await connection.execute(await connection.fetchval(_EMPTY))
        finally:
            await connection.close()
        if reusable:
            self._ready.append(name)
        else:
            await self.drop(name)

    async def __aenter__(self) -> Self:
        await self.execute(f"CREATE DATABASE {self.template} TEMPLATE template0")
        await upgrade(self.database_url(self.template))
        connection = await connect(self.database_url(self.template), name="tests")
        self._objects, self._size, _ = await _state(connection)
        await connection.close()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drop(self.template, *self._ready)


@pytest.fixture(scope="session", autouse=True)
def _log_to_pytest() -> None:
    """Hand the log to pytest, which shows it beside a failure; without structlog's slow picture of local variables."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            clean,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )


@pytest.fixture(scope="session")
async def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of a database in this test process's own Postgres."""
    outside = os.environ.get("TEST_DATABASE_URL")
    if outside:
        yield outside
        return
    folder = tmp_path_factory.mktemp("postgres")
    # Nothing here has to survive a power cut or to be followed, and several test processes share one disk.
    settings = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}
    postgres = EmbeddedPostgres(folder, settings=settings)
    try:
        yield await postgres.start()
    finally:
        await postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres_server(postgres_url: str) -> AsyncIterator[Server]:
    """The test process's Postgres with a template that holds every package's tables, as the migrations make them."""
    async with Server(postgres_url) as server:
        yield server


@pytest.fixture
async def empty_database_url(postgres_server: Server) -> AsyncIterator[str]:
    """The URL of a fresh database without tables."""
    name = await postgres_server.create("template0")
    yield postgres_server.database_url(name)
    await postgres_server.drop(name)


@pytest.fixture
async def database(postgres_server: Server) -> AsyncIterator[Database]:
    """A database with every table and no rows; its address is `database.url`."""
    name = await postgres_server.take()
    opened = Database(make_engine(postgres_server.database_url(name), name="tests"))
    yield opened
    await opened.close()
    await postgres_server.give_back(name)
