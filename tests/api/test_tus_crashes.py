"""A tus upload outlives the process that took its bytes, and does not disturb others. Threats F01, A13, A67."""

import asyncio
import hashlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from cutroom.db import Database
from tests.api.test_tus import BYTES, PATH, TUS
from tests.api.world import cancelled
from tests.media.sources import make_video

ROOT = Path(__file__).parents[2]
MIB = 1 << 20


@asynccontextmanager
async def program(database: Database, folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str, str]]:
    """The API in a process of its own; its address and a key."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.api.tus_server", database.url, str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
    )
    try:
        assert child.stdout is not None
        url, key = (await asyncio.wait_for(child.stdout.readline(), 60)).decode().split()
        yield child, url, key
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def client_of(url: str, key: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=60,
        verify=False,
    )


def film(tmp_path: Path, size: int) -> bytes:
    """A film of a second, and a box of `size` bytes that players skip."""
    clip = make_video(tmp_path / "clip.mp4").read_bytes()
    filling = (bytes(range(256)) * (size // 256 + 1))[: size - 8]
    return clip + size.to_bytes(4, "big") + b"free" + filling


@pytest.mark.threat("F01")
@pytest.mark.timeout(240)  # three processes start here
async def test_kill_9_in_the_middle_of_an_upload_loses_nothing_that_was_counted(
    database: Database, tmp_path: Path
) -> None:
    content = film(tmp_path, 40 * MIB)
    where, key, counted = "", "", 0
    for life in range(3):
        async with program(database, tmp_path) as (child, url, fresh), client_of(url, key or fresh) as client:
            key = key or fresh
            if not where:
                made = await client.post(PATH, headers={**TUS, "Upload-Length": str(len(content))})
                where = made.headers["location"]
            head = await client.head(where, headers=TUS)
            offset = int(head.headers["upload-offset"])
            assert offset >= counted
            counted = offset
            last = life == 2
            stop = len(content) if last else offset + 14 * MIB

            async def slowly(start: int = offset, stop: int = stop, *, last: bool = last) -> AsyncIterator[bytes]:
                for place in range(start, stop, MIB):
                    yield content[place : min(place + MIB, stop)]
                if not last:
                    await asyncio.Event().wait()

            sending = asyncio.ensure_future(
                client.patch(where, headers={**BYTES, "Upload-Offset": str(offset)}, content=slowly())
            )
            if last:
                done = await sending
                assert done.headers["cutroom-upload-status"] == "completed", done.text
                asset = (await client.get(f"/api/v1/assets/{done.headers['cutroom-asset-id']}")).json()
                assert asset["sha256"] == hashlib.sha256(content).hexdigest()
                continue
            async with client_of(url, key) as other, asyncio.timeout(60):
                while int((await other.head(where, headers=TUS)).headers["upload-offset"]) < offset + 8 * MIB:
                    await asyncio.sleep(0.05)
                counted = int((await other.head(where, headers=TUS)).headers["upload-offset"])
            child.send_signal(signal.SIGKILL)
            await cancelled(sending)  # it waits for more to send, and would not notice


@pytest.mark.threat("A67")
async def test_a_large_upload_costs_little_memory_and_holds_nobody_up(database: Database, tmp_path: Path) -> None:
    size = 192 * MIB
    piece = bytes(MIB)

    async def body() -> AsyncIterator[bytes]:
        for _ in range(size // MIB):
            yield piece

    async with program(database, tmp_path) as (child, url, key), client_of(url, key) as client:
        where = (await client.post(PATH, headers={**TUS, "Upload-Length": str(size + 1)})).headers["location"]
        before = _resident_bytes(child.pid)
        waits: list[float] = []
        highest = before
        async with client_of(url, key) as other, asyncio.TaskGroup() as group:
            sending = group.create_task(client.patch(where, headers={**BYTES, "Upload-Offset": "0"}, content=body()))
            while not sending.done():
                started = time.perf_counter()
                assert (await other.get("/livez")).status_code == 200
                waits.append(time.perf_counter() - started)
                highest = max(highest, _resident_bytes(child.pid))
                await asyncio.sleep(0.02)
        assert sending.result().headers["upload-offset"] == str(size)
    assert highest - before < 48 * MIB
    assert len(waits) > 5
    assert sorted(waits)[len(waits) * 9 // 10] < 1.0


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
