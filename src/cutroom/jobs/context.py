"""What a workflow sees: its `Context`."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, overload

from cutroom.jobs import payload
from cutroom.jobs.calls import AT_ONCE, Executor, Pace, StepRetry, call
from cutroom.jobs.job import AttemptRef
from cutroom.jobs.seams import Events, Files, Journal, Productions
from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import Internal
from cutroom.kit.ids import new_id

I = TypeVar("I")  # noqa: E741 — input of an item
R = TypeVar("R")
DEFAULT_RETRY: Final = StepRetry()


class Spread(Protocol):
    """Runs items elsewhere, and waits."""

    async def map(
        self,
        step: str,
        workflow: Callable[["Context", I], Awaitable[R]],
        items: Sequence[I],
        span: tuple[float, float] | None,
    ) -> list[R]:
        """Run every item as a job of its own; results in order."""
        ...

    async def sleep(self, step: str, seconds: float) -> None:
        """Wait, holding no slot."""
        ...


@dataclass(slots=True)
class Context:
    """The world of one attempt of a workflow.

    Apart from what goes through the context, a workflow is deterministic: it may be run again from the top at any time,
    and what it did before is then answered from the journal.

    Args:
        ref: the attempt.
        make_scratch: makes the folder of this attempt; called when it is first asked for.
        make_files: makes the files in and out, given that folder; likewise.
        make_productions: makes what reads and writes productions; likewise.
        started_at: when the job first started, on the database's clock.
        threads: where steps that are not async run; None is the event loop's own.
        pace: says when each try of a step begins.
    """

    ref: AttemptRef
    make_scratch: Callable[[], Path]
    make_files: Callable[[Path], Files]
    make_productions: Callable[[], Productions]
    journal: Journal
    events: Events
    spread: Spread
    started_at: datetime
    threads: Executor = None
    pace: Pace = AT_ONCE
    _scratch: Path | None = None
    _files: Files | None = None
    _productions: Productions | None = None
    _names: set[str] = field(default_factory=set)
    _sleeps: int = 0
    _random: random.Random | None = None
    _ids: random.Random | None = None

    @property
    def job_id(self) -> str:
        """The job."""
        return self.ref.job_id

    @property
    def workspace_id(self) -> str:
        """Whose job it is."""
        return self.ref.workspace_id

    @property
    def attempt(self) -> int:
        """Number of this attempt, from 1."""
        return self.ref.attempt

    @property
    def scratch(self) -> Path:
        """A folder of this attempt's own, removed when it ends."""
        if self._scratch is None:
            self._scratch = self.make_scratch()
        return self._scratch

    @property
    def files(self) -> Files:
        """Files in and out."""
        if self._files is None:
            self._files = self.make_files(self.scratch)
        return self._files

    @property
    def productions(self) -> Productions:
        """Typed data made of recordings. Write in a step: what a step has written is not written again."""
        if self._productions is None:
            self._productions = self.make_productions()
        return self._productions

    @overload
    async def step(
        self,
        name: str,
        function: Callable[..., Awaitable[R]],
        *args: Any,
        retry: StepRetry | None = None,
        timeout_s: float | None = None,
    ) -> R: ...
    @overload
    async def step(
        self,
        name: str,
        function: Callable[..., R],
        *args: Any,
        retry: StepRetry | None = None,
        timeout_s: float | None = None,
    ) -> R: ...
    async def step(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        retry: StepRetry | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """Run `function(*args)` once to success and keep its result; on a later attempt return what was kept.

        Args:
            name: unique within the workflow.
            function: async, or ordinary code, which runs in a thread. A thread cannot be killed: what takes long
                belongs in a child process. Its result goes through JSON by its return annotation, every time.
            args: its arguments.
            retry: how often to try within this attempt when it fails in a way that may pass; once when None.
            timeout_s: wall-clock seconds for each try.

        Raises:
            CutroomError: what the function raised; `Unavailable` `step_timeout`.
            Internal: `duplicate_step`, when the name was used before; `unstorable_result`.
        """
        self._claim_name(name)
        adapter = payload.result_type(function)
        kept = self.journal.find(name)
        if kept is None:
            kept = await self._run_step(name, adapter, function, args, retry or DEFAULT_RETRY, timeout_s)
        return payload.load(adapter, kept)

    async def map(
        self,
        name: str,
        workflow: Callable[["Context", I], Awaitable[R]],
        items: Sequence[I],
        *,
        span: tuple[float, float] | None = None,
    ) -> list[R]:
        """Run a registered workflow once per item, spread over free workers; results in the order of the items.

        This job holds no slot meanwhile. When an item fails, items that have not started are cancelled, those that run
        come to their end, and the error names the index or the place in the input.

        Args:
            name: unique within the workflow.
            workflow: a registered internal workflow.
            items: its inputs.
            span: this job's progress before the first and after the last item; None leaves progress alone.

        Raises:
            CutroomError: the first failed item's error, of the same kind and code, never retryable.
            Internal: `duplicate_step`; `replay_mismatch` when a replay brings another number of items.
        """
        self._claim_name(name)
        if not items:
            return []
        return await self.spread.map(name, workflow, items, span)

    async def sleep(self, seconds: float) -> None:
        """Wait without holding a slot; survives everything. The job goes through the queue, so not for milliseconds."""
        self._sleeps += 1
        await self.spread.sleep(f"sleep:{self._sleeps}", seconds)

    async def hold(self, seconds: float) -> None:
        """Have so many seconds of media held for the whole job, where only now is known how many it takes.

        To be called before what costs. Again changes nothing, and fewer than are held neither.

        Raises:
            QuotaExceeded: `minutes_exceeded`.
        """
        await self.journal.hold(seconds)

    def progress(self, fraction: float, stage: str | None = None) -> None:
        """Say how far the job is, in [0, 1], and what it does now. Moving back within an attempt is ignored."""
        self.events.progress(fraction, stage)

    def told(self, fact: str) -> int:
        """The sum of a whole number that the job's log lines carry, those of earlier attempts alone.

        It counts what an attempt did and had no time to keep as the result of a step.
        """
        return self.journal.told(fact)

    def log(self, level: str, message: str, **facts: Any) -> None:
        """Tell the job's owner something. `level` is debug, info, warning or error."""
        self.events.log(level, message, facts)

    def text(self, stream: str, text: str, *, begins: bool = False) -> None:
        """Show followers the next piece of a text while it is written. What lasts belongs in the output.

        Args:
            stream: which text, where a job writes several.
            text: the piece.
            begins: the text begins here: what was shown of it before, by an earlier attempt perhaps, is void.
        """
        self.events.text(stream, text, begins=begins)

    def now(self) -> datetime:
        """The time at which the job first started: the same on every attempt."""
        return self.started_at

    def random(self) -> random.Random:
        """The job's own generator; it gives the same numbers in the same order on every attempt."""
        if self._random is None:
            self._random = random.Random(f"{self.job_id}:random")  # noqa: S311 — must repeat
        return self._random

    def new_id(self, prefix: str) -> str:
        """An id that is the same on every attempt, given the same calls in the same order."""
        if self._ids is None:
            self._ids = random.Random(f"{self.job_id}:ids")  # noqa: S311 — must repeat
        at_ms = (self.started_at - _EPOCH) // timedelta(milliseconds=1)
        return new_id(prefix, at_ms=at_ms, entropy=self._ids.getrandbits(74))

    async def _run_step(
        self,
        name: str,
        adapter: Adapter[Any],
        function: Callable[..., Any],
        args: tuple[Any, ...],
        retry: StepRetry,
        timeout_s: float | None,
    ) -> str:
        try:
            result, elapsed_s = await call(
                name, function, args, retry=retry, timeout_s=timeout_s, threads=self.threads, pace=self.pace
            )
            kept = payload.dump(adapter, result, f"The result of step '{name}'")
            await self.journal.record(name, kept, elapsed_s)
        except BaseException as error:
            self.pace.over(name, error)
            raise
        self.pace.over(name, None)
        return kept

    def _claim_name(self, name: str) -> None:
        if name in self._names:
            raise Internal("duplicate_step", f"The workflow uses the step name '{name}' twice.")
        self._names.add(name)


_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
