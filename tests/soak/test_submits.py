"""200 submits while the API is killed again and again: what was accepted is there, and nothing is there twice."""

import asyncio
import contextlib
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from bench.fleet import Customer, Fleet, fleet
from cutroom.app.stack import free_port

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
SUBMITS = 200
AT_ONCE = 4


def document(number: int) -> dict[str, Any]:
    clip = {"asset": {"type": "text", "text": f"Job {number}"}, "start": 0, "length": 1}
    return {"output": {"width": 160, "height": 90, "fps": 10}, "timeline": {"tracks": [{"clips": [clip]}]}}


@dataclass
class Submits:
    """A crowd that submits, each of them until it is heard, at an API that does not live long."""

    url: str
    customer: Customer
    accepted: dict[int, str] = field(default_factory=dict)
    unheard: int = 0
    kills: int = 0
    rng: random.Random = field(default_factory=lambda: random.Random(time.time_ns()))

    async def killer(self, made: Fleet, done: asyncio.Event) -> None:
        """Start the API on its port and kill it, again and again."""
        port = str(urlsplit(self.url).port)
        while not done.is_set():
            api = await made.start("api", "api", CUTROOM_HOST="127.0.0.1", CUTROOM_PORT=port)
            await answering(self.url)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.rng.uniform(0.2, 2.0)):
                    await done.wait()
            self.kills += not done.is_set()
            await api.terminate(grace_s=0, first=signal.SIGKILL)

    async def submit_some(self, first: int) -> None:
        """Submit every fourth job."""
        for number in range(first, SUBMITS, AT_ONCE):
            while number not in self.accepted:
                await self._submit(number)
            await asyncio.sleep(self.rng.uniform(0, 0.2))

    async def _submit(self, number: int) -> None:
        key = {"Idempotency-Key": f"submit-{number}"}
        try:
            answer = await self.customer.http.post("/api/v1/render", json=document(number), headers=key)
        except httpx2.ReadError:
            self.unheard += 1  # it may have been accepted
        except httpx2.HTTPError:
            await asyncio.sleep(0.05)
        else:
            assert answer.status_code == 202, answer.text
            self.accepted[number] = answer.json()["id"]


@pytest.mark.threat("F02", "P1")
async def test_an_api_that_is_killed_while_jobs_are_submitted_loses_and_doubles_none(tmp_path: Path) -> None:
    async with fleet(tmp_path) as made:
        url = f"http://127.0.0.1:{free_port('127.0.0.1')}"
        crowd, done = Submits(url, await made.customer(url)), asyncio.Event()
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(crowd.killer(made, done))
            async with asyncio.TaskGroup() as submits:
                for first in range(AT_ONCE):
                    submits.create_task(crowd.submit_some(first))
            done.set()
        await recorded(made, crowd.accepted)
        sys.stdout.write(
            f"\nF02: {SUBMITS} submits, API killed {crowd.kills} times in {time.monotonic() - began:.0f} s, "
            f"{crowd.unheard} answers lost: {len(crowd.accepted)} accepted, 0 lost, 0 double\n"
        )
        assert crowd.kills >= 5


async def recorded(made: Fleet, accepted: dict[int, str]) -> None:
    there = {row[0] for row in await made.sql("SELECT id FROM jobs")}
    assert there == set(accepted.values())
    assert len(there) == SUBMITS


async def answering(url: str) -> None:
    async with httpx2.AsyncClient(trust_env=False, timeout=2) as http, asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.02)
