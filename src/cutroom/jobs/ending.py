"""The end of attempts and of jobs, in one transaction with everything that follows from it.

A transaction first locks the jobs and their parents, by depth and then by id (see `cancelling`), so that what it
decides on stays true until it commits.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import unavailable
from cutroom.jobs.errors import AWAY, AWAY_CLAIMS
from cutroom.jobs.job import Job
from cutroom.jobs.recorder import Notes
from cutroom.jobs.repository import job_of
from cutroom.jobs.statements import statement
from cutroom.jobs.states import Status
from cutroom.jobs.writing import noted, record
from cutroom.kit.errors import Unavailable

OnEnd = Callable[[AsyncSession, Job], Awaitable[None]]
"""Told of every job that ends, items of maps (`parent_id` is set) included, inside the transaction that ends it."""

Outcome = Literal["succeeded", "failed", "cancelled", "released", "lost"]
log = structlog.get_logger()

WORKER_LOST: Final = Unavailable("worker_lost", "The worker that ran this job stopped answering.").to_json()


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ended.

    Args:
        outcome: succeeded (with `output`), failed (with `error`), cancelled, released (goes back uncharged, after
            `again_s` if given), or lost (noticed by a rescuer; nothing happens unless the lease has passed).
        output: JSON text.
        error: `CutroomError.to_json()` data.
        again_s: try again after so many seconds, while attempts are left, or uncharged where what all jobs need was
            `AWAY`; None to fail at once.
        dead: it becomes a dead letter when it fails, although it may not try again.
        notes: the last progress and log lines.
    """

    job_id: str
    fence: int
    parent_id: str | None
    outcome: Outcome
    output: str | None = None
    error: dict[str, Any] | None = None
    again_s: float | None = None
    dead: bool = False
    notes: Notes | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an end: the job as it is now; None when the attempt no longer held it."""

    job: Job | None


_LOCK: Final = statement("""
SELECT id, fence, status, attempt, max_attempts, cancel_requested_at IS NOT NULL AS cancelled,
       lease_until <= clock_timestamp() AS expired
FROM jobs WHERE id = ANY(CAST(:ids AS text[])) ORDER BY depth, id FOR UPDATE
""")
_TRY_LOCK: Final = statement("""
SELECT id, fence, status, attempt, max_attempts, cancel_requested_at IS NOT NULL AS cancelled,
       lease_until <= clock_timestamp() AS expired
