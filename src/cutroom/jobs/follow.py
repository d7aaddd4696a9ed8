"""Following the events of jobs as they happen."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row

from cutroom.db import Database, Listener, unavailable
from cutroom.jobs.errors import not_found
from cutroom.jobs.job import JobEvent
from cutroom.jobs.statements import statement
from cutroom.jobs.states import Status
from cutroom.kit.backoff import Backoff

if TYPE_CHECKING:
    from cutroom.kit.broadcast import Broadcast

POLL_S: Final = 5.0
"""About so often a follower looks without being told: a notification may have been lost."""
BATCH: Final = 500
_AGAIN: Final = Backoff(base_s=0.2, cap_s=3.0)
_jitter = random.Random()  # noqa: S311 — spreads load; guards nothing

# One statement, one snapshot: the state belongs to exactly these events.
_LOOK: Final = statement("""
SELECT j.status, j.event_seq, e.seq, e.at, e.kind, e.data
FROM jobs AS j LEFT JOIN LATERAL (
  SELECT seq, at, kind, data FROM job_events WHERE job_id = j.id AND seq > :after ORDER BY seq LIMIT :limit
) AS e ON true
WHERE j.id = :id AND j.workspace_id = :workspace AND NOT j.internal
ORDER BY e.seq
""")


class Followers:
    """Everyone in this process who follows a job, on one listening connection.

    A follower holds a cursor and no events, so a slow one costs nothing.

    Args:
        database: where the events are.
        listener: brings notifications; whoever made it runs it.
        poll_s: see `POLL_S`.
        broadcast: brings the same by another way, where there is one; whichever comes first counts.
    """

    def __init__(
        self, database: Database, listener: Listener, *, poll_s: float = POLL_S, broadcast: "Broadcast | None" = None
    ) -> None:
        self._database = database
        self._poll_s = poll_s
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._looks: dict[tuple[str, str, int], asyncio.Future[list[Row[Any]] | None]] = {}
        for ear in (listener, broadcast):
            if ear is not None:
                ear.on("cutroom_events", self._told)

    async def follow(self, workspace_id: str, job_id: str, *, after: int = 0) -> AsyncIterator[JobEvent]:
        """Every event with a sequence number above `after`, once and in order, until the job has ended.

        Goes on by itself when the database comes back from an outage.

        Raises:
            NotFound: `job_not_found`, also when the job is removed meanwhile.
        """
        told = asyncio.Event()
        failures = 0
        with self._registered(job_id, told):
            while True:
                told.clear()
                try:
                    rows = await self._look(workspace_id, job_id, after)
                except Exception as error:
                    if unavailable(error) is None:
                        raise
                    failures += 1
                    await asyncio.sleep(_AGAIN.delay_s(failures))
                    continue
                failures = 0
                for row in rows:
                    if row.seq is not None:
                        yield JobEvent(row.seq, row.at, row.kind, row.data)
                        after = row.seq
                if after < rows[-1].event_seq:
                    continue
                if Status(rows[-1].status).ended:
                    return
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s * _jitter.uniform(0.7, 1.3)):
                        await told.wait()

    async def _look(self, workspace_id: str, job_id: str, after: int) -> list[Row[Any]]:
        """What is new, in one statement for all who ask for the same at the same moment.

        Only a statement that has not begun is shared: one that runs already may have missed what its joiner was told.
        """
        place = (workspace_id, job_id, after)
        while (shared := self._looks.get(place)) is not None:
            if (rows := await asyncio.shield(shared)) is not None:
                return rows
        answer: asyncio.Future[list[Row[Any]] | None] = asyncio.get_running_loop().create_future()
        self._looks[place] = answer
        found: list[Row[Any]] | None = None
        try:
            await asyncio.sleep(0)  # everybody who was woken with us comes here first
            del self._looks[place]
            found = await self._ask(workspace_id, job_id, after)
        finally:
            if self._looks.get(place) is answer:
                del self._looks[place]
            answer.set_result(found)  # None: whoever asked for the others failed or left; they ask for themselves
        return found

    async def _ask(self, workspace_id: str, job_id: str, after: int) -> list[Row[Any]]:
        values = {"workspace": workspace_id, "id": job_id, "after": after, "limit": BATCH}
        async with self._database.begin() as session:
            rows = list((await session.execute(_LOOK, values)).all())
        if not rows:
            raise not_found()
        return rows

    @contextlib.contextmanager
    def _registered(self, job_id: str, told: asyncio.Event) -> Iterator[None]:
        waiting = self._waiting.setdefault(job_id, set())
        waiting.add(told)
        try:
            yield
        finally:
            waiting.discard(told)
            if not waiting and self._waiting.get(job_id) is waiting:
                del self._waiting[job_id]

    def _told(self, job_id: str) -> None:
        who = self._waiting.get(job_id, set()) if job_id else set().union(*self._waiting.values())
        for told in who:
            told.set()
