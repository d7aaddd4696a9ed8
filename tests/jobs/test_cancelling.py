import asyncio
import os
import time
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs import Job, Status
from cutroom.jobs.cancelling import AT_ONCE
from cutroom.kit.errors import Conflict
from tests.jobs.flows import A, Diary
from tests.jobs.rig import Rig, eventually
from tests.promises import kept

pytestmark = pytest.mark.both_engines


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


async def started(diary: Diary) -> None:
    async def written() -> bool | None:
        return bool(diary.lines()) or None

    await eventually(written)


async def test_a_queued_job_is_cancelled_at_once(rig: Rig) -> None:
    seen: list[Status] = []

    async def on_end(session: AsyncSession, job: Job) -> None:
        seen.append(job.status)

    rig.jobs._on_end = on_end
    job_id = await rig.submit("same", {"value": 1})
    job = await rig.cancel(job_id)
    assert (job.status, job.error, seen) == (Status.CANCELLED, None, [Status.CANCELLED])
    assert job.finished_at is not None
    assert await rig.states(job_id) == [("queued", 0), ("cancelled", 0)]
    async with rig.worker():
        await rig.ended(await rig.submit("echo", {"value": 1}))
    assert await rig.outcomes(job_id) == []


async def test_cancelling_twice_changes_nothing(rig: Rig) -> None:
    job_id = await rig.submit("same", {"value": 1})
    assert await rig.cancel(job_id) == await rig.cancel(job_id)


async def test_more_items_than_are_read_back_at_once_are_all_cancelled(rig: Rig) -> None:
    job_id, count = await rig.submit("same", {"value": 1}), 2 * AT_ONCE + 1
    await rig.sql(
        """
        INSERT INTO jobs (id, workspace_id, type, status, root_id, parent_id, parent_step, parent_index, depth,
                          internal, input, max_attempts)
        SELECT p.id || n, workspace_id, type, 'queued', p.id, p.id, 'items', n, 1, true, input, 3
        FROM jobs AS p CROSS JOIN generate_series(1, :count) AS n
        """,
        count=count,
    )
    seen: list[str] = []

    async def on_end(session: AsyncSession, job: Job) -> None:
        seen.append(job.id)

    rig.jobs._on_end = on_end
    await rig.cancel(job_id)
    assert len(set(seen)) == len(seen) == count + 1
    assert await rig.sql("SELECT status, count(*) FROM jobs GROUP BY 1") == [("cancelled", count + 1)]


async def test_a_job_that_ended_cannot_be_cancelled(rig: Rig) -> None:
    job = await rig.run("same", {"value": 1})
    with pytest.raises(Conflict) as caught:
        await rig.cancel(job.id)
    assert caught.value.code == "job_ended"


@pytest.mark.threat("F16")
async def test_a_running_job_and_its_child_processes_are_gone_within_five_seconds(rig: Rig, diary: Diary) -> None:
    async def cancelled() -> float:
        Path(diary.path).unlink(missing_ok=True)
        job_id = await rig.submit("has_child", diary)
        await started(diary)
        pid = int(diary.lines()[0])
        asked = time.monotonic()
        assert (await rig.cancel(job_id)).status is Status.RUNNING
        job = await rig.ended(job_id)
        took_s = time.monotonic() - asked
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert (job.status, job.error, job.attempt) == (Status.CANCELLED, None, 1)
        assert await rig.outcomes(job_id) == [(1, "cancelled")]
        return took_s

    async with rig.worker():
        await kept(5.0, cancelled)


async def test_a_cancel_whose_notification_is_lost_is_noticed_within_five_seconds(rig: Rig, diary: Diary) -> None:
    async def cancelled() -> float:
        Path(diary.path).unlink(missing_ok=True)
        job_id = await rig.submit("waits_for", diary)
        await started(diary)
        asked = time.monotonic()
        await rig.cancel(job_id)
        assert (await rig.ended(job_id)).status is Status.CANCELLED
        return time.monotonic() - asked

    async with rig.worker(listen=False):
        await kept(5.0, cancelled)


async def test_a_workflow_that_ignores_the_first_cancel_is_cancelled_again(rig: Rig, diary: Diary) -> None:
    async with rig.worker():
        job_id = await rig.submit("stubborn", diary)
        await started(diary)
        await rig.cancel(job_id)
        assert (await rig.ended(job_id)).status is Status.CANCELLED
    assert diary.lines() == ["started", "ignored"]


@pytest.mark.parametrize("value", [0, 9])
async def test_a_cancel_that_was_accepted_wins_over_every_other_end(rig: Rig, diary: Diary, value: int) -> None:
    """The worker hears nothing of the cancel, and reports a success or a failure afterwards."""
    async with rig.worker(listen=False, lease_s=60):
        job_id = await rig.submit("waits_for", diary)
        await started(diary)
        await rig.sql("UPDATE jobs SET cancel_requested_at = clock_timestamp(), max_attempts = 1 + :value", value=value)
        diary.write("go")
        job = await rig.ended(job_id)
    assert (job.status, job.output) == (Status.CANCELLED, None)


async def test_a_job_that_waits_to_be_tried_again_is_cancelled_at_once(rig: Rig) -> None:
    job_id = await rig.submit("same", {"value": 1})
    await rig.sql("UPDATE jobs SET status = 'retrying', run_at = clock_timestamp() + interval '1 hour'")
    assert (await rig.cancel(job_id)).status is Status.CANCELLED


async def test_cancels_that_race_with_ends_leave_every_job_in_one_end(rig: Rig) -> None:
    async with rig.worker(slots=4), rig.worker(slots=4):
        ids = [await rig.submit("echo", {"value": number}) for number in range(60)]

        async def try_cancel(job_id: str) -> bool:
            try:
                await rig.cancel(job_id)
            except Conflict:
                return False
            return True

        cancelled = await asyncio.gather(*(try_cancel(job_id) for job_id in ids))
        jobs = [await rig.ended(job_id) for job_id in ids]
    for accepted, job in zip(cancelled, jobs, strict=True):
        assert job.status is (Status.CANCELLED if accepted else Status.SUCCEEDED)
        states = [state for state, _ in await rig.states(job.id)]
        assert sum(state in {"succeeded", "cancelled", "failed"} for state in states) == 1


async def test_a_job_that_runs_cannot_be_retried_and_one_that_succeeded_neither(rig: Rig, diary: Diary) -> None:
    async with rig.worker():
        job_id = await rig.submit("waits_for", diary)
        await started(diary)
        for _ in range(2):
            async with rig.database.begin() as session:
                with pytest.raises(Conflict) as caught:
                    await rig.jobs.retry(session, A, job_id)
            assert caught.value.code == "job_not_retryable"
            diary.write("go")
            await rig.ended(job_id)


async def test_a_failed_job_can_be_retried_with_all_its_attempts(rig: Rig, diary: Diary) -> None:
    async with rig.worker():
        job = await rig.ended(await rig.submit("fails_at_first", diary.model_copy(update={"value": 4})))
        assert job.status is Status.FAILED
        async with rig.database.begin() as session:
            again = await rig.jobs.retry(session, A, job.id)
        assert (again.status, again.attempt, again.error, again.dead_at) == (Status.QUEUED, 0, None, None)
        job = await rig.ended(job.id)
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, 5, 2)
    assert diary.lines().count("before") == 1
