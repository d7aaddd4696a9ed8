"""A server of HTTP on this machine that answers as well or badly as a test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

Handler = Callable[[asyncio.StreamWriter, dict[str, Any]], Awaitable[None]]
S = TypeVar("S", bound="Scripted")


@dataclass
class Scripted:
    """What came so far. `script` is played one by one, its last for ever."""

    script: list[Handler]
    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    abandoned: int = 0
    open: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def read(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """What a request asks for."""
        found: dict[str, Any] = json.loads(body or b"{}")
        return found

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
            headers = {name.lower(): value for name, _, value in lines}
            asked = self.read(headers, await reader.readexactly(int(headers.get("content-length", "0"))))
            self.requests.append(asked)
            self.headers.append(headers)
            handler = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            work = asyncio.ensure_future(handler(writer, asked))
            gone = asyncio.ensure_future(reader.read())
            done, _ = await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            self.abandoned += work not in done
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.abandoned += 1
        finally:
            self.open -= 1
            writer.close()


async def hangs(writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
    """No answer, for an hour."""
    await asyncio.sleep(3600)


@asynccontextmanager
async def playing(server: S) -> AsyncIterator[S]:
    """The server on a free port until the block ends."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
