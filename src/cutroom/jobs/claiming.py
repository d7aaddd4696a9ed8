"""Taking jobs from the queue: by priority, then in turn over workspaces, within each one's limit.

A priority below 0 lets a job wait for others of its own workspace alone: beside other workspaces it counts as 0.

Two statements in one transaction. The first walks the workspaces that have queued jobs (a loose index scan: one index
lookup per workspace, however long its queue) and locks the lanes that may be served, skipping those that another claim
has locked. The second, with a snapshot taken after the locks, counts again what runs and takes the heads of the queues.
A lane's limit therefore holds exactly, and no claim ever waits for another.

What an agent takes, by its job types and labels, is chosen among the same lanes by `wants`; ordinary workers see only
jobs that need no label, through an index that holds no others.

A job that kills its worker takes with it whatever else ran there. So that an innocent job does not meet the same fate
again until its attempts are used up, a *suspect* (the last attempt of a job with which a worker was lost before) never
runs beside another suspect in one worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs import wants
from cutroom.jobs.job import AttemptRef
from cutroom.jobs.statements import statement
from cutroom.jobs.wants import Wants

_LANES: Final = """
WITH RECURSIVE $ready, open AS MATERIALIZED (
  SELECT workspace_id, GREATEST(priority, 0) AS priority, served_at FROM ready JOIN lanes USING (workspace_id)
  WHERE max_running > (
    SELECT count(*) FROM jobs WHERE jobs.status = 'running' AND jobs.workspace_id = ready.workspace_id
  )
  ORDER BY priority DESC, served_at, workspace_id
), locked AS MATERIALIZED (
  SELECT lanes.workspace_id FROM lanes JOIN open USING (workspace_id)
  ORDER BY open.priority DESC, open.served_at, open.workspace_id LIMIT :count
  FOR UPDATE OF lanes SKIP LOCKED
)
SELECT (SELECT count(*) FROM ready) AS ready, (SELECT count(*) FROM open) AS open,
       ARRAY(SELECT workspace_id FROM locked) AS locked
"""
_READY: Final = """
ready AS (
  (SELECT workspace_id, priority FROM jobs WHERE status = 'queued' AND needs IS NULL AND (:suspects OR NOT $suspect)
   ORDER BY workspace_id, priority DESC, root_id, id LIMIT 1)
  UNION ALL
  SELECT next.workspace_id, next.priority FROM ready CROSS JOIN LATERAL (
    SELECT workspace_id, priority FROM jobs
    WHERE status = 'queued' AND needs IS NULL AND workspace_id > ready.workspace_id AND (:suspects OR NOT $suspect)
    ORDER BY workspace_id, priority DESC, root_id, id LIMIT 1
  ) AS next
)
"""

# Whatever the planner believes about the size of the queue, it must look jobs up by id: `= ANY(ARRAY(…))` is no join,
# and `status || ''` keeps it from reading the whole index of queued jobs for a few ids.
_CLAIM: Final = """
WITH RECURSIVE lane AS MATERIALIZED (
  SELECT workspace_id, served_at, max_running - (
    SELECT count(*) FROM jobs WHERE jobs.status = 'running' AND jobs.workspace_id = lanes.workspace_id
  ) AS room
  FROM lanes WHERE workspace_id = ANY(CAST(:lanes AS text[]))
), $before head AS MATERIALIZED (
  SELECT first.id, GREATEST(first.priority, 0) AS priority, lane.served_at, first.suspect,
         row_number() OVER (
           PARTITION BY lane.workspace_id ORDER BY first.priority DESC, first.root_id, first.id) AS turn
  FROM lane CROSS JOIN LATERAL (
    $first
  ) AS first
), chosen AS MATERIALIZED (
  SELECT id, priority, turn, served_at, suspect,
         row_number() OVER (PARTITION BY suspect ORDER BY priority DESC, turn, served_at, id) AS nth
  FROM head
), locked AS MATERIALIZED (
  SELECT id, resumes AS resumed, $suspect AS suspect, clock_timestamp() AS at FROM jobs
  WHERE status || '' = 'queued' AND id = ANY(ARRAY(
    SELECT id FROM chosen WHERE NOT suspect OR nth = 1
    ORDER BY priority DESC, turn, served_at, id LIMIT :count
  ))
  FOR UPDATE SKIP LOCKED
), changed AS (
  UPDATE jobs SET status = 'running', fence = fence + 1, worker = :worker, error = NULL,
    attempt = attempt + CASE WHEN resumed THEN 0 ELSE 1 END, resumes = false,
    event_seq = event_seq + CASE WHEN resumed THEN 0 ELSE 1 END,
    lease_until = locked.at + make_interval(secs => :lease_s), started_at = COALESCE(started_at, locked.at),
    sandbox_level = :sandbox_level
  FROM locked WHERE jobs.id = ANY(ARRAY(SELECT id FROM locked)) AND jobs.id = locked.id
  RETURNING jobs.*, locked.at, locked.resumed, locked.suspect
), served AS (
  UPDATE lanes SET served_at = clock_timestamp() WHERE workspace_id = ANY(ARRAY(SELECT workspace_id FROM changed))
), attempt AS (
  INSERT INTO job_attempts (job_id, fence, attempt, worker, started_at)
  SELECT id, fence, attempt, worker, at FROM changed
), event AS (
  $state_event WHERE NOT resumed
)
SELECT id, workspace_id, type, CAST(input AS text) AS input, attempt, max_attempts, fence, priority, depth, root_id,
       parent_id, parent_step, progress, stage, event_seq, started_at, suspect, at, correlation_id, trace,
       EXTRACT(EPOCH FROM at - queued_at) AS wait_s,
       pg_notify('cutroom_events', id)
