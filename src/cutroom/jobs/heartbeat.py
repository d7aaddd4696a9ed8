"""The sign of life of a worker, and the place where it learns what it has lost."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database, unavailable
from cutroom.jobs.holding import Holding
from cutroom.jobs.statements import statement

BEAT_S: Final = 2.0
"""At most so long between two beats, whatever the lease: a beat is the backstop for a cancel whose NOTIFY was lost."""
log = structlog.get_logger()

# A row that somebody has locked is left for the next beat: it is still ours, as the third column tells.
_BEAT: Final = statement("""
WITH given AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:fences AS bigint[])) AS g (id, fence)
), locked AS MATERIALIZED (
  SELECT j.id FROM jobs AS j JOIN given AS g ON j.id = g.id AND j.fence = g.fence
  WHERE j.id = ANY(CAST(:ids AS text[])) AND j.status = 'running' FOR UPDATE OF j SKIP LOCKED
), changed AS (
  UPDATE jobs SET lease_until = clock_timestamp() + make_interval(secs => :lease_s)
  WHERE id = ANY(ARRAY(SELECT id FROM locked)) AND status = 'running'
  RETURNING id, fence
)
SELECT g.id, g.fence, changed.id IS NOT NULL AS renewed, j.id IS NOT NULL AS held,
       j.cancel_requested_at IS NOT NULL AS cancelled
FROM given AS g
LEFT JOIN changed ON changed.id = g.id AND changed.fence = g.fence
LEFT JOIN jobs AS j ON j.id = ANY(CAST(:ids AS text[])) AND j.id = g.id AND j.fence = g.fence AND j.status = 'running'
""")


@dataclass(frozen=True, slots=True)
class Beat:
    """What a beat learned of one job."""

    job_id: str
    fence: int
    renewed: bool
    held: bool
    cancelled: bool


async def beat(session: AsyncSession, held: Sequence[tuple[str, int]], lease_s: float) -> list[Beat]:
    """Renew the leases of jobs, given as pairs of id and fence."""
    values = {"ids": [job_id for job_id, _ in held], "fences": [fence for _, fence in held], "lease_s": lease_s}
    return [Beat(*row) for row in await session.execute(_BEAT, values)]


class Heart:
    """Beats for the jobs of one worker.

    Args:
        database: the worker's own connections, so that beats never queue behind others.
        holdings: what the worker holds at the moment.
        lease_s: seconds of each lease.
        alive: whether those for whom it beats show life themselves; they always do when None.
    """

    def __init__(
        self,
        database: Database,
        holdings: Callable[[], Collection[Holding]],
        lease_s: float,
        alive: Callable[[], bool] | None = None,
    ) -> None:
        self._database = database
        self._holdings = holdings
        self._alive = alive
        self._lease_s = lease_s
        self._every_s = min(lease_s / 3, BEAT_S)
        self._now = asyncio.Event()
        self._reached = True

    def hurry(self) -> None:
        """Beat at once: something may have been missed."""
        self._now.set()

    async def run(self) -> NoReturn:
        """Beat until cancelled."""
        while True:
            holdings = {(holding.job.id, holding.job.fence): holding for holding in self._holdings()}
            if holdings and (self._alive is None or self._alive()):
                await self._beat(holdings)
            try:
                async with asyncio.timeout(self._every_s):
                    await self._now.wait()
            except TimeoutError:
                pass
            self._now.clear()

    async def watch(self) -> NoReturn:
        """End attempts whose lease has run out by our own clock: others may have taken the jobs by now."""
        while True:
            for holding in self._holdings():
                if holding.expired:
                    holding.stop("lost" if self._reached else "outage")
            await asyncio.sleep(self._every_s / 4)

    async def _beat(self, holdings: dict[tuple[str, int], Holding]) -> None:
        sent_at = time.monotonic()
        try:
            async with asyncio.timeout(self._lease_s / 2), self._database.begin() as session:
                beats = await beat(session, list(holdings), self._lease_s)
        except Exception as error:
            self._reached = False
            if unavailable(error) is None:
                log.exception("heartbeat.failed")
            else:
                log.warning("heartbeat.unreachable", error=str(error.__cause__ or error))
            return
        self._reached = True
        for one in beats:
            holding = holdings[one.job_id, one.fence]
            if one.renewed:
                holding.deadline = sent_at + self._lease_s
            if not one.held:
                holding.stop("lost")
            elif one.cancelled:
                holding.stop("cancelled")
