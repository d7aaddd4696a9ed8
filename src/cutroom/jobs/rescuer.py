"""Moves on what nobody holds any more: jobs of dead workers, and jobs whose time has come."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Final, NoReturn

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database, try_lock, unavailable
from cutroom.jobs import ending, metrics
from cutroom.jobs.ending import WORKER_LOST, End, OnEnd
from cutroom.jobs.statements import statement

GRACE_S: Final = 5.0
"""For so long after the server started nothing is taken from a worker: all have been cut off, and come back first."""
SOON_S: Final = 0.2
"""Look again after so many seconds at a row that somebody else has locked."""
_LOCK: Final = "cutroom.jobs.rescuer"
log = structlog.get_logger()
_jitter = random.Random()  # noqa: S311 — spreads load; guards nothing

# now() and not clock_timestamp(): a volatile function cannot be looked up in an index.
_PROMOTE: Final = statement("""
WITH due AS MATERIALIZED (
  SELECT id FROM jobs
  WHERE status IN ('scheduled', 'retrying', 'waiting') AND run_at IS NOT NULL AND run_at <= now()
    AND (status = 'scheduled' OR run_at <= now() - make_interval(secs => :late_s))
  ORDER BY run_at LIMIT 500 FOR UPDATE SKIP LOCKED
), changed AS (
  UPDATE jobs SET status = 'queued', run_at = NULL, queued_at = clock_timestamp(),
    event_seq = event_seq + CASE WHEN resumes THEN 0 ELSE 1 END
  WHERE id = ANY(ARRAY(SELECT id FROM due))
  RETURNING *
), event AS (
  $state_event WHERE NOT resumes
)
SELECT pg_notify('cutroom_jobs', ''), CASE WHEN NOT resumes THEN pg_notify('cutroom_events', id) END FROM changed
""")
_NEXT: Final = statement("""
SELECT EXTRACT(EPOCH FROM min(run_at) - now()) FROM jobs
WHERE status IN ('scheduled', 'retrying', 'waiting') AND run_at IS NOT NULL AND (status = 'scheduled' OR :late_s = 0)
""")
_PROMOTE_ONE: Final = statement("""
WITH changed AS (
  UPDATE jobs SET status = 'queued', run_at = NULL, queued_at = clock_timestamp(),
    event_seq = event_seq + CASE WHEN resumes THEN 0 ELSE 1 END
  WHERE id = :id AND status IN ('retrying', 'waiting') AND run_at <= clock_timestamp()
  RETURNING *
), event AS (
  $state_event WHERE NOT resumes
)
SELECT pg_notify('cutroom_jobs', ''), CASE WHEN NOT resumes THEN pg_notify('cutroom_events', id) END FROM changed
""")
_DUE: Final = statement("""
SELECT EXTRACT(EPOCH FROM run_at - clock_timestamp()) FROM jobs
WHERE id = :id AND status IN ('retrying', 'waiting') AND run_at IS NOT NULL
""")
_HELD: Final = statement("""
SELECT parent_id, EXTRACT(EPOCH FROM GREATEST(
         lease_until, pg_postmaster_start_time() + make_interval(secs => :grace_s)) - clock_timestamp()) AS left_s
FROM jobs WHERE id = :id AND fence = :fence AND status = 'running'
""")
_EXPIRED: Final = statement("""
SELECT id, fence, parent_id FROM jobs
WHERE status = 'running' AND lease_until <= clock_timestamp() - make_interval(secs => :late_s)
  AND clock_timestamp() > pg_postmaster_start_time() + make_interval(secs => :grace_s)
