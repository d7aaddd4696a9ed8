"""The whole stack as `cutroom up` runs it: real processes, killed and stopped for real."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.app.running import EDIT, client, up
from tests.app.starting import cutroom
from tests.soak.victims import below, child, working_in

LONG = pytest.mark.timeout(300)  # whole stacks start and end here, on machines that may be busy with other tests


@dataclass(frozen=True)
class Stack:
    """One that runs: its supervisor, its folder, and a client of its API."""

    pid: int
    data: Path
    http: httpx2.AsyncClient


def colored(color: str) -> Any:
    return json.loads(json.dumps(EDIT).replace("#123456", color))


async def render(http: httpx2.AsyncClient) -> dict[str, Any]:
    answer = await http.post("/api/v1/render?wait=50", json=EDIT)
    assert answer.status_code in {200, 202}, answer.text
    job: dict[str, Any] = answer.json()
    while job["status"] in {"queued", "running"}:
        await asyncio.sleep(0.2)
        job = (await http.get(f"/api/v1/jobs/{job['id']}")).json()
    return job


async def refused(folder: Path, data: Path, port: int) -> str:
    """What a stack says that does not start."""
    options = ("--data", str(data), "--port", str(port))
    done = await asyncio.to_thread(cutroom, "up", *options, cwd=folder, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 1
    return done.stderr


@LONG
async def test_it_starts_renders_and_stops_without_a_trace(tmp_path: Path) -> None:
    data = tmp_path / "my data"  # a path with a space
    async with up(tmp_path, data) as (running, connection), client(connection) as http:
        assert stat.S_IMODE((data / "connection.json").stat().st_mode) == 0o600
        job = await render(http)
        assert job["status"] == "succeeded", job
        film = await http.get(job["artifacts"][0]["url"])
        assert film.content[4:8] == b"ftyp"
        assert (await http.get("/readyz")).status_code == 200
        os.kill(running.pid, signal.SIGTERM)
        await asyncio.wait_for(running.wait(), 60)
    assert working_in(tmp_path) == []
    async with up(tmp_path, data) as (_, again), client(again) as http:
        assert again["apiKey"] == connection["apiKey"]
        kept = await http.get(f"/api/v1/jobs/{job['id']}")
        assert kept.json()["status"] == "succeeded"


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """One for all tests that leave it as they found it: a start takes ten seconds of a processor."""
    folder = tmp_path_factory.mktemp("stack")
    async with up(folder, folder / "data") as (running, connection), client(connection) as http:
        yield Stack(running.pid, folder / "data", http)


@LONG
@pytest.mark.parametrize("victim", ["cutroom.app api", "cutroom.app worker", "postgres"])
async def test_a_killed_part_comes_back_and_work_goes_on(stack: Stack, victim: str) -> None:
    killed = child(stack.pid, victim)
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)
    color = f"#{secrets.token_hex(3)}"  # what was rendered before would be given out again
    async with asyncio.timeout(120):
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                answer = await stack.http.post("/api/v1/render?wait=40", json=colored(color))
                if answer.status_code == 200:
                    break
                assert answer.status_code in {202, 503}, answer.text
            await asyncio.sleep(0.2)
        assert answer.json()["status"] == "succeeded"
        while (found := child(stack.pid, victim)) is None:
            await asyncio.sleep(0.1)
    assert found.pid != killed.pid


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = await refused(tmp_path, tmp_path / "data", port)
    assert f"Port {port}" in done
    assert "--port" in done


@LONG
async def test_one_data_folder_serves_one_stack_and_killing_a_supervisor_leaves_nobody(
    stack: Stack, tmp_path: Path
) -> None:
    async with up(tmp_path, tmp_path / "other") as (running, _):
        assert "data_in_use" in await refused(tmp_path, stack.data, 0)
        family = {process.pid for process in below(running.pid)}
        assert family
        os.kill(running.pid, signal.SIGKILL)
        async with asyncio.timeout(60):
            while working_in(tmp_path):
                await asyncio.sleep(0.1)
