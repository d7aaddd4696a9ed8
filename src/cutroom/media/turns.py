"""Media programs take turns: each can use a whole processor, and memory to match."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal
from weakref import WeakKeyDictionary

SLOTS: Final = os.cpu_count() or 1
_turns: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]]] = WeakKeyDictionary()


@asynccontextmanager
async def turn(kind: Literal["ffmpeg", "probe"]) -> AsyncIterator[None]:
    """Wait until fewer than `SLOTS` programs of a kind run in this process, then count as one of them.

    A probe is short and does not wait for a render to end.
    """
    kinds = _turns.setdefault(asyncio.get_running_loop(), {})
    async with kinds.setdefault(kind, asyncio.Semaphore(SLOTS)):
        yield
