"""The workflow that Temporal runs for every job, whatever its type: it carries one attempt, turn by turn.

The workflow functions of this program are not replayed by Temporal: they run in the worker that claimed the job, and
their journal is in our tables. So their code may change between two attempts, as under the embedded engine. The code
here is replayed: what changes the order of its commands needs `workflow.patched`, and `tests/temporal/test_replay`
keeps histories that every later version must be able to go through.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from cutroom.temporal.orders import BEGIN, CANCEL, DUE, SETTLE, Admission, Ask, Ended, Place, Turn, quick_s, turn_of

AT_ONCE: Final = 512
"""Most steps of one attempt that run at once; Temporal takes 2,000 pending activities of one workflow."""
MARGIN_S: Final = 60.0
BEAT_S: Final = 3.0
"""A worker that lives has renewed its lease after so many seconds."""
ONCE: Final = RetryPolicy(maximum_attempts=1)
SURELY: Final = RetryPolicy(
    initial_interval=timedelta(seconds=0.2), maximum_interval=timedelta(seconds=10), maximum_attempts=0
)


@workflow.defn(dynamic=True)
class JobRun:
    """One admission of a job, from its claim to what the claim's end leaves Temporal to do: a timer, or nothing."""

    def __init__(self) -> None:
        self._admitted: list[Admission] = []
        self._asked: list[tuple[int, list[Ask]]] = []
        self._acts: dict[str | None, workflow.ActivityHandle[Turn]] = {}
        self._waiting: dict[str, Ask] = {}
        self._cancelled = False

    @workflow.signal
    def admitted(self, admission: Admission) -> None:
        """A worker has claimed the job."""
        self._admitted.append(admission)

    @workflow.signal
    def asked(self, fence: int, asks: list[Ask]) -> None:
        """The workflow function wants steps while none of its activities waits for that."""
        self._asked.append((fence, asks))

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> object:
        """Carry the newest admission; the outcome."""
        if args:  # this run continues another, which was told of a new claim
            self._admitted[:0] = workflow.payload_converter().from_payload(args[0].payload, list[Admission])
        await workflow.wait_condition(lambda: bool(self._admitted))
        admission = max(self._admitted, key=lambda one: one.fence)
        self._admitted.clear()
        ended = await self._carried(admission)
        if self._admitted:
            workflow.continue_as_new(args=[self._admitted])
        if ended is None:
            return None
        if self._cancelled and (ended.timed or ended.outcome == "cancelled"):
            raise asyncio.CancelledError
        if ended.status == "failed":
            code = ended.code or "failed"
            raise ApplicationError(f"The job failed: {code}.", type=code, non_retryable=True)
        return ended.outcome

    async def _carried(self, admission: Admission) -> Ended | None:
        """Carry an admission. A cancel that comes to Temporal itself is handed to the job, whose end ends this."""
        carrying = asyncio.create_task(self._carry_and_wait(admission))  # noqa: TID251 — ends below, or with the run
        while True:
            try:
                return await asyncio.shield(carrying)
            except asyncio.CancelledError:
                self._cancelled = True
                await asyncio.shield(_surely(CANCEL, admission, admission))

    async def _carry_and_wait(self, admission: Admission) -> Ended | None:
        ended = await self._carry(admission)
        if ended is not None and ended.timed:
            await self._wait(admission)
        return ended

    async def _carry(self, admission: Admission) -> Ended | None:
        """Let the attempt's steps on until it has ended; None when it is not to be carried any more."""
        self._start(admission, None)
        await self._something()
        while not self._admitted:
            for step in [step for step, act in self._acts.items() if act.done()]:
                turn = _turn(self._acts.pop(step))
                if turn is None:
                    if not await self._holds(admission):
                        return None
                    self._start(admission, step, again=True)
                elif turn.ended is not None:
                    return turn.ended
                else:
                    self._want(turn.asks)
            self._let_on(admission)
            await self._something()
        for act in self._acts.values():
            act.cancel()
        return None

    async def _something(self) -> None:
        """Wait until there is something to do."""
        await workflow.wait_condition(
            lambda: bool(self._admitted or self._asked) or any(act.done() for act in self._acts.values())
        )

    def _let_on(self, admission: Admission) -> None:
        """Start what was asked for, as far as there is room."""
        for fence, asks in self._asked:
            if fence == admission.fence:
                self._want(asks)
        self._asked.clear()
        for name in list(self._waiting)[: max(AT_ONCE - len(self._acts), 0)]:
            self._start(admission, name)

    def _want(self, asks: list[Ask]) -> None:
        for ask in asks:
            if ask.name not in self._acts:
                self._waiting[ask.name] = ask

    def _start(self, admission: Admission, step: str | None, *, again: bool = False) -> None:
        """Let the attempt or one of its steps on."""
        ask = None if step is None else self._waiting.pop(step, None)
        patience = timedelta(seconds=admission.patience_s)
        self._acts[step] = workflow.start_activity(
            BEGIN if step is None else step.partition(":")[0],
            Place(admission.job_id, admission.fence, step, again),
            result_type=Turn,
            task_queue=admission.queue,
            schedule_to_start_timeout=patience,
            heartbeat_timeout=patience,
            start_to_close_timeout=timedelta(seconds=admission.limit_s + MARGIN_S),
            retry_policy=ONCE if ask is None else _policy(ask),
            summary=step,
        )

    async def _holds(self, admission: Admission) -> bool:
        """Look into a silence: whether the worker still holds the attempt; if not, it is taken from it."""
        before: float | None = None
        while not self._admitted:
            left_s = await _surely(SETTLE, Place(admission.job_id, admission.fence), admission)
            if left_s is None:
                return False
            if before is not None and left_s > before:
                return True  # it has renewed its lease since we looked before
            await self._pause((min(left_s, BEAT_S) if before is None else left_s) + 0.1)
            before = left_s
        return False

    async def _wait(self, admission: Admission) -> None:
        """Keep the job's timer, and queue it when that has run out, unless somebody claims it before."""
        while not self._admitted:
            left_s = await _surely(DUE, Place(admission.job_id, admission.fence), admission)
            if left_s is None:
                return
            await self._pause(left_s + 0.01, or_cancelled=True)

    async def _pause(self, seconds: float, *, or_cancelled: bool = False) -> None:
        try:
            await workflow.wait_condition(
                lambda: bool(self._admitted) or (or_cancelled and self._cancelled), timeout=seconds
            )
        except TimeoutError:
            return