ORDER BY lease_until LIMIT 100
""")


@dataclass(frozen=True, slots=True)
class Rescue:
    """What a look around did.

    Args:
        promoted: jobs whose time had come.
        rescued: jobs taken from workers that stopped answering.
        next_s: seconds until the next job is due, if any is waiting for a time.
    """

    promoted: int
    rescued: int
    next_s: float | None


class Rescuer:
    """Looks around, in one worker at a time.

    Args:
        database: the worker's own connections.
        on_end: told of each job that ends here.
        grace_s: see `GRACE_S`.
        poll_s: about so often `run` looks.
        late_s: so much later it steps in, where another engine keeps time and knows who lives.
    """

    def __init__(
        self,
        database: Database,
        on_end: OnEnd | None,
        *,
        grace_s: float = GRACE_S,
        poll_s: float = 1.0,
        late_s: float = 0.0,
    ) -> None:
        self._database = database
        self._on_end = on_end
        self._grace_s = grace_s
        self._late_s = late_s
        self._poll_s = poll_s

    async def run(self) -> NoReturn:
        """Look about once per poll, and when the next job is due, until cancelled."""
        while True:
            pause = self._poll_s * _jitter.uniform(0.5, 1.5)
            try:
                async with asyncio.timeout(30.0):
                    found = await self.look()
                if found.next_s is not None:
                    pause = min(pause, max(found.next_s, 0.005))
            except Exception as error:
                if unavailable(error) is None:
                    log.exception("rescuer.failed")
            await nap(pause, self._grace_s)

    async def look(self) -> Rescue:
        """Move on what can be moved on; nothing when another worker is at it."""
        async with self._database.begin() as session:
            if not await try_lock(session, _LOCK):
                return Rescue(0, 0, None)
            promoted = await promote(session, late_s=self._late_s)
            next_s = await session.scalar(_NEXT, {"late_s": self._late_s})
            expired = (await session.execute(_EXPIRED, {"grace_s": self._grace_s, "late_s": self._late_s})).all()
        # Each in a transaction of its own: one that cannot be ended must not keep the others. The lock is not needed
        # for it, for the lease is looked at again when the row is locked.
        rescued = 0
        for row in expired:
            rescued += await self._rescue(End(row.id, row.fence, row.parent_id, "lost", error=WORKER_LOST))
        return Rescue(promoted, rescued, None if next_s is None else float(next_s))

    async def settle(self, job_id: str, fence: int) -> float | None:
        """Take a job from a worker that is said to be gone: seconds that its lease still holds, None when it is over.

        Raises:
            Unavailable: when the database cannot be reached.
        """
        async with self._database.begin() as session:
            row = (await session.execute(_HELD, {"id": job_id, "fence": fence, "grace_s": self._grace_s})).one_or_none()
        if row is None:
            return None
        if row.left_s > 0:
            return float(row.left_s)
        return None if await self._rescue(End(job_id, fence, row.parent_id, "lost", error=WORKER_LOST)) else SOON_S

    async def due(self, job_id: str) -> float | None:
        """Queue a job that waits for a time when that has come: seconds until then, None when there is no more to wait.

        Raises:
            Unavailable: when the database cannot be reached.
        """
        async with self._database.begin() as session:
            await session.execute(_PROMOTE_ONE, {"id": job_id})
            left_s = await session.scalar(_DUE, {"id": job_id})
        return None if left_s is None else max(float(left_s), 0.0)

    async def _rescue(self, end: End) -> bool:
        try:
            async with self._database.begin() as session:
                # A row that somebody holds comes next time: one frozen client must not keep the others waiting.
                (ended,) = await ending.end(session, [end], self._on_end, wait=False)
        except Exception as error:
            if unavailable(error) is not None:
                raise
            log.exception("rescuer.failed", job_id=end.job_id)
            return False
        if ended is None or ended.job is None:
            return False
        metrics.RESCUED.inc()
        log.warning("job.rescued", job_id=end.job_id, status=ended.job.status, attempt=ended.job.attempt)
        return True


async def nap(pause_s: float, grace_s: float) -> None:
    """Sleep, and for the grace after it when the machine slept too: its workers beat again a moment after they wake."""
    began = time.time()  # it goes on while a machine sleeps, as the database's does; the monotonic one does not
    await asyncio.sleep(pause_s)
    slept_s = time.time() - began - pause_s
    if slept_s > grace_s:
        log.info("rescuer.waits", slept_s=round(slept_s))
        await asyncio.sleep(grace_s)


async def promote(session: AsyncSession, *, late_s: float = 0.0) -> int:
    """Queue up to 500 jobs whose time has come, the longest due first; how many.

    Those that wait within their life, for a timer or to be tried again, are left for another `late_s`.
    """
    return len((await session.execute(_PROMOTE, {"late_s": late_s})).all())
