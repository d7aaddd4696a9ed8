"""Many things at the same moment: nothing hangs, nothing is counted twice, no transaction kills another."""

import asyncio
import random
from pathlib import Path

import pytest

from cutroom.jobs import Status
from cutroom.kit.errors import Conflict
from tests.jobs.flows import A, Diary, Fan
from tests.jobs.rig import Rig, eventually

pytestmark = pytest.mark.both_engines


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


async def test_cancels_and_retries_that_race_with_the_ends_of_items(rig: Rig, diary: Diary) -> None:
    rng = random.Random(7)
    before = await rig.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")

    async def torment(job_id: str) -> None:
        for _ in range(4):
            await asyncio.sleep(rng.uniform(0.0, 0.4))
            for call in (rig.jobs.cancel, rig.jobs.retry):
                try:
                    async with rig.database.begin() as session:
                        await call(session, A, job_id)
                except Conflict:
                    pass
                await asyncio.sleep(rng.uniform(0.0, 0.1))

    async with rig.worker(slots=3), rig.worker(slots=3):
        given = Fan(items=[1, 2, 3, 4, 5], path=diary.path, special={2: "once"}, pause_ms=20)
        ids = [await rig.submit("fan", given) for _ in range(8)]
        await asyncio.gather(*(torment(job_id) for job_id in ids))
        jobs = [await rig.ended(job_id) for job_id in ids]

        async def quiet() -> bool | None:
            live = "SELECT count(*) FROM jobs WHERE status NOT IN ('succeeded', 'failed', 'cancelled')"
            return await rig.sql(live) == [(0,)] or None

        await eventually(quiet)
    assert {job.status for job in jobs} <= {Status.SUCCEEDED, Status.CANCELLED}
    for job in jobs:
        if job.status is Status.SUCCEEDED:
            assert job.output == [2, 4, 6, 8, 10]
    after = await rig.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert after == before
    twice = """
        SELECT j.id FROM jobs AS j JOIN job_attempts AS a ON a.job_id = j.id AND a.outcome = 'succeeded'
        WHERE j.parent_id IS NOT NULL GROUP BY j.id HAVING count(*) > 1
    """
    assert await rig.sql(twice) == [], "an item that succeeded ran again"
    gaps = "SELECT job_id FROM job_events GROUP BY job_id HAVING max(seq) <> count(*)"
    assert await rig.sql(gaps) == []


async def test_items_of_one_job_that_fail_at_the_same_moment_in_many_workers(rig: Rig, diary: Diary) -> None:
    given = Fan(items=list(range(12)), path=diary.path, special=dict.fromkeys(range(12), "refuse"), pause_ms=50)
    async with rig.worker(slots=4), rig.worker(slots=4), rig.worker(slots=4):
        jobs = await asyncio.gather(
            *(rig.ended(job_id) for job_id in [await rig.submit("fan", given) for _ in range(5)])
        )
    assert {job.status for job in jobs} == {Status.FAILED}
    assert await rig.sql("SELECT count(*) FROM jobs WHERE pending <> 0") == [(0,)]


async def test_a_job_that_suspends_and_is_claimed_again_at_once_by_the_same_worker(rig: Rig, diary: Diary) -> None:
    """Sleeps of no time: the claim may come before the worker has heard that its suspension is committed."""
    async with rig.worker(slots=4, poll_s=0.05):
        ids = [await rig.submit("naps", diary.model_copy(update={"value": 1})) for _ in range(20)]
        jobs = [await rig.ended(job_id) for job_id in ids]
    assert {job.status for job in jobs} == {Status.SUCCEEDED}
    assert {job.attempt for job in jobs} == {1}
