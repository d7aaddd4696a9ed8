"""What Temporal has done here: steps of the attempts that this process holds, and looks at any job's row."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Final, NoReturn

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError, RPCStatusCode

from cutroom.db import Database
from cutroom.jobs.cancelling import cancel_running, is_cancelled, is_claim
from cutroom.jobs.rescuer import Rescuer
from cutroom.jobs.service import JobService
from cutroom.kit.errors import Conflict, NotFound
from cutroom.temporal.attempts import cancel
from cutroom.temporal.host import Again, Host
from cutroom.temporal.orders import BEGIN, CANCEL, DUE, SETTLE, Admission, Place, Turn

BEATS: Final = 3
"""Signs of life within the time that Temporal waits for one."""
_EXPECTED: Final = ApplicationErrorCategory.BENIGN
log = structlog.get_logger()


class Steps:
    """Lets attempts of this process on.

    Args:
        hosts: by job and fence.
    """

    def __init__(self, hosts: Mapping[tuple[str, int], Host]) -> None:
        self._hosts = hosts

    @activity.defn(name=BEGIN)
    async def begin(self, place: Place) -> Turn:
        """Let an attempt begin; the function runs until it asks for its first step, or to its end."""
        host = self._hosts.get((place.job_id, place.fence))
        if host is None:
            return Turn(gone=True)
        async with _alive(host):
            host.begun.set()
            return await host.turn(again=place.again)

    @activity.defn(dynamic=True)
    async def step(self, args: Sequence[RawValue]) -> object:
        """Let a step on, and then the function until it asks for the next.

        Raises:
            ApplicationError: under the step's code, when it failed: with a pause when it is to be tried again, else
                with the turn.
        """
        place = activity.payload_converter().from_payload(args[0].payload, Place)
        host = self._hosts.get((place.job_id, place.fence))
        if host is None or place.step is None:
            return Turn(gone=True)
        turn = None
        async with _alive(host):
            failure = await host.perform(place.step)
            if not isinstance(failure, Again):
                turn = await host.turn(again=place.again)
        if isinstance(failure, Again):
            pause = timedelta(seconds=failure.wait_s)
            message = "The step is tried again."
            raise ApplicationError(message, type=failure.code, next_retry_delay=pause, category=_EXPECTED)
        if turn is None or failure is None or turn.ended is not None:
            return turn
        message = "The step failed."
        raise ApplicationError(message, asdict(turn), type=failure.code, non_retryable=True, category=_EXPECTED)


class Looks:
    """Looks at rows for workflows whose attempt is not here, or over.

    Args:
        database: where the jobs are.
        jobs: cancels.
        rescuer: takes jobs from workers that are gone, and queues what is due.
    """

    def __init__(self, database: Database, jobs: JobService, rescuer: Rescuer) -> None:
        self._database = database
        self._jobs = jobs
        self._rescuer = rescuer

    @activity.defn(name=SETTLE)
    async def settle(self, place: Place) -> float | None:
        """See `Rescuer.settle`."""
        return await self._rescuer.settle(place.job_id, place.fence)

    @activity.defn(name=DUE)
    async def due(self, place: Place) -> float | None:
        """See `Rescuer.due`."""
        return await self._rescuer.due(place.job_id)

    @activity.defn(name=CANCEL)
    async def cancel(self, admission: Admission) -> None:
        """Cancel a job whose workflow was cancelled in Temporal; of an item only what runs: its map tells of it.

        A job that was claimed again since is let be: who cancelled meant what was before.
        """
        async with self._database.begin() as session:
            if not await is_claim(session, admission.job_id, admission.fence):
                return
            try:
                await self._jobs.cancel(session, admission.workspace_id, admission.job_id)
            except Conflict:
                return
            except NotFound:
                await cancel_running(session, admission.job_id)

    async def take_back(self, client: Client, job_id: str) -> None:
        """Cancel the run that keeps the timer of a job which was cancelled while it waited."""
        try:
            run_id = (await client.get_workflow_handle(job_id).describe()).run_id
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                log.warning("temporal.unavailable", job_id=job_id, error=error.message)
            return
        async with self._database.begin() as session:
            cancelled = await is_cancelled(session, job_id)
        if cancelled:  # else it was queued again before we looked, and the run may be that one's
            await cancel(client, job_id, run_id)


@contextlib.asynccontextmanager
async def _alive(host: Host) -> AsyncIterator[None]:
    """Show life to Temporal. When it has given this activity up, the attempt ends here, uncharged."""
    patience = activity.info().heartbeat_timeout or timedelta(seconds=30)
    async with asyncio.TaskGroup() as group:
        beating = group.create_task(_beat(patience.total_seconds() / BEATS))
        try:
            yield
        except asyncio.CancelledError:
            details = activity.cancellation_details()
            if details is not None and (details.not_found or details.timed_out):
                log.warning("temporal.gave_up", job_id=host.holding.job.id)
                host.holding.stop("outage")
            raise
        finally:
            beating.cancel()


async def _beat(every_s: float) -> NoReturn:
    while True:
        await asyncio.sleep(every_s)  # to have begun is a sign as well, and most steps need no other
        activity.heartbeat()