FROM changed ORDER BY priority DESC, root_id, id
"""
_FIRST: Final = """
    SELECT id, priority, root_id, $suspect AS suspect FROM jobs
    WHERE status = 'queued' AND needs IS NULL AND workspace_id = lane.workspace_id AND (:suspects OR NOT $suspect)
    ORDER BY workspace_id, priority DESC, root_id, id LIMIT GREATEST(LEAST(:count, lane.room), 0)
"""
_LANES_OF_ALL: Final = statement(_LANES, ready=_READY)
_CLAIM_OF_ALL: Final = statement(_CLAIM, before="", first=_FIRST)
_LANES_OF_SOME: Final = statement(_LANES, ready=f"{wants.NEEDY}, {wants.READY}")
_CLAIM_OF_SOME: Final = statement(_CLAIM, before=f"{wants.NEEDY},", first=wants.FIRST)

# What a claim took whose answer was lost with its connection: nobody knows of it but the row.
_UNHEARD: Final = statement("""
WITH changed AS (
  UPDATE jobs SET status = 'queued', attempt = attempt - 1, lease_until = NULL, worker = NULL,
    queued_at = clock_timestamp(), event_seq = event_seq + 1
  WHERE id = ANY(ARRAY(
    SELECT id FROM jobs
    WHERE status = 'running' AND worker = :worker AND lease_until > clock_timestamp()
      AND NOT EXISTS (
        SELECT FROM unnest(CAST(:ids AS text[]), CAST(:fences AS bigint[])) AS held (id, fence)
        WHERE held.id = jobs.id AND held.fence = jobs.fence
      )
    FOR UPDATE SKIP LOCKED
  ))
  RETURNING *
), attempt AS (
  UPDATE job_attempts AS a SET ended_at = clock_timestamp(), outcome = 'released'
  FROM changed WHERE a.job_id = changed.id AND a.fence = changed.fence
), event AS (
  $state_event
)
SELECT pg_notify('cutroom_events', id), pg_notify('cutroom_jobs', '') FROM changed
""")


# Whoever goes on with what another node held raises the fences: what that one still writes touches no row.
_ADOPT: Final = statement("""
WITH locked AS MATERIALIZED (
  SELECT id, fence AS old_fence FROM jobs
  WHERE status = 'running' AND worker = :worker AND lease_until > clock_timestamp() ORDER BY depth, id FOR UPDATE
), changed AS (
  UPDATE jobs SET fence = fence + 1, lease_until = clock_timestamp() + make_interval(secs => :lease_s)
  FROM locked WHERE jobs.id = locked.id RETURNING jobs.*, locked.old_fence
), attempt AS (
  UPDATE job_attempts AS a SET fence = changed.fence
  FROM changed WHERE a.job_id = changed.id AND a.fence = changed.old_fence
)
SELECT id, workspace_id, type, CAST(input AS text) AS input, attempt, max_attempts, fence, priority, depth, root_id,
       parent_id, parent_step, progress, stage, event_seq, started_at, $suspect AS suspect, clock_timestamp() AS at,
       correlation_id, trace, 0 AS wait_s
