"""What waits to be sent on a stream: bounded, so that a reader who does not read costs no memory."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Generic

from cutroom.agents.limits import OUTBOX_BYTES, SEND_WITHIN_S
from cutroom.agents.pieces import M, Splitter


class Cut(Exception):
    """The stream is over, or must be ended; says why."""


class Outbox(Generic[M]):
    """Messages on their way out of one stream, in order.

    Args:
        kind: the class of the messages.
        write: puts one on the stream; waits while the other side does not read.
        send_within_s: how long one write may take.
    """

    def __init__(
        self, kind: type[M], write: Callable[[M], Awaitable[object]], send_within_s: float = SEND_WITHIN_S
    ) -> None:
        self._splitter: Splitter[M] = Splitter(kind)
        self._write: Callable[[M], Awaitable[object]] = write
        self._within_s = send_within_s
        self._waiting: deque[tuple[M, int]] = deque()
        self._bytes = 0
        self._changed = asyncio.Condition()
        self._closed = False
        self._whole = asyncio.Lock()

    async def put(self, message: M) -> None:
        """Add a message; waits while too much is there. Pieces of two messages are not mixed: both would be held.

        Raises:
            Cut: when the stream is over.
            Invalid: `message_too_large`.
        """
        pieces = [(piece, piece.ByteSize()) for piece in self._splitter.split(message)]
        async with self._whole if len(pieces) > 1 else nullcontext(), self._changed:
            for piece, size in pieces:
                while self._bytes > OUTBOX_BYTES and not self._closed:
                    await self._changed.wait()
                if self._closed:
                    raise Cut("closed")
                self._waiting.append((piece, size))
                self._bytes += size
                self._changed.notify_all()

    async def run(self) -> None:
        """Send until closed and empty.

        Raises:
            Cut: when the other side does not read.
        """
        while True:
            async with self._changed:
                while not self._waiting:
                    if self._closed:
                        return
                    await self._changed.wait()
                message, size = self._waiting.popleft()
            try:
                async with asyncio.timeout(self._within_s):
                    await self._write(message)
            except TimeoutError as error:
                raise Cut("does not read") from error
            async with self._changed:
                self._bytes -= size
                self._changed.notify_all()

    async def close(self) -> None:
        """Take no more; what is there is still sent."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()
