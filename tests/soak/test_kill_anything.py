"""kill -9 of worker, API and Postgres at random moments while 200 jobs are submitted and run: nothing is lost.

Run by `python3 dev soak`. The seed is printed; give it back with CUTROOM_SOAK_SEED to repeat a run.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cutroom.kit import process
from cutroom.media.probe import probe
from tests.soak.victims import below, child, working_in

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1_200)]

JOBS = int(os.environ.get("CUTROOM_SOAK_JOBS", "200"))
VICTIMS = {"worker": "cutroom.app worker", "api": "cutroom.app api", "postgres": "postgres"}
ENDED = {"succeeded", "failed", "cancelled"}


@dataclass
class Stack:
    pid: int
    data: Path
    url: str
    api_key: str
    kills: Counter[str] = field(default_factory=Counter)


def document(number: int) -> dict[str, Any]:
    """A small film that differs from every other."""
    clips = [
        {"asset": {"type": "color", "color": f"#{number * 7919 % 0xFFFFFF:06x}"}, "start": 0, "length": 0.4},
        {"asset": {"type": "text", "text": f"Job {number}"}, "start": "auto", "length": 0.4},
    ]
    return {
        "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10},
        "timeline": {"tracks": [{"clips": clips}]},
    }


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    data = tmp_path / "data"
    argv = [sys.executable, "-m", "cutroom.app", "up", "--data", str(data), "--port", "0"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CUTROOM_WORKER_LEASE_S": "3"}
    running = await process.start(argv, cwd=tmp_path, env=environment)
    try:
        connection = await _connection(data)
        yield Stack(running.pid, data, connection["url"], connection["apiKey"])
    finally:
        await running.terminate(grace_s=60)
    left = working_in(tmp_path)
    assert left == [], f"orphans after the stack stopped: {left}"


async def _connection(data: Path) -> dict[str, str]:
    async with asyncio.timeout(60):
        while not (data / "connection.json").exists():
            await asyncio.sleep(0.1)
    found: dict[str, str] = json.loads((data / "connection.json").read_text())
    return found


@pytest.mark.threat("F01", "F02", "F03", "P1", "P2")
async def test_no_accepted_job_is_lost_and_every_result_is_recorded_once(stack: Stack) -> None:
    seed = int(os.environ.get("CUTROOM_SOAK_SEED", str(time.time_ns() % 1_000_000)))
    rng = random.Random(seed)
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    started = time.monotonic()
    async with httpx2.AsyncClient(base_url=stack.url, headers=headers, timeout=20, trust_env=False) as client:
        stop_killing = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(_killer(stack, rng, stop_killing))
            accepted = await _submit_all(client, rng)
            submitted = time.monotonic()
            jobs = await _wait_all(client, accepted, until=time.monotonic() + 900, stop_killing=stop_killing)
        ended = time.monotonic()
        events = {job_id: await _get(client, f"/api/v1/jobs/{job_id}/events?limit=100") for job_id in accepted}
        await _check_files(client, jobs, stack)
    statuses = Counter(job["status"] for job in jobs.values())
    attempts = Counter(job["attempt"] for job in jobs.values())
    sys.stdout.write(
        f"\nseed {seed}: {len(accepted)} jobs accepted in {submitted - started:.0f} s, "
        f"ended after {ended - started:.0f} s; kills {dict(stack.kills)}; "
        f"statuses {dict(statuses)}; attempts {dict(sorted(attempts.items()))}\n"
    )
    assert statuses == {"succeeded": JOBS}
    for job_id, found in events.items():
        sequence = [event["seq"] for event in found["items"]]
        assert sequence == sorted(set(sequence)), f"{job_id}: events out of order or twice"
        states = [event["data"]["status"] for event in found["items"] if event["kind"] == "state"]
        assert states.count("succeeded") == 1, f"{job_id}: {states}"
        assert len(jobs[job_id]["artifacts"]) == 1


async def _killer(stack: Stack, rng: random.Random, stop: asyncio.Event) -> None:
    """Kill somebody every second or so until told to stop."""
    while not stop.is_set():
        await asyncio.sleep(rng.uniform(0.3, 2.5))
        name = rng.choice(list(VICTIMS))
        victim = child(stack.pid, VICTIMS[name])
        if victim is not None:
            os.kill(victim.pid, signal.SIGKILL)
            stack.kills[name] += 1


async def _submit_all(client: httpx2.AsyncClient, rng: random.Random) -> list[str]:
    """Submit every job, with a key, again and again until it is accepted: what a careful client does."""
    accepted: list[str] = []
    for number in range(JOBS):
        while True:
            try:
                answer = await client.post(
                    "/api/v1/render", json=document(number), headers={"Idempotency-Key": f"soak-{number}"}
                )
            except httpx2.HTTPError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 202:
                accepted.append(answer.json()["id"])
                break
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.2)
        await asyncio.sleep(rng.uniform(0, 0.1))
    assert len(set(accepted)) == JOBS, "two submits with different keys gave one job"
    return accepted


async def _get(client: httpx2.AsyncClient, path: str) -> Any:
    while True:
        try:
            answer = await client.get(path)
        except httpx2.HTTPError:
            await asyncio.sleep(0.2)
            continue
        if answer.status_code == 503:
            await asyncio.sleep(0.2)
            continue
        assert answer.status_code == 200, answer.text
        return answer.json()


async def _wait_all(
    client: httpx2.AsyncClient, accepted: list[str], *, until: float, stop_killing: asyncio.Event
) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = {}
    while len(jobs) < len(accepted):
        assert time.monotonic() < until, f"{len(accepted) - len(jobs)} jobs did not end"
        for job_id in accepted:
            if job_id not in jobs:
                job = await _get(client, f"/api/v1/jobs/{job_id}")
                if job["status"] in ENDED:
                    jobs[job_id] = job
        if len(jobs) > 0.9 * len(accepted):
            stop_killing.set()
        await asyncio.sleep(0.5)
    stop_killing.set()
    return jobs


async def _check_files(client: httpx2.AsyncClient, jobs: dict[str, dict[str, Any]], stack: Stack) -> None:
    """A few results are whole; nothing temporary is left, neither files nor processes."""
    for job in list(jobs.values())[:: max(1, len(jobs) // 10)]:
        answer = await client.get(job["artifacts"][0]["url"])
        path = stack.data.parent / "result.mp4"
        path.write_bytes(answer.content)
        info = await probe(path)
        assert info.video is not None
        assert info.video.frames == 8
    async with asyncio.timeout(60):
        while _leftovers(stack.data):
            await asyncio.sleep(1)
    assert [p for p in below(stack.pid) if "ffmpeg" in p.command] == []


def _leftovers(data: Path) -> list[Path]:
    """Job folders and unfinished files; lock files of living processes are no leftovers."""
    scratch = [path for path in (data / "scratch").glob("*/*") if path.name != "lock"]
    return [*scratch, *data.glob("store/**/*.part")]
