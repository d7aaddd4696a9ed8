"""Queueing ended jobs again: one by one, or all dead letters. What succeeded is kept and does not run again."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.errors import not_found
from cutroom.jobs.job import Job
from cutroom.jobs.repository import job_of
from cutroom.jobs.statements import statement
from cutroom.jobs.states import Status
from cutroom.kit.errors import Conflict

_ROOT: Final = statement("""
SELECT $job FROM jobs WHERE id = :id AND workspace_id = :workspace AND NOT internal FOR UPDATE
""")
_DEAD: Final = statement("""
SELECT id FROM jobs
WHERE workspace_id = :workspace AND NOT internal AND dead_at IS NOT NULL
  AND (CAST(:ids AS text[]) IS NULL OR id = ANY(CAST(:ids AS text[])))
ORDER BY id LIMIT 1000 FOR UPDATE
""")
_BELOW: Final = statement("""
SELECT root_id, status FROM jobs WHERE root_id = ANY(:ids) AND parent_id IS NOT NULL ORDER BY depth, id FOR UPDATE
""")
# A job that is run again by hand no longer stands for its content: another one may have been submitted since.
_RESET: Final = statement("""
WITH changed AS (
  UPDATE jobs SET status = 'queued', attempt = 0, error = NULL, dead_at = NULL, cancel_requested_at = NULL,
    finished_at = NULL, run_at = NULL, dedupe_key = NULL, progress = 0, stage = NULL, resumes = false,
    queued_at = clock_timestamp(), event_seq = event_seq + 1
  WHERE (id = ANY(:ids) OR (root_id = ANY(:ids) AND parent_id IS NOT NULL)) AND status IN ('failed', 'cancelled')
  RETURNING *
), event AS (
  $state_event
)
SELECT $job, pg_notify('cutroom_events', id), pg_notify('cutroom_jobs', '') FROM changed ORDER BY depth, id
""")
_COUNT: Final = statement("""
UPDATE jobs AS p SET pending = (
  SELECT count(*) FROM jobs AS c WHERE c.parent_id = p.id AND c.status NOT IN $ended
)
WHERE p.id = ANY(:ids) OR (p.root_id = ANY(:ids) AND p.parent_id IS NOT NULL)
""")


async def retry(session: AsyncSession, workspace_id: str, job_id: str) -> Job:
    """Queue one failed or cancelled job again; see `JobService.retry`."""
    row = (await session.execute(_ROOT, {"id": job_id, "workspace": workspace_id})).one_or_none()
    if row is None:
        raise not_found()
    found = job_of(row)
    if found.status not in {Status.FAILED, Status.CANCELLED}:
        message = f"Only a failed or cancelled job can be run again; this one is {found.shown}."
        raise Conflict("job_not_retryable", message)
    jobs = await _reset(session, [job_id])
    if not jobs:
        message = "Parts of this job are still stopping; try again in a few seconds."
        raise Conflict("job_stopping", message, retryable=True, retry_after_s=2.0)
    return jobs[0]


async def redrive(session: AsyncSession, workspace_id: str, job_ids: Sequence[str] | None) -> list[str]:
    """Queue dead letters again; see `JobService.redrive`."""
    ids = None if job_ids is None else list(job_ids)
    dead = list(await session.scalars(_DEAD, {"workspace": workspace_id, "ids": ids}))
    return [job.id for job in await _reset(session, dead) if job.parent_id is None] if dead else []


async def _reset(session: AsyncSession, roots: Sequence[str]) -> list[Job]:
    """Reset these locked roots and what failed below them, except where something below still runs."""
    below = (await session.execute(_BELOW, {"ids": list(roots)})).all()
    busy = {root_id for root_id, status in below if not Status(status).ended}
    ids = [root for root in roots if root not in busy]
    jobs = [job_of(row) for row in await session.execute(_RESET, {"ids": ids})]
    if below:
        await session.execute(_COUNT, {"ids": ids})
    return jobs
