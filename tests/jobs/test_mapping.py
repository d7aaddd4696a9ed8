import asyncio
from pathlib import Path

import pytest

from cutroom.jobs import Status
from tests.jobs.flows import Diary, Fan
from tests.jobs.rig import Rig, eventually

pytestmark = pytest.mark.both_engines


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


def fan(diary: Diary, count: int, **more: object) -> Fan:
    return Fan.model_validate({"items": list(range(count)), "path": diary.path, **more})


async def test_results_come_back_in_order_and_each_item_ran_once(rig: Rig, diary: Diary) -> None:
    job = await rig.run("fan", fan(diary, 20))
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, [2 * number for number in range(20)], 1)
    assert sorted(diary.lines()) == sorted(["before", "after", *(f"item {number}" for number in range(20))])
    assert await rig.outcomes(job.id) == [(1, "suspended"), (1, "succeeded")]
    assert await rig.states(job.id) == [("queued", 0), ("running", 1), ("succeeded", 1)]


async def test_a_worker_with_one_slot_runs_a_tree_of_maps(rig: Rig, diary: Diary) -> None:
    job = await rig.run("tree", Fan(items=[3, 2, 2], path=diary.path), slots=1)
    assert (job.status, job.output) == (Status.SUCCEEDED, 12)


async def test_a_workspace_with_a_limit_of_one_runs_a_tree_of_maps(rig: Rig, diary: Diary) -> None:
    job_id = await rig.submit("tree", Fan(items=[2, 2], path=diary.path))
    await rig.sql("UPDATE lanes SET max_running = 1")
    async with rig.worker():
        assert (await rig.ended(job_id)).output == 4


async def test_items_are_spread_over_workers(rig: Rig, diary: Diary) -> None:
    job_id = await rig.submit("fan", fan(diary, 12, special=dict.fromkeys(range(12), "wait")))
    async with rig.worker(slots=2), rig.worker(slots=2), rig.worker(slots=2):

        async def all_busy() -> bool | None:
            return len([line for line in diary.lines() if line.startswith("item")]) == 6 or None

        await eventually(all_busy)
        diary.write("go")
        assert (await rig.ended(job_id)).status is Status.SUCCEEDED
    workers = await rig.sql(
        "SELECT DISTINCT a.worker FROM job_attempts a JOIN jobs j ON j.id = a.job_id WHERE internal"
    )
    assert len(workers) == 3


async def test_no_items_give_no_results_and_no_wait(rig: Rig, diary: Diary) -> None:
    job = await rig.run("fan", fan(diary, 0))
    assert (job.status, job.output) == (Status.SUCCEEDED, [])
    assert await rig.outcomes(job.id) == [(1, "succeeded")]


async def test_a_failed_item_fails_the_job_with_its_index_and_stops_those_that_have_not_started(
    rig: Rig, diary: Diary
) -> None:
    job = await rig.run("fan", fan(diary, 50, special={3: "refuse"}, pauseMs=50), slots=4)
    assert job.status is Status.FAILED
    assert job.error is not None
    assert (job.error["kind"], job.error["code"]) == ("invalid", "bad_item")
    assert job.error["message"] == "Item 3 of 'items': This item is wrong."
    assert (job.attempt, job.dead_at) == (1, None)
    states = dict(await rig.sql("SELECT parent_index, status FROM jobs WHERE internal"))
    assert states[3] == "failed"
    assert sum(status == "cancelled" for status in states.values()) > 30
    assert set(states.values()) == {"failed", "succeeded", "cancelled"}


async def test_an_item_that_fails_once_is_tried_again_by_itself(rig: Rig, diary: Diary) -> None:
    job = await rig.run("fan", fan(diary, 5, special={2: "once"}))
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
    assert diary.lines().count("item 2") == 2
    assert diary.lines().count("before") == 1


async def test_a_job_whose_item_used_up_its_attempts_is_a_dead_letter_that_redrive_finishes(
    rig: Rig, diary: Diary
) -> None:
    async with rig.worker():
        job = await rig.ended(await rig.submit("fan", fan(diary, 5, special={2: "never"})))
        assert (job.status, job.attempt) == (Status.FAILED, 1)
        assert job.dead_at is not None
        assert diary.lines().count("item 2") == 3
        ran = [line for line in diary.lines() if line.startswith("item")]
        await rig.sql("""UPDATE jobs SET input = jsonb_set(input, '{special}', '""') WHERE parent_index = 2""")
        async with rig.database.begin() as session:
            assert [letter.id for letter in (await rig.jobs.dead_letters(session, job.workspace_id)).items] == [job.id]
            assert await rig.jobs.redrive(session, job.workspace_id) == [job.id]
        job = await rig.ended(job.id)
    assert (job.status, job.output, job.dead_at) == (Status.SUCCEEDED, [0, 2, 4, 6, 8], None)
    again = [line for line in diary.lines() if line.startswith("item")][len(ran) :]
    assert "item 2" in again
    assert diary.lines().count("before") == 1
    done_before = [line for line in ran if line != "item 2"]
    assert not set(again) & set(done_before)


async def test_a_workflow_may_catch_the_error_of_its_map(rig: Rig, diary: Diary) -> None:
    job = await rig.run("forgives", fan(diary, 2, special={1: "refuse"}))
    assert (job.status, job.output) == (Status.SUCCEEDED, "Item 1 of 'items': This item is wrong.")


