"""Counting how often something happened within a window of time: in this process, or in a Redis for many of them.

Windows begin at whole multiples of their length, so one round trip counts, and when a window ends needs no question. At
most twice a window's amount fits into a time as long as a window, across the end of one and the start of the next.
"""

import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog
from limits.aio.storage import RedisStorage
from redis.exceptions import RedisError

from cutroom.kit.redis_pool import AGAIN_S, open_pool

log = structlog.get_logger()
MAX_KEYS: Final = 100_000
_OTHERS: Final = "others"


class Counters(Protocol):
    """Something that counts."""

    async def add(self, key: str, window_s: int) -> int:
        """Count one more under this key; how many there are in the window that is open now."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


class MemoryCounters:
    """Counts in this process.

    A window's counts are thrown away together when it ends; `limits` has a memory of its own, which looks through all
    keys at every count (decision 0032). Beyond `max_keys`, newcomers are counted together, so that a flood of addresses
    costs no more memory.

    Args:
        clock: seconds since 1970.
        max_keys: keys of one length of window.
    """

    def __init__(self, clock: Callable[[], float] = time.time, *, max_keys: int = MAX_KEYS) -> None:
        self._clock, self._max_keys = clock, max_keys
        self._windows: dict[int, tuple[int, dict[str, int]]] = {}

    async def add(self, key: str, window_s: int) -> int:
        """Count one more."""
        number = int(self._clock() // window_s)
        open_now, counts = self._windows.get(window_s, (None, {}))
        if open_now != number:
            counts = {}
            self._windows[window_s] = (number, counts)
        if key not in counts and len(counts) >= self._max_keys:
            key = _OTHERS
        counts[key] = found = counts.get(key, 0) + 1
        return found

    async def close(self) -> None:
        """Nothing is held."""


class RedisCounters:
    """Counts in a Redis, together with every other process that uses it; in memory while it is not there.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
        clock: seconds since 1970.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        address = f"async+redis+{url}" if url.startswith("unix://") else f"async+{url}"
        self._pool = open_pool(url)
        self._storage = RedisStorage(
            address,
            implementation="redispy",
            key_prefix="cutroom",
            connection_pool=self._pool,  # type: ignore[arg-type]  # handed on to redis-py
        )
        self._clock = clock
        self._meanwhile = MemoryCounters(clock)
        self._again_at: float | None = None

    async def add(self, key: str, window_s: int) -> int:
        """Count one more; a Redis that does not answer is left alone for a while."""
        if self._again_at is not None and time.monotonic() < self._again_at:
            return await self._meanwhile.add(key, window_s)
        number = int(self._clock() // window_s)
        try:
            found = await self._storage.incr(f"{key}/{window_s}/{number}", window_s)
        except (RedisError, OSError, TimeoutError) as error:
            if self._again_at is None:
                log.warning("counters.unreachable", error=type(error).__name__, instead="memory")
            self._again_at = time.monotonic() + AGAIN_S
            return await self._meanwhile.add(key, window_s)
        if self._again_at is not None:
            self._again_at = None
            log.info("counters.reachable")
        return found

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


def resets_in_s(window_s: int, now: float) -> float:
    """Seconds until the window that is open at `now` ends."""
    return window_s - now % window_s
