import itertools
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs import Job, JobService, Registry, Status
from cutroom.jobs.errors import AWAY_CLAIMS
from cutroom.kit.errors import CutroomError
from tests.jobs import flows
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig, eventually

pytestmark = pytest.mark.both_engines


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


async def test_a_job_runs_to_its_output(rig: Rig) -> None:
    job = await rig.run("same", {"value": 21})
    assert (job.status, job.output, job.progress, job.attempt) == (Status.SUCCEEDED, 42, 1.0, 1)
    assert await rig.states(job.id) == [("queued", 0), ("running", 1), ("succeeded", 1)]
    assert await rig.outcomes(job.id) == [(1, "succeeded")]


async def test_a_step_that_succeeded_does_not_run_again_on_the_next_attempt(rig: Rig, diary: Diary) -> None:
    job = await rig.run("fails_at_first", diary.model_copy(update={"value": 2}))
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, 3, 3)
    assert diary.lines() == ["before", "try", "try", "try"]
    assert await rig.outcomes(job.id) == [(1, "failed"), (2, "failed"), (3, "succeeded")]
    assert [state for state, _ in await rig.states(job.id)] == [
        "queued",
        *["running", "retrying", "queued"] * 2,
        "running",
        "succeeded",
    ]


async def test_a_step_is_tried_again_within_an_attempt_when_it_asks_for_that(rig: Rig, diary: Diary) -> None:
    job = await rig.run("tries_steps", diary)
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, 3, 1)


async def test_a_job_that_used_up_its_attempts_is_a_dead_letter_and_keeps_every_error(rig: Rig, diary: Diary) -> None:
    job = await rig.run("fails_at_first", diary.model_copy(update={"value": 9}))
    assert (job.status, job.attempt) == (Status.FAILED, 3)
    assert job.dead_at is not None
    assert job.error is not None
    assert (job.error["code"], job.error["message"]) == ("not_now", "Try 3 failed.")
    assert [(one["attempt"], one["error"]["message"]) for one in job.error["attempts"]] == [
        (number, f"Try {number} failed.") for number in (1, 2, 3)
    ]
    logged = [event.data["tries"] for event in await rig.events(job.id) if event.kind == "log"]
    assert logged == [1, 2, 3]


async def test_a_store_that_is_away_costs_no_attempts_until_it_is_away_for_too_long(rig: Rig, diary: Diary) -> None:
    job = await rig.run("meets_no_store", diary.model_copy(update={"value": 6}))
    assert (job.status, job.output, job.attempt, job.max_attempts) == (Status.SUCCEEDED, 7, 1, 3)
    assert await rig.outcomes(job.id) == [*[(1, "failed")] * 6, (1, "succeeded")]
    events = [event.data for event in await rig.events(job.id) if event.data.get("status") == "retrying"]
    assert [data["error"]["message"] for data in events] == [f"Away at try {number}." for number in range(1, 7)]
    job_id = await rig.submit("meets_no_store", diary.model_copy(update={"value": 1_000}))
    await rig.sql("UPDATE jobs SET fence = :fence WHERE id = :id", fence=AWAY_CLAIMS - 2, id=job_id)
    async with rig.worker():
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.FAILED, 3)
    assert job.dead_at is not None


async def test_an_error_that_trying_again_cannot_help_fails_at_once_and_is_no_dead_letter(rig: Rig) -> None:
    job = await rig.run("refuses", {"value": 7})
    assert (job.status, job.attempt, job.dead_at) == (Status.FAILED, 1, None)
    assert job.error is not None
    assert CutroomError.from_json(job.error).message == "7 is wrong."
    assert (await rig.events(job.id))[-1].data["error"]["code"] == "bad_number"


async def test_an_unforeseen_error_is_retried_and_its_text_is_not_shown(rig: Rig) -> None:
    job = await rig.run("breaks", {"value": 7})
    assert (job.status, job.attempt) == (Status.FAILED, 3)
    assert job.error is not None
    assert job.error["code"] == "internal_error"
    assert "secret" not in str([job, await rig.events(job.id)])


