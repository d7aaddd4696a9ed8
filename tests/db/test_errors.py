import asyncpg
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cutroom.db import unavailable
from cutroom.kit.errors import Unavailable


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        FileNotFoundError("/run/.s.PGSQL.5432"),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.AdminShutdownError("shutdown"),
        asyncpg.CrashShutdownError("crash"),
        asyncpg.DiskFullError("no space"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        PoolTimeoutError("pool"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_outage_is_unavailable(error: Exception) -> None:
    mapped = unavailable(error)
    assert mapped is not None
    assert (mapped.code, mapped.retryable, mapped.retry_after_s) == ("database_unavailable", True, 2.0)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError("duplicate"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.InvalidPasswordError("wrong password"),
        asyncpg.UndefinedTableError("no table"),
        asyncpg.DataError("expected int, got str"),
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        ValueError("text"),
        None,
    ],
    ids=lambda error: type(error).__name__,
)
def test_anything_else_is_not(error: Exception | None) -> None:
    assert unavailable(error) is None


def test_a_cause_counts_and_a_circle_ends() -> None:
    outer = RuntimeError("outer")
    outer.__cause__ = ConnectionResetError()
    assert unavailable(outer) is not None
    inner = RuntimeError("inner")
    inner.__cause__ = outer
    outer.__cause__ = inner
    assert unavailable(outer) is None


def test_an_unavailable_stays_what_it_is() -> None:
    error = Unavailable("process_timeout", "slow")
    assert unavailable(error) is error
