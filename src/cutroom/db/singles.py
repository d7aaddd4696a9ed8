"""Connections for statements that stand alone, each lent for one of them at a time.

The engine's pool serves transactions. To lend a connection it switches between two stacks and wraps it three times,
which takes longer than what stands on the path of every request.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from cutroom.db.engine import NAME, POOL_TIMEOUT_S, connect, dsn
from cutroom.db.quick import Quick

T = TypeVar("T")
MOST: Final = 10
"""Connections of one process at most; they are opened when so many statements run at once."""


class Singles:
    """A few connections, the one that was used last in front.

    Args:
        engine: whose database is used, under the engine's name.
        most: how many there may be.
    """

    def __init__(self, engine: AsyncEngine, *, most: int = MOST) -> None:
        self._engine = engine
        self._room = asyncio.Semaphore(most)
        self._idle: list[asyncpg.Connection[Any]] = []

    async def one(self, quick: Quick, **values: object) -> Any | None:
        """The first row of a statement, or None.

        Raises:
            TimeoutError: when all connections are busy for long.
        """
        return await self._lent(lambda connection: quick.one(connection, **values))

    async def some(self, quick: Quick, given: Sequence[Mapping[str, object]]) -> list[Any]:
        """The rows of a statement that is run with each of these values, all within one transaction.

        Raises:
            TimeoutError: as `one`.
        """
        return await self._lent(lambda connection: quick.some(connection, given))

    async def _lent(self, use: Callable[["asyncpg.Connection[Any]"], Awaitable[T]]) -> T:
        if self._room.locked():
            async with asyncio.timeout(POOL_TIMEOUT_S):
                await self._room.acquire()
        else:
            await self._room.acquire()
        try:
            connection = self._living() or await self._open()
            try:
                found = await use(connection)
            except BaseException:
                # Whoever goes away in the middle leaves an answer behind that nobody reads.
                connection.terminate()
                raise
            self._idle.append(connection)
            return found
        finally:
            self._room.release()

    async def close(self) -> None:
        """Close those that nobody uses."""
        while self._idle:
            await self._idle.pop().close()

    def _living(self) -> "asyncpg.Connection[Any] | None":
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def _open(self) -> "asyncpg.Connection[Any]":
        name = self._engine.get_execution_options()[NAME]
        connection = await connect(dsn(self._engine.url), name=name)
        try:
            await connection.set_type_codec("jsonb", encoder=str, decoder=json.loads, schema="pg_catalog")
        except BaseException:
            connection.terminate()
            raise
        return connection
