"""Media programs take turns: each can use a whole processor, and memory to match."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakKeyDictionary

SLOTS: Final = os.cpu_count() or 1
_turns: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()


@asynccontextmanager
async def turn() -> AsyncIterator[None]:
    """Wait until fewer than `SLOTS` media programs of this process run, then count as one of them."""
    loop = asyncio.get_running_loop()
    if loop not in _turns:
        _turns[loop] = asyncio.Semaphore(SLOTS)
    async with _turns[loop]:
        yield
