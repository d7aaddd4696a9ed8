"""Running a workflow in this process, with no database: the command line's engine.

The same `Context` as in a worker. The journal lives as long as the call, items of a map run here, a few at a time.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from cutroom.jobs import payload
from cutroom.jobs.context import Context, I, R
from cutroom.jobs.items import item_error
from cutroom.jobs.job import JOB_PREFIX, AttemptRef
from cutroom.jobs.registry import Registry, Workflow
from cutroom.jobs.remembered import Remembered
from cutroom.jobs.seams import Files
from cutroom.kit.errors import CutroomError, Unavailable, is_full
from cutroom.kit.ids import new_id
from cutroom.kit.strict_json import UNSTORABLE

EventSink = Callable[[str, dict[str, Any]], None]
WORKSPACE: Final = "alone"


async def run_alone(
    registry: Registry,
    name: str,
    value: Any,
    *,
    files: Files,
    scratch: Path,
    events: EventSink,
    concurrency: int = 1,
    productions: Remembered | None = None,
    files_of: Callable[[str], Files] | None = None,
) -> Any:
    """Run the workflow `name` to its end and return its output.

    Args:
        registry: the workflows.
        name: which one.
        value: an instance of its input type, or JSON data.
        files: files in and out.
        scratch: an existing folder; each job gets one of its own in it. The caller removes it.
        events: called with the kind and data of each event, as in `JobEvent`.
        concurrency: items of maps that run at the same time.
        productions: where they are kept, for workflows that go on from what others made; forgotten when None.
        files_of: the files of a job, by its id, where items must not publish under each other's names; all have
            `files` when None.

    Raises:
        CutroomError: what the workflow raised, after its attempts where trying again made sense.
    """
    room = asyncio.Semaphore(concurrency)
    alone = _Alone(registry, files_of or (lambda _: files), productions or Remembered(), scratch, room)
    workflow = registry.get(name)
    text = payload.accept(workflow.input, value)
    return payload.load(workflow.output, await alone.run(workflow, text, _Direct(events), slot=None))


class _Direct:
    """`Events` that are told at once."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._progress = 0.0
        self._stage: str | None = None

    def progress(self, fraction: float, stage: str | None) -> None:
        if fraction >= self._progress:
            self._progress, self._stage = min(fraction, 1.0), stage or self._stage
            self._sink("progress", {"progress": round(self._progress * 100, 1), "stage": self._stage})

    def log(self, level: str, message: str, facts: Mapping[str, Any]) -> None:
        self._sink("log", {**payload.clean_json(dict(facts)), "level": level, "message": payload.clean(message, 8_000)})

    def text(self, stream: str, text: str, *, begins: bool) -> None:
        self._sink("text", {"stream": stream, "text": UNSTORABLE.sub("\ufffd", text), "begins": begins})


class _Share:
    """`Events` of one item: its progress moves its parent's, its log lines are its parent's."""

    def __init__(self, above: "_Direct | _Share", done: list[float], index: int, span: tuple[float, float]) -> None:
        self._above = above
        self._done = done
        self._index = index
        self._span = span

    def progress(self, fraction: float, stage: str | None) -> None:
        self._done[self._index] = max(self._done[self._index], min(fraction, 1.0))
        low, high = self._span
        self._above.progress(low + (high - low) * sum(self._done) / len(self._done), None)

    def log(self, level: str, message: str, facts: Mapping[str, Any]) -> None:
        self._above.log(level, message, {**facts, "item": self._index})

    def text(self, stream: str, text: str, *, begins: bool) -> None:
        """An item's own followers would see it; here there are none."""


class _Memory:
    """A journal that lasts as long as the job."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        return self._kept.get(name)

    def told(self, fact: str) -> int:
        return 0  # there is one attempt

    async def record(self, name: str, result: str, elapsed_s: float) -> None:
        self._kept[name] = result

    async def hold(self, seconds: float) -> None:
        """Nobody counts here."""


class _Slot:
    """A place among those who may run; given up while its holder waits for items of its own."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        async with self._room:
            yield

    @contextlib.asynccontextmanager
    async def given_up(self) -> AsyncIterator[None]:
        self._room.release()
        try:
            yield
        finally:
            await self._room.acquire()


