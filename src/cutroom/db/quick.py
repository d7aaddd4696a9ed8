"""Single statements on the hot path, without a session and without a transaction of their own.

A session that begins, asks once and commits takes three round trips and half a millisecond of our processor; a
statement that stands alone needs neither BEGIN nor COMMIT, for it is a transaction by itself. For what every request
asks, and for the job that a request makes.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.sql import ClauseElement

_DIALECT: Final = dialect.dialect()  # type: ignore[no-untyped-call]


class Quick:
    """A statement, compiled once; its rows have the columns as attributes.

    Args:
        statement: as a construct, or as text with `:parameters`.
    """

    def __init__(self, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]  # of statements with parameters
        self._usual = dict(compiled.params)

    async def one(self, connection: "asyncpg.Connection[Any]", **values: object) -> Any | None:
        """The first row, or None."""
        found = await connection.fetchrow(self._sql, *self._arguments(values))
        return None if found is None else _row(tuple(found.keys()))(*found.values())

    async def some(self, connection: "asyncpg.Connection[Any]", given: Sequence[Mapping[str, object]]) -> list[Any]:
        """The rows of all these values, sent in one go and within one transaction."""
        found = await connection.fetchmany(self._sql, [self._arguments(values) for values in given])
        return [_row(tuple(row.keys()))(*row.values()) for row in found]

    def _arguments(self, values: Mapping[str, object]) -> list[object]:
        given = {**self._usual, **values}
        return [given[name] for name in self._names]


@lru_cache(maxsize=64)
def _row(columns: tuple[str, ...]) -> Callable[..., Any]:
    return namedtuple("Row", columns)  # noqa: PYI024 — the columns are known when it runs
