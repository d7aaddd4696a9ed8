"""A worker: claims jobs, runs their attempts, shows life, and stops in good order."""

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import structlog

from cutroom.db import Database, Listener, unavailable
from cutroom.jobs import claiming, metrics
from cutroom.jobs.attempts import Attempts
from cutroom.jobs.claiming import Claim, Claimed
from cutroom.jobs.ending import OnEnd
from cutroom.jobs.executor import Executor, FilesFor, ProductionsFor, no_productions
from cutroom.jobs.heartbeat import Heart
from cutroom.jobs.holding import Holding
from cutroom.jobs.ledger import AGAIN, Ledger
from cutroom.jobs.lifeline import lifeline
from cutroom.jobs.parents import Parents
from cutroom.jobs.registry import Registry
from cutroom.jobs.rescuer import Rescuer
from cutroom.kit.scratch import Scratch

FLUSH_S: Final = 0.25
SWEEP_S: Final = 60.0
STOP_S: Final = 5.0
"""Seconds that released attempts have to be gone after their grace."""

log = structlog.get_logger()
_jitter = random.Random()  # noqa: S311 — spreads load; guards nothing


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker behaves.

    Args:
        name: what to call it; a random part is added, so that no two workers are ever the same.
        slots: attempts at the same time.
        lease_s: seconds after which a silent worker loses its jobs.
        poll_s: about so often it looks for work without being told.
        drain_s: seconds that running attempts get when it stops.
        sandbox_level: written into the jobs that it runs.
        late_s: its rescuer leaves to another engine for so long what that one looks after.
    """

    name: str = "worker"
    slots: int = 8
    lease_s: float = 30.0
    poll_s: float = 1.0
    drain_s: float = 20.0
    sandbox_level: int | None = None
    late_s: float = 0.0


class Worker:
    """Runs jobs until told to stop.

    Args:
        database: where the jobs are; the worker opens a few connections of its own to it.
        listener: brings notifications; whoever made it runs it.
        registry: the workflows.
        files_for: makes the `Files` of one attempt, given its scratch folder.
        scratch_root: folder on a disk with room for work in progress; may be shared with other workers.
        settings: how to behave.
        on_end: called in the transaction that ends a job, with the ended job.
        productions_for: makes the `Productions` of one attempt; without it, workflows that ask for any fail.
        carried_by: makes what carries the attempts that the worker's executor runs; without it, nothing does.
    """

    def __init__(
        self,
        database: Database,
        listener: Listener,
        registry: Registry,
        files_for: FilesFor,
        scratch_root: Path,
        settings: WorkerSettings | None = None,
        on_end: OnEnd | None = None,
        productions_for: ProductionsFor = no_productions,
        carried_by: Callable[[Executor], Attempts] | None = None,
    ) -> None:
        self.settings = settings or WorkerSettings()
        self.name = f"{self.settings.name}:{secrets.token_hex(4)}"
        self._listener = listener
        self._database = lifeline(database)
        self._scratch = Scratch(scratch_root)
        self._threads = ThreadPoolExecutor(4 * self.settings.slots, thread_name_prefix="step")
        self._ledger = Ledger(self._database, registry, on_end)
        self._parents = Parents(self._database)
        self._rescuer = Rescuer(self._database, on_end, late_s=self.settings.late_s)
        self._heart = Heart(self._database, self._holdings_now, self.settings.lease_s)
        executor = Executor(
            self._database, self._ledger, registry, files_for, productions_for, self._scratch, self._threads
        )
        self._executor: Attempts = executor if carried_by is None else carried_by(executor)
        self._attempts: dict[Holding, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._hungry = True

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain: claim nothing, let attempts end for a while, put back what is left.

        When cancelled it leaves at once, and its jobs are taken over when their leases have passed.
        """
        log.info("worker.started", worker=self.name, slots=self.settings.slots)
        try:
            async with self._subscribed(), asyncio.TaskGroup() as crew:
                services = [
                    crew.create_task(service)
                    for service in (
                        self._ledger.run(),
                        self._parents.run(),
                        self._heart.run(),
                        self._heart.watch(),
                        self._flush(),
                        self._look_around(),
                        self._sweep(),
                        self._wake_at(stop),
                    )
                ]
                async with asyncio.TaskGroup() as attempts:
                    await self._dispatch(stop, attempts)
                    await self._drain()
                    for service in services:
                        service.cancel()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            await asyncio.to_thread(self._scratch.close)
            await self._database.close()
        log.info("worker.stopped", worker=self.name)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    @contextlib.asynccontextmanager
    async def _subscribed(self) -> AsyncIterator[None]:
        offs = [
            self._listener.on("cutroom_jobs", lambda _: self._wake.set()),
            self._listener.on("cutroom_cancel", self._on_cancel),
        ]
        try:
            yield
        finally:
            for off in offs:
                off()

    def _holdings_now(self) -> list[Holding]:
        return list(self._attempts)

    def _on_cancel(self, job_id: str) -> None:
        if job_id == "":
            self._heart.hurry()
        for holding in self._attempts:
            if holding.job.id == job_id:
                holding.stop("cancelled")

    async def _dispatch(self, stop: asyncio.Event, attempts: asyncio.TaskGroup) -> None:
        """Claim and start, until told to stop."""
        failures = 0
        while not stop.is_set():
            free = self._free()
            if free <= 0:
                await self._wake.wait()  # somebody leaves, or we stop
                self._wake.clear()
                continue
            self._wake.clear()
            sent_at = time.monotonic()
            try:
                claim = await self._claim(free, unsure=failures > 0)
            except Exception as error:  # noqa: BLE001 — whatever it is, the next claim may work
                failures += 1
                self._complain(error, failures)
                await _wait(stop, AGAIN.delay_s(failures))
                continue
            failures = 0
            for job in claim.jobs:
                self._start(job, sent_at, attempts)
            self._hungry = claim.limited or claim.contended or len(claim.jobs) == free
            if claim.contended:
                await asyncio.sleep(_jitter.uniform(0.001, 0.01))
            elif len(claim.jobs) < free:
                await _wait(self._wake, self.settings.poll_s * _jitter.uniform(0.5, 1.5))

    async def _claim(self, count: int, *, unsure: bool) -> Claim:
        settings = self.settings
        # The answer must come while the lease is fresh; one that comes later is as good as lost.
        async with asyncio.timeout(settings.lease_s / 2), self._database.begin() as session:
            if unsure:
                held = [(holding.job.id, holding.job.fence) for holding in self._attempts]
                released = await claiming.release_unheard(session, worker=self.name, held=held)
                if released:
                    log.warning("worker.released_unheard", jobs=released)
            return await claiming.claim(
                session,
                worker=self.name,
                count=count,
                lease_s=settings.lease_s,
                suspects=not any(holding.job.suspect for holding in self._attempts),
                sandbox_level=settings.sandbox_level,
            )

    def _complain(self, error: Exception, failures: int) -> None:
        if failures > 1:
            return
        if unavailable(error) is None:
            log.error("worker.claim_failed", exc_info=error)
        else:
            log.warning("worker.database_unavailable", error=str(error.__cause__ or error))

    def _start(self, job: Claimed, sent_at: float, attempts: asyncio.TaskGroup) -> None:
        metrics.WAIT.labels(job.type).observe(job.wait_s)
        holding = Holding(job, sent_at + self.settings.lease_s, self._on_slot)
        self._idle.clear()
        metrics.RUNNING.set(len(self._attempts))
        self._attempts[holding] = attempts.create_task(self._attempt(holding))

    def _free(self) -> int:
        """Slots without work. An end that is being written holds none, within bounds: the database may be slow."""
        working = sum(not holding.worked for holding in self._attempts)
        return min(self.settings.slots - working, 3 * self.settings.slots - len(self._attempts))

    def _on_slot(self) -> None:
        if self._hungry:
            self._wake.set()

    async def _attempt(self, holding: Holding) -> None:
        job = holding.job
        try:
            await self._executor.run(holding)
        except Exception:
            # Our own mistake: the job is taken over when its lease has passed, and the others go on.
            log.exception("worker.attempt_broke", job_id=job.id)
        finally:
            del self._attempts[holding]
            metrics.RUNNING.set(len(self._attempts))
            self._parents.moved(job.parent_id, job.parent_step)
            if not self._attempts:
                self._idle.set()
            if job.suspect:
                self._wake.set()  # another one may have its turn
            self._on_slot()

    async def _drain(self) -> None:
        """Give attempts their grace, then put back what still runs."""
        log.info("worker.draining", worker=self.name, held=len(self._attempts))
        await _wait(self._idle, self.settings.drain_s)
        for holding in self._holdings_now():
            holding.stop("released")
        await _wait(self._idle, STOP_S)
        # What cannot be put back, because the database is away or the work does not stop, is taken over later.
        for holding, task in tuple(self._attempts.items()):
            log.error("worker.attempt_abandoned", job_id=holding.job.id)
            task.cancel()

    async def _flush(self) -> NoReturn:
        """Write down progress and log lines about four times a second."""
        while True:
            await asyncio.sleep(FLUSH_S)
            for holding in await self._ledger.flush(self._holdings_now()):
                self._parents.moved(holding.job.parent_id, holding.job.parent_step)

    async def _look_around(self) -> NoReturn:
        """Rescue and promote about once per poll, and when the next job is due."""
        while True:
            pause = self.settings.poll_s * _jitter.uniform(0.5, 1.5)
            try:
                async with asyncio.timeout(30.0):
                    found = await self._rescuer.look()
                if found.next_s is not None:
                    pause = min(pause, max(found.next_s, 0.005))
            except Exception as error:
                if unavailable(error) is None:
                    log.exception("rescuer.failed")
            await asyncio.sleep(pause)

    async def _sweep(self) -> NoReturn:
        """Remove the scratch folders of workers that were killed."""
        while True:
            try:
                removed = await asyncio.to_thread(self._scratch.sweep)
                if removed:
                    log.info("worker.swept_scratch", folders=removed)
            except OSError:
                log.exception("worker.sweep_failed")
            await asyncio.sleep(SWEEP_S)


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    """Wait until the event is set, but not longer than `timeout_s`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
