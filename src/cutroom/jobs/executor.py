"""One attempt: from the claimed row to what is written at its end."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from cutroom.jobs import metrics, payload
from cutroom.jobs.calls import AT_ONCE, Pace
from cutroom.jobs.claiming import Claimed
from cutroom.jobs.context import Context
from cutroom.jobs.ending import End, Outcome
from cutroom.jobs.errors import AWAY, AWAY_AGAIN_S, LeaseLost, Wait, is_dead
from cutroom.jobs.holding import Holding
from cutroom.jobs.job import AttemptRef
from cutroom.jobs.journal import WorkerJournal, WorkerSpread
from cutroom.jobs.pen import Pen
from cutroom.jobs.recall import Kept
from cutroom.jobs.registry import Registry, Workflow
from cutroom.jobs.seams import Files, Productions
from cutroom.jobs.states import Status
from cutroom.kit import tracing
from cutroom.kit.errors import CutroomError, Internal, Invalid, Unavailable, first_of, is_full
from cutroom.kit.scratch import Scratch

FilesFor = Callable[[AttemptRef, Path], Files]
ProductionsFor = Callable[[Claimed], Productions]
UNKNOWN_AGAIN_S: Final = 5.0
"""A job of a workflow that this version does not know goes back for so long, uncharged: a newer worker may know it."""
UNREAD_S: Final = 600.0
"""For so long after its first claim a job goes back too whose input this version does not understand."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Worked:
    """How the workflow function ended: exactly one of these is set; none when it was stopped.

    Args:
        unread: it never began, since its input is another version's.
    """

    output: str | None = None
    waits: Sequence[Wait] = ()
    error: CutroomError | None = None
    unread: bool = False


def no_productions(job: Claimed) -> Productions:
    """For workers that were given no place for productions."""
    raise Internal("no_productions", f"The worker that runs '{job.type}' was given no place for productions.")


def _origin(job: Claimed) -> dict[str, str]:
    """What ties the log lines of a job to the request that caused it."""
    found = {"request_id": job.correlation_id, "trace_id": job.trace and tracing.trace_id(job.trace)}
    return {name: value for name, value in found.items() if value}


