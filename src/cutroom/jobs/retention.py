"""Forgetting: jobs that ended long ago, their logs sooner where a plan says so, and idempotency keys after a day."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database
from cutroom.jobs import metrics, repository
from cutroom.jobs.scheduler import Scheduler
from cutroom.jobs.statements import statement

BATCH: Final = 500
LogDays = Callable[[AsyncSession], Awaitable[tuple[float | None, Mapping[str, float | None]]]]
"""Days for which jobs that ended keep their logs: by default, and by workspace; None is for as long as the job."""
_DAY_S: Final = 86_400.0

# A key must find its job, so no job goes before its keys do. What lies below a job goes with it, and so do the steps,
# attempts and events of all of them, by their foreign keys.
_JOBS: Final = statement("""
WITH old AS MATERIALIZED (
  SELECT id FROM jobs
  WHERE parent_id IS NULL AND status IN $ended AND finished_at < now() - make_interval(secs => :keep_s)
    AND (dead_at IS NULL OR :dead)
  ORDER BY finished_at LIMIT :batch FOR UPDATE SKIP LOCKED
)
DELETE FROM jobs
WHERE id = ANY(ARRAY(SELECT id FROM old)) OR (root_id = ANY(ARRAY(SELECT id FROM old)) AND parent_id IS NOT NULL)
RETURNING id
""")
# What states a job was in is kept with it, and so is its newest event, by which followers know that they have seen all.
_LOGS: Final = statement("""
WITH said AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:given AS jsonb)) AS g (workspace text, keep_s float8)
), old AS MATERIALIZED (
  SELECT j.id, j.event_seq FROM jobs AS j LEFT JOIN said ON said.workspace = j.workspace_id
  WHERE j.status IN $ended AND j.finished_at < now() - make_interval(secs =>
      CASE WHEN said.workspace IS NULL THEN CAST(:keep_s AS float8) ELSE said.keep_s END)
    AND EXISTS (SELECT FROM job_events AS e WHERE e.job_id = j.id AND e.kind <> 'state' AND e.seq < j.event_seq)
  LIMIT :batch FOR UPDATE OF j SKIP LOCKED
), gone AS (
  DELETE FROM job_events AS e USING old WHERE e.job_id = old.id AND e.kind <> 'state' AND e.seq < old.event_seq
)
SELECT id FROM old
""")
_KEYS: Final = statement("""
DELETE FROM job_keys WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM job_keys WHERE created_at < now() - interval '24 hours'
  ORDER BY created_at LIMIT :batch FOR UPDATE SKIP LOCKED
))
RETURNING key
""")


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept for how long.

    Args:
        database: where.
        days: how long an ended job is kept; not less than the day that its idempotency key lives.
        dead_days: how long a dead letter is kept.
        log_days: how long logs and progress are kept, by workspace; as long as their jobs without it.
    """

    database: Database
    days: float = 30.0
    dead_days: float = 90.0
    log_days: LogDays | None = None

    def schedule(self, scheduler: Scheduler) -> None:
        """Run all of it now and then."""
        scheduler.every("jobs.forget", 600.0, self.forget)
        scheduler.every("jobs.forget_logs", 3600.0, self.forget_logs)
        scheduler.every("jobs.forget_keys", 600.0, self.forget_keys)
        scheduler.every("jobs.depth", 15.0, self.measure)

    async def forget(self) -> None:
        """Remove jobs that ended long enough ago, in batches; may be cut off at any moment."""
        await self._all(_JOBS, keep_s=max(self.days, 1.0) * _DAY_S, dead=False)
        await self._all(_JOBS, keep_s=max(self.dead_days, self.days, 1.0) * _DAY_S, dead=True)

    async def forget_logs(self) -> None:
        """Remove logs and progress of jobs that ended long enough ago for their plan; may be cut off at any moment."""
        if self.log_days is None:
            return
        async with self.database.begin() as session:
            default, named = await self.log_days(session)
        if default is None and all(days is None for days in named.values()):
            return
        given = [
            {"workspace": workspace, "keep_s": None if days is None else days * _DAY_S}
            for workspace, days in named.items()
        ]
        await self._all(_LOGS, given=json.dumps(given), keep_s=None if default is None else default * _DAY_S)

    async def forget_keys(self) -> None:
        """Remove idempotency keys that are older than 24 hours."""
        await self._all(_KEYS)

    async def measure(self) -> None:
        """Set the gauges of queue depth."""
        async with self.database.begin() as session:
            for state, count in (await repository.depths(session)).items():
                metrics.DEPTH.labels(state).set(count)

    async def _all(self, one_batch: TextClause, **values: object) -> None:
        removed = BATCH
        while removed >= BATCH:
            async with self.database.begin() as session:
                removed = len((await session.execute(one_batch, {**values, "batch": BATCH})).all())