async def test_a_workflow_that_exits_does_not_take_its_worker_with_it(rig: Rig) -> None:
    async with rig.worker():
        leaving, after = (
            await rig.submit("leaves", {"value": 1}, max_attempts=1),
            await rig.submit("same", {"value": 1}),
        )
        assert (await rig.ended(leaving)).status is Status.FAILED
        assert (await rig.ended(after)).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("gives_nul", "unstorable_result"),
        ("repeats_name", "duplicate_step"),
        ("slow_step", "step_timeout"),
        ("times_out", "job_timeout"),
    ],
)
async def test_what_goes_wrong_has_a_stable_code(rig: Rig, kind: str, code: str) -> None:
    job = await rig.run(kind, {"value": 1})
    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error["code"] == code


async def test_an_input_that_this_version_does_not_understand_goes_back_and_at_last_fails_with_pointers(
    rig: Rig,
) -> None:
    job_id = await rig.submit("same", {"value": 1})
    await rig.sql("""UPDATE jobs SET input = '{"value": "x"}'""")
    async with rig.worker():
        job = await rig.until(job_id, Status.RETRYING)
        assert (job.attempt, job.error) == (0, None)
        await rig.sql("UPDATE jobs SET started_at = started_at - interval '11 minutes', run_at = now()")
        job = await rig.ended(job_id)
    assert job.error is not None
    assert job.error["code"] == "invalid_input"
    assert job.error["details"][0]["pointer"] == "/value"


async def test_a_workflow_unknown_to_this_worker_goes_back_uncharged(rig: Rig) -> None:
    job_id = await rig.submit("same", {"value": 1})
    await rig.sql("UPDATE jobs SET type = 'of_tomorrow'")
    async with rig.worker():
        job = await rig.until(job_id, Status.RETRYING)
        assert (job.attempt, job.error) == (0, None)
        assert job.run_at is not None
        await rig.sql("UPDATE jobs SET type = 'same', run_at = now()")
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)


async def test_time_chance_and_ids_are_the_same_on_every_attempt(rig: Rig, diary: Diary) -> None:
    job = await rig.run("times_of", diary)
    assert job.attempt == 2
    first = (await rig.sql("SELECT error ->> 'message' FROM job_attempts WHERE fence = 1"))[0][0]
    assert first == str(job.output)
    assert job.output[1] != job.output[3]
    assert job.started_at is not None
    assert job.output[0] == job.started_at.isoformat()


async def test_the_folder_of_an_attempt_is_gone_when_it_ends(rig: Rig, diary: Diary, tmp_path: Path) -> None:
    async with rig.worker():
        job_id = await rig.submit("waits_for", diary)

        async def begun() -> Path | None:
            return next(tmp_path.glob("*/*/half"), None)

        half = await eventually(begun)
        diary.write("go")
        await rig.ended(job_id)

        async def gone() -> bool | None:
            return not half.parent.exists() or None

        await eventually(gone)
    assert not list(tmp_path.glob("*/*/"))


async def test_progress_never_goes_back_and_every_stage_is_told(rig: Rig) -> None:
    job = await rig.run("says_much", {"value": 2000})
    events = await rig.events(job.id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    progress = [event.data["progress"] for event in events if event.kind == "progress"]
    assert progress == sorted(progress)
    stages = [event.data["stage"] for event in events if event.kind == "progress"]
    assert list(dict.fromkeys(stages)) == [f"part {number}" for number in range(10)]
    assert sum(event.kind == "log" for event in events) == 2000
    assert all(earlier.at <= later.at for earlier, later in itertools.pairwise(events))


@pytest.mark.threat("F23")
async def test_a_log_without_end_is_cut(rig: Rig) -> None:
    job = await rig.run("says_much", {"value": 12_000})
    events = await rig.events(job.id)
    assert len(events) == 10_001
    assert "cut" in events[-2].data["message"]
    assert events[-1].data["status"] == "succeeded"


async def test_sleep_holds_no_slot_and_counts_no_attempt(rig: Rig, diary: Diary) -> None:
    async with rig.worker(slots=1):
        napping = await rig.submit("naps", diary.model_copy(update={"value": 1500}))
        job = await rig.until(napping, Status.WAITING)
        assert (job.shown, job.attempt) == (Status.RUNNING, 1)
        other = await rig.ended(await rig.submit("same", {"value": 1}))
        assert other.finished_at is not None
        job = await rig.ended(napping)
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, 6, 1)
    assert job.finished_at is not None
    assert job.started_at is not None
    assert (job.finished_at - job.started_at).total_seconds() >= 3.0
    assert other.finished_at < job.finished_at
    assert await rig.states(napping) == [("queued", 0), ("running", 1), ("succeeded", 1)]
    assert await rig.outcomes(napping) == [(1, "suspended"), (1, "suspended"), (1, "succeeded")]


