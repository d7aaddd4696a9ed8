"""Attempts whose steps Temporal lets on."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import Priority
from temporalio.service import RPCError, RPCStatusCode

from cutroom.jobs.claiming import Claimed
from cutroom.jobs.executor import Executor
from cutroom.jobs.holding import Holding
from cutroom.jobs.registry import Registry
from cutroom.kit.backoff import Backoff
from cutroom.temporal.host import Host
from cutroom.temporal.orders import ADMITTED, ASKED, Admission, quick_s

AGAIN: Final = Backoff(base_s=0.1, factor=2.0, cap_s=5.0)
SPREAD_S: Final = 0.05
"""A step that is asked for while nobody waits is announced after so long, for somebody may be on the way."""
PRIORITIES: Final = ((50, 1), (1, 2), (0, 3), (-49, 4))
"""Least priority of a job, and Temporal's for it (1 to 5, the lowest first); all others have 5."""
log = structlog.get_logger()


class TemporalAttempts:
    """Runs what a worker has claimed, each step when Temporal says so.

    Args:
        client: talks to Temporal.
        executor: runs the workflow functions.
        registry: the workflows.
        hosts: where activities find the attempts of this process, by job and fence.
        task_queue: of all workers.
        own_queue: of this process.
        patience_s: a silence of so many seconds is looked into by Temporal.
    """

    def __init__(
        self,
        client: Client,
        executor: Executor,
        registry: Registry,
        hosts: dict[tuple[str, int], Host],
        *,
        task_queue: str,
        own_queue: str,
        patience_s: float,
    ) -> None:
        self._client = client
        self._executor = executor
        self._registry = registry
        self._hosts = hosts
        self._task_queue = task_queue
        self._own_queue = own_queue
        self._patience_s = patience_s

    async def run(self, holding: Holding) -> None:
        """Run one attempt to whatever end; never raises for what the workflow does."""
        job, host = holding.job, Host(holding)
        self._hosts[job.id, job.fence] = host
        try:
            async with asyncio.TaskGroup() as group:
                telling = group.create_task(self._tell(host))
                await self._begun(host)
                await self._executor.run(holding, host)
                if holding.outcome == "cancelled" and host.run_id is not None:
                    await cancel(self._client, job.id, host.run_id)
                telling.cancel()
        finally:
            host.end()
            del self._hosts[job.id, job.fence]

    async def _begun(self, host: Host) -> None:
        """Wait until Temporal lets the attempt begin, or the worker stops it."""
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(host.begun.wait())
            host.holding.working(waiting)
            await asyncio.wait({waiting})

    async def _tell(self, host: Host) -> None:
        """Hand the attempt to Temporal, then what is asked for while no activity of it waits."""
        await self._surely(host, self._admit)
        while True:
            try:
                async with asyncio.timeout(self._patience_s):
                    await host.news.wait()
            except TimeoutError:
                await self._check(host)
                continue
            await asyncio.sleep(SPREAD_S)
            if host.news.is_set() and not host.carried:
                await self._surely(host, self._announce)

    async def _check(self, host: Host) -> None:
        """End an attempt that Temporal does not carry any more: somebody terminated its run, or a state was lost."""
        try:
            found = await self._client.get_workflow_handle(host.holding.job.id).describe()
        except RPCError as error:
            gone = error.status is RPCStatusCode.NOT_FOUND
        else:
            gone = found.status is not WorkflowExecutionStatus.RUNNING
        if gone:
            log.warning("temporal.gave_up", job_id=host.holding.job.id)
            host.holding.stop("outage")

    async def _surely(self, host: Host, what: Callable[[Host], Awaitable[None]]) -> None:
        """Go on until Temporal has answered. The worker keeps the job, and its slot, meanwhile."""
        failures = 0
        while True:
            try:
                await what(host)
            except RPCError as error:
                failures += 1
                if failures == 1:
                    log.warning("temporal.unavailable", job_id=host.holding.job.id, error=error.message)
                await asyncio.sleep(AGAIN.delay_s(failures))
            else:
                return

    async def _admit(self, host: Host) -> None:
        job = host.holding.job
        workflow = self._registry.find(job.type)
        admission = Admission(
            job_id=job.id,
            workspace_id=job.workspace_id,
            queue=self._own_queue,
            fence=job.fence,
            patience_s=self._patience_s,
            limit_s=3600.0 if workflow is None else workflow.timeout_s,
        )
        # Where an earlier run of the same job has a timer or its last words to say, this reaches that run.
        run = await self._client.start_workflow(
            job.type,
            id=job.id,
            task_queue=self._task_queue,
            start_signal=ADMITTED,
            start_signal_args=[admission],
            memo={"workspace": job.workspace_id, **({} if job.parent_id is None else {"parent": job.parent_id})},
            priority=_priority(job),
            task_timeout=timedelta(seconds=quick_s(self._patience_s)),
            rpc_timeout=timedelta(seconds=10),
        )
        host.run_id = run.result_run_id

    async def _announce(self, host: Host) -> None:
        job, asks = host.holding.job, host.announce()
        if asks:
            await self._client.get_workflow_handle(job.id).signal(ASKED, args=[job.fence, asks])


async def cancel(client: Client, job_id: str, run_id: str) -> None:
    """Cancel a run of a job in Temporal, if it is open: the job itself is cancelled already.

    The run is named, for the job may be queued again, and have another, before this arrives.
    """
    try:
        await client.get_workflow_handle(job_id, run_id=run_id).cancel()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            log.warning("temporal.unavailable", job_id=job_id, error=error.message)


def _priority(job: Claimed) -> Priority:
    key = next((key for least, key in PRIORITIES if job.priority >= least), 5)
    return Priority(priority_key=key, fairness_key=job.workspace_id)