FROM jobs WHERE id = ANY(CAST(:ids AS text[])) ORDER BY depth, id FOR UPDATE SKIP LOCKED
""")
_END: Final = statement("""
WITH given AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:ends AS jsonb)) AS e (
    id text, fence bigint, outcome text, status text, output jsonb, error jsonb, again_s float8, dead boolean,
    uncharged int, progress real, stage text, events jsonb)
), attempt AS (
  UPDATE job_attempts AS a SET ended_at = clock_timestamp(), outcome = g.outcome, error = g.error
  FROM given AS g WHERE a.job_id = g.id AND a.fence = g.fence
), changed AS (
  UPDATE jobs AS j SET
    status = g.status, output = g.output,
    error = CASE WHEN g.status IN ('failed', 'retrying') THEN g.error || jsonb_build_object('attempts', (
      SELECT COALESCE(jsonb_agg(tried.entry ORDER BY tried.fence), '[]') FROM (
        SELECT fence, jsonb_build_object('attempt', attempt, 'at', ended_at, 'error', error) AS entry FROM job_attempts
        WHERE job_id = g.id AND error IS NOT NULL AND fence < g.fence
        UNION ALL SELECT g.fence, jsonb_build_object('attempt', j.attempt, 'at', clock_timestamp(), 'error', g.error)
        ORDER BY 1 DESC LIMIT 20
      ) AS tried)) END,
    attempt = j.attempt - g.uncharged,
    progress = CASE g.status WHEN 'succeeded' THEN 1 WHEN 'retrying' THEN 0 ELSE COALESCE(g.progress, j.progress) END,
    stage = COALESCE(g.stage, j.stage),
    run_at = CASE WHEN g.status = 'retrying' THEN clock_timestamp() + make_interval(secs => g.again_s) END,
    queued_at = CASE WHEN g.status = 'queued' THEN clock_timestamp() ELSE j.queued_at END,
    finished_at = CASE WHEN g.status IN $ended THEN clock_timestamp() END,
    dead_at = CASE WHEN g.dead THEN clock_timestamp() END,
    lease_until = NULL, worker = NULL,
    event_seq = j.event_seq + jsonb_array_length(g.events) + 1
  FROM given AS g
  WHERE j.id = ANY(CAST(:ids AS text[])) AND j.id = g.id AND j.fence = g.fence AND j.status = 'running'
  RETURNING j.*, g.events
), noted AS (
  INSERT INTO job_events (job_id, seq, at, kind, data)
  SELECT c.id, c.event_seq - 1 - jsonb_array_length(c.events) + e.nr,
         statement_timestamp() - make_interval(secs => CAST(e.value ->> 'age_s' AS float8)),
         e.value ->> 'kind', e.value -> 'data'
  FROM changed AS c CROSS JOIN LATERAL jsonb_array_elements(c.events) WITH ORDINALITY AS e (value, nr)
), event AS (
  $state_event
)
SELECT $job, fence, parent_step, pg_notify('cutroom_events', id),
       CASE WHEN status = 'queued' THEN pg_notify('cutroom_jobs', '') END
