"""A whole stack in processes of its own, for tests that use it from outside."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2

from cutroom.kit import process

EDIT: dict[str, Any] = {
    "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10},
    "timeline": {"tracks": [{"clips": [{"asset": {"type": "color", "color": "#123456"}, "start": 0, "length": 1}]}]},
}


@contextlib.asynccontextmanager
async def up(folder: Path, data: Path, **variables: str) -> AsyncIterator[tuple[process.Child, dict[str, str]]]:
    """A running stack; its connection file is read when it is ready."""
    before = _written(data)
    argv = [sys.executable, "-m", "cutroom.app", "up", "--data", str(data), "--port", "0"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "CUTROOM_WORKER_LEASE_S": "2", **variables}
    with (folder / "up.log").open("ab") as log:
        running = await process.start(argv, cwd=folder, env=environment, stdout=log)
    try:
        async with asyncio.timeout(150):
            while _written(data) == before:
                assert running.returncode is None, (folder / "up.log").read_text()
                await asyncio.sleep(0.05)
        yield running, json.loads((data / "connection.json").read_text())
    finally:
        await running.terminate(grace_s=60)


def _written(data: Path) -> int:
    path = data / "connection.json"
    return path.stat().st_mtime_ns if path.exists() else 0


def client(connection: dict[str, str]) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {connection['apiKey']}"}
    return httpx2.AsyncClient(base_url=connection["url"], headers=headers, timeout=100, trust_env=False)
