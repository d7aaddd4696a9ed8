"""Making a job: its row, its first event and the notification, in one statement."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database, Quick
from cutroom.jobs import payload, repository
from cutroom.jobs.job import JOB_PREFIX, Idempotency, Submission, Submitted
from cutroom.jobs.registry import Registry
from cutroom.jobs.repository import job_of
from cutroom.jobs.statements import statement
from cutroom.jobs.wants import LABEL_IS, MAX_LABELS, MAX_NEEDS, ROOM_FOR_NEEDS, is_label
from cutroom.kit import tracing
from cutroom.kit.errors import Conflict, Detail, Invalid, QuotaExceeded
from cutroom.kit.ids import new_id

MAX_PRIORITY: Final = 100
MAX_ATTEMPTS: Final = 100

# The lane is made at the first submit and never touched again here, so that submits do not wait for claims.
_INSERT: Final = statement("""
WITH lane AS (
  INSERT INTO lanes (workspace_id, max_running, served_at) VALUES (:workspace, :max_running, '-infinity')
  ON CONFLICT DO NOTHING
), made AS (
  INSERT INTO jobs (id, workspace_id, type, status, priority, root_id, input, max_attempts, run_at, dedupe_key,
                    correlation_id, trace, needs, event_seq, created_at, queued_at)
  SELECT :id, :workspace, :type, s.status, :priority, :id, CAST(:input AS jsonb), :max_attempts,
         CASE WHEN s.status = 'scheduled' THEN s.run_at END, :dedupe_key, :correlation_id, :trace,
         CAST(:needs AS text[]), 1, s.at, CASE WHEN s.status = 'queued' THEN s.at END
  FROM (
    SELECT at, run_at, CASE WHEN run_at > at THEN 'scheduled' ELSE 'queued' END AS status
    FROM (SELECT clock_timestamp() AS at, CAST(:run_at AS timestamptz) AS run_at) AS t
  ) AS s
  ON CONFLICT (workspace_id, dedupe_key)
    WHERE dedupe_key IS NOT NULL AND status NOT IN $ended DO NOTHING
  RETURNING $job
), event AS (
  INSERT INTO job_events (job_id, seq, at, kind, data)
  SELECT id, 1, created_at, 'state', jsonb_build_object('status', status, 'attempt', 0) FROM made
)
SELECT $job, CASE WHEN status = 'queued' THEN pg_notify('cutroom_jobs', '') END FROM made
""")
_SAME: Final = statement("""
SELECT $job FROM jobs
WHERE workspace_id = :workspace AND dedupe_key = :dedupe_key
  AND status NOT IN $ended
""")
_INSERT_QUICK: Final = Quick(_INSERT)
_SAME_QUICK: Final = Quick(_SAME)
_ROOM: Final = statement(ROOM_FOR_NEEDS)
_ROOM_QUICK: Final = Quick(_ROOM)
_KEY: Final = statement("""
INSERT INTO job_keys AS k (workspace_id, route, key, body_hash, job_id, created_at)
VALUES (:workspace, :route, :key, :body_hash, :id, clock_timestamp())
ON CONFLICT (workspace_id, route, key) DO UPDATE
  SET body_hash = excluded.body_hash, job_id = excluded.job_id, created_at = excluded.created_at
  WHERE k.created_at < clock_timestamp() - interval '24 hours'
