"""A version takes over from the one before while a film is being rendered, and gives back what it took."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bench.fleet import Customer, Fleet, fleet
from tests.deploy.versions import source

HELD = "SELECT count(*) FROM jobs WHERE status = 'running' AND parent_id IS NOT NULL"
RELEASED = "SELECT count(*) FROM job_attempts WHERE outcome = 'released'"
ATTEMPTS = """
    SELECT jobs.type, jobs.attempt, array_agg(job_attempts.outcome ORDER BY job_attempts.fence)
    FROM jobs JOIN job_attempts ON job_attempts.job_id = jobs.id GROUP BY jobs.id
"""


def film(seconds: int, name: str) -> dict[str, Any]:
    """Painted frame by frame, in segments."""
    text = {"type": "text", "text": name, "animation": {"in": "rise", "by": "letter"}}
    clips = [{"asset": text, "start": at, "length": 2} for at in range(0, seconds, 2)]
    return {
        "output": {"format": "mp4", "width": 640, "height": 360, "fps": 30},
        "timeline": {"background": "#203040", "tracks": [{"clips": clips}]},
    }


@pytest.fixture
async def programs(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with fleet(
        tmp_path / "fleet",
        postgres={"fsync": "off"},
        CUTROOM_WORKER_SLOTS="1",
        CUTROOM_WORKER_DRAIN_S="0.1",
        CUTROOM_WORKER_LEASE_S="60",  # nobody takes what was not given back
    ) as made:
        yield made


async def stop(programs: Fleet, name: str) -> None:
    """As a deploy does it: told once, and gone within the grace."""
    child = programs.programs[name]
    await child.terminate(30, signal.SIGTERM)
    assert child.returncode == 0, programs.log(name)


async def held(programs: Fleet) -> None:
    """Wait until a worker renders a segment."""
    async with asyncio.timeout(60):
        while (await programs.sql(HELD))[0][0] == 0:
            await asyncio.sleep(0.02)


@pytest.mark.timeout(300)  # six programs start one after the other: 20 s, or minutes on a busy machine
@pytest.mark.threat("F15", "F25")
async def test_a_render_goes_from_the_version_before_to_this_one_and_back_and_nothing_is_charged_twice(
    programs: Fleet, tmp_path: Path
) -> None:
    before = {"PYTHONPATH": str(source(tmp_path / "before"))}
    url = await programs.api("old-api", **before)
    customer = await programs.customer(url)
    assert (await customer.http.get("/api/v1/tasks")).status_code == 404, "this is no version from before tasks"
    job_id = await customer.submit(film(10, "going on"))
    for number in range(5):  # a segment may end between our look and the worker's hearing of it
        await programs.start("worker", f"old-worker-{number}", **before)
        await held(programs)
        await stop(programs, f"old-worker-{number}")
        if await programs.sql(RELEASED) == [(1,)]:
            break
    assert await programs.sql(RELEASED) == [(1,)]
    left = await programs.sql("SELECT attempt FROM jobs WHERE parent_id IS NOT NULL AND status = 'queued'")
    assert left
    assert set(left) == {(0,)}, "what was put back was charged"
    await programs.start("worker", "new-worker")
    new_url = await programs.api("new-api")
    await stop(programs, "old-api")
    customer = Customer(customer.workspace_id, await programs.client(new_url, key_of(customer)))
    assert (await customer.http.get("/api/v1/tasks")).status_code == 200
    job = await customer.ended(job_id)
    assert (job["status"], job["attempt"]) == ("succeeded", 1), job
    for kind, attempt, outcomes in await programs.sql(ATTEMPTS):
        assert attempt == 1, (kind, attempt, outcomes)
        assert set(outcomes) <= {"succeeded", "released", "suspended"}, (kind, outcomes)
    assert await programs.sql("SELECT job_id, status FROM charges") == [(job_id, "used")]

    await stop(programs, "new-worker")
    await programs.start("worker", "old-worker-again", **before)
    again = await customer.ended(await customer.submit(film(2, "and back")))
    assert (again["status"], again["attempt"]) == ("succeeded", 1), again


def key_of(customer: Customer) -> str:
    return customer.http.headers["Authorization"].removeprefix("Bearer ")