async def test_a_delayed_job_starts_when_its_time_has_come(rig: Rig) -> None:
    for delay_s in (0.5, 5.0, 50.0):  # if this machine stands still until the time has come, it is queued at once
        ((at,),) = await rig.sql("SELECT clock_timestamp() + make_interval(secs => :s)", s=delay_s)
        job_id = await rig.submit("echo", {"value": 1}, run_at=at)
        if (await rig.states(job_id))[0] == ("scheduled", 0):
            break
    async with rig.worker():
        job = await rig.ended(job_id)
    assert job.started_at is not None
    assert 0 <= (job.started_at - at).total_seconds() < 60
    assert await rig.states(job_id) == [("scheduled", 0), ("queued", 0), ("running", 1), ("succeeded", 1)]


async def test_what_happens_at_the_end_shares_the_transaction_of_the_end(rig: Rig) -> None:
    seen: list[tuple[str, Status]] = []

    async def on_end(session: AsyncSession, job: Job) -> None:
        seen.append((job.id, job.status))
        await rig.jobs.set_limit(session, job.id, 7)

    rig.on_end = on_end
    done, failed = await rig.submit("same", {"value": 1}), await rig.submit("refuses", {"value": 1})
    async with rig.worker():
        await rig.ended(done)
        await rig.ended(failed)
    assert dict(seen) == {done: Status.SUCCEEDED, failed: Status.FAILED}
    assert {row[0] for row in await rig.sql("SELECT workspace_id FROM lanes")} >= {done, failed}


async def test_a_success_that_cannot_be_followed_up_is_no_success(rig: Rig) -> None:
    async def on_end(session: AsyncSession, job: Job) -> None:
        raise RuntimeError("no")

    rig.on_end = on_end
    job = await rig.run("times_of", {"path": str(rig.folder / "diary")})
    assert (job.status, job.attempt) == (Status.FAILED, 3)
    assert job.error is not None
    assert job.error["code"] == "internal_error"


async def test_ten_jobs_of_which_one_cannot_end_in_one_batch(rig: Rig) -> None:
    async def on_end(session: AsyncSession, job: Job) -> None:
        if job.input == {"value": 5} and job.status is Status.SUCCEEDED:
            raise RuntimeError("no")

    rig.on_end = on_end
    ids = [await rig.submit("echo", {"value": number}, max_attempts=1) for number in range(10)]
    async with rig.worker(slots=10):
        jobs = [await rig.ended(job_id) for job_id in ids]
    assert [job.status for job in jobs] == [Status.FAILED if number == 5 else Status.SUCCEEDED for number in range(10)]


async def test_steps_that_are_not_async_do_not_block_the_worker(rig: Rig, diary: Diary) -> None:
    async with rig.worker():
        slow = await rig.submit("slow_thread", diary)
        await rig.until(slow, Status.RUNNING)
        await rig.ended(await rig.submit("same", {"value": 1}))
        assert (await rig.get(slow)).status is Status.RUNNING
        diary.write("go")
        assert (await rig.ended(slow)).status is Status.SUCCEEDED


def test_a_workflow_that_does_not_look_like_one_is_refused() -> None:
    known = Registry()

    async def no_types(ctx, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return value

    def not_async(ctx: Any, value: int) -> int:
        return value

    for wrong in (no_types, not_async):
        with pytest.raises(ValueError, match="workflow 'x'"):
            known.add("x", wrong)  # type: ignore[arg-type]
    known.add("echo", flows.echo)
    with pytest.raises(ValueError, match="already"):
        known.add("echo", flows.double)
    with pytest.raises(ValueError, match="already"):
        known.add("other", flows.echo)
    with pytest.raises(ValueError, match="not a registered workflow"):
        known.of(flows.double)


async def test_items_of_a_map_cannot_be_submitted_from_outside(rig: Rig, jobs: JobService) -> None:
    with pytest.raises(CutroomError) as caught:
        await rig.submit("item", {"value": 1, "index": 0, "path": "x"})
    assert caught.value.code == "unknown_workflow"