RETURNING job_id
""")
_KEPT: Final = statement("""
SELECT body_hash, job_id FROM job_keys WHERE workspace_id = :workspace AND route = :route AND key = :key
""")

_One = Callable[[TextClause, Mapping[str, object]], Awaitable[Any | None]]
"""Runs a statement and gives its first row."""


async def submit(
    session: AsyncSession, registry: Registry, workspace_id: str, submission: Submission, *, max_running: int
) -> Submitted:
    """Make the job, or find the one that this request made before; see `JobService.submit`."""
    values = _values(registry, workspace_id, submission, max_running)
    if submission.idempotency is not None:
        earlier = await _reserve(session, workspace_id, submission.idempotency, values["id"])
        if earlier is not None:
            return earlier

    async def one(statement: TextClause, given: Mapping[str, object]) -> Any | None:
        return (await session.execute(statement, given)).one_or_none()

    return await _made(one, values)


async def submit_alone(
    database: Database, registry: Registry, workspace_id: str, submission: Submission, *, max_running: int
) -> Submitted:
    """The same without a transaction around it, for a submission without a key.

    Its statement is one by itself, or goes together with those of other submissions that came at the same moment.
    """

    async def one(statement: TextClause, given: Mapping[str, object]) -> Any | None:
        if statement is _SAME:
            return await database.one(_SAME_QUICK, **given)
        if statement is _ROOM:
            return await database.one(_ROOM_QUICK, **given)
        return await database.one_of_many(_INSERT_QUICK, "id", **given)

    return await _made(one, _values(registry, workspace_id, submission, max_running))


def _values(registry: Registry, workspace_id: str, submission: Submission, max_running: int) -> dict[str, Any]:
    """What `_INSERT` writes for a checked submission, under a new id."""
    workflow = registry.get(submission.type)
    if workflow.internal:
        raise Invalid("unknown_workflow", f"'{submission.type}' cannot be submitted; it runs as a part of others.")
    _check(submission)
    text_ = payload.accept(workflow.input, submission.input)
    by_content = workflow.deterministic and submission.idempotency is None
    needs = sorted(set(submission.needs))
    return {
        "id": new_id(JOB_PREFIX),
        "workspace": workspace_id,
        "type": submission.type,
        "priority": submission.priority,
        "input": text_,
        "max_attempts": submission.max_attempts or workflow.max_attempts,
        "run_at": submission.run_at,
        "dedupe_key": payload.digest(" ".join([submission.type, *needs]), text_) if by_content else None,
        "needs": needs or None,
        "correlation_id": submission.correlation_id,
        "trace": tracing.traceparent(),
        "max_running": max_running,
    }


async def _made(one: _One, values: Mapping[str, Any]) -> Submitted:
    """Insert the job, or find the one with the same content.

    Raises:
        QuotaExceeded: `too_many_needs`.
    """
    if values["needs"] is not None:
        place = {"workspace": values["workspace"], "needs": values["needs"]}
        if await one(_ROOM, place) is None:
            message = (
                f"The queued jobs of a workspace need {MAX_NEEDS} different sets of labels at most; wait for some."
            )
            raise QuotaExceeded("too_many_needs", message)
    while True:
        if (made := await one(_INSERT, values)) is not None:
            return Submitted(job_of(made), created=True)
        # The insert met a job with the same content that has not ended. It may have ended since: then insert again.
        same = {"workspace": values["workspace"], "dedupe_key": values["dedupe_key"]}
        if (found := await one(_SAME, same)) is not None:
            return Submitted(job_of(found), created=False)


async def _reserve(session: AsyncSession, workspace_id: str, key: Idempotency, job_id: str) -> Submitted | None:
    """Take the key for a new job, or give the job that has it. Waits for a transaction that is taking it right now."""
    place = {"workspace": workspace_id, "route": key.route, "key": key.key}
    if await session.scalar(_KEY, {**place, "body_hash": key.body_hash, "id": job_id}) is not None:
        return None
    body_hash, kept_id = (await session.execute(_KEPT, place)).one()
    if body_hash != key.body_hash:
        message = "This idempotency key was used with another request; use a new key for a new request."
        raise Invalid("idempotency_key_reused", message)
    job = await repository.find(session, workspace_id, kept_id)
    if job is None:
        raise Conflict("idempotent_job_gone", "The job that this idempotency key made has been removed; use a new key.")
    return Submitted(job, created=False)


def _check(submission: Submission) -> None:
    if len(submission.needs) > MAX_LABELS or not all(map(is_label, submission.needs)):
        raise Invalid("bad_label", f"A job needs at most {MAX_LABELS} labels: {LABEL_IS}.")
    if not -MAX_PRIORITY <= submission.priority <= MAX_PRIORITY:
        message = f"The priority must lie between -{MAX_PRIORITY} and {MAX_PRIORITY}."
        raise Invalid("bad_priority", message, details=[Detail("/priority", "bad_priority", message)])
    if submission.max_attempts is not None and not 1 <= submission.max_attempts <= MAX_ATTEMPTS:
        message = f"The number of attempts must lie between 1 and {MAX_ATTEMPTS}."
        raise Invalid("bad_max_attempts", message, details=[Detail("/maxAttempts", "bad_max_attempts", message)])
