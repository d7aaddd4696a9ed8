"""Threat A96: a bucket that answers garbage, without end, or sends us elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from cutroom.assets.s3 import S3Store
from cutroom.assets.settings import S3Settings
from cutroom.kit.errors import CutroomError, Unavailable

KEY = "ws/wsp_1/uploads/upl_1"
GARBAGE = {
    "text": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnot XML <",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "other": b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n<html><p/></html>\n",
    "bomb": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a;" * 10) for n in range(9))
    + b"]><x>&a8;</x>",
    "large": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 50_000_000,
    "no http": b"\x00\x01\x02\x03 hello\r\n\r\n",
}


@asynccontextmanager
async def bucket(answer: bytes) -> AsyncIterator[tuple[S3Settings, list[str]]]:
    """A server that says the same to everybody, and what it was asked for."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            asked.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[0])
            writer.write(answer)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield S3Settings("b", "key", "secret", endpoint=f"http://127.0.0.1:{port}", retry_s=0.5, silence_s=5), asked


@pytest.mark.threat("A96")
@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_is_an_unavailable_store_and_nothing_else(name: str, tmp_path: Path) -> None:
    async with bucket(GARBAGE[name]) as (settings, _):
        store = S3Store(settings)
        draft = tmp_path / "draft"
        draft.write_bytes(b"x")
        for attempt in (
            store.start_parts(KEY, "video/mp4"),
            store.put_part(KEY, "handle", 1, draft),
            store.put(KEY, draft, "video/mp4"),
        ):
            with pytest.raises(CutroomError) as caught:
                await attempt
            assert isinstance(caught.value, Unavailable), name
        assert draft.exists()
        await store.close()


@pytest.mark.threat("A96")
async def test_a_redirect_is_not_followed_to_another_host(tmp_path: Path) -> None:
    async with bucket(GARBAGE["empty"]) as (elsewhere, asked_there):
        place = f"{elsewhere.endpoint}/b/{KEY}"
        for status in (301, 302, 307, 308):
            answer = f"HTTP/1.1 {status} X\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
            async with bucket(answer) as (settings, asked):
                store = S3Store(settings)
                draft = tmp_path / "draft"
                draft.write_bytes(b"x")
                for attempt in (
                    store.start_parts(KEY, "video/mp4"),
                    store.list_parts(KEY, "handle"),
                    store.put_part(KEY, "handle", 1, draft),
                ):
                    with pytest.raises(CutroomError):
                        await attempt
                assert asked
                await store.close()
        assert asked_there == []
