"""Transactions."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from cutroom.db.engine import dsn
from cutroom.db.errors import unavailable
from cutroom.db.quick import Quick
from cutroom.db.singles import Singles


class Database:
    """The one way to the tables: short transactions on a pooled engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._singles = Singles(engine)

    @property
    def url(self) -> str:
        """Where the database is, password included."""
        return dsn(self.engine.url)

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises:
            Unavailable: `database_unavailable`, when the connection cannot be made or is lost. A commit whose answer
                was lost may have happened: what must not happen twice needs a key of its own.
        """
        try:
            async with self._sessions.begin() as session:
                yield session
        except (DBAPIError, PoolTimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if (mapped := unavailable(error)) is not None:
                raise mapped from error
            raise

    async def one(self, quick: Quick, **values: object) -> Any | None:
        """The first row of a statement that needs no transaction, or None.

        Raises:
            Unavailable: `database_unavailable`. A write whose answer was lost may have happened.
        """
        try:
            return await self._singles.one(quick, **values)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if (mapped := unavailable(error)) is not None:
                raise mapped from error
            raise

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._singles.close()
        await self.engine.dispose()
