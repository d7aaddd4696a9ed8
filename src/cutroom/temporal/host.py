"""One attempt in this process, whose steps Temporal lets on."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from cutroom.jobs.calls import StepRetry
from cutroom.jobs.errors import Timer
from cutroom.jobs.holding import Holding
from cutroom.jobs.states import Status
from cutroom.kit.errors import CutroomError
from cutroom.temporal.orders import Ask, Ended, Turn

TURNS: Final = 3
"""Rounds of the event loop after an ask in which those that belong to it, as of a task group, are made."""


@dataclass(frozen=True, slots=True)
class Again:
    """A try failed, and the step may be tried again."""

    code: str
    wait_s: float


@dataclass(slots=True)
class _Gate:
    """A step between the function that wants it and the activity that lets it on."""

    ask: Ask
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    result: asyncio.Future[Again | BaseException | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Host:
    """The pace of one attempt: each try of a step waits for the activity that stands for it.

    Activities of the same attempt return when there is something new for Temporal to do. While the function works
    between two steps one of them, the *carrier*, stays and waits; a step that is asked for when nobody waits is
    announced by `announce` instead.

    Args:
        holding: the attempt.
    """

    def __init__(self, holding: Holding) -> None:
        self.holding = holding
        self.begun = asyncio.Event()
        self.run_id: str | None = None
        """The run in Temporal that was told of the attempt."""
        self.news = asyncio.Event()
        """Set while something was asked for that no turn has told."""
        self._gates: dict[str, _Gate] = {}
        self._carrier: asyncio.Future[None] | None = None
        self._ended: Ended | None = None

    @property
    def carried(self) -> bool:
        """Whether a turn waits to tell what comes next."""
        return self._carrier is not None

    async def ready(self, name: str, retry: StepRetry, error: CutroomError | None, wait_s: float) -> None:
        """Wait until Temporal lets the step on, for the first time or after its pause."""
        if error is None:
            pause = retry.backoff
            self._gates[name] = _Gate(Ask(name, retry.max_attempts, pause.base_s, pause.factor, pause.cap_s))
            self._wake()
        else:
            failed = self._gates[name]
            self._gates[name] = _Gate(failed.ask)
            failed.result.set_result(Again(error.code, wait_s))
        await self._gates[name].opened.wait()

    def over(self, name: str, error: BaseException | None) -> None:
        """Let the activity of the step end."""
        gate = self._gates.pop(name, None)
        if gate is not None:
            gate.result.set_result(error)

    def end(self) -> None:
        """The attempt is over: let every activity of it end."""
        holding, waits = self.holding, self.holding.waits
        sleeps = holding.outcome == "suspended" and any(isinstance(wait, Timer) for wait in waits)
        self._ended = Ended(
            outcome=holding.outcome or "lost",
            status=holding.status,
            timed=sleeps or holding.status is Status.RETRYING,
            code=holding.code,
        )
        for gate in self._gates.values():
            gate.opened.set()
            gate.result.set_result(None)
        self._gates.clear()
        self._wake()

    async def perform(self, name: str) -> Again | CutroomError | None:
        """Let a step on and wait for the end of this try: failed for now, failed for good, or done."""
        gate = self._gates.get(name)
        if gate is None:
            return None
        gate.opened.set()
        result = await asyncio.shield(gate.result)
        return None if isinstance(result, BaseException) and not isinstance(result, CutroomError) else result

    async def turn(self, *, again: bool) -> Turn:
        """Wait for what the function wants next. When asked again, also tell what was told before."""
        self._relieve()
        waiting = asyncio.get_running_loop().create_future()
        relieved = False
        if not (again and self._unopened()):
            while not self.news.is_set() and not relieved:
                self._carrier = waiting
                try:
                    await waiting
                finally:
                    if self._carrier is waiting:
                        self._carrier = None
                relieved = not self.news.is_set()
        if relieved:
            return Turn()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return Turn(self.announce(), self._ended)

    def announce(self) -> list[Ask]:
        """Steps that wait to be let on; from now on they count as told."""
        if self._ended is None:
            self.news.clear()
        return self._unopened()

    def _unopened(self) -> list[Ask]:
        return [gate.ask for gate in self._gates.values() if not gate.opened.is_set() and not gate.result.done()]

    def _wake(self) -> None:
        self.news.set()
        self._relieve()

    def _relieve(self) -> None:
        if self._carrier is not None and not self._carrier.done():
            self._carrier.set_result(None)
        self._carrier = None
