"""Transactions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from cutroom.db.engine import dsn
from cutroom.db.errors import DRIVER, unavailable
from cutroom.db.quick import Quick
from cutroom.db.singles import Singles
from cutroom.db.together import Together


class Database:
    """The one way to the tables: short transactions on a pooled engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._singles = Singles(engine)
        self._together: dict[Quick, Together[Mapping[str, object], Any | None]] = {}

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
        except (DBAPIError, PoolTimeoutError, *DRIVER) as error:
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
        except (OSError, *DRIVER) as error:
            if (mapped := unavailable(error)) is not None:
                raise mapped from error
            raise

    async def one_of_many(self, quick: Quick, by: str, **values: object) -> Any | None:
        """The first row, as `one`, asked together with what others ask of the same statement meanwhile.

        Args:
            quick: gives one row at most.
            by: a column that holds the value of the parameter of the same name, which alone decides the row.
            values: as for `one`.

        Raises:
            Unavailable: as `one`.
        """
        together = self._together.get(quick)
        if together is None:
            together = self._together[quick] = Together(lambda given: self._ask(quick, by, given))
        try:
            return await together.do(values)
        except (OSError, *DRIVER) as error:
            if (mapped := unavailable(error)) is not None:
                raise mapped from error
            raise

    async def _ask(self, quick: Quick, by: str, given: Sequence[Mapping[str, object]]) -> Sequence[Any | None]:
        if len(given) == 1:
            return [await self._singles.one(quick, **given[0])]
        different = {values[by]: values for values in given}
        try:
            rows = await self._singles.some(quick, list(different.values()))
        except asyncpg.PostgresConnectionError:
            raise
        except asyncpg.PostgresError:  # of one of them, for which the others are not to blame
            alone = [self._singles.one(quick, **values) for values in given]
            return await asyncio.gather(*alone, return_exceptions=True)
        found = {getattr(row, by): row for row in rows}
        return [found.get(values[by]) for values in given]

    async def close(self) -> None:
        """Close the pooled connections."""
        for together in list(self._together.values()):
            await together.settle()
        await self._singles.close()
        await self.engine.dispose()
