import asyncio
import time

from cutroom.kit.waiting import until_set


async def test_it_ends_when_the_event_is_set_or_the_time_is_over() -> None:
    event = asyncio.Event()
    started = time.monotonic()
    await until_set(event, 0.05)
    assert time.monotonic() - started >= 0.04
    event.set()
    await until_set(event, 3600.0)
