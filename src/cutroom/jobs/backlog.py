"""How much may wait for workers: what is beyond is refused before it is written, and nothing accepted is dropped."""

import time
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database, Quick, lock
from cutroom.jobs.statements import statement
from cutroom.kit import metrics
from cutroom.kit.errors import QuotaExceeded, Unavailable

LOOK_EVERY_S: Final = 5.0
RETRY_AFTER_S: Final = 10.0
REFUSED: Final = metrics.counter("jobs_refused", "Jobs refused because too many waited for workers.", ["whose"])

_QUEUED: Final = statement("""
SELECT count(*) AS queued FROM (
  SELECT FROM jobs WHERE status = 'queued' AND needs IS NULL
  UNION ALL SELECT FROM jobs WHERE status = 'queued' AND needs IS NOT NULL
  LIMIT :most
) AS waiting
""")
_QUEUED_QUICK: Final = Quick(_QUEUED)
_OF_WORKSPACE: Final = statement("""
SELECT count(*) FROM (
  SELECT FROM jobs WHERE workspace_id = :workspace AND status = 'queued' AND needs IS NULL AND parent_id IS NULL
  UNION ALL
  SELECT FROM jobs WHERE workspace_id = :workspace AND status = 'queued' AND needs IS NOT NULL AND parent_id IS NULL
  LIMIT :most
) AS waiting
""")


class Backlog:
    """All that waits for workers, as far as this process has lately seen it.

    It is counted again when it was not for a while, by whoever submits next: a burst within that time gets past.

    Args:
        most: jobs that may wait, items of maps included.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._queued = 0
        self._looked_at = -LOOK_EVERY_S

    async def check(self, where: Database | AsyncSession) -> None:
        """Refuse when too much waits; it is counted in the transaction that has just made a job, or in none before.

        Raises:
            Unavailable: `too_busy`.
        """
        if time.monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = time.monotonic()  # before the question: others need not ask it too
            if isinstance(where, Database):
                found = await where.one(_QUEUED_QUICK, most=self._most)
                self._queued = 0 if found is None else int(found.queued)
            else:
                self._queued = int(await where.scalar(_QUEUED, {"most": self._most + 1}) or 0) - 1
        if self._queued >= self._most:
            REFUSED.labels("all").inc()
            message = f"{self._most:,} jobs wait for workers, and no more are accepted; try again in a while."
            raise Unavailable("too_busy", message, retry_after_s=RETRY_AFTER_S)


async def check_queue(session: AsyncSession, workspace_id: str, most: int) -> None:
    """Refuse the job that this transaction has just made when more than `most` of its workspace wait with it.

    Raises:
        QuotaExceeded: `queue_full`.
    """
    # Submits of one workspace decide one after the other, each seeing what those before it have committed.
    await lock(session, f"cutroom.queue/{workspace_id}")
    queued = await session.scalar(_OF_WORKSPACE, {"workspace": workspace_id, "most": most + 1})
    if int(queued or 0) > most:
        REFUSED.labels("workspace").inc()
        message = (
            f"{most:,} jobs of this workspace wait already, which is all that its plan allows; wait for some to run."
        )
        raise QuotaExceeded("queue_full", message, retry_after_s=RETRY_AFTER_S).at("")
