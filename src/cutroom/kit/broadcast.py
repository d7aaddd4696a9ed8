"""Telling every process that something changed, through a Redis: a hint that may be lost; whoever listens also looks.

Equal hints that have not gone out yet go once, so what is not yet sent is never more than there are things to tell of.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Final, NoReturn

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from cutroom.kit.backoff import Backoff
from cutroom.kit.redis_pool import WITHIN_S, open_pool

Callback = Callable[[str], None]

PREFIX: Final = "cutroom/"
MOST: Final = 10_000
"""Hints that may wait to be sent; further ones are dropped, for a Redis that is away for longer than a moment."""
CHECK_EVERY_S: Final = 15.0
_FAILURES: Final = (RedisError, OSError, TimeoutError)

log = structlog.get_logger()


class Broadcast:
    """One process's voice and ear in a Redis.

    Callbacks run on the event loop and must be quick. After each connect every callback is called with "", because
    what was said while nobody listened is lost.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
    """

    def __init__(self, url: str, *, backoff: Backoff | None = None) -> None:
        self._pool = open_pool(url)
        self._redis = Redis(connection_pool=self._pool)
        self._backoff = backoff or Backoff(base_s=0.2, cap_s=5.0)
        self._callbacks: dict[str, list[Callback]] = {}
        self._unsent: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()
        self._wanted = asyncio.Event()
        self.connected = asyncio.Event()
        """Set while every channel is listened to."""

    def on(self, channel: str, callback: Callback) -> Callable[[], None]:
        """Call `callback` with each payload on `channel`; the result ends the subscription.

        Channels that are not named before the first connection are heard from the next one on.
        """
        self._callbacks.setdefault(channel, []).append(callback)
        self._wanted.set()

        def off() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks[channel].remove(callback)

        return off

    def tell(self, channel: str, payloads: Iterable[str]) -> None:
        """Send these soon; returns at once."""
        for payload in payloads:
            if len(self._unsent) < MOST:
                self._unsent[channel, payload] = None
        self._wake.set()

    async def run(self) -> NoReturn:
        """Send and listen until cancelled; a Redis that is away is tried again for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send())
            await self._listen()

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
        await self._pool.aclose()

    async def _send(self) -> NoReturn:
        failures = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            hints, self._unsent = self._unsent, {}
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for channel, payload in hints:
                        pipeline.publish(PREFIX + channel, payload)
                    await pipeline.execute()
            except _FAILURES as error:
                # They are dropped: by the time that Redis is back, those who listen look anyway.
                failures += 1
                if failures == 1:
                    log.warning("broadcast.unreachable", error=type(error).__name__)
                await asyncio.sleep(self._backoff.delay_s(failures))
            else:
                failures = 0

    async def _listen(self) -> NoReturn:
        failures = 0
        await self._wanted.wait()
        while True:
            try:
                async with self._redis.pubsub() as ear:
                    await ear.subscribe(*(PREFIX + channel for channel in self._callbacks))
                    await self._hear(ear)
            except _FAILURES as error:
                failures = 1 if self.connected.is_set() else failures + 1
                log.warning("broadcast.lost", failures=failures, error=type(error).__name__)
            self.connected.clear()
            await asyncio.sleep(self._backoff.delay_s(failures))

    async def _hear(self, ear: PubSub) -> None:
        """Listen until the connection is lost; one that says nothing is asked now and then whether it still lives."""
        due = len(self._callbacks)
        asked = False
        while True:
            said = await ear.get_message(timeout=CHECK_EVERY_S)
            if said is None:
                if asked:
                    raise TimeoutError
                asked = True
                await asyncio.wait_for(ear.ping(), WITHIN_S)
                continue
            asked = False
            if said["type"] == "subscribe":
                due -= 1
                if due == 0:
                    self.connected.set()
                    for channel in self._callbacks:
                        self._tell(channel, "")
            elif said["type"] == "message":
                self._tell(said["channel"].decode().removeprefix(PREFIX), said["data"].decode())

    def _tell(self, channel: str, payload: str) -> None:
        for callback in tuple(self._callbacks.get(channel, ())):
            try:
                callback(payload)
            except Exception:
                log.exception("broadcast.callback_failed", channel=channel)
