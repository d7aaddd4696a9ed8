"""Promises about time, on machines that do other things too."""

from collections.abc import Awaitable, Callable


async def kept(within_s: float, once: Callable[[], Awaitable[float]], tries: int = 4) -> None:
    """Have something done until it took less than so many seconds; `once` does it, and tells how many it took."""
    took: list[float] = []
    while not took or took[-1] >= within_s:
        assert len(took) < tries, took
        took.append(await once())
