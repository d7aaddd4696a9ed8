"""Cancelling a job and everything below it.

Every transaction that locks several jobs and waits for the locks takes them by depth, then by id: parents before
children, so that a cancel that comes down the tree and an end that goes up cannot wait for each other.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.ending import OnEnd
from cutroom.jobs.errors import not_found
from cutroom.jobs.job import Job
from cutroom.jobs.repository import job_of
from cutroom.jobs.statements import statement
from cutroom.jobs.states import Status
from cutroom.kit.errors import Conflict

AT_ONCE: Final = 500
"""So many jobs are read back together: a batch has tens of thousands below it, each with its input."""
_ROOT: Final = statement("""
SELECT $job FROM jobs WHERE id = :id AND workspace_id = :workspace AND NOT internal FOR UPDATE
""")
_BELOW: Final = statement("""
SELECT id FROM jobs
WHERE root_id = :id AND parent_id IS NOT NULL AND cancel_requested_at IS NULL
  AND status NOT IN $ended
ORDER BY depth, id FOR UPDATE
""")
# Whoever keeps a timer for a job that waited for a time is told to forget it.
_CANCEL: Final = statement("""
WITH timed AS (
  SELECT id FROM jobs WHERE id = ANY(:ids) AND status IN ('waiting', 'retrying') AND run_at IS NOT NULL
), changed AS (
  UPDATE jobs SET
    cancel_requested_at = clock_timestamp(),
    status = CASE WHEN status = 'running' THEN status ELSE 'cancelled' END,
    finished_at = CASE WHEN status = 'running' THEN NULL ELSE clock_timestamp() END,
    event_seq = event_seq + CASE WHEN status = 'running' THEN 0 ELSE 1 END,
    error = NULL, run_at = NULL
  WHERE id = ANY(:ids) AND status NOT IN $ended AND cancel_requested_at IS NULL
  RETURNING *
), event AS (
  $state_event WHERE status = 'cancelled'
)
SELECT $job,
       pg_notify(CASE WHEN status = 'running' THEN 'cutroom_cancel' ELSE 'cutroom_events' END, id),
       CASE WHEN id IN (SELECT id FROM timed) THEN pg_notify('cutroom_timers', id) END
FROM changed ORDER BY depth, id
""")


_CANCEL_RUNNING: Final = statement("""
UPDATE jobs SET cancel_requested_at = clock_timestamp()
WHERE id = :id AND status = 'running' AND cancel_requested_at IS NULL
RETURNING pg_notify('cutroom_cancel', id)
""")


_CLAIM: Final = statement("SELECT fence FROM jobs WHERE id = :id FOR UPDATE")
_CANCELLED: Final = statement("SELECT status = 'cancelled' FROM jobs WHERE id = :id")


async def cancel(session: AsyncSession, workspace_id: str, job_id: str, on_end: OnEnd | None) -> Job:
    """Cancel what waits, ask for a cancel of what runs; see `JobService.cancel`."""
    row = (await session.execute(_ROOT, {"id": job_id, "workspace": workspace_id})).one_or_none()
    if row is None:
        raise not_found()
    job = job_of(row)
    if job.status is Status.CANCELLED or job.cancel_requested_at is not None:
        return job
    if job.status.ended:
        raise Conflict("job_ended", f"The job has {job.status} already; there is nothing to cancel.")
    (job,) = await _cancel(session, [job_id], on_end)
    # Items that were being made while we locked appear in the next look: their maker has committed by then, and cannot
    # make more, because it must pass the lock of its own row and see the cancel first.
    while below := list(await session.scalars(_BELOW, {"id": job_id})):
        for start in range(0, len(below), AT_ONCE):
            await _cancel(session, below[start : start + AT_ONCE], on_end)
    return job


async def _cancel(session: AsyncSession, ids: Sequence[str], on_end: OnEnd | None) -> list[Job]:
    jobs = [job_of(row) for row in await session.execute(_CANCEL, {"ids": list(ids)})]
    if on_end is not None:
        for job in jobs:
            if job.status.ended:
                await on_end(session, job)
    return jobs


async def cancel_running(session: AsyncSession, job_id: str) -> None:
    """Ask for a cancel of one job, an item of a map too, if it runs: for operators, whatever workspace it is of."""
    await session.execute(_CANCEL_RUNNING, {"id": job_id})


async def is_claim(session: AsyncSession, job_id: str, fence: int) -> bool:
    """Whether the claim with this fence is the job's last; no other comes before the transaction is over."""
    held: int | None = await session.scalar(_CLAIM, {"id": job_id})
    return held == fence


async def is_cancelled(session: AsyncSession, job_id: str) -> bool:
    """Whether the job has ended as cancelled."""
    return await session.scalar(_CANCELLED, {"id": job_id}) is True
