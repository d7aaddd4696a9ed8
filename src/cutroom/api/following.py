"""What event streams of both kinds share: the events themselves, and how many streams there may be."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from typing import Final, cast

from cutroom.accounts import Principal
from cutroom.api import meters
from cutroom.api.deps import ApiServices
from cutroom.api.job_view import event_view
from cutroom.jobs import JobEvent
from cutroom.kit.errors import Forbidden, NotFound, QuotaExceeded, Unavailable

MAX_SEQ: Final = (1 << 63) - 1
KEPT_TEXTS: Final = 512
MAX_KEPT_CHARS: Final = 16_384


async def events_of(services: ApiServices, workspace_id: str, job_id: str, after: int) -> AsyncIterator[JobEvent]:
    """The job's events above `after`, from the first to the one that ends it, also when the database is away meanwhile.

    Pulled, not pushed: a follower that reads slowly holds one batch here, and its place in the database.
    """
    events = cast("AsyncGenerator[JobEvent]", services.followers.follow(workspace_id, job_id, after=after))
    async with aclosing(events):
        with suppress(NotFound):  # removed while it was followed
            async for event in events:
                yield event


class Texts:
    """Events as JSON text, each made once for all who follow the job: the newest, of bounded size."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], str] = OrderedDict()

    def of(self, job_id: str, event: JobEvent) -> str:
        """The text of one event; those that were written never change."""
        place = (job_id, event.seq)
        if (text := self._kept.get(place)) is None:
            text = event_view(event).model_dump_json()
            if len(text) <= MAX_KEPT_CHARS:
                self._kept[place] = text
                if len(self._kept) > KEPT_TEXTS:
                    self._kept.popitem(last=False)
        return text


async def until_refused(services: ApiServices, principal: Principal, again: Callable[[], Awaitable[Principal]]) -> None:
    """Return when whoever opened a stream may not follow it any more: their proof ended, or was taken back.

    Args:
        services: what the route stands on.
        principal: who they were when the stream began.
        again: finds out who they are now.
    """
    while True:
        left = services.settings.recheck_s
        if principal.expires_at is not None:
            left = min(left, (principal.expires_at - datetime.now(UTC)).total_seconds())
        await asyncio.sleep(max(left, 0))
        if principal.expires_at is not None and principal.expires_at <= datetime.now(UTC):
            return
        try:
            principal = await again()
        except (Forbidden, NotFound):
            return
        except Unavailable:  # we cannot know; the stream itself waits for the database too
            continue
        if not principal.may("jobs:read"):
            return


class Seats:
    """How many streams each workspace has open on this process, and the texts that they share.

    Args:
        each: how many it may have.
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self.texts = Texts()
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