@dataclass(frozen=True, slots=True)
class _Here:
    """A `Spread` that runs the items in this process."""

    alone: "_Alone"
    journal: _Memory
    events: _Direct | _Share
    slot: _Slot | None

    async def map(
        self,
        step: str,
        workflow: Callable[[Context, I], Awaitable[R]],
        items: Sequence[I],
        span: tuple[float, float] | None,
    ) -> list[R]:
        async with self.slot.given_up() if self.slot is not None else contextlib.nullcontext():
            return await self.alone.map(step, workflow, items, span or (0.0, 0.0), self.journal, self.events)

    async def sleep(self, step: str, seconds: float) -> None:
        async with self.slot.given_up() if self.slot is not None else contextlib.nullcontext():
            if self.journal.find(step) is None:
                await asyncio.sleep(seconds)
                await self.journal.record(step, "null", seconds)


@dataclass(frozen=True, slots=True)
class _Alone:
    registry: Registry
    files_of: Callable[[str], Files]
    productions: Remembered
    scratch: Path
    room: asyncio.Semaphore

    async def run(self, workflow: Workflow, text: str, events: _Direct | _Share, slot: _Slot | None) -> str:
        """Run one job, as often as its workflow allows; the JSON text of its output."""
        job_id = new_id(JOB_PREFIX)
        started_at = datetime.now(UTC)
        journal = _Memory()
        attempt = 0
        while True:
            attempt += 1
            folder = self.scratch / f"{job_id}.{attempt}"
            ctx = Context(
                ref=AttemptRef(WORKSPACE, job_id, attempt, attempt),
                make_scratch=partial(_made, folder),
                make_files=lambda _: self.files_of(job_id),
                make_productions=partial(self.productions.of, job_id),
                journal=journal,
                events=events,
                spread=_Here(self, journal, events, slot),
                started_at=started_at,
            )
            try:
                output = await _within(workflow, ctx, payload.load(workflow.input, text))
                return payload.dump(workflow.output, output, f"The output of '{workflow.name}'")
            except CutroomError as error:
                if not error.retryable or attempt >= workflow.max_attempts:
                    raise
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)  # the disk may be what is short
                events.log("warning", f"{error.message} Trying again.", {"code": error.code, "attempt": attempt})
                await asyncio.sleep(workflow.retry.delay_s(attempt))

    async def map(
        self,
        step: str,
        function: Callable[[Context, I], Awaitable[R]],
        items: Sequence[I],
        span: tuple[float, float],
        journal: _Memory,
        events: _Direct | _Share,
    ) -> list[R]:
        """Run the items, those of an earlier attempt left out; the first failure stops the others."""
        workflow = self.registry.of(function)
        done = [0.0] * len(items)
        texts = [""] * len(items)

        async def one(index: int, item: Any) -> None:
            name = f"{step}[{index}]"
            share = _Share(events, done, index, span)
            slot = _Slot(self.room)
            async with slot.held():
                kept = journal.find(name)
                if kept is None:
                    kept = await self._item(workflow, item, share, slot, step, index)
                    await journal.record(name, kept, 0.0)
            texts[index] = kept
            share.progress(1.0, None)

        try:
            async with asyncio.TaskGroup() as group:
                for index, item in enumerate(items):
                    group.create_task(one(index, item))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        return [payload.load(workflow.output, text) for text in texts]

    async def _item(self, workflow: Workflow, item: Any, share: _Share, slot: _Slot, step: str, index: int) -> str:
        try:
            return await self.run(workflow, payload.accept(workflow.input, item), share, slot)
        except CutroomError as error:
            raise item_error(error, step, index, job_id=None, dead=error.retryable) from error


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _within(workflow: Workflow, ctx: Context, value: Any) -> Any:
    try:
        async with asyncio.timeout(workflow.timeout_s) as limit:
            return await workflow.function(ctx, value)
    except TimeoutError as error:
        if not limit.expired():
            raise
        message = f"An attempt of '{workflow.name}' took longer than {workflow.timeout_s:g} s."
        raise Unavailable("job_timeout", message) from error
    except OSError as error:
        if not is_full(error):
            raise
        message = "The disk for work in progress is full; free some, or set TMPDIR to a folder with more room."
        raise Unavailable("disk_full", message) from error


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure in a group of groups."""
    error: BaseException = failures
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
