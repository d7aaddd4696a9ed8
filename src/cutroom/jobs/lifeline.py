"""The worker's own connections."""

from typing import Any, Final

from sqlalchemy import event

from cutroom.db import Database, make_engine

CONNECTIONS: Final = 6
_SETTINGS: Final = """
SET enable_seqscan = off;
SET jit = off;
SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '5s';
"""


def lifeline(database: Database) -> Database:
    """Connections to the same server that nobody else uses: a beat never waits behind an upload for a free one.

    Their planner is told not to read whole tables. A queue's size changes by the second, the statistics by the minute,
    and a plan made while the queue was empty would read all of it when it is long. Nor may a worker that freezes in the
    middle of a transaction keep what it locked for longer than a few seconds.
    """
    engine = make_engine(database.url, pool_size=CONNECTIONS, name="cutroom-worker")

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.run_async(lambda connection: connection.execute(_SETTINGS))

    return Database(engine)
