"""What event streams of both kinds share: the events themselves, and how many streams there may be."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Final, cast

from cutroom.api import meters
from cutroom.api.deps import ApiServices
from cutroom.jobs import JobEvent
from cutroom.kit.errors import NotFound, QuotaExceeded

MAX_SEQ: Final = (1 << 63) - 1


async def events_of(services: ApiServices, workspace_id: str, job_id: str, after: int) -> AsyncIterator[JobEvent]:
    """The job's events above `after`, from the first to the one that ends it, also when the database is away meanwhile.

    Pulled, not pushed: a follower that reads slowly holds one batch here, and its place in the database.
    """
    events = cast("AsyncGenerator[JobEvent]", services.followers.follow(workspace_id, job_id, after=after))
    async with aclosing(events):
        with suppress(NotFound):  # removed while it was followed
            async for event in events:
                yield event


class Seats:
    """How many streams each workspace has open on this process.

    Args:
        each: how many it may have.
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._taken: Counter[str] = Counter()

    @contextmanager
    def seat(self, workspace_id: str, kind: str) -> Iterator[None]:
        """Hold one for a stream of this kind (`sse`, `websocket`).

        Raises:
            QuotaExceeded: `too_many_streams`.
        """
        if self._taken[workspace_id] >= self._each:
            message = f"This workspace follows {self._each} jobs here already; close a stream, or poll the job."
            raise QuotaExceeded("too_many_streams", message, retry_after_s=5.0)
        self._taken[workspace_id] += 1
        meters.STREAMS.labels(kind).inc()
        try:
            yield
        finally:
            meters.STREAMS.labels(kind).dec()
            self._taken[workspace_id] -= 1
            if not self._taken[workspace_id]:
                del self._taken[workspace_id]
