"""How this program connects to Postgres."""

from typing import Any, Final

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cutroom.db.errors import unavailable
from cutroom.kit.errors import Invalid

CONNECT_TIMEOUT_S: Final = 10.0
POOL_TIMEOUT_S: Final = 15.0
LOCK_TIMEOUT_MS: Final = 10_000
IDLE_IN_TRANSACTION_MS: Final = 60_000
NAME: Final = "cutroom_name"
"""The execution option of an engine that holds the name of its connections."""


def parse_url(url: str) -> URL:
    """Read a Postgres URL: `postgres://`, `postgresql://` or `postgresql+asyncpg://`, `?host=/socket/dir` included.

    Raises:
        Invalid: `bad_database_url`; the message does not repeat the URL, which may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Invalid("bad_database_url", "The database URL cannot be read; write postgresql://…") from error
    if parsed.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        message = f"The database URL starts with {parsed.drivername}://; only postgresql:// is supported."
        raise Invalid("bad_database_url", message)
    return parsed.set(drivername="postgresql+asyncpg")


def dsn(url: str | URL) -> str:
    """The URL as asyncpg and libpq read it, password included."""
    parsed = parse_url(url) if isinstance(url, str) else url
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


async def connect(url: str, *, name: str) -> "asyncpg.Connection[Any]":
    """Open one plain asyncpg connection.

    Args:
        url: where.
        name: the connection's `application_name`, by which an operator finds it in `pg_stat_activity`.

    Raises:
        Unavailable: `database_unavailable`, when nobody answers.
    """
    settings = {
        "application_name": name,
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
        "timezone": "UTC",
    }
    try:
        return await asyncpg.connect(dsn(url), timeout=CONNECT_TIMEOUT_S, server_settings=settings)
    except Exception as error:
        if (mapped := unavailable(error)) is not None:
            raise mapped from error
        raise


def make_engine(url: str, *, pool_size: int = 10, name: str) -> AsyncEngine:
    """Make an engine whose pool holds at most `pool_size` connections.

    A connection that died while it lay in the pool is replaced at checkout, which costs no round trip. Connecting is
    left to asyncpg's own reading of the URL, because SQLAlchemy's does not take every socket folder.
    """
    engine = create_async_engine(
        parse_url(url),
        async_creator=lambda: connect(url, name=name),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        execution_options={NAME: name},
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def replace_when_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
        if dbapi_connection.driver_connection.is_closed():
            raise DisconnectionError("the server closed this connection while it was idle")

    return engine
