"""Media programs take turns: each can use more than one processor, and memory to match."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Literal, get_args
from weakref import WeakKeyDictionary

Kind = Literal["film", "light", "probe", "develop"]
"""What encodes more than one picture; what encodes one, or sound alone; what examines a file; what develops one."""

_PROCESSORS: Final = os.cpu_count() or 1
ALONE: Final = 1.6
"""Processors that one film keeps busy, where it has them: an edit on two took 41.2 s one film at a time, 32.8 s two."""


def at_once(kind: Kind, processors: int) -> int:
    """How many programs of a kind run at once in a process that has so many processors.

    An ffmpeg that encodes pictures keeps most of two processors busy (it decodes, draws and encodes in threads of two)
    and holds some 250 MB in 1080p: many more of them at once take their memory and save hardly any time. A second one
    pays: it works while the first one starts and ends.
    """
    if kind == "film":
        return max(min(2, processors), processors // 2)
    return max(processors // 2, 1) if kind == "develop" else processors


SLOTS: Final[Mapping[Kind, int]] = {kind: at_once(kind, _PROCESSORS) for kind in get_args(Kind)}
_turns: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Kind, asyncio.Semaphore]]] = WeakKeyDictionary()


@dataclass(slots=True)
class Clock:
    """Seconds of processors that films of ours had, as far as is to be told by who ran beside them."""

    seconds: float = 0.0


class _Share:
    """What each film that runs has of the processors: as much as it can use, or its share."""

    def __init__(self) -> None:
        self._running = 0
        self._since = 0.0
        self._had = 0.0

    def change(self, by: int) -> float:
        """More films run, or fewer; seconds that one which ran all the time has had by now."""
        now = perf_counter()
        if self._running:
            self._had += (now - self._since) * min(ALONE, _PROCESSORS / self._running)
        self._running += by
        self._since = now
        return self._had


_share: Final = _Share()
_clock: Final[ContextVar[Clock | None]] = ContextVar("clock", default=None)


@contextmanager
def clocked() -> Iterator[Clock]:
    """A clock of the films that are made within."""
    clock = Clock()
    token = _clock.set(clock)
    try:
        yield clock
    finally:
        _clock.reset(token)


@asynccontextmanager
async def turn(kind: Kind) -> AsyncIterator[None]:
    """Wait until fewer than its `SLOTS` programs of a kind run in this process, then count as one of them.

    The kinds do not wait for each other: a probe does not wait for a render to end.
    """
    kinds = _turns.setdefault(asyncio.get_running_loop(), {})
    async with kinds.setdefault(kind, asyncio.Semaphore(SLOTS[kind])):
        if kind != "film":
            yield
            return
        before = _share.change(1)
        try:
            yield
        finally:
            had = _share.change(-1) - before
            if (clock := _clock.get()) is not None:
                clock.seconds += had
