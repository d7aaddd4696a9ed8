"""Media programs take turns: each can use more than one processor, and memory to match."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, Literal
from weakref import WeakKeyDictionary

Kind = Literal["film", "light", "probe", "develop"]
"""What encodes more than one picture; what encodes one, or sound alone; what examines a file; what develops one."""

_PROCESSORS: Final = os.cpu_count() or 1
SLOTS: Final[Mapping[Kind, int]] = {
    "film": max(min(2, _PROCESSORS), _PROCESSORS // 2),
    "light": _PROCESSORS,
    "probe": _PROCESSORS,
    "develop": max(_PROCESSORS // 2, 1),
}
"""How many programs of a kind run at once in this process.

An ffmpeg that encodes pictures keeps most of two processors busy (it decodes, draws and encodes in threads of two) and
holds some 250 MB in 1080p: many more of them at once take their memory and save hardly any time. A second one pays: it
works while the first one starts and ends (on two processors 32.8 s for an edit, in place of 41.2 s with one).
"""
_turns: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Kind, asyncio.Semaphore]]] = WeakKeyDictionary()


@asynccontextmanager
async def turn(kind: Kind) -> AsyncIterator[None]:
    """Wait until fewer than its `SLOTS` programs of a kind run in this process, then count as one of them.

    The kinds do not wait for each other: a probe does not wait for a render to end.
    """
    kinds = _turns.setdefault(asyncio.get_running_loop(), {})
    async with kinds.setdefault(kind, asyncio.Semaphore(SLOTS[kind])):
        yield
