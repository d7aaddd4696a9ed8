"""LISTEN and NOTIFY: a hint that something changed. A hint may be lost; whoever listens also polls."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db.engine import connect
from cutroom.db.errors import DRIVER
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import Unavailable

Callback = Callable[[str], None]

log = structlog.get_logger()
_NOTIFY = text("SELECT pg_notify(:channel, :payload)")
_CHECK_EVERY_S: Final = 30.0
_CHECK_WITHIN_S: Final = 10.0


async def notify(session: AsyncSession, channel: str, payload: str = "") -> None:
    """Tell the listeners of `channel` when this transaction commits; equal messages of one transaction go once."""
    await session.execute(_NOTIFY, {"channel": channel, "payload": payload})


class Listener:
    """One connection that listens for every subscriber of the process.

    Callbacks run on the event loop and must be quick: set an event, put into a queue. After each connect every callback
    is called with "", because what was said while nobody listened is lost.
    """

    def __init__(self, url: str, *, name: str = "cutroom-listener", backoff: Backoff | None = None) -> None:
        self._url = url
        self._name = name
        self._backoff = backoff or Backoff(base_s=0.2, cap_s=5.0)
        self._callbacks: dict[str, list[Callback]] = {}
        self._listening: set[str] = set()
        self._wake = asyncio.Event()
        self.connected = asyncio.Event()
        """Set while every channel is listened to."""

    def on(self, channel: str, callback: Callback) -> Callable[[], None]:
        """Call `callback` with the payload of each notification on `channel`; the result ends the subscription."""
        self._callbacks.setdefault(channel, []).append(callback)
        self._wake.set()

        def off() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks[channel].remove(callback)

        return off

    async def run(self) -> NoReturn:
        """Listen until cancelled; reconnect for ever, with backoff that spreads the processes."""
        failures = 0
        while True:
            try:
                connection = await connect(self._url, name=self._name)
            except (Unavailable, asyncpg.PostgresError) as error:
                failures += 1
                log.warning("listener.unreachable", failures=failures, error=str(error.__cause__ or error))
                await asyncio.sleep(self._backoff.delay_s(failures))
                continue
            try:
                await self._serve(connection)
            except (OSError, *DRIVER) as error:
                log.warning("listener.lost", error=str(error))
            finally:
                self.connected.clear()
                self._listening.clear()
                connection.terminate()
            failures = 1
            await asyncio.sleep(self._backoff.delay_s(failures))

    async def _serve(self, connection: "asyncpg.Connection[Any]") -> None:
        connection.add_termination_listener(lambda _: self._wake.set())
        while not connection.is_closed():
            self._wake.clear()
            for channel in self._callbacks.keys() - self._listening:
                await connection.add_listener(channel, self._heard)
                self._listening.add(channel)
                self._tell(channel, "")
            self.connected.set()
            try:
                await asyncio.wait_for(self._wake.wait(), _CHECK_EVERY_S)
            except TimeoutError:
                # A peer that vanished without a word (a cut network) shows itself only when spoken to.
                await connection.execute("SELECT 1", timeout=_CHECK_WITHIN_S)

    def _heard(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        self._tell(channel, str(payload))

    def _tell(self, channel: str, payload: str) -> None:
        for callback in self._subscribers(channel):
            try:
                callback(payload)
            except Exception:
                log.exception("listener.callback_failed", channel=channel)

    def _subscribers(self, channel: str) -> Iterator[Callback]:
        yield from tuple(self._callbacks.get(channel, ()))
