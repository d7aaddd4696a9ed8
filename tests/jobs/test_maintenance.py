import asyncio
from collections import Counter

import pytest

from cutroom.jobs import Idempotency, Retention, Scheduler, Submission
from cutroom.kit import metrics
from cutroom.kit.errors import NotFound
from tests.jobs.flows import A, B, Fan
from tests.jobs.rig import Rig


async def run_for(schedulers: list[Scheduler], seconds: float) -> None:
    tasks = [asyncio.ensure_future(scheduler.run()) for scheduler in schedulers]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_a_task_runs_in_one_of_many_processes_at_its_times(rig: Rig) -> None:
    ran: Counter[int] = Counter()

    def scheduler(number: int) -> Scheduler:
        async def task() -> None:
            ran[number] += 1

        made = Scheduler(rig.database)
        made.every("test", 0.4, task)
        return made

    await run_for([scheduler(number) for number in range(5)], 1.5)
    assert 2 <= ran.total() <= 4


async def test_a_task_that_fails_keeps_neither_itself_nor_others_from_running_again(rig: Rig) -> None:
    ran: Counter[str] = Counter()

    async def fails() -> None:
        ran["fails"] += 1
        raise RuntimeError("no")

    async def works() -> None:
        ran["works"] += 1

    scheduler = Scheduler(rig.database)
    scheduler.every("fails", 0.1, fails)
    scheduler.every("works", 0.1, works)
    await run_for([scheduler], 1.0)
    assert ran["fails"] >= 2
    assert ran["works"] >= 2
    with pytest.raises(ValueError, match="already"):
        scheduler.every("works", 1, works)


@pytest.mark.threat("F23")
async def test_old_jobs_go_with_all_that_belongs_to_them_and_others_stay(rig: Rig) -> None:
    async with rig.worker():
        old = await rig.submit("fan", Fan(items=[1, 2], path=str(rig.folder / "diary")))
        new = await rig.submit("same", {"value": 1})
        dead = await rig.submit("breaks", {"value": 1}, max_attempts=1)
        for job_id in (old, new, dead):
            await rig.ended(job_id)
    queued = await rig.submit("same", {"value": 2})
    await rig.sql("UPDATE jobs SET finished_at = now() - interval '31 days' WHERE root_id = ANY(:ids)", ids=[old, dead])
    await Retention(rig.database).forget()
    left = {row[0] for row in await rig.sql("SELECT id FROM jobs")}
    assert left == {new, dead, queued}
    for table in ("job_steps", "job_attempts", "job_events"):
        assert {row[0] for row in await rig.sql(f"SELECT job_id FROM {table}")} <= left  # noqa: S608
    with pytest.raises(NotFound):
        await rig.get(old)
    await rig.sql("UPDATE jobs SET finished_at = now() - interval '91 days' WHERE id = :id", id=dead)
    await Retention(rig.database).forget()
    assert {row[0] for row in await rig.sql("SELECT id FROM jobs")} == {new, queued}


async def test_a_job_is_kept_as_long_as_its_key_however_short_the_retention(rig: Rig) -> None:
    key = Idempotency("POST /render", "k", "hash")
    async with rig.worker():
        job = await rig.ended(await rig.submit("same", {"value": 1}, idempotency=key))
    await rig.sql("UPDATE jobs SET finished_at = now() - interval '23 hours'")
    await Retention(rig.database, days=0).forget()
    async with rig.database.begin() as session:
        again = await rig.jobs.submit(session, A, Submission("same", {"value": 1}, idempotency=key))
    assert again.job.id == job.id


async def test_more_old_keys_than_one_batch_are_forgotten_and_young_ones_kept(rig: Rig) -> None:
    await rig.sql("""
        INSERT INTO job_keys (workspace_id, route, key, body_hash, job_id, created_at)
        SELECT 'w', 'r', n::text, 'h', 'j', now() - make_interval(hours => CASE WHEN n <= 1200 THEN 25 ELSE 23 END)
        FROM generate_series(1, 1210) AS n
    """)
    await Retention(rig.database).forget_keys()
    assert await rig.sql("SELECT count(*) FROM job_keys") == [(10,)]


async def test_how_much_is_queued_can_be_read(rig: Rig) -> None:
    for workspace in (A, B):
        await rig.submit("echo", {"value": 1}, workspace=workspace)
    async with rig.database.begin() as session:
        assert await rig.jobs.depths(session) == {"queued": 2, "running": 0, "delayed": 0, "dead": 0}
    scheduler = Scheduler(rig.database)
    Retention(rig.database).schedule(scheduler)
    await run_for([scheduler], 0.5)
    assert b'cutroom_jobs{state="queued"} 2.0' in metrics.render()
