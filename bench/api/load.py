"""A client that costs little: keep-alive connections that send requests one after the other and time the answers."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Load:
    """What a run of the client found: seconds of each answer, and how many had another status than was asked for."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: int = 0


async def load(port: int, request: Callable[[], bytes], *, status: int, connections: int, seconds: float) -> Load:
    """Keep `connections` busy for so many seconds."""
    found = Load()
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_one(port, request, f"HTTP/1.1 {status} ".encode(), started + seconds, found))
    found.seconds = time.perf_counter() - started
    return found


async def _one(port: int, request: Callable[[], bytes], wanted: bytes, until: float, found: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (sent := time.perf_counter()) < until:
        writer.write(request())
        head = await reader.readuntil(b"\r\n\r\n")
        at = head.lower().index(b"content-length:") + 15
        await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        found.latencies.append(time.perf_counter() - sent)
        found.wrong += not head.startswith(wanted)
    writer.close()