async def test_two_maps_and_a_timer_at_the_same_time(rig: Rig, diary: Diary) -> None:
    job = await rig.run("two_maps", fan(diary, 3))
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, [[0, 2, 4], [0, 2, 4]], 1)
    assert sorted(diary.lines()) == sorted(f"item {number}" for number in (0, 1, 2) for _ in range(2))


async def test_a_workflow_that_catches_everything_is_suspended_all_the_same(rig: Rig, diary: Diary) -> None:
    job = await rig.run("gathers", fan(diary, 3))
    assert (job.status, job.output) == (Status.SUCCEEDED, [[0, 2, 4], [0, 2, 4]])


async def test_a_replay_that_brings_other_items_is_an_error(rig: Rig, diary: Diary) -> None:
    job = await rig.run("changes_its_mind", fan(diary, 1))
    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error["code"] == "replay_mismatch"


async def test_progress_of_items_moves_the_job_within_its_span(rig: Rig, diary: Diary) -> None:
    async with rig.worker():
        job_id = await rig.submit("fan", fan(diary, 4, special={2: "wait", 3: "wait"}))

        async def half_way() -> bool | None:
            return abs((await rig.get(job_id)).progress - (0.1 + 0.8 * (1 + 1 + 0.5 + 0.5) / 4)) < 0.001 or None

        await eventually(half_way)
        diary.write("go")
        await rig.ended(job_id)
    told = [event.data["progress"] for event in await rig.events(job_id) if event.kind == "progress"]
    assert told == sorted(told)
    assert 70.0 in told


async def test_items_of_a_job_go_before_jobs_that_came_later(rig: Rig, diary: Diary) -> None:
    first = await rig.submit("fan", fan(diary, 4))
    later = [await rig.submit("same", {"value": number}) for number in range(4)]
    async with rig.worker(slots=1):
        for job_id in (first, *later):
            await rig.ended(job_id)
    order = [row[0] for row in await rig.sql("SELECT job_id FROM job_attempts ORDER BY started_at")]
    assert order[0] == order[5] == first
    assert order[6:] == sorted(later)


async def test_a_job_below_0_lets_others_go_first_and_ends_what_it_began_before_it_begins_more(
    rig: Rig, diary: Diary
) -> None:
    await rig.submit("tree", Fan(items=[3, 1], path=diary.path), priority=-2)
    later = await rig.submit("same", {"value": 1})
    async with rig.worker(slots=1):
        for (job_id,) in await rig.sql("SELECT id FROM jobs"):
            await rig.ended(job_id)
    order = await rig.sql(
        "SELECT id, depth FROM job_attempts JOIN jobs ON id = job_id ORDER BY job_attempts.started_at"
    )
    assert order[0] == (later, 0)
    assert [depth for _, depth in order[1:]] == [0, *(1, 2, 1) * 3, 0]


async def test_a_cancelled_job_takes_its_items_with_it(rig: Rig, diary: Diary) -> None:
    async with rig.worker(slots=3):
        job_id = await rig.submit("fan", fan(diary, 10, special=dict.fromkeys(range(10), "wait")))
        await rig.until(job_id, Status.WAITING)

        async def some_run() -> bool | None:
            return (await rig.sql("SELECT count(*) FROM jobs WHERE internal AND status = 'running'"))[0][0] == 3 or None

        await eventually(some_run)
        assert (await rig.cancel(job_id)).status is Status.CANCELLED

        async def none_live() -> bool | None:
            rows = await rig.sql("SELECT DISTINCT status FROM jobs")
            return rows == [("cancelled",)] or None

        await eventually(none_live)


async def test_a_cancelled_job_can_be_run_again_and_keeps_what_was_done(rig: Rig, diary: Diary) -> None:
    async with rig.worker(slots=1):
        job_id = await rig.submit("fan", fan(diary, 4, special={2: "wait"}))

        async def two_done() -> bool | None:
            done = await rig.sql("SELECT count(*) FROM jobs WHERE status = 'succeeded'")
            return (done[0][0] == 2 and "item 2" in diary.lines()) or None

        await eventually(two_done)
        await rig.cancel(job_id)

        async def stopped() -> bool | None:
            return (await rig.sql("SELECT count(*) FROM jobs WHERE status = 'running'"))[0][0] == 0 or None

        await eventually(stopped)
        diary.write("go")
        async with rig.database.begin() as session:
            assert (await rig.jobs.retry(session, "wsp_a", job_id)).status is Status.QUEUED
        job = await rig.ended(job_id)
    assert (job.status, job.output) == (Status.SUCCEEDED, [0, 2, 4, 6])
    assert [diary.lines().count(f"item {number}") for number in range(4)] == [1, 1, 2, 1]


@pytest.mark.threat("F14")
async def test_the_last_items_ending_at_the_same_moment_wake_the_job_once(rig: Rig, diary: Diary) -> None:
    """Many small maps whose last two items end at the same time in two workers."""
    async with rig.worker(slots=1), rig.worker(slots=1):
        ids = [await rig.submit("fan", fan(diary, 2)) for _ in range(20 if rig.temporal is None else 8)]
        jobs = await asyncio.gather(*(rig.ended(job_id) for job_id in ids))
    assert {job.status for job in jobs} == {Status.SUCCEEDED}
    assert await rig.sql("SELECT count(*) FROM jobs WHERE pending <> 0") == [(0,)]
    for job_id in ids:
        assert await rig.outcomes(job_id) == [(1, "suspended"), (1, "succeeded")]
