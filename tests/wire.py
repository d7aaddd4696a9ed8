"""A wire that can be cut: passes connections on to a server, until a test does something to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

Target = tuple[str, int] | Path
"""Host and port, or a socket file."""
Eavesdropper = Callable[[bytes], bool]
"""Is shown each piece of what a client sends; True cuts its connection once the server has answered to that."""


@dataclass
class Wire:
    """One address in front of one server.

    Args:
        target: where connections go.
        cut_after: what cuts a connection before the client hears the answer to what it has just sent.
    """

    target: Target
    cut_after: Eavesdropper | None = None
    port: int = 0
    made: int = 0
    cuts: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _closed: bool = False

    def break_all(self) -> None:
        """Reset every connection there is; new ones are passed on."""
        for writer in tuple(self._open):
            writer.transport.abort()

    def close(self) -> None:
        """Reset every connection there is, and every new one at once."""
        self._closed = True
        self.break_all()

    def mend(self) -> None:
        """Pass new connections on again."""
        self._closed = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, both ways, to its end."""
        self.made += 1
        try:
            if not self._closed:
                await self._pass_on(reader, writer)
        except OSError:  # nobody there, or gone
            pass
        finally:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await self._connect()
        pair = {writer, forth}
        self._open |= pair
        told = asyncio.Event()
        try:
            ways = {
                asyncio.ensure_future(self._forth(reader, forth, told)),
                asyncio.ensure_future(self._back(back, writer, told)),
            }
            _, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in others:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._open -= pair
            forth.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, Path):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection(*self.target)

    async def _forth(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, told: asyncio.Event) -> None:
        while piece := await reader.read(1 << 16):
            if self.cut_after is not None and self.cut_after(piece):
                told.set()
            writer.write(piece)
            await writer.drain()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, told: asyncio.Event) -> None:
        while piece := await reader.read(1 << 16):
            if told.is_set():  # the server has answered, and nobody will hear it
                self.cuts += 1
                return
            writer.write(piece)
            await writer.drain()


@contextlib.asynccontextmanager
async def wire(
    target: Target, *, host: str = "127.0.0.1", cut_after: Eavesdropper | None = None
) -> AsyncIterator[Wire]:
    """A wire that listens on a free port."""
    made = Wire(target, cut_after)
    async with await asyncio.start_server(made.serve, host, 0) as listening:
        made.port = listening.sockets[0].getsockname()[1]
        yield made
        made.close()
