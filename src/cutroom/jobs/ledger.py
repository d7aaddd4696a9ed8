"""What attempts have written down: their steps, events and ends.

Every write goes on trying while the database cannot be reached: it is the answer, refused or kept, that ends it. The
fence makes that safe.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database, unavailable
from cutroom.jobs import ending, suspending, writing
from cutroom.jobs.batching import Batcher
from cutroom.jobs.ending import End, Ended, OnEnd
from cutroom.jobs.errors import LeaseLost, Wait
from cutroom.jobs.holding import Holding
from cutroom.jobs.metering import Meter
from cutroom.jobs.recall import ItemsPart, ItemState, Kept, KeptPart, items_of, items_part, kept_of, kept_part
from cutroom.jobs.recorder import Notes
from cutroom.jobs.registry import Registry
from cutroom.jobs.states import Status
from cutroom.jobs.writing import StepResult, Write, Written
from cutroom.kit.backoff import Backoff

T = TypeVar("T")
AGAIN: Final = Backoff(base_s=0.1, factor=2.0, cap_s=2.0)
_COLLISIONS: Final = ("40001", "40P01")  # serialization failure, deadlock
WITHIN_S: Final = 20.0
"""A transaction that takes longer is given up: the connection is dead, and nobody said so."""

log = structlog.get_logger()


async def patiently(what: Callable[[], Awaitable[T]]) -> T:
    """Call until the database answers, for as long as it takes."""
    failures = 0
    while True:
        try:
            return await what()
        except Exception as error:
            if not passing(error):
                raise
            failures += 1
            if failures == 1:
                log.warning("jobs.database_unavailable", error=str(error.__cause__ or error))
        await asyncio.sleep(AGAIN.delay_s(failures))


def passing(error: BaseException) -> bool:
    """Whether the same transaction may succeed later: an outage, or a collision with another transaction."""
    return unavailable(error) is not None or getattr(getattr(error, "orig", None), "sqlstate", None) in _COLLISIONS


def _nobody(job_id: str) -> None:
    """Without anybody to tell, notifications of the database are all there is."""


class Ledger:
    """The pen of one worker. Writes of attempts that come at the same time share a transaction.

    Args:
        database: the worker's own connections.
        registry: the workflows.
        on_end: told of each job that ends.
        told: called with the id of a job that has new events, once they are committed; must be quick.
        meter: asked when a job turns out to take more than it holds; without one, nothing is charged for.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        on_end: OnEnd | None,
        told: Callable[[str], None] | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._database = database
        self._registry = registry
        self._on_end = on_end
        self._told = told or _nobody
        self._meter = meter
        self._writes = Batcher(self._write_all)
        self._ends = Batcher(self._end_all)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._writes.run())
            group.create_task(self._ends.run())

    async def kept(self, holding: Holding) -> Kept:
        """What earlier attempts of the job left."""

        async def once() -> Kept:
            async with self._transaction() as session:
                return await kept_of(session, holding.job.id)

        self._told(holding.job.id)  # its claim was an event
        return await patiently(once)

    async def kept_part(self, holding: Holding, first: str, most: int) -> KeptPart:
        """The same from the step `first` on, as far as it has at most `most` bytes; "" for the first part."""

        async def once() -> KeptPart:
            async with self._transaction() as session:
                return await kept_part(session, holding.job.id, first, most)

        self._told(holding.job.id)
        return await patiently(once)

    async def items(self, holding: Holding, step: str) -> list[ItemState]:
        """The items of a map, in order."""

        async def once() -> list[ItemState]:
            async with self._transaction() as session:
                return await items_of(session, holding.job.id, step)

        return await patiently(once)

    async def items_part(self, holding: Holding, step: str, first: int, most: int) -> ItemsPart:
        """The same from the index `first` on, as far as they have at most `most` bytes."""

        async def once() -> ItemsPart:
            async with self._transaction() as session:
                return await items_part(session, holding.job.id, step, first, most)

        return await patiently(once)

    async def record(self, holding: Holding, step: StepResult) -> None:
        """Keep a step's result, and what the job has told so far.

        Raises:
            LeaseLost: when this attempt no longer holds the job.
        """
        async with holding.writing:
            await self._keep(holding, Write(holding.job.id, holding.job.fence, holding.recorder.take(), step))

    async def hold(self, holding: Holding, seconds: float) -> None:
        """Hold so many seconds of media for the job that this one is part of.

        Raises:
            QuotaExceeded: `minutes_exceeded`.
        """
        meter = self._meter
        if meter is None:
            return

        async def once() -> None:
            async with self._transaction() as session:
                await meter.hold_more(session, holding.job.workspace_id, holding.job.root_id, seconds)

        await patiently(once)

    async def note(self, holding: Holding, notes: Notes) -> None:
        """Write down what an attempt elsewhere has told.

        Raises:
            LeaseLost: when this attempt no longer holds the job.
        """
        async with holding.writing:
            await self._keep(holding, Write(holding.job.id, holding.job.fence, notes))

    async def _keep(self, holding: Holding, write: Write) -> None:
        written = await patiently(lambda: self._writes.do(write))
        while written is Written.BUSY:
            await asyncio.sleep(AGAIN.delay_s(1))
            written = await patiently(lambda: self._writes.do(write))
        if written is Written.LOST:
            holding.stop("lost")
            raise LeaseLost(holding.job.id)
        self._told(holding.job.id)

    async def flush(self, holdings: Sequence[Holding]) -> list[Holding]:
        """Write down what these jobs have told; those of which something was written.

        Left out are those that write something else right now. What cannot be written now is kept for the next time.
        """
        free = [holding for holding in holdings if holding.recorder.waiting and not holding.writing.locked()]
        if not free:
            return []
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._flush(holding)) for holding in free]
        return [holding for holding, task in zip(free, tasks, strict=True) if task.result()]

    async def _flush(self, holding: Holding) -> bool:
        async with holding.writing:
            notes = holding.recorder.take()
            if notes is None:
                return False
            try:
                written = await self._writes.do(Write(holding.job.id, holding.job.fence, notes))
            except Exception as error:
                if not passing(error):
                    log.exception("job.notes_dropped", job_id=holding.job.id)
                    return False
                written = Written.BUSY
            if written is Written.BUSY:
                holding.recorder.give_back(notes)
        if written is Written.LOST:
            holding.stop("lost")
        elif written is Written.YES:
            self._told(holding.job.id)
        return written is Written.YES

    async def end(self, holding: Holding, end: End) -> Status | None:
        """End an attempt; what the job is now, or None when the attempt no longer held it.

        Raises:
            Exception: what `on_end` raised about a success.
        """
        async with holding.writing:
            end = replace(end, notes=holding.recorder.take())
            ended = await patiently(lambda: self._ends.do(end))
            if ended is None:
                ended = await patiently(lambda: self._end_alone(end))
            self._told(holding.job.id)
            return None if ended.job is None else ended.job.status

    async def suspend(self, holding: Holding, waits: Sequence[Wait]) -> bool:
        """Make the job wait; False when a cancel came first.

        Raises:
            LeaseLost: when this attempt no longer holds the job.
        """

        async def once() -> bool:
            async with self._transaction() as session:
                job = holding.job
                return await suspending.suspend(session, self._registry, job.id, job.fence, waits, notes)

        async with holding.writing:
            notes = holding.recorder.take()
            done = await patiently(once)
            if not done and notes is not None:
                holding.recorder.give_back(notes)
            self._told(holding.job.id)
            return done

    async def _write_all(self, writes: Sequence[Write]) -> list[Written | Exception]:
        try:
            async with self._transaction() as session:
                return [*await writing.write(session, writes)]
        except Exception as error:
            if passing(error) or len(writes) == 1:
                raise
            # One of them cannot be kept; each by itself shows which.
            return [await self._write_alone(write) for write in writes]

    async def _write_alone(self, write: Write) -> Written | Exception:
        try:
            async with self._transaction() as session:
                return (await writing.write(session, [write]))[0]
        except Exception as error:  # noqa: BLE001 — told to the one who wrote it
            return error

    async def _end_all(self, ends: Sequence[End]) -> list[Ended | None]:
        try:
            async with self._transaction() as session:
                return await ending.end(session, ends, self._on_end, wait=False)
        except Exception as error:
            if passing(error) or len(ends) == 1:
                raise
            # One of them cannot be kept (its output, its `on_end`); each by itself shows which.
            return [None] * len(ends)

    async def _end_alone(self, end: End) -> Ended:
        async with self._transaction() as session:
            (ended,) = await ending.end(session, [end], self._on_end, wait=True)
        return ended or Ended(None)

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with asyncio.timeout(WITHIN_S), self._database.begin() as session:
            yield session
