"""Fixtures for every package: a real Postgres per test process, a fresh database per test.

`TEST_DATABASE_URL` names an outside server to use instead; its user must be allowed to create databases. The tables
come from the migrations: after changing a row class, write one (`cutroom.app.migrate` says how).
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy.engine import make_url

from cutroom.app.migrate import upgrade
from cutroom.db import Database, EmbeddedPostgres, make_engine
from cutroom.db.engine import connect, dsn


@dataclass(frozen=True, slots=True)
class Server:
    """A Postgres, and the name of the database in it that holds our tables and no rows."""

    url: str
    template: str

    async def execute(self, statement: str) -> None:
        connection = await connect(self.url, name="tests")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def database_url(self, name: str) -> str:
        return dsn(make_url(self.url).set(database=name))

    @contextlib.asynccontextmanager
    async def fresh(self, template: str = "template0") -> AsyncIterator[str]:
        """The URL of a new database, gone afterwards."""
        name = f"test_{secrets.token_hex(8)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.database_url(name)
        finally:
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of a database in this test process's own Postgres."""
    outside = os.environ.get("TEST_DATABASE_URL")
    if outside:
        yield outside
        return
    folder = tmp_path_factory.mktemp("postgres")
    # Nothing here has to survive a power cut, and several test processes share one disk.
    postgres = EmbeddedPostgres(folder, settings={"fsync": "off"})
    try:
        yield await postgres.start()
    finally:
        await postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres_server(postgres_url: str) -> AsyncIterator[Server]:
    """The test process's Postgres with a template that holds every package's tables, as the migrations make them."""
    server = Server(postgres_url, f"template_{secrets.token_hex(8)}")
    await server.execute(f"CREATE DATABASE {server.template} TEMPLATE template0")
    await upgrade(server.database_url(server.template))
    yield server
    await server.execute(f"DROP DATABASE {server.template} WITH (FORCE)")


@pytest.fixture
async def empty_database_url(postgres_server: Server) -> AsyncIterator[str]:
    """The URL of a fresh database without tables."""
    async with postgres_server.fresh() as url:
        yield url


@pytest.fixture
async def database(postgres_server: Server) -> AsyncIterator[Database]:
    """A fresh database with every table and no rows; its address is `database.url`."""
    async with postgres_server.fresh(postgres_server.template) as url:
        opened = Database(make_engine(url, name="tests"))
        try:
            yield opened
        finally:
            await opened.close()
