"""A model server: a real HTTP server on this machine that speaks OpenAI's chat API, as well or badly as a test says."""

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from typing import Any

from cutroom.llm import Provider
from tests.scripted import Handler, Scripted, hangs, playing

__all__ = ["Handler", "hangs"]

COUNTED = "x-counted"
"""Where a request that was answered says how many tokens the server has counted."""
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def says(
    text: str,
    *,
    finish: str = "stop",
    usage: tuple[int, int] | None = (11, 7),
    pause_s: float = 0.0,
    piece: int = 12,
) -> Handler:
    """An answer, streamed in pieces of a few characters."""

    async def handle(writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        writer.write(_STREAM)
        for start in range(0, len(text), piece):
            writer.write(_event(asked, {"delta": {"content": text[start : start + piece]}, "finish_reason": None}))
            await writer.drain()
            await asyncio.sleep(pause_s)
        writer.write(_event(asked, {"delta": {}, "finish_reason": finish}))
        if usage is not None:
            writer.write(_event(asked, None, usage))
            asked[COUNTED] = usage
        writer.write(b"data: [DONE]\n\n")

    return handle


def says_as_anthropic(text: str, *, stop: str = "end_turn") -> Handler:
    """An answer as Anthropic streams it."""

    async def handle(writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        usage = {"input_tokens": 11, "output_tokens": 1}
        start = {"id": "m", "type": "message", "role": "assistant", "model": asked["model"], "content": []}
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": {**start, "stop_reason": None, "stop_sequence": None, "usage": usage}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "ping"},
            *(
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "text_delta", "text": text[at : at + 12]},
                }
                for at in range(0, len(text), 12)
            ),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": stop, "stop_sequence": None},
                "usage": {"output_tokens": 7},
            },
            {"type": "message_stop"},
        ]
        writer.write(_STREAM)
        for event in events:
            writer.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

    return handle


def answers(data: Any) -> Handler:
    """An answer of JSON data."""
    return says(json.dumps(data))


def fails(status: int, *headers: str, message: str = "no") -> Handler:
    """An answer that is none."""

    async def handle(writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        body = json.dumps({"error": {"message": message, "type": "x"}})
        head = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
        writer.write("\r\n".join([*head, "Connection: close", "", body]).encode())

    return handle


def sends(raw: bytes, times: int = 1, *, before: bytes = b"") -> Handler:
    """Whatever bytes, again and again."""

    async def handle(writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        writer.write(before)
        for _ in range(times):
            writer.write(raw)
            await writer.drain()

    return handle


def breaks_off(text: str) -> Handler:
    """The beginning of an answer, and then nothing any more."""

    async def handle(writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        writer.write(_STREAM + _event(asked, {"delta": {"content": text}, "finish_reason": None}))

    return handle


class ModelServer(Scripted):
    """Speaks OpenAI's chat API."""

    def provider(self, **changes: Any) -> Provider:
        given = {"name": "here", "base_url": self.base_url, "model": "small", "api_key": "key-1", **changes}
        return Provider(**given)

    @property
    def counted(self) -> tuple[int, int]:
        """Tokens read and written, as the server would write them on its bill."""
        bill = [request[COUNTED] for request in self.requests if COUNTED in request]
        return sum(read for read, _ in bill), sum(written for _, written in bill)

    def prompt(self, number: int = -1) -> str:
        """All that a request said to the model."""
        return "\n".join(message["content"] for message in self.requests[number]["messages"])


def model_server(*script: Handler) -> AbstractAsyncContextManager[ModelServer]:
    """A server on a free port until the block ends."""
    return playing(ModelServer(list(script) or [says("Hello.")]))


def _event(asked: dict[str, Any], choice: dict[str, Any] | None, usage: tuple[int, int] | None = None) -> bytes:
    chunk: dict[str, Any] = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": asked.get("model", "small"),
        "choices": [] if choice is None else [{"index": 0, **choice}],
    }
    if usage is not None:
        chunk["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"
