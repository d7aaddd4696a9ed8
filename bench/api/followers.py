"""A thousand followers of one job, some of which never read: `python -m bench.api.followers [ALL] [SILENT] [EVENTS]`.

The application runs in a process of its own. All followers are WebSockets of one workspace; the silent ones open theirs
and take nothing out of them. Events are written at a steady pace, each of some kilobytes, so that what a silent
follower leaves lying fills its buffers. Shown: how late events reach those who read, beside a run in which everybody
reads; what the server's memory grows by; and with which code the silent ones are closed.
"""

import asyncio
import json
import os
import resource
import socket
import statistics
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.api.overhead import Server, once, posting, serving
from bench.jobs.stand import table
from cutroom.accounts import AccountService
from cutroom.app.migrate import upgrade
from cutroom.db import Database, EmbeddedPostgres, make_engine, notify

EVENT_BYTES = 8_000
PACE_S = 0.5
DOORS = asyncio.Semaphore(40)
_EVENT = text("""
WITH changed AS (UPDATE jobs SET event_seq = event_seq + 1 WHERE id = :id RETURNING event_seq)
INSERT INTO job_events (job_id, seq, at, kind, data)
SELECT :id, event_seq, clock_timestamp(), 'log', CAST(:data AS jsonb) FROM changed
""")


def resident_mb(server: Server) -> float:
    """Memory of the server, in megabytes."""
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def opened(
    stack: AsyncExitStack, address: str, key: str, ready: asyncio.Semaphore, *, small: bool = False, **more: Any
) -> ClientConnection:
    """A WebSocket that has brought its first event; some are opened at a time, as a crowd comes through doors."""
    auth = {"Authorization": f"Bearer {key}"}
    async with DOORS:
        if small:
            more["sock"] = small_socket(address)
        connecting = connect(address, additional_headers=auth, compression=None, open_timeout=60, **more)
        made = await stack.enter_async_context(connecting)
        await made.recv()
    ready.release()
    return made


async def reader(address: str, key: str, last: int, ready: asyncio.Semaphore, late: list[float]) -> int:
    """Read to the last event; seconds from the writing of each to its arrival."""
    async with AsyncExitStack() as stack:
        reading = await opened(stack, address, key, ready)
        while True:
            message = json.loads(await reading.recv())
            if message["kind"] == "log":
                late.append(time.time() - message["data"]["facts"]["written"])
                if message["seq"] >= last:
                    return 1000


def small_socket(address: str) -> socket.socket:
    """A connection that takes a few kilobytes and no more, so that what is left unread is left with the server."""
    place = urlsplit(address)
    near = socket.socket()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)
    near.connect((place.hostname, place.port))
    near.setblocking(False)
    return near


async def silent(address: str, key: str, ready: asyncio.Semaphore, until: asyncio.Event) -> int:
    """Open a WebSocket, take nothing but its first event, and at the end see how it was closed."""
    async with AsyncExitStack() as stack:
        opening = await opened(stack, address, key, ready, small=True, max_queue=1, ping_interval=None, close_timeout=1)
        await until.wait()
        try:
            async with asyncio.timeout(30):
                while True:
                    await opening.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006
        except TimeoutError:
            return 0


async def write(database: Database, job_id: str, events: int) -> None:
    for number in range(events):
        data = {
            "level": "info",
            "message": f"{number} " + os.urandom(EVENT_BYTES // 2).hex(),
            "facts": {"written": time.time()},
        }
        async with database.begin() as session:
            await session.execute(_EVENT, {"id": job_id, "data": json.dumps(data)})
            await notify(session, "cutroom_events", job_id)
        await asyncio.sleep(PACE_S)


async def follow(
    database: Database, server: Server, key: str, followers: int, quiet: int, events: int
) -> tuple[str, ...]:
    """One run; a row of the table."""
    job_id = json.loads(await once(server.port, posting("/api/v1/render", headers(key))()))["id"]
    address = f"ws://127.0.0.1:{server.port}/api/v1/jobs/{job_id}/stream"
    late: list[float] = []
    ready, until = asyncio.Semaphore(0), asyncio.Event()
    before = resident_mb(server)
    started, cpu = time.perf_counter(), server.cpu_s()
    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(reader(address, key, events + 1, ready, late)) for _ in range(followers - quiet)]
        slow = [group.create_task(silent(address, key, ready, until)) for _ in range(quiet)]
        for _ in range(followers):
            await ready.acquire()
        open_s, connected = time.perf_counter() - started, resident_mb(server)
        await write(database, job_id, events)
        await asyncio.wait(readers)
        highest = resident_mb(server)
        await asyncio.sleep(22 if quiet else 0)  # until those who left messages unread are given up
        until.set()
    codes = Counter(task.result() for task in slow)
    middle, tail = statistics.median(late), statistics.quantiles(late, n=100)[98]
    return (
        f"{followers - quiet} + {quiet} silent",
        f"{open_s:.1f}",
        f"{len(late):,} of {(followers - quiet) * events:,}",
        f"{middle * 1e3:.0f}",
        f"{tail * 1e3:.0f}",
        f"{before:.0f}, {connected:.0f}, {highest:.0f}",
        f"{server.cpu_s() - cpu:.1f}",
        ", ".join(f"{code}: {count}" for code, count in sorted(codes.items())) or "none",
    )


def headers(key: str) -> str:
    return f"Host: bench\r\nAuthorization: Bearer {key}\r\n"


async def main(followers: int, quiet: int, events: int) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, 65_536), limit))
    folder = Path("/tmp") / f"cutroom-bench-followers-{os.getpid()}"  # noqa: S108
    postgres = EmbeddedPostgres(folder)
    try:
        url = await postgres.start()
        await upgrade(url)
        database, accounts = Database(make_engine(url, name="bench")), AccountService()
        async with database.begin() as session:
            workspace = await accounts.create_workspace(session, "bench")
            key = (await accounts.create_api_key(session, workspace.id, "bench")).plaintext
        rows = []
        for silence in (0, quiet):
            async with serving("ours", url, workspace.id) as server:
                rows.append(await follow(database, server, key, followers, silence, events))
        await database.close()
    finally:
        await postgres.stop()
    heads = [
        "followers",
        "s to open",
        "events read",
        "late ms",
        "late p99 ms",
        "MB before, open, highest",
        "CPU s",
        "silent closed",
    ]
    table(f"{followers:,} followers of one job, {events} events of {EVENT_BYTES / 1e3:.0f} kB", heads, rows)


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:4]]
    asyncio.run(main(*(numbers + [1_000, 50, 60][len(numbers) :])))
