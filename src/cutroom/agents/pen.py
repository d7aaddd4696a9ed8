"""The `Pen` of attempts on an agent: what it writes is written by the server."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog

from cutroom.agents import convert
from cutroom.agents.limits import MAX_RECALLED_BYTES, PIECE_BYTES
from cutroom.agents.link import Link
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs import Status
from cutroom.jobs.ending import End
from cutroom.jobs.errors import LeaseLost, Wait
from cutroom.jobs.holding import Holding
from cutroom.jobs.recall import ItemState, Kept
from cutroom.jobs.recorder import Notes
from cutroom.jobs.writing import StepResult
from cutroom.kit.errors import CutroomError, Internal

FLUSH_S: Final = 0.05
"""So often what attempts have told is sent on: followers see it well within a fifth of a second."""
MOST_EVENTS: Final = 200

log = structlog.get_logger()


class RemotePen:
    """Reads and writes for attempts over the agent's link.

    Args:
        link: to the server.
        fence_of: the fence of an attempt as the server has it now; a node that took the session over has raised it.
    """

    def __init__(self, link: Link, fence_of: Callable[[Holding], int]) -> None:
        self._link = link
        self._fence_of = fence_of
        self._told: WeakKeyDictionary[Holding, int] = WeakKeyDictionary()
        """Events of each attempt that the server has."""

    async def kept(self, holding: Holding) -> Kept:
        """What earlier attempts of the job left, in as many parts as it takes.

        Raises:
            Internal: `answer_too_large`.
        """
        steps: dict[str, str] = {}
        marks: dict[str, Mapping[str, Any]] = {}
        first, size = "", 0
        while True:
            said = (await self.ask(holding, recall=wire.Recall(first=first))).journal
            size = _counted(size, said)
            part = convert.kept_of(said)
            steps |= part.steps
            marks |= part.marks
            if not said.HasField("next"):
                return Kept(steps, marks)
            first = said.next

    async def items(self, holding: Holding, step: str) -> Sequence[ItemState]:
        """The items of a map, in order; likewise."""
        items: list[ItemState] = []
        size = 0
        while True:
            said = (await self.ask(holding, items=wire.Items(step=step, first=len(items)))).items
            size = _counted(size, said)
            items += map(convert.item_of, said.items)
            if not said.more:
                return items

    async def record(self, holding: Holding, step: StepResult) -> None:
        """Keep a step's result, and what the job has told so far.

        Raises:
            LeaseLost: when this attempt no longer holds the job.
        """
        async with holding.writing:
            await self._tell(holding)
            said = wire.Record(step=step.name, result=step.result, elapsed_s=step.elapsed_s)
            await self.ask(holding, record=said)

    async def hold(self, holding: Holding, seconds: float) -> None:
        """Hold so many seconds of media for the job that this one is part of.

        Raises:
            QuotaExceeded: `minutes_exceeded`.
            LeaseLost: when this attempt no longer holds the job.
        """
        try:
            await self.ask(holding, hold=wire.Hold(seconds=seconds))
        except CutroomError as error:
            if error.code != "unknown_question":  # a server of an earlier version holds nothing
                raise

    async def suspend(self, holding: Holding, waits: Sequence[Wait]) -> bool:
        """Make the job wait; False when a cancel came first.

        Raises:
            LeaseLost: when this attempt no longer holds the job.
        """
        async with holding.writing:
            await self._tell(holding)
            answer = await self.ask(holding, suspend=wire.Suspend(waits=map(convert.wait_message, waits)))
            return answer.done.yes

    async def end(self, holding: Holding, end: End) -> Status | None:
        """End an attempt; what the job is now, or None when the attempt no longer held it.

        Raises:
            CutroomError: what the server has against a success.
        """
        try:
            async with holding.writing:
                await self._tell(holding)
                answer = await self.ask(holding, end=convert.end_message(end))
        except LeaseLost:
            return None
        return Status(answer.status) if answer.status else None

    async def run(self, holdings: Callable[[], Sequence[Holding]]) -> None:
        """Send on what attempts tell, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(FLUSH_S)
                for holding in holdings():
                    if holding.recorder.waiting and not holding.writing.locked() and holding.reason != "lost":
                        group.create_task(self._flush(holding))

    async def _flush(self, holding: Holding) -> None:
        async with holding.writing:
            with suppress(LeaseLost):
                await self._tell(holding)

    async def _tell(self, holding: Holding) -> None:
        """Send what is new. What the server does not take is no reason to end the attempt: it is told of here."""
        while (notes := holding.recorder.take()) is not None:
            for start in range(0, max(len(notes.events), 1), MOST_EVENTS):
                some = replace(notes, events=notes.events[start : start + MOST_EVENTS])
                try:
                    await self._note(holding, some)
                except CutroomError as error:
                    log.warning("agent.notes_refused", job_id=holding.job.id, code=error.code, error=error.message)

    async def _note(self, holding: Holding, notes: Notes) -> None:
        """Send some; again where the server knows of fewer than it once had said: they count from there."""
        for _ in range(2):
            first = self._told.get(holding, 0)
            answer = await self.ask(holding, notes=convert.notes_message(notes, first))
            self._told[holding] = answer.told.told
            if answer.told.told >= first + len(notes.events):
                return

    async def ask(self, holding: Holding, **what: object) -> wire.Answer:
        """Ask the server about an attempt.

        Raises:
            CutroomError: what the server says went wrong.
            LeaseLost: when this attempt no longer holds the job.
        """
        if holding.reason == "lost":  # the job may be another attempt's by now, under the same fence
            raise LeaseLost(holding.job.id)
        ask = wire.Ask(job_id=holding.job.id, fence=self._fence_of(holding), **what)  # type: ignore[arg-type]
        try:
            return await self._link.ask(ask)
        except LeaseLost:
            holding.stop("lost")
            raise


def _counted(size: int, part: wire.Journal | wire.ItemStates) -> int:
    """How much was taken with this part; whatever the server says, there is an end to it."""
    size += max(part.ByteSize(), PIECE_BYTES)
    if size > MAX_RECALLED_BYTES:
        message = f"What is kept of the job has more than {MAX_RECALLED_BYTES >> 20} MiB, which no agent takes."
        raise Internal("answer_too_large", message)
    return size
