"""600 jobs while workers are killed and frozen beyond their leases for 20 seconds; every effect is counted."""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from cutroom.kit import process
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig, eventually
from tests.soak.victims import working_in

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
JOBS = 600
WORKERS = 3
CHAOS_S = 20.0
LEASE_S = 1.0


@pytest.mark.threat("F01", "F07", "P2")
async def test_workers_that_are_killed_and_frozen_lose_nothing_and_record_nothing_twice(
    rig: Rig, tmp_path: Path
) -> None:
    seed = int(os.environ.get("CUTROOM_SOAK_SEED", str(time.time_ns() % 1_000_000)))
    rng = random.Random(seed)
    diary = Diary(path=str(tmp_path / "diary"), value=300)
    child = Diary(path=str(tmp_path / "children"))
    ids = [await rig.submit("three_steps", diary) for _ in range(JOBS)]
    parent = await rig.submit("has_child", child)
    await rig.sql("UPDATE jobs SET max_attempts = 100")
    faults: Counter[str] = Counter()
    stop = time.monotonic() + CHAOS_S
    began = time.monotonic()

    async def unlucky() -> None:
        while time.monotonic() < stop:
            name = f"unlucky-{rng.getrandbits(32):08x}"
            async with rig.process(lease_s=LEASE_S, slots=8, name=name) as worker:

                async def works(who: str = f"{name}:%") -> bool | None:
                    found = await rig.sql("SELECT FROM jobs WHERE worker LIKE :who LIMIT 1", who=who)
                    return bool(found) or time.monotonic() >= stop or None

                await eventually(works, within_s=60)
                await asyncio.sleep(rng.uniform(0.2, 2.0))
                if rng.random() < 0.5:
                    await frozen(worker)
                worker.send(signal.SIGKILL)
                await worker.wait()
                faults["killed"] += 1

    async def frozen(worker: process.Child) -> None:
        os.kill(worker.pid, signal.SIGSTOP)
        faults["frozen"] += 1
        await asyncio.sleep(2 * LEASE_S)
        os.kill(worker.pid, signal.SIGCONT)
        await asyncio.sleep(rng.uniform(0, 0.5))

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(unlucky())
    async with rig.process(lease_s=LEASE_S, slots=16), rig.process(lease_s=LEASE_S, slots=16):

        async def over() -> bool | None:
            left = await rig.sql("SELECT count(*) FROM jobs WHERE status <> 'succeeded' AND id <> :id", id=parent)
            return left == [(0,)] or None

        await eventually(over, within_s=300)
        await rig.cancel(parent)
        await rig.ended(parent)
    took = time.monotonic() - began
    await recorded_once(rig, parent)
    assert len(ids) == len(set(ids)) == JOBS
    assert working_in(tmp_path) == [], "orphans"
    for pid in child.lines():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
    effects = len(diary.lines())
    lost = await rig.sql("SELECT count(*) FROM job_attempts WHERE outcome = 'lost'")
    sys.stdout.write(
        f"\nF01, F07 (seed {seed}): {JOBS} jobs of 3 steps, {faults['killed']} workers killed, {faults['frozen']} "
        f"frozen for 2 leases: 0 lost, {3 * JOBS} results recorded once, {effects - 3 * JOBS} steps run again, "
        f"{lost[0][0]} attempts lost, 0 of {len(child.lines())} children left, {took:.0f} s\n"
    )


async def recorded_once(rig: Rig, parent: str) -> None:
    """Every step of every job has one result, every job one end, and no event is missing."""
    steps = await rig.sql(
        "SELECT count(*), count(DISTINCT (job_id, name)) FROM job_steps WHERE job_id <> :id", id=parent
    )
    assert steps == [(3 * JOBS, 3 * JOBS)]
    twice = (
        "SELECT count(*) FROM (SELECT job_id FROM job_events WHERE kind = 'state' AND data ->> 'status' = 'succeeded' "
        "GROUP BY job_id HAVING count(*) <> 1) AS w"
    )
    assert await rig.sql(twice) == [(0,)]
    gaps = "SELECT count(*) FROM (SELECT job_id FROM job_events GROUP BY job_id HAVING count(*) <> max(seq)) AS w"
    assert await rig.sql(gaps) == [(0,)]