def _turn(act: workflow.ActivityHandle[Turn]) -> Turn | None:
    """What an activity that is over told; None when it told nothing, or that its attempt is not there."""
    try:
        turn = act.result()
    except ActivityError as error:
        cause = error.cause
        if isinstance(cause, ApplicationError) and cause.details:
            return turn_of(cause.details[0])
        return None
    return None if turn.gone else turn


def _policy(ask: Ask) -> RetryPolicy:
    first_s = max(ask.first_s, 0.01)
    return RetryPolicy(
        initial_interval=timedelta(seconds=first_s),
        backoff_coefficient=max(ask.factor, 1.0),
        maximum_interval=timedelta(seconds=max(ask.cap_s, first_s)),
        maximum_attempts=ask.tries,
        # A silence is no failure of the step: it is looked into.
        non_retryable_error_types=["TemporalTimeout:Heartbeat", "TemporalTimeout:StartToClose"],
    )


async def _surely(name: str, value: Any, admission: Admission) -> float | None:
    """Run one of our own activities, in any worker, until it succeeds."""
    left_s: float | None = await workflow.execute_activity(
        name,
        value,
        result_type=float,
        start_to_close_timeout=timedelta(seconds=quick_s(admission.patience_s)),
        retry_policy=SURELY,
    )
    return left_s
