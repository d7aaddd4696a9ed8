"""The deliverer: takes deliveries that are due, sends them, records what came of it.

Any number of processes may run one. A delivery is taken under a lease, in a short transaction; none is open while it is
sent. What a killed deliverer had taken is due again when the lease has passed, so every event is delivered at least
once, and twice only where the receiver had it and we died before we wrote that down: at most once for each slot.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from cutroom.db import Database, Listener, unavailable
from cutroom.webhooks import health, metrics, queue, schedule, signing
from cutroom.webhooks.endpoint import DeliveryStatus
from cutroom.webhooks.health import Sign
from cutroom.webhooks.keyring import callbacks_of
from cutroom.webhooks.queue import CHANNEL, Claimed
from cutroom.webhooks.sending import Answer
from cutroom.webhooks.service import WebhookService
from cutroom.webhooks.settings import DelivererSettings
from cutroom.webhooks.targets import Targets

log = structlog.get_logger()
RECORDED_AT_ONCE: Final = 100
OUTAGE_S: Final = 1.0
LOST_TRIES: Final = 3
"""So many attempts beyond the last whose sender died: then the delivery is given up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a delivery that was taken; `answer` is None when no attempt was made.

    `pause_s` is for how many seconds the next attempt waits, if there is one.
    """

    claimed: Claimed
    answer: Answer | None
    status: DeliveryStatus
    pause_s: float | None = None


class Deliverer:
    """Sends what is due.

    Args:
        database: for short transactions.
        listener: told when there is something new.
        service: its sender, keys and clock.
        settings: how much at once.
    """

    def __init__(
        self,
        database: Database,
        listener: Listener,
        service: WebhookService,
        settings: DelivererSettings | None = None,
    ) -> None:
        self._database = database
        self._listener = listener
        self._service = service
        self._settings = settings or DelivererSettings()
        self._targets = Targets(self._settings)
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, then let attempts under way end, for a while."""
        off = self._listener.on(CHANNEL, lambda _: self._wake.set())
        try:
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(self._record()), group.create_task(self._wake_at(stop))]
                sending: set[asyncio.Task[None]] = set()
                while not stop.is_set():
                    self._wake.clear()
                    claimed = await self._claim()
                    for one in claimed:
                        self._targets.begin(one.target)
                        task = group.create_task(self._deliver(one))
                        sending.add(task)
                        task.add_done_callback(sending.discard)
                    if not claimed:
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._wake.wait(), self._settings.poll_s)
                await self._drain()
                for task in (*sending, *helpers):
                    task.cancel()
        finally:
            off()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _drain(self) -> None:
        """Wait until what is under way has ended and been recorded; its lease takes care of the rest."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_s):
                while self._targets.under_way:
                    self._wake.clear()
                    await self._wake.wait()

    async def _claim(self) -> Sequence[Claimed]:
        room = self._targets.room
        if room <= 0:
            return ()
        try:
            async with self._database.begin() as session:
                return await queue.claim(
                    session,
                    count=room,
                    untried=self._settings.untried,
                    troubled_room=self._targets.troubled_room,
                    known=self._targets.known(),
                    clock=self._service.clock,
                    lease_s=self._settings.lease_s,
                )
        except Exception as error:
            # What was claimed and not heard of is due again when its lease has passed.
            if unavailable(error) is None:
                log.exception("webhook.claim_failed")
            else:
                log.warning("webhook.database_unavailable")
            await asyncio.sleep(OUTAGE_S)
            return ()

    async def _deliver(self, claimed: Claimed) -> None:
        """Make one attempt; what comes of it is recorded with others."""
        answer: Answer | None = None
        if claimed.url is None or not claimed.enabled:
            outcome = Outcome(claimed, None, DeliveryStatus.CANCELLED)
        elif claimed.tries > len(schedule.DELAYS_S) + LOST_TRIES:
            outcome = Outcome(claimed, None, DeliveryStatus.FAILED)
        else:
            answer = await self._guarded(claimed, claimed.url)
            outcome = self._outcome(claimed, answer)
            metrics.SECONDS.observe(answer.duration_ms / 1000)
            metrics.ATTEMPTS.labels("retry" if outcome.pause_s is not None else outcome.status.value).inc()
            if claimed.number == 1:
                metrics.WAIT.observe(max((answer.at - claimed.created_at).total_seconds(), 0.0))
        self._outcomes.put_nowait(outcome)

    async def _guarded(self, claimed: Claimed, url: str) -> Answer:
        """Make one attempt; whatever is wrong with one delivery ends no other."""
        try:
            return await self._attempt(claimed, url)
        except Exception:
            log.exception("webhook.attempt_failed", delivery_id=claimed.id)
            return Answer(self._service.clock.now(), error="internal_error")

    async def _attempt(self, claimed: Claimed, url: str) -> Answer:
        now = self._service.clock.now()
        place = claimed.endpoint_id or callbacks_of(claimed.workspace_id)
        keys = self._service.keyring.keys(place, claimed.secret, claimed.old_secret, claimed.old_secret_until, now)
        if not keys:
            log.error("webhook.secret_unreadable", delivery_id=claimed.id, endpoint_id=claimed.endpoint_id)
            return Answer(now, error="secret_unreadable")
        headers = signing.headers(claimed.event_id, now, claimed.body, keys)
        return await self._service.sender.send(url, headers, claimed.body)

    def _outcome(self, claimed: Claimed, answer: Answer) -> Outcome:
        if answer.error is None:
            return Outcome(claimed, answer, DeliveryStatus.SUCCEEDED)
        pause = None if answer.gone else schedule.delay_s(claimed.tries, answer.retry_after_s)
        if pause is None:
            return Outcome(claimed, answer, DeliveryStatus.FAILED)
        return Outcome(claimed, answer, DeliveryStatus.PENDING, pause)

    async def _record(self) -> None:
        """Write outcomes, as many at once as have come meanwhile; their slots are free when that is done."""
        while True:
            batch = [await self._outcomes.get(), *self._waiting()]
            while True:
                if await self._written(batch):
                    break
                await asyncio.sleep(OUTAGE_S)
            for one in batch:
                failed = None if one.answer is None else one.answer.error is not None
                self._targets.end(one.claimed.target, failed=failed)
            self._wake.set()

    def _waiting(self) -> Iterator[Outcome]:
        for _ in range(RECORDED_AT_ONCE - 1):
            try:
                yield self._outcomes.get_nowait()
            except asyncio.QueueEmpty:
                return

    async def _written(self, batch: Sequence[Outcome]) -> bool:
        """Write a batch; False when the database is not there now. What cannot be written at all is sent again."""
        try:
            await self._write(batch)
        except Exception as error:
            if unavailable(error) is not None:
                log.warning("webhook.database_unavailable")
                return False
            if len(batch) == 1:
                log.exception("webhook.record_failed", delivery_id=batch[0].claimed.id)
                return True
            log.warning("webhook.batch_failed", error=str(error))
            return all([await self._written([one]) for one in batch])
        return True

    async def _write(self, batch: Sequence[Outcome]) -> None:
        clock = self._service.clock
        signs = [sign for one in batch if (sign := _sign(one)) is not None]
        async with self._database.begin() as session:
            endpoints = sorted({sign.endpoint_id for sign in signs})
            known = await queue.record(session, [_fields(one) for one in batch], endpoints, clock)
            days = self._settings.failing_days
            await health.note(session, self._service.announcer, signs, known, failing_days=days, now=clock.now())


def _fields(outcome: Outcome) -> Mapping[str, Any]:
    claimed, answer = outcome.claimed, outcome.answer
    return {
        "id": claimed.id,
        "number": claimed.number,
        "sent": answer is not None,
        "status": outcome.status.value,
        "pause_s": outcome.pause_s,
        "at": None if answer is None else answer.at.isoformat(),
        "duration_ms": None if answer is None else answer.duration_ms,
        "status_code": None if answer is None else answer.status_code,
        "error": None if answer is None else answer.error,
        "answer": None if answer is None else answer.text,
    }


def _sign(outcome: Outcome) -> Sign | None:
    answer, endpoint_id = outcome.answer, outcome.claimed.endpoint_id
    if answer is None or endpoint_id is None:
        return None
    return Sign(endpoint_id, answer.at, answer.error is None, answer.gone)
