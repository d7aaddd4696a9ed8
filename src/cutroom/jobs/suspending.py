"""Giving up the slot: the job waits, and its items are made, in one transaction."""

import time
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.errors import LeaseLost, NewItems, Timer, Wait
from cutroom.jobs.job import JOB_PREFIX
from cutroom.jobs.recorder import Notes
from cutroom.jobs.registry import Registry
from cutroom.jobs.statements import statement
from cutroom.jobs.writing import noted, record
from cutroom.kit.ids import new_id

_LOCK: Final = statement("""
SELECT cancel_requested_at IS NOT NULL AS cancelled FROM jobs
WHERE id = :id AND fence = :fence AND status = 'running' FOR UPDATE
""")
_MARK_MAP: Final = statement("""
INSERT INTO job_steps (job_id, name, kind, result, attempt, started_at)
SELECT id, :step, 'map',
       jsonb_build_object('items', CAST(:items AS int), 'low', CAST(:low AS float8), 'high', CAST(:high AS float8)),
       attempt, clock_timestamp()
FROM jobs WHERE id = :id
""")
_MARK_TIMER: Final = statement("""
INSERT INTO job_steps (job_id, name, kind, result, attempt, started_at)
SELECT id, :step, 'timer',
       jsonb_build_object('until', EXTRACT(EPOCH FROM clock_timestamp()) + CAST(:seconds AS float8)),
       attempt, clock_timestamp()
FROM jobs WHERE id = :id
RETURNING CAST(result ->> 'until' AS float8)
""")
# What was begun goes before what was not: of a job that may wait, the items of items go first. Else all items of a map
# would be begun before the items of the first are done, and wait half-made for hours.
_ITEMS: Final = statement("""
WITH changed AS (
  INSERT INTO jobs (id, workspace_id, type, status, priority, root_id, parent_id, parent_step, parent_index, depth,
                    internal, input, max_attempts, correlation_id, trace, needs, event_seq, queued_at)
  SELECT i.id, p.workspace_id, :type, 'queued',
         p.priority + CASE WHEN p.depth > 0 AND p.priority < 0 THEN 1 ELSE 0 END,
         p.root_id, p.id, :step, i.nr - 1, p.depth + 1, true, CAST(i.input AS jsonb), :max_attempts,
         p.correlation_id, p.trace, p.needs, 1, clock_timestamp()
  FROM jobs AS p CROSS JOIN unnest(CAST(:ids AS text[]), CAST(:inputs AS text[])) WITH ORDINALITY AS i (id, input, nr)
  WHERE p.id = :id
  RETURNING *
), event AS (
  $state_event
)
SELECT pg_notify('cutroom_jobs', '') FROM changed LIMIT 1
""")
_SUSPEND: Final = statement("""
WITH given AS (
  SELECT * FROM jsonb_to_record(CAST(:given AS jsonb)) AS g (
    id text, fence bigint, made int, mapped boolean, until float8, progress real, stage text, events jsonb)
), attempt AS (
  UPDATE job_attempts AS a SET ended_at = clock_timestamp(), outcome = 'suspended'
  FROM given AS g WHERE a.job_id = g.id AND a.fence = g.fence
), changed AS (
  UPDATE jobs AS j SET
    status = CASE WHEN g.mapped AND j.pending + g.made <= 0 THEN 'queued' ELSE 'waiting' END,
    run_at = CASE WHEN g.mapped AND j.pending + g.made <= 0 THEN NULL ELSE to_timestamp(g.until) END,
    pending = j.pending + g.made, resumes = true, lease_until = NULL, worker = NULL, queued_at = clock_timestamp(),
    progress = COALESCE(g.progress, j.progress), stage = COALESCE(g.stage, j.stage),
    event_seq = j.event_seq + jsonb_array_length(g.events)
  FROM given AS g WHERE j.id = :id AND j.id = g.id
  RETURNING j.id, j.status, j.event_seq, g.events
), noted AS (
  INSERT INTO job_events (job_id, seq, at, kind, data)
  SELECT c.id, c.event_seq - jsonb_array_length(c.events) + e.nr,
         statement_timestamp() - make_interval(secs => CAST(e.value ->> 'age_s' AS float8)),
         e.value ->> 'kind', e.value -> 'data'
  FROM changed AS c CROSS JOIN LATERAL jsonb_array_elements(c.events) WITH ORDINALITY AS e (value, nr)
)
SELECT CASE WHEN status = 'queued' THEN pg_notify('cutroom_jobs', '') END,
       CASE WHEN jsonb_array_length(events) > 0 THEN pg_notify('cutroom_events', id) END
FROM changed
""")


async def suspend(
    session: AsyncSession, registry: Registry, job_id: str, fence: int, waits: Sequence[Wait], notes: Notes | None
) -> bool:
    """Make the job wait for all of `waits`; False when a cancel came first and nothing was written.

    Raises:
        LeaseLost: when this attempt does not hold the job any more.
    """
    row = (await session.execute(_LOCK, {"id": job_id, "fence": fence})).one_or_none()
    if row is None:
        raise LeaseLost(job_id)
    if row.cancelled:
        return False
    made = 0
    for wait in waits:
        if isinstance(wait, NewItems) and wait.inputs is not None:
            made += await _make_items(session, registry, job_id, wait, wait.inputs)
    times = [await _time_of(session, job_id, wait) for wait in waits if isinstance(wait, Timer)]
    given: dict[str, Any] = {
        "id": job_id,
        "fence": fence,
        "made": made,
        "mapped": any(isinstance(wait, NewItems) for wait in waits),
        "until": min(times, default=None),
        **noted(notes, time.monotonic()),
    }
    await session.execute(_SUSPEND, {"given": record(given), "id": job_id})
    return True


async def _make_items(
    session: AsyncSession, registry: Registry, job_id: str, wait: NewItems, inputs: Sequence[str]
) -> int:
    workflow = registry.get(wait.workflow)
    low, high = wait.span or (None, None)
    await session.execute(_MARK_MAP, {"id": job_id, "step": wait.step, "items": len(inputs), "low": low, "high": high})
    values = {
        "id": job_id,
        "type": workflow.name,
        "step": wait.step,
        "max_attempts": workflow.max_attempts,
        "ids": sorted(new_id(JOB_PREFIX) for _ in inputs),  # so that items start in order
        "inputs": list(inputs),
    }
    await session.execute(_ITEMS, values)
    return len(inputs)


async def _time_of(session: AsyncSession, job_id: str, wait: Timer) -> float:
    if wait.until is not None:
        return wait.until
    values = {"id": job_id, "step": wait.step, "seconds": wait.seconds}
    return float((await session.execute(_MARK_TIMER, values)).scalar_one())
