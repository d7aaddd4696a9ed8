"""Reading jobs, always within one workspace."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database, Quick
from cutroom.jobs.job import Attempt, Job, JobEvent
from cutroom.jobs.statements import statement
from cutroom.jobs.states import Status

_GET: Final = statement("SELECT $job FROM jobs WHERE id = :id AND workspace_id = :workspace AND NOT internal")
_GET_QUICK: Final = Quick(_GET)
_LIST: Final = statement("""
SELECT $job FROM jobs
WHERE workspace_id = :workspace AND NOT internal
  AND (CAST(:before AS text) IS NULL OR id < CAST(:before AS text) COLLATE "C")
  AND (CAST(:statuses AS text[]) IS NULL OR status = ANY(CAST(:statuses AS text[])))
  AND (CAST(:types AS text[]) IS NULL OR type = ANY(CAST(:types AS text[])))
ORDER BY id DESC LIMIT :limit
""")
_DEAD: Final = statement("""
SELECT $job FROM jobs
WHERE workspace_id = :workspace AND dead_at IS NOT NULL AND NOT internal
  AND (CAST(:before AS text) IS NULL OR id < CAST(:before AS text) COLLATE "C")
ORDER BY id DESC LIMIT :limit
""")
_EVENTS: Final = statement("""
SELECT seq, at, kind, data FROM job_events WHERE job_id = :id AND seq > :after ORDER BY seq LIMIT :limit
""")
_ATTEMPTS: Final = statement("""
SELECT attempt, fence, worker, started_at, ended_at, outcome, error FROM job_attempts WHERE job_id = :id ORDER BY fence
""")
_ALIVE: Final = statement("SELECT id FROM jobs WHERE id = ANY(:ids) AND status NOT IN $ended")
_DEPTHS: Final = statement("""
SELECT 'queued' AS state, count(*) AS number FROM (
  SELECT 1 FROM (
    SELECT 1 FROM jobs WHERE status = 'queued' AND needs IS NULL
    UNION ALL SELECT 1 FROM jobs WHERE status = 'queued' AND needs IS NOT NULL
  ) AS w LIMIT :limit
) AS q
UNION ALL SELECT 'running', count(*) FROM jobs WHERE status = 'running'
UNION ALL SELECT 'delayed', count(*) FROM (
  SELECT 1 FROM jobs WHERE status IN ('scheduled', 'retrying', 'waiting') AND run_at IS NOT NULL LIMIT :limit
) AS d
UNION ALL SELECT 'dead', count(*) FROM (
  SELECT 1 FROM jobs WHERE dead_at IS NOT NULL AND NOT internal LIMIT :limit
) AS x
""")


def job_of(row: Row[Any]) -> Job:
    """A job from the columns that `$job` stands for."""
    return Job(
        id=row.id,
        workspace_id=row.workspace_id,
        type=row.type,
        status=Status(row.status),
        priority=row.priority,
        input=row.input,
        output=row.output,
        error=row.error,
        progress=row.progress,
        stage=row.stage,
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        run_at=row.run_at,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        cancel_requested_at=row.cancel_requested_at,
        dead_at=row.dead_at,
        parent_id=row.parent_id,
        correlation_id=row.correlation_id,
        event_seq=row.event_seq,
        sandbox_level=row.sandbox_level,
        resumes=row.resumes,
        trace=row.trace,
        needs=None if row.needs is None else tuple(row.needs),
    )


async def find(session: AsyncSession, workspace_id: str, job_id: str) -> Job | None:
    """A job of this workspace; the items of a map are not found."""
    row = (await session.execute(_GET, {"id": job_id, "workspace": workspace_id})).one_or_none()
    return None if row is None else job_of(row)


async def look_up(database: Database, workspace_id: str, job_id: str) -> Job | None:
    """The same as `find` in no transaction, for the door."""
    row = await database.one(_GET_QUICK, id=job_id, workspace=workspace_id)
    return None if row is None else job_of(row)


async def page(
    session: AsyncSession,
    workspace_id: str,
    *,
    before: str | None,
    limit: int,
    statuses: Collection[Status],
    types: Collection[str],
) -> list[Job]:
    """Jobs older than `before`, newest first."""
    values = {
        "workspace": workspace_id,
        "before": before,
        "limit": limit,
        "statuses": [str(status) for status in statuses] or None,
        "types": list(types) or None,
    }
    return [job_of(row) for row in await session.execute(_LIST, values)]


async def dead(session: AsyncSession, workspace_id: str, *, before: str | None, limit: int) -> list[Job]:
    """Dead letters older than `before`, newest first."""
    rows = await session.execute(_DEAD, {"workspace": workspace_id, "before": before, "limit": limit})
    return [job_of(row) for row in rows]


async def events(session: AsyncSession, job_id: str, *, after: int, limit: int) -> list[JobEvent]:
    """Events of a job after a sequence number, in order."""
    rows = await session.execute(_EVENTS, {"id": job_id, "after": after, "limit": limit})
    return [JobEvent(seq, at, kind, data) for seq, at, kind, data in rows]


async def attempts(session: AsyncSession, job_id: str) -> list[Attempt]:
    """Every claim of a job, in order."""
    rows: Sequence[Row[Any]] = (await session.execute(_ATTEMPTS, {"id": job_id})).all()
    return [
        Attempt(row.attempt, row.fence, row.worker, row.started_at, row.ended_at, row.outcome, row.error)
        for row in rows
    ]


async def depths(session: AsyncSession, *, limit: int = 100_000) -> dict[str, int]:
    """How many jobs are queued, running, delayed and dead, each counted to `limit` at most."""
    return {row.state: row.number for row in await session.execute(_DEPTHS, {"limit": limit})}


async def alive(session: AsyncSession, job_ids: Collection[str]) -> set[str]:
    """Those of the jobs, of any workspace, that have not ended."""
    return set(await session.scalars(_ALIVE, {"ids": list(job_ids)}))
