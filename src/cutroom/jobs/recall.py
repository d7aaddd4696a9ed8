"""Reading back what attempts of a job have written: the steps of its journal, and what became of its items."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.statements import statement

_STEPS: Final = statement("SELECT name, kind, CAST(result AS text) AS result FROM job_steps WHERE job_id = :id")
_STEPS_SIZE: Final = statement("SELECT sum(octet_length(CAST(result AS text))) FROM job_steps WHERE job_id = :id")
_ITEMS_SIZE: Final = statement("""
SELECT sum(octet_length(CAST(output AS text))) FROM jobs WHERE parent_id = :id AND parent_step = :step
""")
# Log lines are told with the step that they belong to, in one transaction, and soon after they are said without one.
_TOLD: Final = statement("""
SELECT f.key, CAST(sum(CAST(f.value AS bigint)) AS bigint) AS total
FROM job_events AS e CROSS JOIN LATERAL jsonb_each_text(e.data) AS f
WHERE e.job_id = :id AND e.kind = 'log' AND jsonb_typeof(e.data -> f.key) = 'number' AND f.value ~ '^[0-9]{1,15}\\Z'
GROUP BY f.key
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


async def kept_of(session: AsyncSession, job_id: str) -> Kept:
    """Read the journal of a job."""
    rows = (await session.execute(_STEPS, {"id": job_id})).all()
    told = {row.key: row.total for row in await session.execute(_TOLD, {"id": job_id})}
    return Kept(
        steps={row.name: row.result for row in rows if row.kind == "step"},
        marks={row.name: json.loads(row.result) for row in rows if row.kind != "step"} | {TOLD: told},
    )


async def size_of(session: AsyncSession, job_id: str, step: str | None = None) -> int:
    """Bytes of the results in the journal of a job, or of the outputs of the items of a step."""
    if step is None:
        return int((await session.execute(_STEPS_SIZE, {"id": job_id})).scalar_one() or 0)
    return int((await session.execute(_ITEMS_SIZE, {"id": job_id, "step": step})).scalar_one() or 0)


async def items_of(session: AsyncSession, job_id: str, step: str) -> list[ItemState]:
    """The items of a map of a job, in order."""
    return [ItemState(*row) for row in await session.execute(_ITEMS, {"id": job_id, "step": step})]
