"""The `Journal` and the `Spread` of an attempt in a worker."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cutroom.jobs import payload
from cutroom.jobs.context import Context, I, R
from cutroom.jobs.errors import NewItems, Timer
from cutroom.jobs.holding import Holding
from cutroom.jobs.items import item_error
from cutroom.jobs.pen import Pen
from cutroom.jobs.recall import TOLD, Kept
from cutroom.jobs.registry import Registry
from cutroom.jobs.writing import StepResult
from cutroom.kit.errors import Conflict, CutroomError, Internal

MAX_ITEMS: Final = 10_000
MAX_DEPTH: Final = 8


@dataclass(frozen=True, slots=True)
class WorkerJournal:
    """Finished steps, written by the attempt's pen."""

    pen: Pen
    holding: Holding
    kept: Kept

    def find(self, name: str) -> str | None:
        """JSON text of the result that an earlier attempt left."""
        return self.kept.steps.get(name)

    def told(self, fact: str) -> int:
        """The sum of a fact in the log lines of earlier attempts."""
        return int(self.kept.marks.get(TOLD, {}).get(fact, 0))

    async def record(self, name: str, result: str, elapsed_s: float) -> None:
        """Keep a result.

        Raises:
            LeaseLost: when this attempt no longer holds the job.
        """
        await self.pen.record(self.holding, StepResult(name, result, elapsed_s))

    async def hold(self, seconds: float) -> None:
        """Hold so many seconds of media for the job."""
        await self.pen.hold(self.holding, seconds)


@dataclass(frozen=True, slots=True)
class WorkerSpread:
    """Items as child jobs, timers as times in the job's row; both end the attempt until they are through."""

    pen: Pen
    registry: Registry
    holding: Holding
    kept: Kept
    began: float = field(default_factory=time.monotonic)

    async def map(
        self,
        step: str,
        workflow: Callable[[Context, I], Awaitable[R]],
        items: Sequence[I],
        span: tuple[float, float] | None,
    ) -> list[R]:
        """Make child jobs and wait, or collect what they gave."""
        found = self.registry.of(workflow)
        mark = self.kept.marks.get(step)
        if mark is None:
            if len(items) > MAX_ITEMS:
                raise Internal("too_many_items", f"Step '{step}' has {len(items)} items; at most {MAX_ITEMS} are run.")
            if self.holding.job.depth >= MAX_DEPTH:
                raise Internal("too_deep", f"Step '{step}' lies {MAX_DEPTH} jobs deep; nothing may lie deeper.")
            inputs = tuple(payload.accept(found.input, item) for item in items)
            self.holding.suspend(NewItems(step, found.name, inputs, span))
        rows = await self.pen.items(self.holding, step)
        if mark["items"] != len(items) or len(rows) != len(items):
            message = f"Step '{step}' had {mark['items']} items and has {len(items)} when it is replayed."
            raise Internal("replay_mismatch", message)
        if any(row.status not in {"succeeded", "failed", "cancelled"} for row in rows):
            self.holding.suspend(NewItems(step, found.name, None, span))
        for index, row in enumerate(rows):
            if row.status == "failed" and row.error is not None:
                error = CutroomError.from_json(row.error)
                raise item_error(error, step, index, job_id=row.id, dead=row.dead)
        for index, row in enumerate(rows):
            if row.status == "cancelled":
                raise Conflict("item_cancelled", f"Item {index} of '{step}' was cancelled.")
        return [payload.load(found.output, row.output or "null") for row in rows]

    async def sleep(self, step: str, seconds: float) -> None:
        """Wait until the time that the first call set, by the database's clock."""
        mark = self.kept.marks.get(step)
        if mark is None:
            self.holding.suspend(Timer(step, seconds))
        now = self.holding.job.claimed_at.timestamp() + time.monotonic() - self.began
        if now < mark["until"]:
            self.holding.suspend(Timer(step, seconds, until=mark["until"]))
