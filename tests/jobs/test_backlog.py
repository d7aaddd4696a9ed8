"""What is too much is refused before it is written: by workspace where a plan says so, and for the whole server."""

import asyncio
import json

import pytest

from cutroom.accounts.quotas import Plans, QuotaService
from cutroom.jobs import Idempotency, JobService, Registry, Retention, Status, Submission
from cutroom.kit.errors import QuotaExceeded, Unavailable
from tests.jobs.flows import A, B, Fan
from tests.jobs.rig import Rig


def quotas(**limits: object) -> QuotaService:
    """Workspaces that were given no plan may do everything; the plan `small` has limits."""
    return QuotaService(Plans.parse(json.dumps({"small": limits}), None))


@pytest.mark.threat("F10", "P10")
async def test_a_workspace_with_a_full_queue_is_refused_until_some_of_its_jobs_ran(
    rig: Rig, registry: Registry
) -> None:
    small = quotas(queuedJobs=3)
    jobs = JobService(registry, meter=small)
    async with rig.database.begin() as session:
        await small.set_plan(session, A, "small")

    async def submit(number: int, workspace: str = A) -> bool:
        try:
            await jobs.submit_alone(rig.database, workspace, Submission("echo", {"value": number}))
        except QuotaExceeded as error:
            assert (error.code, error.retry_after_s) == ("queue_full", 10.0)
            return False
        return True

    at_once = await asyncio.gather(*(submit(number) for number in range(12)))
    assert sum(at_once) == 3, "exactly as many as there is room for, however many ask at once"
    assert await rig.sql("SELECT count(*) FROM jobs") == [(3,)], "what was refused is not there"
    assert await submit(0, B)
    async with rig.worker():
        for (job_id,) in await rig.sql("SELECT id FROM jobs WHERE workspace_id = :a", a=A):
            await rig.ended(job_id)
        assert await submit(13)


async def test_items_of_a_job_need_no_room_in_the_queue(rig: Rig, registry: Registry) -> None:
    small = quotas(queuedJobs=1)
    async with rig.database.begin() as session:
        await small.set_plan(session, A, "small")
    rig.jobs = JobService(registry, meter=small)
    async with rig.worker(slots=2):
        job = await rig.ended(await rig.submit("fan", Fan(items=list(range(8)), path=str(rig.folder / "diary"))))
    assert job.status is Status.SUCCEEDED


@pytest.mark.threat("F10", "P10")
async def test_a_server_at_which_too_much_waits_says_so(rig: Rig, registry: Registry) -> None:
    for number in range(3):
        await rig.submit("echo", {"value": number})
    full, roomy = JobService(registry, most_queued=3), JobService(registry, most_queued=4)
    for _ in range(2):
        with pytest.raises(Unavailable) as refused:
            await full.submit_alone(rig.database, B, Submission("echo", {"value": 9}))
        assert (refused.value.code, refused.value.retryable) == ("too_busy", True)
    key = Idempotency("POST /render", "k", "hash")
    first = await roomy.submit_alone(rig.database, B, Submission("echo", {"value": 8}, idempotency=key))
    again = await full.submit_alone(rig.database, B, Submission("echo", {"value": 8}, idempotency=key))
    assert again.job.id == first.job.id, "what was accepted before is answered as it was"
    fresh = Idempotency("POST /render", "other", "hash")
    with pytest.raises(Unavailable):
        await full.submit_alone(rig.database, B, Submission("echo", {"value": 7}, idempotency=fresh))
    roomy = JobService(registry, most_queued=5)
    await roomy.submit_alone(rig.database, B, Submission("echo", {"value": 9}))
    assert await rig.sql("SELECT count(*) FROM jobs") == [(5,)]


@pytest.mark.threat("F23")
async def test_logs_go_when_a_plan_says_so_and_states_stay_with_their_jobs(rig: Rig) -> None:
    plans = quotas(logDays=2)
    async with rig.database.begin() as session:
        await plans.set_plan(session, A, "small")
    async with rig.worker():
        ids = {
            (workspace, days): await rig.submit("says_much", {"value": 30}, workspace)
            for workspace in (A, B)
            for days in (1, 3)
        }
        for (workspace, _), job_id in ids.items():
            await rig.ended(job_id, workspace=workspace)
    for (_, days), job_id in ids.items():
        await rig.sql(
            "UPDATE jobs SET finished_at = now() - make_interval(days => :days) WHERE id = :id", days=days, id=job_id
        )
    await Retention(rig.database).forget_logs()
    assert await rig.sql("SELECT count(*) FROM job_events WHERE kind = 'log'") == [(120,)]
    await Retention(rig.database, log_days=plans.log_days).forget_logs()
    left = dict(await rig.sql("SELECT job_id, count(*) FROM job_events WHERE kind = 'log' GROUP BY 1"))
    assert left == {job_id: 30 for place, job_id in ids.items() if place != (A, 3)}
    assert await rig.states(ids[A, 3]) == [("queued", 0), ("running", 1), ("succeeded", 1)]
