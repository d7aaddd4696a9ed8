"""Workers inside the test process, and waiting for what they do."""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import text

from cutroom.db import Database, Listener
from cutroom.jobs import (
    AttemptRef,
    Job,
    JobEvent,
    JobService,
    OnEnd,
    Published,
    Registry,
    Status,
    Submission,
    Taken,
    Worker,
    WorkerSettings,
)
from cutroom.jobs.executor import ProductionsFor, no_productions
from cutroom.kit import process
from cutroom.kit.broadcast import Broadcast
from cutroom.media.info import MediaInfo
from cutroom.temporal import TemporalEngine, TemporalSettings, connect
from tests.jobs.flows import A

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
LEASE_S = 30.0
"""So long that no pause of a busy machine costs a job its attempt: `Rig.lapse` ends it."""


class NoFiles:
    """Files of workflows that use none."""

    async def take(self, source: str) -> Taken:
        raise NotImplementedError

    async def name_of(self, source: str) -> str | None:
        raise NotImplementedError

    async def find(self, key: str) -> Path | None:
        return None

    async def keep(self, key: str, path: Path) -> None:
        raise NotImplementedError

    async def publish(self, path: Path, *, kind: str, name: str, content_type: str) -> Published:
        raise NotImplementedError

    async def adopt(self, sha256: str, *, asset_id: str, name: str, info: MediaInfo) -> None:
        raise NotImplementedError


def no_files(ref: AttemptRef, scratch: Path) -> NoFiles:
    return NoFiles()


@dataclass
class Rig:
    """A database, the service on it, and workers that are started by `worker`."""

    database: Database
    registry: Registry
    jobs: JobService
    folder: Path
    on_end: OnEnd | None = None
    productions_for: ProductionsFor = no_productions
    broadcast: Broadcast | None = None
    workers: list[Worker] = field(default_factory=list)
    temporal: TemporalSettings | None = None
    """The engine is Temporal, at this place; else it is the embedded one."""

    @property
    def lease_s(self) -> float:
        """Of workers that a test kills; a short one under Temporal, which waits for their silence by itself."""
        return LEASE_S if self.temporal is None else 2.0

    @contextlib.asynccontextmanager
    async def worker(self, *, listen: bool = True, **settings: Any) -> AsyncIterator[Worker]:
        """A running worker; drained at the end of the block."""
        listener = Listener(self.database.url)
        chosen = WorkerSettings(**{"poll_s": 0.2, "drain_s": 5.0, **settings})
        stop = asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            engine = await stack.enter_async_context(self._engine(listener, chosen))
            worker = Worker(
                self.database,
                listener,
                self.registry,
                no_files,
                self.folder,
                chosen if engine is None else engine.worker_settings,
                self.on_end,
                self.productions_for,
                self.broadcast,
                carried_by=None if engine is None else engine.carry,
            )
            group = await stack.enter_async_context(asyncio.TaskGroup())
            heard = group.create_task(listener.run())
            ran = group.create_task(worker.run(stop))
            try:
                if listen:
                    await listener.connected.wait()
                else:
                    heard.cancel()
                yield worker
            finally:
                stop.set()
                await asyncio.wait({ran})
                heard.cancel()

    @contextlib.asynccontextmanager
    async def _engine(self, listener: Listener, settings: WorkerSettings) -> AsyncIterator[TemporalEngine | None]:
        if self.temporal is None:
            yield None
            return
        client = await connect(self.temporal)
        engine = TemporalEngine(
            client, self.database, listener, self.registry, self.jobs, self.on_end, self.temporal, settings
        )
        async with engine.running():
            yield engine

    @contextlib.asynccontextmanager
    async def process(self, *, log: Path | None = None, **settings: Any) -> AsyncIterator[process.Child]:
        """A worker in a process of its own, which a test may kill; killed at the end of the block.

        Args:
            log: takes what it says; None passes it on.
            settings: of the worker.
        """
        chosen = json.dumps({"poll_s": 0.2, "drain_s": 5.0, "lease_s": self.lease_s, **settings})
        argv = [sys.executable, "-m", "tests.jobs.worker_process", self.database.url, self.folder, chosen]
        if self.temporal is not None:
            argv += [self.temporal.address, self.temporal.task_queue]
        with contextlib.ExitStack() as stack:
            stdout = None if log is None else stack.enter_context(log.open("wb"))
            child = await process.start([str(part) for part in argv], cwd=ROOT, stdout=stdout)
        try:
            yield child
        finally:
            await child.terminate(grace_s=0, first=signal.SIGKILL)

    async def lapse(self, name: str = "") -> None:
        """Let the leases of workers that are gone run out now: of those whose names begin so."""
        if self.temporal is None:
            lapsing = "UPDATE jobs SET lease_until = clock_timestamp() WHERE status = 'running' AND worker LIKE :who"
            await self.sql(lapsing, who=f"{name}%")

    async def submit(self, kind: str, value: Any, workspace: str = A, **more: Any) -> str:
        async with self.database.begin() as session:
            submitted = await self.jobs.submit(session, workspace, Submission(kind, value, **more))
        return submitted.job.id

    async def get(self, job_id: str, workspace: str = A) -> Job:
        async with self.database.begin() as session:
            return await self.jobs.get(session, workspace, job_id)

    async def cancel(self, job_id: str, workspace: str = A) -> Job:
        async with self.database.begin() as session:
            return await self.jobs.cancel(session, workspace, job_id)

    async def events(self, job_id: str, workspace: str = A) -> list[JobEvent]:
        async with self.database.begin() as session:
            return await self.jobs.events(session, workspace, job_id, limit=100_000)

    async def states(self, job_id: str, workspace: str = A) -> list[tuple[str, int]]:
        return [
            (event.data["status"], event.data["attempt"])
            for event in await self.events(job_id, workspace)
            if event.kind == "state"
        ]

    async def outcomes(self, job_id: str, workspace: str = A) -> list[tuple[int, str | None]]:
        async with self.database.begin() as session:
            return [(one.number, one.outcome) for one in await self.jobs.attempts(session, workspace, job_id)]

    async def until(self, job_id: str, *statuses: Status, within_s: float = 90.0, workspace: str = A) -> Job:
        """Wait until the job is in one of these states."""

        async def there() -> Job | None:
            job = await self.get(job_id, workspace)
            return job if job.status in statuses else None

        return await eventually(there, within_s=within_s)

    async def ended(self, job_id: str, *, within_s: float = 90.0, workspace: str = A) -> Job:
        """Wait until the job has ended."""
        ends = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)
        return await self.until(job_id, *ends, within_s=within_s, workspace=workspace)

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.begin() as session:
            found = await (await session.connection()).execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    async def run(self, kind: str, value: Any, **settings: Any) -> Job:
        """Submit one job and run it in a worker of its own."""
        async with self.worker(**settings):
            return await self.ended(await self.submit(kind, value))


async def eventually(what: Callable[[], Awaitable[T | None]], *, within_s: float = 90.0) -> T:
    """Call until it gives something."""
    end = time.monotonic() + within_s
    while (found := await what()) is None:
        assert time.monotonic() < end, f"not within {within_s} s"
        await asyncio.sleep(0.02)
    return found