FROM changed AS jobs
""")
# A job that runs was last told of as a state when its attempt began, or when the one that it resumes did.
_BEGUN: Final = statement("""
SELECT jobs.id, (
  SELECT COALESCE(max(seq), 0) FROM job_events AS e WHERE e.job_id = jobs.id AND e.kind = 'state'
) AS seq, (
  SELECT count(*) FROM job_attempts AS a WHERE a.job_id = jobs.id AND a.attempt = jobs.attempt
) > 1 AS resumed
FROM jobs WHERE id = ANY(CAST(:ids AS text[]))
""")
_GIVE_UP: Final = statement("""
UPDATE jobs SET lease_until = clock_timestamp() WHERE status = 'running' AND worker = :worker
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job as its worker holds it.

    Args:
        input: JSON text.
        claimed_at: when, on the database's clock.
        wait_s: seconds that it lay in the queue.
        suspect: a worker was lost with it before, and this is its last attempt.
        correlation_id: of the request that caused it.
        trace: the W3C `traceparent` of that request.
    """

    id: str
    workspace_id: str
    type: str
    input: str
    attempt: int
    max_attempts: int
    fence: int
    priority: int
    depth: int
    root_id: str
    parent_id: str | None
    parent_step: str | None
    progress: float
    stage: str | None
    event_seq: int
    started_at: datetime
    claimed_at: datetime
    wait_s: float
    suspect: bool
    correlation_id: str | None = None
    trace: str | None = None

    @property
    def ref(self) -> AttemptRef:
        """Names this attempt."""
        return AttemptRef(self.workspace_id, self.id, self.attempt, self.fence)


@dataclass(frozen=True, slots=True)
class Begun:
    """How the attempt that a job runs began.

    Args:
        seq: the event that told of it.
        resumed: it has waited since, and was claimed again.
    """

    seq: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim took.

    Args:
        contended: something was left out that another claim, now or in a moment, may take.
        limited: lanes were left out because they are at their limit: try again when a job ends.
    """

    jobs: tuple[Claimed, ...]
    contended: bool
    limited: bool


async def claim(
    session: AsyncSession,
    *,
    worker: str,
    count: int,
    lease_s: float,
    suspects: bool = True,
    sandbox_level: int | None = None,
    wanted: Wants | None = None,
) -> Claim:
    """Take at most `count` jobs under a lease of `lease_s` seconds of the database's clock.

    Among them is at most one suspect, and none unless `suspects`. Only those that are `wanted`; when None, all that
    need no label.
    """
    chosen = {"count": count, "suspects": suspects, **({} if wanted is None else wanted.parameters())}
    lanes = (await session.execute(_LANES_OF_ALL if wanted is None else _LANES_OF_SOME, chosen)).one()
    limited = lanes.ready > lanes.open
    if not lanes.locked:
        return Claim((), contended=lanes.open > 0, limited=limited)
    values = {
        **chosen,
        "lanes": lanes.locked,
        "worker": worker,
        "lease_s": lease_s,
        "sandbox_level": sandbox_level,
    }
    claiming = _CLAIM_OF_ALL if wanted is None else _CLAIM_OF_SOME
    jobs = tuple(_claimed(row) for row in await session.execute(claiming, values))
    missed = len(lanes.locked) < min(lanes.open, count) or any(job.suspect for job in jobs)
    contended = len(jobs) < count and missed
    return Claim(jobs, contended=contended, limited=limited)


async def release_unheard(session: AsyncSession, *, worker: str, held: Sequence[tuple[str, int]]) -> int:
    """Put back, uncharged, what this worker holds by the table but not by its own knowledge; how many.

    `held` is what it knows of: pairs of id and fence.

    Called after a claim whose answer was lost. Jobs whose lease has passed are the rescuer's.
    """
    values = {"worker": worker, "ids": [job_id for job_id, _ in held], "fences": [fence for _, fence in held]}
    return len((await session.execute(_UNHEARD, values)).all())


async def adopt(session: AsyncSession, *, worker: str, lease_s: float) -> list[Claimed]:
    """Take over what is held under this name, on another node so far; each fence is raised by one.

    Jobs whose lease has passed are the rescuer's.
    """
    return [_claimed(row) for row in await session.execute(_ADOPT, {"worker": worker, "lease_s": lease_s})]


async def begun(session: AsyncSession, job_ids: Sequence[str]) -> dict[str, Begun]:
    """How the attempts that these jobs run began."""
    rows = await session.execute(_BEGUN, {"ids": list(job_ids)})
    return {row.id: Begun(row.seq, row.resumed) for row in rows}


async def give_up(session: AsyncSession, *, worker: str) -> None:
    """Let the leases of all that is held under this name run out now: its holder is gone for good."""
    await session.execute(_GIVE_UP, {"worker": worker})


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(
        id=row.id,
        workspace_id=row.workspace_id,
        type=row.type,
        input=row.input,
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        fence=row.fence,
        priority=row.priority,
        depth=row.depth,
        root_id=row.root_id,
        parent_id=row.parent_id,
        parent_step=row.parent_step,
        progress=row.progress,
        stage=row.stage,
        event_seq=row.event_seq,
        started_at=row.started_at,
        claimed_at=row.at,
        wait_s=float(row.wait_s),
        suspect=row.suspect,
        correlation_id=row.correlation_id,
        trace=row.trace,
    )
