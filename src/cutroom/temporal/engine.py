"""A worker under Temporal: it claims jobs as every worker does, and carries them as Temporal says."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Final, NoReturn

import structlog
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from cutroom.db import Database, Listener
from cutroom.jobs import JobService, OnEnd, Registry, WorkerSettings
from cutroom.jobs.attempts import Attempts
from cutroom.jobs.executor import Executor
from cutroom.jobs.rescuer import Rescuer
from cutroom.kit.errors import CutroomError
from cutroom.temporal.activities import BEATS, Looks, Steps
from cutroom.temporal.attempts import TemporalAttempts
from cutroom.temporal.connection import TemporalSettings
from cutroom.temporal.driver import AT_ONCE, JobRun
from cutroom.temporal.host import Host
from cutroom.temporal.orders import quick_s

LATE: Final = 2.0
"""Leases after which a worker's rescuer moves on what Temporal has not: it forgot, never heard, or is there no more."""
LOOKS: Final = 32
"""Rows that one worker looks at for Temporal at once."""
log = structlog.get_logger()


class TemporalEngine:
    """What a worker process needs to be one under Temporal.

    Args:
        client: talks to Temporal.
        database: where the jobs are.
        listener: brings notifications.
        registry: the workflows.
        jobs: cancels what is cancelled in Temporal.
        on_end: told of jobs that end because their worker was lost.
        settings: of the connection.
    """

    def __init__(
        self,
        client: Client,
        database: Database,
        listener: Listener,
        registry: Registry,
        jobs: JobService,
        on_end: OnEnd | None,
        settings: TemporalSettings,
        worker: WorkerSettings,
    ) -> None:
        self._client = client
        self._listener = listener
        self._registry = registry
        self._settings = settings
        self._patience_s = worker.lease_s
        self.worker_settings = replace(worker, late_s=LATE * worker.lease_s)
        self._slots = worker.slots
        self._hosts: dict[tuple[str, int], Host] = {}
        self._own_queue = f"{settings.task_queue}:{worker.name}:{secrets.token_hex(4)}"
        self._steps = Steps(self._hosts)
        self._looks = Looks(database, jobs, Rescuer(database, on_end))
        self._forgotten: asyncio.Queue[str] = asyncio.Queue()

    def carry(self, executor: Executor) -> Attempts:
        """Attempts that the executor runs and Temporal carries."""
        return TemporalAttempts(
            self._client,
            executor,
            self._registry,
            self._hosts,
            task_queue=self._settings.task_queue,
            own_queue=self._own_queue,
            patience_s=self._patience_s,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer Temporal while the block runs; what the block's worker still holds should be over before it ends."""
        settings, beat = self._settings, timedelta(seconds=self._patience_s / BEATS)
        runs = Worker(
            self._client,
            task_queue=settings.task_queue,
            workflows=[JobRun],
            activities=[self._looks.settle, self._looks.due, self._looks.cancel],
            # What runs here is our own driver, which keeps to the rules: checking that would cost as much as the work.
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_cached_workflows=settings.cache,
            max_concurrent_activities=LOOKS,
            max_concurrent_workflow_task_polls=settings.workflow_pollers,
            max_concurrent_activity_task_polls=settings.activity_pollers,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=quick_s(self._patience_s)),
            graceful_shutdown_timeout=timedelta(seconds=5),
        )
        steps = Worker(
            self._client,
            task_queue=self._own_queue,
            activities=[self._steps.begin, self._steps.step],
            max_concurrent_activities=self._slots * (AT_ONCE + 1),
            max_concurrent_activity_task_polls=settings.activity_pollers,
            max_heartbeat_throttle_interval=beat,
            default_heartbeat_throttle_interval=beat,
            graceful_shutdown_timeout=timedelta(seconds=5),
        )
        off = self._listener.on("cutroom_timers", self._forgotten.put_nowait)
        try:
            async with runs, steps, asyncio.TaskGroup() as group:
                forgetting = group.create_task(self._forget())
                log.info("temporal.connected", address=settings.address, task_queue=settings.task_queue)
                try:
                    yield
                finally:
                    forgetting.cancel()
        finally:
            off()

    async def _forget(self) -> NoReturn:
        """Take back timers of jobs that were cancelled while they waited."""
        while True:
            job_id = await self._forgotten.get()
            if job_id:
                try:
                    await self._looks.take_back(self._client, job_id)
                except CutroomError as error:  # when the timer runs out, nothing is found to be due
                    log.warning("temporal.timer_left", job_id=job_id, error=error.message)
