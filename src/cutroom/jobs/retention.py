"""Forgetting: jobs that ended long ago, and idempotency keys after a day."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import TextClause

from cutroom.db import Database
from cutroom.jobs import metrics, repository
from cutroom.jobs.scheduler import Scheduler
from cutroom.jobs.statements import statement

BATCH: Final = 500
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
    """

    database: Database
    days: float = 30.0
    dead_days: float = 90.0

    def schedule(self, scheduler: Scheduler) -> None:
        """Run all of it now and then."""
        scheduler.every("jobs.forget", 600.0, self.forget)
        scheduler.every("jobs.forget_keys", 600.0, self.forget_keys)
        scheduler.every("jobs.depth", 15.0, self.measure)

    async def forget(self) -> None:
        """Remove jobs that ended long enough ago, in batches; may be cut off at any moment."""
        await self._all(_JOBS, keep_s=max(self.days, 1.0) * _DAY_S, dead=False)
        await self._all(_JOBS, keep_s=max(self.dead_days, self.days, 1.0) * _DAY_S, dead=True)

    async def forget_keys(self) -> None:
        """Remove idempotency keys that are older than 24 hours."""
        await self._all(_KEYS)

    async def measure(self) -> None:
        """Set the gauges of queue depth."""
        async with self.database.begin() as session:
            for state, count in (await repository.depths(session)).items():
                metrics.DEPTH.labels(state).set(count)

    async def _all(self, one_batch: TextClause, **values: float | bool) -> None:
        removed = BATCH
        while removed >= BATCH:
            async with self.database.begin() as session:
                removed = len((await session.execute(one_batch, {**values, "batch": BATCH})).all())
