"""A server of speech: a real HTTP server on this machine, with OpenAI's API, as good or bad as a test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

Fields = dict[str, Any]
Handler = Callable[[asyncio.StreamWriter, Fields], Awaitable[None]]

WORDS = [("So", 0.2, 0.5), ("it", 0.5, 0.6), ("costs", 0.7, 1.1), ("42.50", 1.2, 2.0), ("right", 2.2, 2.6)]
TEXT = "So, it costs $42.50, right?"


def answers(data: Any, status: int = 200, **headers: str) -> Handler:
    """JSON, or text."""

    async def handle(writer: asyncio.StreamWriter, asked: Fields) -> None:
        kind = "text/plain" if isinstance(data, str) else "application/json"
        send(writer, status, data if isinstance(data, str) else json.dumps(data), kind, headers)

    return handle


def fails(status: int, **headers: str) -> Handler:
    """An answer that is none."""
    return answers({"error": {"message": "secret-of-the-server", "type": "x"}}, status, **headers)


async def knows_words(writer: asyncio.StreamWriter, asked: Fields) -> None:
    """As `whisper-1`: words without punctuation beside the text."""
    send(writer, 200, json.dumps(verbose()), "application/json", {})


def verbose() -> dict[str, Any]:
    words = [{"word": word, "start": start, "end": end} for word, start, end in WORDS]
    return {"task": "transcribe", "language": "english", "duration": 3.0, "text": TEXT, "words": words}


async def knows_text_only(writer: asyncio.StreamWriter, asked: Fields) -> None:
    """As `gpt-4o-transcribe`, and as servers that refuse to be asked for words with 422."""
    if asked["response_format"] not in {"json", "text"}:
        send(writer, 422, json.dumps({"error": {"message": "secret-of-the-server"}}), "application/json", {})
    else:
        send(writer, 200, json.dumps({"text": TEXT}), "application/json", {})


async def hangs(writer: asyncio.StreamWriter, asked: Fields) -> None:
    """No answer, for an hour."""
    await asyncio.sleep(3600)


async def cuts(writer: asyncio.StreamWriter, asked: Fields) -> None:
    """The connection is cut."""
    writer.transport.abort()


async def never_ends(writer: asyncio.StreamWriter, asked: Fields) -> None:
    """An answer without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b'{"text": "' + b"a" * 65_536)
        await writer.drain()


def takes(most_bytes: int, then: Handler) -> Handler:
    """A limit like that of a proxy in front of it."""

    async def handle(writer: asyncio.StreamWriter, asked: Fields) -> None:
        if len(asked["file"]) > most_bytes:
            send(writer, 413, "<html>too large</html>", "text/html", {})
        else:
            await then(writer, asked)

    return handle


def send(writer: asyncio.StreamWriter, status: int, body: str, kind: str, headers: dict[str, str]) -> None:
    written = {"Content-Type": kind, "Content-Length": str(len(body.encode())), "Connection": "close"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in {**written, **named}.items()), "", ""]
    writer.write("\r\n".join(lines).encode() + body.encode())


@dataclass
class SpeechServer:
    """What came so far. `script` is played one by one, its last for ever."""

    port: int = 0
    requests: list[Fields] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    script: list[Handler] = field(default_factory=lambda: [knows_words])
    abandoned: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def forms(self) -> list[str]:
        """The forms that answers were asked for in."""
        return [asked["response_format"] for asked in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
            headers = {name.lower(): value for name, _, value in lines}
            asked = fields_of(headers["content-type"], await reader.readexactly(int(headers["content-length"])))
            self.requests.append(asked)
            self.keys.add(headers.get("authorization", ""))
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
            writer.close()


def fields_of(content_type: str, body: bytes) -> Fields:
    """The fields of a form; what may be there more than once is a list."""
    parsed = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found: Fields = {}
    for part in parsed.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(name, str)
        assert isinstance(content, bytes)
        if name.endswith("[]"):
            found.setdefault(name, []).append(content.decode())
        else:
            found[name] = content if name == "file" else content.decode()
    return found


@asynccontextmanager
async def speech_server(*script: Handler) -> AsyncIterator[SpeechServer]:
    """A server on a free port until the block ends."""
    found = SpeechServer()
    if script:
        found.script = list(script)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
