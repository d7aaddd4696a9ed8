"""A proxy through which a command reaches the places that its owner named, and nothing else.

It speaks `CONNECT` (RFC 9110 section 9.3.6) behind a socket in the file system. Names are looked up here: in the box
there is nobody to ask. Everything that a name leads to was named, so private addresses are not refused.
"""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

_HEAD_BYTES: Final = 16 << 10
_HEAD_S: Final = 20.0
_CONNECT_S: Final = 20.0
_CONNECTIONS: Final = 64
_CONNECT: Final = re.compile(rb"CONNECT ([A-Za-z0-9_.-]{1,253}:[0-9]{1,5}) HTTP/1\.[01]\r\n")


@asynccontextmanager
async def proxy(place: Path, allowed: Collection[str], refused: Callable[[str], None]) -> AsyncIterator[None]:
    """Serve until the block ends.

    Args:
        place: where the socket is made.
        allowed: `host:port`, in lower case.
        refused: told, once for each, what else was asked for.
    """
    told: set[str] = set()
    room = asyncio.Semaphore(_CONNECTIONS)
    open_now: set[asyncio.Task[None]] = set()

    def refuse(asked: str) -> None:
        if asked not in told and len(told) < 100:
            told.add(asked)
            refused(asked)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            open_now.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
                async with room:
                    await _tunnel(reader, writer, allowed, refuse)
        finally:
            writer.close()
            if task is not None:
                open_now.discard(task)

    server = await asyncio.start_unix_server(serve, sock=_socket(place), limit=_HEAD_BYTES)
    try:
        yield
    finally:
        server.close()
        for task in tuple(open_now):
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)


def _socket(place: Path) -> socket.socket:
    """A socket at a path of any length: one in an address has 108 bytes (unix(7))."""
    made = socket.socket(socket.AF_UNIX)
    folder = os.open(place.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        made.bind(f"/proc/self/fd/{folder}/{place.name}")
    finally:
        os.close(folder)
    return made


async def _tunnel(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    allowed: Collection[str],
    refuse: Callable[[str], None],
) -> None:
    async with asyncio.timeout(_HEAD_S):
        head = await reader.readuntil(b"\r\n\r\n")
    asked = _CONNECT.match(head)
    place = "" if asked is None else asked.group(1).decode().lower()
    if place not in allowed:
        refuse(place or "something other than CONNECT")
        await _answer(writer, "403 Forbidden")
        return
    host, _, port = place.rpartition(":")
    try:
        async with asyncio.timeout(_CONNECT_S):
            far, near = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError):
        await _answer(writer, "502 Bad Gateway")
        return
    try:
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        async with asyncio.TaskGroup() as both:
            both.create_task(_pour(reader, near))
            both.create_task(_pour(far, writer))
    finally:
        near.close()


async def _answer(writer: asyncio.StreamWriter, status: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
        target.write_eof()