class Executor:
    """Runs attempts.

    Args:
        pen: reads and writes for attempts.
        registry: the workflows.
        files_for: makes the `Files` of one attempt, given its scratch folder.
        productions_for: makes the `Productions` of one attempt.
        scratch: where attempts have their folders.
        threads: where steps that are not async run.
    """

    def __init__(
        self,
        pen: Pen,
        registry: Registry,
        files_for: FilesFor,
        productions_for: ProductionsFor,
        scratch: Scratch,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._pen = pen
        self._registry = registry
        self._files_for = files_for
        self._productions_for = productions_for
        self._scratch = scratch
        self._threads = threads

    async def run(self, holding: Holding, pace: Pace = AT_ONCE) -> None:
        """Run one attempt to whatever end, at this pace; never raises for what the workflow does."""
        job = holding.job
        facts: dict[str, str | int] = {"job_id": job.id, "workspace_id": job.workspace_id, "fence": job.fence}
        with (
            structlog.contextvars.bound_contextvars(**facts, **_origin(job)),
            tracing.span("job", kind="consumer", parent=job.trace, type=job.type, attempt=job.attempt, **facts) as span,
        ):
            log.debug("job.claimed", type=job.type, attempt=job.attempt)
            started = time.monotonic()
            workflow = self._registry.find(job.type)
            if workflow is None:
                log.warning("job.unknown_workflow", type=job.type)
                outcome = await self._end(holding, "released", again_s=UNKNOWN_AGAIN_S)
            else:
                outcome = await self._run(holding, workflow, pace)
            holding.outcome = outcome
            seconds = time.monotonic() - started
            tracing.tell(span, outcome=outcome, waited_s=job.wait_s)
            metrics.RUN.labels(job.type).observe(seconds)
            metrics.ATTEMPTS.labels(job.type, outcome).inc()
            log.info(
                "job.attempt_ended", type=job.type, attempt=job.attempt, outcome=outcome, seconds=round(seconds, 3)
            )

    async def _run(self, holding: Holding, workflow: Workflow, pace: Pace) -> str:
        folders: list[Path] = []

        def make_scratch() -> Path:
            folders.append(self._scratch.folder(holding.job.id))
            return folders[-1]

        try:
            worked = await self._work(holding, workflow, make_scratch, pace)
        finally:
            for folder in folders:
                await self._remove(folder)
        if holding.reason == "lost":
            return "lost"
        try:
            return await self._conclude(holding, workflow, worked)
        except LeaseLost:
            return "lost"

    async def _remove(self, folder: Path) -> None:
        """Remove an attempt's folder; what cannot be removed goes with the process, and costs no attempt its end."""
        try:
            await asyncio.to_thread(self._scratch.remove, folder)
        except Exception as error:  # noqa: BLE001 — whatever strangers' programs have left there
            log.warning("job.scratch_left", folder=folder.name, error=repr(error))

    async def _work(
        self, holding: Holding, workflow: Workflow, make_scratch: Callable[[], Path], pace: Pace
    ) -> _Worked:
        """Run the workflow function in a task of its own, which is what a stop cancels."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._guarded(holding, workflow, make_scratch, pace))
            holding.working(task)
            while not task.done():
                await asyncio.wait({task}, timeout=1.0)
                if holding.reason is not None:
                    task.cancel()  # again: code that swallowed the first one must not keep a slot for ever
            # A stop that came before the task took its first step has left nothing in it that could tell.
            return _Worked() if task.cancelled() and holding.reason is not None else task.result()

    async def _guarded(
        self, holding: Holding, workflow: Workflow, make_scratch: Callable[[], Path], pace: Pace
    ) -> _Worked:
        """Run the workflow function and turn whatever it does into a value."""
        limit = asyncio.timeout(workflow.timeout_s)
        try:
            async with limit:
                return await self._called(holding, workflow, make_scratch, pace)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 — a workflow's SystemExit must not end the worker
            return self._ended_by(error, holding, workflow, late=limit.expired())

    def _ended_by(self, error: BaseException, holding: Holding, workflow: Workflow, *, late: bool) -> _Worked:
        if isinstance(error, asyncio.CancelledError):
            if holding.reason is not None:
                return _Worked()
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise error  # not the workflow was cancelled but the worker
        elif isinstance(error, TimeoutError) and late:
            message = f"An attempt of '{workflow.name}' took longer than {workflow.timeout_s:g} s."
            return _Worked(error=Unavailable("job_timeout", message))
        elif holding.waits:
            return _Worked(waits=holding.waits)
        return _Worked(error=_error_of(error))

    async def _called(
        self, holding: Holding, workflow: Workflow, make_scratch: Callable[[], Path], pace: Pace
    ) -> _Worked:
        job = holding.job
        try:
            given = payload.load(workflow.input, job.input)
        except Invalid as error:  # it was understood by whoever accepted it
            if (job.claimed_at - job.started_at).total_seconds() > UNREAD_S:
                raise
            log.warning("job.input_not_understood", type=job.type, error=str(error))
            return _Worked(unread=True)
        kept = Kept() if job.fence == 1 else await self._pen.kept(holding)
        ctx = Context(
            ref=job.ref,
            make_scratch=make_scratch,
            make_files=lambda folder: self._files_for(job.ref, folder),
            make_productions=lambda: self._productions_for(job),
            journal=WorkerJournal(self._pen, holding, kept),
            events=holding.recorder,
            spread=WorkerSpread(self._pen, self._registry, holding, kept),
            started_at=job.started_at,
            threads=self._threads,
            pace=pace,
        )
        output = await workflow.function(ctx, given)
        if holding.waits:
            return _Worked(waits=holding.waits)  # it caught what was to end it, as `gather` does when asked to
        return _Worked(output=payload.dump(workflow.output, output, f"The output of '{workflow.name}'"))

    async def _conclude(self, holding: Holding, workflow: Workflow, worked: _Worked) -> str:
        """Write the end of the attempt."""
        holding.concluding = True
        if holding.reason == "cancelled":
            return await self._end(holding, "cancelled")
        if worked.output is not None:
            try:
                return await self._end(holding, "succeeded", output=worked.output)
            except Exception as error:  # noqa: BLE001 — `on_end` refused the success, or the database the output
                worked = _Worked(error=_error_of(error))
        if holding.reason is not None or worked.unread:
            return await self._end(holding, "released", again_s=UNKNOWN_AGAIN_S if worked.unread else None)
        if worked.waits:
            try:
                suspended = await self._pen.suspend(holding, worked.waits)
            except CutroomError as error:  # a server takes less of its agents than a worker would write
                return await self._fail(holding, workflow, error)
            return "suspended" if suspended else await self._end(holding, "cancelled")
        return await self._fail(holding, workflow, worked.error or _error_of(None))

    async def _fail(self, holding: Holding, workflow: Workflow, error: CutroomError) -> str:
        again_s = None
        if error.retryable and error.code in AWAY:
            again_s = min(workflow.retry.delay_s(holding.job.fence), AWAY_AGAIN_S)
        elif error.retryable:
            again_s = max(error.retry_after_s or 0.0, workflow.retry.delay_s(holding.job.attempt))
        data = payload.clean_json(error.to_json())
        holding.code = error.code
        return await self._end(holding, "failed", error=data, again_s=again_s, dead=is_dead(error))

    async def _end(self, holding: Holding, outcome: Outcome, **facts: Any) -> str:
        job = holding.job
        if job.parent_id is None:
            # An item keeps its slot: its end may wake its parent, which goes before jobs that came later.
            holding.done_working()
        ended = await self._pen.end(holding, End(job.id, job.fence, job.parent_id, outcome, **facts))
        if ended is None:
            return "lost"
        holding.status = ended
        return "cancelled" if ended is Status.CANCELLED else outcome


def _error_of(error: BaseException | None) -> CutroomError:
    """The error for the job's owner. What nobody foresaw is told to the operator's log only."""
    known = None if error is None else first_of(error)
    if known is not None:
        return known
    if error is not None and is_full(error):
        return Unavailable("disk_full", "The disk for work in progress is full; the job is tried again later.")
    log.error("job.unexpected_error", exc_info=error)
    message = "Something went wrong on our side; the operator's log has the details."
    return Internal("internal_error", message, retryable=True)
