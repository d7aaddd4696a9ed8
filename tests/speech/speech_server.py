"""A server of speech: a real HTTP server on this machine, with OpenAI's API, as good or bad as a test says."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from tests.scripted import Handler, Scripted, hangs, playing

__all__ = ["Handler", "hangs"]

Fields = dict[str, Any]

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


class SpeechServer(Scripted):
    """Takes forms, as OpenAI's API does."""

    @property
    def keys(self) -> set[str]:
        """What was shown for a key."""
        return {headers.get("authorization", "") for headers in self.headers}

    @property
    def forms(self) -> list[str]:
        """The forms that answers were asked for in."""
        return [asked["response_format"] for asked in self.requests]

    def read(self, headers: Mapping[str, str], body: bytes) -> Fields:
        return fields_of(headers["content-type"], body)


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


def speech_server(*script: Handler) -> AbstractAsyncContextManager[SpeechServer]:
    """A server on a free port until the block ends."""
    return playing(SpeechServer(list(script) or [knows_words]))