FROM changed
""")
# Items of a failed map that have not started never will. Those that somebody is claiming right now run to their end.
_SIBLINGS: Final = statement("""
WITH changed AS (
  UPDATE jobs SET status = 'cancelled', finished_at = clock_timestamp(), cancel_requested_at = clock_timestamp(),
    error = NULL, run_at = NULL, event_seq = event_seq + 1
  WHERE id = ANY(ARRAY(
    SELECT j.id FROM jobs AS j JOIN unnest(CAST(:parents AS text[]), CAST(:steps AS text[])) AS s (parent_id, step)
      ON j.parent_id = s.parent_id AND j.parent_step = s.step
    WHERE j.status IN ('queued', 'retrying') AND j.pending = 0
    ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
  ))
  RETURNING *
), event AS (
  $state_event
)
SELECT $job, pg_notify('cutroom_events', id) FROM changed
""")
_WAKE: Final = statement("""
WITH changed AS (
  UPDATE jobs AS p SET pending = GREATEST(p.pending - c.ended, 0),
    status = CASE WHEN p.status = 'waiting' AND p.pending <= c.ended THEN 'queued' ELSE p.status END,
    run_at = CASE WHEN p.status = 'waiting' AND p.pending <= c.ended THEN NULL ELSE p.run_at END,
    queued_at = CASE WHEN p.status = 'waiting' AND p.pending <= c.ended THEN clock_timestamp() ELSE p.queued_at END
  FROM unnest(CAST(:parents AS text[]), CAST(:counts AS bigint[])) AS c (id, ended)
  WHERE p.id = c.id
  RETURNING p.status
)
SELECT pg_notify('cutroom_jobs', '') FROM changed WHERE status = 'queued'
""")


async def end(session: AsyncSession, ends: Sequence[End], on_end: OnEnd | None, *, wait: bool) -> list[Ended | None]:
    """End attempts, and jobs where that follows.

    Args:
        session: the transaction.
        ends: of different attempts.
        on_end: told of each job that ends. What it raises undoes a success; a failure is recorded all the same.
        wait: wait for rows that others have locked; else leave such ends out.

    Returns what became of each, in order; None when it was left out.
    """
    ids = sorted({end.job_id for end in ends} | {end.parent_id for end in ends if end.parent_id is not None})
    locked = {row.id: row for row in await session.execute(_LOCK if wait else _TRY_LOCK, {"ids": ids})}
    found: dict[tuple[str, int], Ended | None] = {}
    records: list[str] = []
    for one in ends:
        row, parent_locked = locked.get(one.job_id), one.parent_id is None or one.parent_id in locked
        if row is None or not parent_locked:
            found[one.job_id, one.fence] = Ended(None) if wait else None
        elif not _holds(row, one):
            found[one.job_id, one.fence] = Ended(None)
        else:
            records.append(_record(one, row))
    if records:
        values = {"ends": f"[{','.join(records)}]", "ids": ids}
        rows = (await session.execute(_END, values)).all()
        jobs = [job_of(row) for row in rows]
        found |= {(row.id, row.fence): Ended(job) for row, job in zip(rows, jobs, strict=True)}
        await _follow_up(session, jobs, {row.id: row.parent_step for row in rows}, on_end)
    return [found[one.job_id, one.fence] for one in ends]


def _holds(row: Row[Any], one: End) -> bool:
    held = row.status == "running" and row.fence == one.fence
    return held and (one.outcome != "lost" or bool(row.expired))


def _record(one: End, row: Row[Any]) -> str:
    """What is to be written, now that the job's row is locked. A cancel that was accepted beats every other end."""
    outcome: str = "cancelled" if row.cancelled else one.outcome
    status, dead, uncharged = Status.FAILED, False, 0
    if outcome == "succeeded":
        status = Status.SUCCEEDED
    elif outcome == "cancelled":
        status = Status.CANCELLED
    elif outcome == "released":
        status, uncharged = Status.QUEUED if one.again_s is None else Status.RETRYING, 1
    elif one.again_s is not None and row.fence < AWAY_CLAIMS and (one.error or {}).get("code") in AWAY:
        status, uncharged = Status.RETRYING, 1
    elif row.attempt < row.max_attempts and (outcome == "lost" or one.again_s is not None):
        # Lost jobs need no pause; that what kills a worker does not meet the same others again is up to the claim.
        status = Status.QUEUED if outcome == "lost" else Status.RETRYING
    else:
        dead = one.dead or outcome == "lost" or one.again_s is not None
    fields = {
        "id": one.job_id,
        "fence": one.fence,
        "outcome": outcome,
        "status": status,
        "error": one.error if outcome in {"failed", "lost"} else None,
        "again_s": one.again_s,
        "dead": dead,
        "uncharged": uncharged,
        **noted(one.notes, time.monotonic()),
    }
    return record(fields, output=one.output if outcome == "succeeded" else None)


async def _follow_up(
    session: AsyncSession, jobs: Sequence[Job], steps: dict[str, str | None], on_end: OnEnd | None
) -> None:
    """Cancel the siblings of failed items, wake parents, tell `on_end`."""
    ended = [job for job in jobs if job.status.ended]
    failed = sorted({(job.parent_id, steps[job.id]) for job in ended if job.parent_id and job.status is Status.FAILED})
    if failed:
        values = {"parents": [parent for parent, _ in failed], "steps": [step for _, step in failed]}
        ended += [job_of(row) for row in await session.execute(_SIBLINGS, values)]
    counts = Counter(job.parent_id for job in ended if job.parent_id is not None)
    if counts:
        await session.execute(_WAKE, {"parents": list(counts), "counts": list(counts.values())})
    if on_end is not None:
        for job in ended:
            await _tell(session, job, on_end)


async def _tell(session: AsyncSession, job: Job, on_end: OnEnd) -> None:
    if job.status is Status.SUCCEEDED:
        await on_end(session, job)
        return
    # A job that could not even fail would be rescued and would fail to fail for ever.
    try:
        async with session.begin_nested():
            await on_end(session, job)
    except Exception as error:
        if unavailable(error) is not None:
            raise
        log.exception("job.on_end_failed", job_id=job.id, status=job.status)
