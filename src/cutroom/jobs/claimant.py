"""Who claims jobs in one name: has their attempts run, shows life for them, and stops in good order.

A worker is one, with attempts that run beside it. So is a session of an agent, with attempts that run far away.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import structlog

from cutroom.db import Database, Listener, unavailable
from cutroom.jobs import claiming, metrics
from cutroom.jobs.attempts import Attempts
from cutroom.jobs.claiming import Claim, Claimed
from cutroom.jobs.heartbeat import Heart
from cutroom.jobs.holding import Holding
from cutroom.jobs.ledger import AGAIN, Ledger
from cutroom.jobs.wants import Wants
from cutroom.kit.waiting import until_set

FLUSH_S: Final = 0.1
"""Seconds for which what attempts tell is gathered: half the time in which whoever follows a log wants to see it."""
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
        free_bytes: room on the disk of its scratch folder without which it claims nothing.
    """

    name: str = "worker"
    slots: int = 8
    lease_s: float = 30.0
    poll_s: float = 1.0
    drain_s: float = 20.0
    sandbox_level: int | None = None
    late_s: float = 0.0
    free_bytes: int = 0


class Claimant:
    """Claims jobs and has them run until told to stop.

    Args:
        name: of the claims; no two claimants may ever have the same.
        database: connections that nobody else keeps busy, see `lifeline`.
        listener: brings notifications; whoever made it runs it.
        attempts: what runs them.
        pen: writes down progress and log lines.
        moved: told of jobs that made progress or ended, and have a parent.
        settings: how to behave.
        wanted: which jobs to claim; all that need no label when None.
        services: what runs beside it until it has drained.
        held: what it has from the start.
        alive: whether those who run the attempts show life; leases are renewed only while they do.
    """

    def __init__(
        self,
        name: str,
        *,
        database: Database,
        listener: Listener,
        attempts: Attempts,
        pen: Ledger,
        moved: Callable[[str | None, str | None], None],
        settings: WorkerSettings,
        wanted: Wants | None = None,
        services: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
        held: Sequence[Claimed] = (),
        alive: Callable[[], bool] | None = None,
    ) -> None:
        self.name = name
        self._wanted = wanted
        self._held = held
        self._paused = False
        self._settings = settings
        self._database = database
        self._listener = listener
        self._runs = attempts
        self._pen = pen
        self._moved = moved
        self._heart = Heart(database, self.holdings, settings.lease_s, alive)
        self._services = (*services, self._heart.run, self._heart.watch, self._flush)
        self._attempts: dict[Holding, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._hungry = True

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain: claim nothing, let attempts end for a while, put back what is left.

        When cancelled it leaves at once, and its jobs are taken over when their leases have passed.
        """
        async with self._subscribed(), asyncio.TaskGroup() as crew:
            services = [crew.create_task(service()) for service in self._services]
            services.append(crew.create_task(self._wake_at(stop)))
            async with asyncio.TaskGroup() as attempts:
                for job in self._held:
                    self._start(job, time.monotonic(), attempts)
                await self._dispatch(stop, attempts)
                await self._drain()
                for service in services:
                    service.cancel()

    def pause(self, *, paused: bool) -> None:
        """Claim nothing more, or claim again."""
        self._paused = paused
        self._wake.set()

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

    def holdings(self) -> list[Holding]:
        """What is held at the moment."""
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
                await until_set(stop, AGAIN.delay_s(failures))
                continue
            failures = 0
            for job in claim.jobs:
                self._start(job, sent_at, attempts)
            self._hungry = claim.limited or claim.contended or len(claim.jobs) == free
            if claim.contended:
                await asyncio.sleep(_jitter.uniform(0.001, 0.01))
            elif len(claim.jobs) < free:
                await until_set(self._wake, self._settings.poll_s * _jitter.uniform(0.5, 1.5))

    async def _claim(self, count: int, *, unsure: bool) -> Claim:
        settings = self._settings
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
                wanted=self._wanted,
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
        holding = Holding(job, sent_at + self._settings.lease_s, self._on_slot)
        self._idle.clear()
        metrics.RUNNING.inc()  # not `set`: a process may have several claimants
        self._attempts[holding] = attempts.create_task(self._attempt(holding))

    def _free(self) -> int:
        """Slots without work. An end that is being written holds none, within bounds: the database may be slow."""
        if self._paused:
            return 0
        working = sum(not holding.worked for holding in self._attempts)
        return min(self._settings.slots - working, 3 * self._settings.slots - len(self._attempts))

    def _on_slot(self) -> None:
        if self._hungry:
            self._wake.set()

    async def _attempt(self, holding: Holding) -> None:
        job = holding.job
        try:
            await self._runs.run(holding)
        except Exception:
            # Our own mistake: the job is taken over when its lease has passed, and the others go on.
            log.exception("worker.attempt_broke", job_id=job.id)
        finally:
            del self._attempts[holding]
            metrics.RUNNING.dec()
            self._moved(job.parent_id, job.parent_step)
            if not self._attempts:
                self._idle.set()
            if job.suspect:
                self._wake.set()  # another one may have its turn
            self._on_slot()

    async def _drain(self) -> None:
        """Give attempts their grace, then put back what still runs."""
        log.info("worker.draining", worker=self.name, held=len(self._attempts))
        await until_set(self._idle, self._settings.drain_s)
        for holding in self.holdings():
            holding.stop("released")
        await until_set(self._idle, STOP_S)
        # What cannot be put back, because the database is away or the work does not stop, is taken over later.
        for holding, task in tuple(self._attempts.items()):
            log.error("worker.attempt_abandoned", job_id=holding.job.id)
            task.cancel()

    async def _flush(self) -> NoReturn:
        """Write down progress and log lines, about ten times a second while there are any."""
        while True:
            await asyncio.sleep(FLUSH_S)
            for holding in await self._pen.flush(self.holdings()):
                self._moved(holding.job.parent_id, holding.job.parent_step)
