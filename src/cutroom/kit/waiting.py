"""Waiting that has an end."""

import asyncio
from contextlib import suppress


async def until_set(event: asyncio.Event, timeout_s: float) -> None:
    """Wait until the event is set, but not longer than `timeout_s`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
