"""What an operator does in Temporal reaches the job, and what users do to the job reaches Temporal."""

from temporalio.client import Client, WorkflowExecutionStatus

from cutroom.jobs import Status
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig, eventually


async def started(diary: Diary, times: int = 1) -> None:
    async def written() -> bool | None:
        return len(diary.lines()) >= times or None

    await eventually(written)


async def status(client: Client, job_id: str) -> WorkflowExecutionStatus | None:
    return (await client.get_workflow_handle(job_id).describe()).status


async def becomes(client: Client, job_id: str, wanted: WorkflowExecutionStatus) -> None:
    async def there() -> bool | None:
        return (await status(client, job_id)) is wanted or None

    await eventually(there)


async def test_a_run_that_is_cancelled_in_temporal_cancels_its_job(rig: Rig, client: Client, diary: Diary) -> None:
    async with rig.worker():
        job_id = await rig.submit("waits_for", diary)
        await started(diary)
        await client.get_workflow_handle(job_id).cancel()
        job = await rig.ended(job_id)
        assert job.status is Status.CANCELLED
        await becomes(client, job_id, WorkflowExecutionStatus.CANCELED)


async def test_a_timer_is_taken_back_when_its_job_is_cancelled(rig: Rig, client: Client, diary: Diary) -> None:
    async with rig.worker():
        ids = [await rig.submit("sleeps_long", diary), await rig.submit("fails_slowly", diary)]
        await rig.until(ids[0], Status.WAITING)
        await rig.until(ids[1], Status.RETRYING)
        for job_id in ids:
            assert await status(client, job_id) is WorkflowExecutionStatus.RUNNING, "it keeps the timer"
            assert (await rig.cancel(job_id)).status is Status.CANCELLED
            await becomes(client, job_id, WorkflowExecutionStatus.CANCELED)


async def test_a_timer_that_is_cancelled_in_temporal_cancels_its_job(rig: Rig, client: Client, diary: Diary) -> None:
    async with rig.worker():
        job_id = await rig.submit("sleeps_long", diary)
        await rig.until(job_id, Status.WAITING)
        await client.get_workflow_handle(job_id).cancel()
        assert (await rig.ended(job_id)).status is Status.CANCELLED


async def test_a_job_whose_run_was_terminated_in_temporal_is_run_again_uncharged(
    rig: Rig, client: Client, diary: Diary
) -> None:
    async with rig.worker(lease_s=2.0):
        job_id = await rig.submit("waits_for", diary)
        await started(diary)
        await client.get_workflow_handle(job_id).terminate()
        await started(diary, times=2)
        diary.write("go")
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
    assert await rig.outcomes(job_id) == [(1, "released"), (1, "succeeded")]


async def test_a_timer_that_temporal_forgot_goes_off_a_minute_late(rig: Rig, client: Client, diary: Diary) -> None:
    async with rig.worker():
        job_id = await rig.submit("changes", diary)
        await rig.until(job_id, Status.WAITING)
        await client.get_workflow_handle(job_id).terminate()
        await rig.sql("UPDATE jobs SET run_at = clock_timestamp() - interval '50 s'")
        await rig.ended(await rig.submit("echo", {"value": 1}))
        assert (await rig.get(job_id)).status is Status.WAITING
        await rig.sql("UPDATE jobs SET run_at = clock_timestamp() - interval '61 s'")
        await rig.sql("UPDATE job_steps SET result = jsonb_build_object('until', 0) WHERE kind = 'timer'")
        assert (await rig.ended(job_id)).status is Status.SUCCEEDED


async def test_a_claim_of_which_temporal_never_heard_is_taken_back_a_minute_late(rig: Rig) -> None:
    """Its worker died between the claim and the telling."""
    job_id = await rig.submit("echo", {"value": 1})
    await rig.sql(
        "UPDATE jobs SET status = 'running', attempt = 1, fence = 1, worker = 'w', "
        "lease_until = clock_timestamp() - interval '50 s'"
    )
    await rig.sql("UPDATE jobs SET lease_until = clock_timestamp() - interval '50 s'")
    async with rig.worker():
        await rig.ended(await rig.submit("echo", {"value": 2}))
        assert (await rig.get(job_id)).status is Status.RUNNING
        await rig.sql("UPDATE jobs SET lease_until = clock_timestamp() - interval '61 s' WHERE id = :id", id=job_id)
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 2)
