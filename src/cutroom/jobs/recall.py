"""Reading back what attempts of a job have written: the steps of its journal, and what became of its items."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.statements import statement

_STEPS: Final = statement("SELECT name, kind, CAST(result AS text) AS result FROM job_steps WHERE job_id = :id")
# A part: one row after the other is looked up, no further than to the first that does not fit. That one is told without
# its result: there the next part begins. So neither here nor in the database is more read than is wanted.
_PART: Final = """
WITH RECURSIVE part AS (
  (SELECT $row FROM $rows AND $place >= :first ORDER BY $place LIMIT 1)
  UNION ALL
  SELECT $next, part.total + next.total FROM part CROSS JOIN LATERAL (
    SELECT $row FROM $rows AND $place > part.place ORDER BY $place LIMIT 1
  ) AS next
  WHERE part.total <= :most
)
SELECT $told, total <= :most AS fits FROM part
"""
_STEPS_PART: Final = statement(
    _PART,
    row="""
    name AS place, kind, CAST(result AS text) AS result,
    200 + octet_length(name) + octet_length(CAST(result AS text)) AS total
    """,
    rows="job_steps WHERE job_id = :id",
    place="name",
    next="next.place, next.kind, next.result",
    told="place AS name, kind, CASE WHEN total <= :most THEN result END AS result",
)
_ITEMS_PART: Final = statement(
    _PART,
    row="""
    parent_index AS place, id, status, CAST(output AS text) AS output, error, dead_at IS NOT NULL AS dead,
    200 + COALESCE(octet_length(CAST(output AS text)), 0) + COALESCE(octet_length(CAST(error AS text)), 0) AS total
    """,
    rows="jobs WHERE parent_id = :id AND parent_step = :step",
    place="parent_index",
    next="next.place, next.id, next.status, next.output, next.error, next.dead",
    told="""
    id, status, CASE WHEN total <= :most THEN output END AS output,
    CASE WHEN total <= :most THEN error END AS error, dead
    """,
)
# What was spent comes first: nothing that an attempt tells beside it may push it out.
# Log lines are told with the step that they belong to, in one transaction, and soon after they are said without one.
_TOLD: Final = statement("""
SELECT f.key, CAST(LEAST(sum(CAST(f.value AS bigint)), 1000000000000000) AS bigint) AS total
FROM job_events AS e CROSS JOIN LATERAL jsonb_each_text(e.data) AS f
WHERE e.job_id = :id AND e.kind = 'log' AND jsonb_typeof(e.data -> f.key) = 'number' AND f.value ~ '^[0-9]{1,15}\\Z'
GROUP BY f.key ORDER BY f.key <> 'spentMicro', f.key LIMIT 100
""")
_ITEMS: Final = statement("""
SELECT id, status, CAST(output AS text) AS output, error, dead_at IS NOT NULL AS dead FROM jobs
WHERE parent_id = :id AND parent_step = :step ORDER BY parent_index
""")


TOLD: Final = ":told"
"""The mark that holds the sums of what log lines said; no step is called so, since none may be named by a workflow."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What earlier attempts left: results of steps as JSON text, the marks of maps and timers, and what was `TOLD`."""

    steps: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemState:
    """Where an item of a map stands.

    Args:
        output: JSON text, when it succeeded.
        error: `CutroomError.to_json()` data, when it failed.
        dead: it used up its attempts.
    """

    id: str
    status: str
    output: str | None
    error: Mapping[str, Any] | None
    dead: bool


@dataclass(frozen=True, slots=True)
class KeptPart:
    """Some of what earlier attempts left.

    Args:
        kept: that; empty when the first result of the part is larger than a part may be.
        next: where the next part begins; None when this is the last.
    """

    kept: Kept
    next: str | None


@dataclass(frozen=True, slots=True)
class ItemsPart:
    """Some of the items of a map.

    Args:
        items: in order; empty when the first of the part is larger than a part may be.
        more: they are not the last.
    """

    items: Sequence[ItemState]
    more: bool


async def kept_of(session: AsyncSession, job_id: str) -> Kept:
    """Read the journal of a job."""
    rows = (await session.execute(_STEPS, {"id": job_id})).all()
    told = {row.key: row.total for row in await session.execute(_TOLD, {"id": job_id})}
    return _kept(rows, told)


async def kept_part(session: AsyncSession, job_id: str, first: str, most: int) -> KeptPart:
    """Read the journal of a job from the step `first` on, as far as it has at most `most` bytes.

    What was told comes with the first part, for which `first` is empty.
    """
    rows = (await session.execute(_STEPS_PART, {"id": job_id, "first": first, "most": most})).all()
    told = {} if first else {row.key: row.total for row in await session.execute(_TOLD, {"id": job_id})}
    more = bool(rows) and not rows[-1].fits
    return KeptPart(_kept(rows[:-1] if more else rows, told), rows[-1].name if more else None)


async def items_of(session: AsyncSession, job_id: str, step: str) -> list[ItemState]:
    """The items of a map of a job, in order."""
    return [ItemState(*row) for row in await session.execute(_ITEMS, {"id": job_id, "step": step})]


async def items_part(session: AsyncSession, job_id: str, step: str, first: int, most: int) -> ItemsPart:
    """The items of a map of a job from the index `first` on, as far as they have at most `most` bytes."""
    values = {"id": job_id, "step": step, "first": first, "most": most}
    rows = (await session.execute(_ITEMS_PART, values)).all()
    more = bool(rows) and not rows[-1].fits
    return ItemsPart([ItemState(*row[:-1]) for row in (rows[:-1] if more else rows)], more)


def _kept(rows: Sequence[Row[Any]], told: Mapping[str, int]) -> Kept:
    return Kept(
        steps={row.name: row.result for row in rows if row.kind == "step"},
        marks={row.name: json.loads(row.result) for row in rows if row.kind != "step"} | ({TOLD: told} if told else {}),
    )
