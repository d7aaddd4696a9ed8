"""A worker: claims jobs and runs their attempts beside the database, and looks after what nobody holds."""

import asyncio
import random
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import structlog

from cutroom.db import Database, Listener
from cutroom.jobs.attempts import Attempts
from cutroom.jobs.claimant import Claimant, WorkerSettings
from cutroom.jobs.ending import OnEnd
from cutroom.jobs.executor import Executor, FilesFor, ProductionsFor, no_productions
from cutroom.jobs.holding import Holding
from cutroom.jobs.ledger import Ledger
from cutroom.jobs.lifeline import lifeline
from cutroom.jobs.metering import Meter
from cutroom.jobs.parents import Parents
from cutroom.jobs.registry import Registry
from cutroom.jobs.rescuer import Rescuer
from cutroom.kit.scratch import Scratch

if TYPE_CHECKING:
    from cutroom.kit.broadcast import Broadcast

SWEEP_S: Final = 60.0
DISK_S: Final = 2.0

log = structlog.get_logger()
_jitter = random.Random()  # noqa: S311 — spreads load; guards nothing


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
        broadcast: tells the followers of jobs beside the notifications of the database.
        carried_by: makes what carries the attempts that the worker's executor runs; without it, nothing does.
        meter: asked when a job turns out to take more than it holds; without one, nothing is charged for.
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
        broadcast: "Broadcast | None" = None,
        carried_by: Callable[[Executor], Attempts] | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.settings = settings or WorkerSettings()
        self.name = f"{self.settings.name}:{secrets.token_hex(4)}"
        self._database = lifeline(database)
        self._scratch = Scratch(scratch_root)
        self._disk_low = False
        self._threads = ThreadPoolExecutor(4 * self.settings.slots, thread_name_prefix="step")
        self._rescuer = Rescuer(self._database, on_end, poll_s=self.settings.poll_s, late_s=self.settings.late_s)
        told = None if broadcast is None else lambda job_id: broadcast.tell("cutroom_events", [job_id])
        ledger, parents = Ledger(self._database, registry, on_end, told, meter), Parents(self._database)
        executor = Executor(ledger, registry, files_for, productions_for, self._scratch, self._threads)
        self._claimant = Claimant(
            self.name,
            database=self._database,
            listener=listener,
            attempts=executor if carried_by is None else carried_by(executor),
            pen=ledger,
            moved=parents.moved,
            settings=self.settings,
            services=(ledger.run, parents.run, self._rescuer.run, self._sweep, self._mind_the_disk),
        )

    def holdings(self) -> list[Holding]:
        """What it holds at the moment."""
        return self._claimant.holdings()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain: claim nothing, let attempts end for a while, put back what is left.

        When cancelled it leaves at once, and its jobs are taken over when their leases have passed.
        """
        log.info("worker.started", worker=self.name, slots=self.settings.slots)
        try:
            await self._look_at_the_disk()  # before the first claim
            await self._claimant.run(stop)
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            await asyncio.to_thread(self._scratch.close)
            await self._database.close()
        log.info("worker.stopped", worker=self.name)

    async def _mind_the_disk(self) -> None:
        while self.settings.free_bytes > 0:
            await asyncio.sleep(DISK_S)
            await self._look_at_the_disk()

    async def _look_at_the_disk(self) -> None:
        """Claim nothing while there is too little room to work in: other workers may have more."""
        if self.settings.free_bytes <= 0:
            return
        free = await asyncio.to_thread(self._scratch.free_bytes)
        low = free < self.settings.free_bytes
        if low is not self._disk_low:
            self._disk_low = low
            self._claimant.pause(paused=low)
            log.warning("worker.disk_low" if low else "worker.disk_has_room", worker=self.name, free_bytes=free)

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
