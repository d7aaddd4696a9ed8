"""What an attempt reads and writes of its job: in the database, or over the network where there is none."""

from collections.abc import Sequence
from typing import Protocol

from cutroom.jobs.ending import End
from cutroom.jobs.errors import Wait
from cutroom.jobs.holding import Holding
from cutroom.jobs.recall import ItemState, Kept
from cutroom.jobs.states import Status
from cutroom.jobs.writing import StepResult


class Pen(Protocol):
    """Writes for attempts, never without their fence. What it is asked for takes as long as it takes."""

    async def kept(self, holding: Holding) -> Kept:
        """What earlier attempts of the job left."""
        ...

    async def items(self, holding: Holding, step: str) -> Sequence[ItemState]:
        """The items of a map, in order."""
        ...

    async def record(self, holding: Holding, step: StepResult) -> None:
        """Keep a step's result, and what the job has told so far; raises `LeaseLost`."""
        ...

    async def hold(self, holding: Holding, seconds: float) -> None:
        """Hold so many seconds of media for the job that this one is part of; raises `QuotaExceeded`."""
        ...

    async def suspend(self, holding: Holding, waits: Sequence[Wait]) -> bool:
        """Make the job wait; False when a cancel came first; raises `LeaseLost`."""
        ...

    async def end(self, holding: Holding, end: End) -> Status | None:
        """End an attempt; what the job is now, or None when the attempt no longer held it."""
        ...
