import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest

from cutroom.jobs import Idempotency, Retention, Scheduler, Submission
from cutroom.kit import metrics, process
from cutroom.kit.errors import NotFound
from tests.jobs.flows import A, B, Fan
from tests.jobs.rig import Rig, eventually


async def run_until(schedulers: list[Scheduler], done: Callable[[], bool]) -> float:
    """Run them until it is done; how many seconds that took."""

    async def over() -> bool | None:
        return done() or None

    began = time.monotonic()
    tasks = [asyncio.ensure_future(scheduler.run()) for scheduler in schedulers]
    await eventually(over)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return time.monotonic() - began


async def test_a_task_runs_in_one_of_many_processes_at_its_times(rig: Rig) -> None:
    ran: Counter[int] = Counter()

    def scheduler(number: int) -> Scheduler:
        async def task() -> None:
            ran[number] += 1

        made = Scheduler(rig.database)
        made.every("test", 0.4, task)
        return made

    took_s = await run_until([scheduler(number) for number in range(5)], lambda: ran.total() >= 4)
    assert ran.total() <= took_s / 0.4 + 1


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
    await run_until([scheduler], lambda: ran["fails"] >= 2 and ran["works"] >= 2)
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
    await run_until([scheduler], lambda: b'cutroom_jobs{state="queued"} 2.0' in metrics.render())


_FORGETS = """
import asyncio, sys
from cutroom.db import Database, make_engine
from cutroom.jobs import Retention

async def main() -> None:
    database = Database(make_engine(sys.argv[1], name="forgets"))
    print("begins", flush=True)
    await Retention(database).forget()

asyncio.run(main())
"""


@pytest.mark.threat("F23")
async def test_forgetting_that_is_killed_leaves_whole_jobs_and_is_finished_by_the_next(rig: Rig) -> None:
    jobs, events = 3_000, 5
    await rig.sql(
        """
        WITH made AS (
          INSERT INTO jobs (id, workspace_id, type, status, root_id, input, max_attempts, event_seq, finished_at)
          SELECT id, 'w', 'echo', 'succeeded', id, '{}', 3, :events, now() - interval '40 days'
          FROM (SELECT 'job_' || n AS id FROM generate_series(1, :jobs) AS n) AS ids RETURNING id
        )
        INSERT INTO job_events
        SELECT id, seq, clock_timestamp(), 'log', '{}' FROM made, generate_series(1, :events) AS seq
        """,
        jobs=jobs,
        events=events,
    )
    await rig.sql(
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END'"
    )
    await rig.sql("CREATE TRIGGER slowly AFTER DELETE ON jobs FOR EACH STATEMENT EXECUTE FUNCTION slowly()")
    child = await process.start([sys.executable, "-c", _FORGETS, rig.database.url], cwd=rig.folder)
    try:
        async with asyncio.timeout(60):
            while (left := (await rig.sql("SELECT count(*) FROM jobs"))[0][0]) == jobs:
                await asyncio.sleep(0.002)
    finally:
        await child.terminate(grace_s=0, first=signal.SIGKILL)
    assert 0 < left < jobs
    whole = "SELECT count(*) FROM (SELECT job_id FROM job_events GROUP BY job_id HAVING count(*) = :events) AS w"
    orphans = "SELECT count(*) FROM job_events WHERE job_id NOT IN (SELECT id FROM jobs)"

    async def quiet() -> bool | None:  # what was under way when it was killed is rolled back, or committed
        return (await rig.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'forgets'"))[0][
            0
        ] == 0 or None

    await eventually(quiet)
    left = (await rig.sql("SELECT count(*) FROM jobs"))[0][0]
    assert (await rig.sql(whole, events=events), await rig.sql(orphans)) == ([(left,)], [(0,)])
    await rig.sql("DROP TRIGGER slowly ON jobs")
    await Retention(rig.database).forget()
    assert await rig.sql("SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM job_events)") == [(0, 0)]
