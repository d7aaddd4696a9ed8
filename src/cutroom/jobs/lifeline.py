"""The worker's own connections."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cutroom.db import Database, make_engine, unavailable

CONNECTIONS: Final = 6
_SETTINGS: Final = """
SET enable_seqscan = off;
SET jit = off;
SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '5s';
"""


class Lifeline(Database):
    """Connections to the same server that nobody else uses: a beat never waits behind an upload for a free one.

    Their planner is told not to read whole tables. A queue's size changes by the second, the statistics by the minute,
    and a plan made while the queue was empty would read all of it when it is long. Nor may a worker that freezes in the
    middle of a transaction keep what it locked for longer than a few seconds.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextlib.asynccontextmanager
    async def single(self, *, within_s: float) -> AsyncIterator[AsyncConnection]:
        """A connection for statements of which each is a transaction by itself, which saves two round trips.

        Raises:
            Unavailable: `database_unavailable`; a statement whose answer was lost may have happened.
            TimeoutError: when it takes longer than `within_s`.
        """
        try:
            async with asyncio.timeout(within_s), self._single.connect() as connection:
                yield connection
        except (DBAPIError, PoolTimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if (mapped := unavailable(error)) is not None:
                raise mapped from error
            raise


def lifeline(database: Database) -> Lifeline:
    """A worker's own connections to the server of `database`."""
    engine = make_engine(database.url, pool_size=CONNECTIONS, name="cutroom-worker")

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.run_async(lambda connection: connection.execute(_SETTINGS))

    return Lifeline(engine)
