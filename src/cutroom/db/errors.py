"""Which failures of the database mean "not there right now" rather than "wrong"."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cutroom.kit.errors import Unavailable

RETRY_AFTER_S: Final = 2.0
# Manual, appendix A: class 08 connection, 53 insufficient resources (disk, memory, connections), 57P01-57P05 shutdown,
# crash, not yet accepting, database dropped, idle session; 55P03 lock not available; 25006 read-only (a failover).
_STATES: Final = ("08", "53", "57P0", "55P03", "25006", "25P03")
DRIVER: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises by itself; not all of it is an outage."""
_BROKEN: Final = ("cannot switch to state", "not connected")
_MESSAGE: Final = "The database does not answer right now; try again in a moment."


def unavailable(error: BaseException | None) -> Unavailable | None:
    """The error to raise instead of `error` when the database could not be reached or could not serve; else None.

    Looks through SQLAlchemy's wrapper and the chain of causes. An `OSError` counts: call this only around code whose
    operating system errors can come from the connection.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, Unavailable):
            return error
        if _is_outage(error):
            return Unavailable("database_unavailable", _MESSAGE, retry_after_s=RETRY_AFTER_S)
        error = (error.orig if isinstance(error, DBAPIError) else None) or error.__cause__
    return None


def _is_outage(error: BaseException) -> bool:
    if isinstance(error, OSError | asyncpg.PostgresConnectionError | PoolTimeoutError):
        return True
    if isinstance(error, asyncpg.InternalClientError):
        # A server that was killed: its connection's end is on its way, and asyncpg has begun to read it.
        return str(error).startswith(_BROKEN)
    if isinstance(error, asyncpg.InterfaceError):  # also raised for values of the wrong type, by a subclass
        return "closed" in str(error)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state.startswith(_STATES)
