"""A receiver of webhooks: a real HTTP server on this machine whose answers a test writes byte by byte."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(status: int, *headers: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body.encode())}", *headers, "", body]
    return "\r\n".join(lines).encode()


@dataclass(frozen=True)
class Message:
    """One request that came."""

    at: float
    path: str
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """What came so far. `answers` are given one by one, the last for ever; a function writes its answer itself."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    answers: list[bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]] = field(default_factory=lambda: [OK])
    serving: set[asyncio.Task[None] | None] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.messages]

    async def has(self, count: int, within_s: float = 30.0) -> list[Message]:
        async with asyncio.timeout(within_s):
            while len(self.messages) < count:
                await asyncio.sleep(0.01)
        return self.messages

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.current_task())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip("\r\n").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.messages.append(Message(time.monotonic(), first.split(" ")[1], headers, body.decode()))
            chosen = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(chosen, bytes):
                writer.write(chosen)
            else:
                await chosen(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.serving.discard(asyncio.current_task())


@asynccontextmanager
async def receiving(*answers: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    made = Receiver(answers=list(answers) or [OK])
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 20)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        while made.serving:
            await asyncio.sleep(0.01)
