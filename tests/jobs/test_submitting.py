import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cutroom.db import Database
from cutroom.jobs import Idempotency, JobService, Status, Submission, Submitted
from cutroom.kit.errors import Invalid, NotFound
from tests.jobs.flows import A, B, Number


async def submit(database: Database, jobs: JobService, submission: Submission, workspace: str = A) -> Submitted:
    async with database.begin() as session:
        return await jobs.submit(session, workspace, submission)


def keyed(value: int, key: str = "k", route: str = "POST /render") -> Submission:
    return Submission("echo", {"value": value}, idempotency=Idempotency(route, key, f"hash of {value}"))


async def test_a_submitted_job_is_queued_with_its_first_event(database: Database, jobs: JobService) -> None:
    submitted = await submit(database, jobs, Submission("echo", Number(value=7), priority=3, correlation_id="req"))
    async with database.begin() as session:
        job = await jobs.get(session, A, submitted.job.id)
        events = await jobs.events(session, A, job.id)
    assert submitted.created
    assert job == submitted.job
    assert (job.status, job.input, job.priority, job.correlation_id) == (Status.QUEUED, {"value": 7}, 3, "req")
    assert [(event.seq, event.kind, event.data) for event in events] == [
        (1, "state", {"status": "queued", "attempt": 0})
    ]


async def test_a_job_that_is_submitted_alone_is_the_same(database: Database, jobs: JobService) -> None:
    submission = Submission("echo", Number(value=7), priority=3, correlation_id="req")
    alone = await jobs.submit_alone(database, A, submission)
    async with database.begin() as session:
        job = await jobs.get(session, A, alone.job.id)
        events = await jobs.events(session, A, job.id)
    assert alone.created
    assert job == alone.job
    assert (job.status, job.input, job.priority, job.correlation_id) == (Status.QUEUED, {"value": 7}, 3, "req")
    assert [(event.seq, event.kind, event.data["status"]) for event in events] == [(1, "state", "queued")]


async def test_a_job_with_a_key_is_submitted_alone_once(database: Database, jobs: JobService) -> None:
    first = await jobs.submit_alone(database, A, keyed(1))
    second = await submit(database, jobs, keyed(1))
    assert (first.created, second.created) == (True, False)
    assert second.job == first.job


async def test_a_job_does_not_exist_before_its_transaction_commits(database: Database, jobs: JobService) -> None:
    async with database.begin() as session:
        await jobs.submit(session, A, Submission("echo", {"value": 1}))
        await session.rollback()
    async with database.begin() as session:
        assert (await jobs.list_jobs(session, A)).items == ()


async def test_a_later_time_makes_it_scheduled_and_a_past_one_queued(database: Database, jobs: JobService) -> None:
    now = datetime.now(UTC)
    later = await submit(database, jobs, Submission("echo", {"value": 1}, run_at=now + timedelta(hours=1)))
    past = await submit(database, jobs, Submission("echo", {"value": 1}, run_at=now - timedelta(hours=1)))
    assert (later.job.status, past.job.status) == (Status.SCHEDULED, Status.QUEUED)
    assert later.job.run_at == now + timedelta(hours=1)
    assert past.job.run_at is None


async def test_the_same_key_and_body_give_the_same_job(database: Database, jobs: JobService) -> None:
    first = await submit(database, jobs, keyed(1))
    second = await submit(database, jobs, keyed(1))
    assert (first.created, second.created) == (True, False)
    assert second.job == first.job


async def test_the_same_key_with_another_body_is_refused(database: Database, jobs: JobService) -> None:
    await submit(database, jobs, keyed(1))
    with pytest.raises(Invalid) as caught:
        await submit(database, jobs, keyed(2))
    assert caught.value.code == "idempotency_key_reused"


async def test_keys_of_other_workspaces_and_routes_do_not_meet(database: Database, jobs: JobService) -> None:
    found = [
        await submit(database, jobs, keyed(1)),
        await submit(database, jobs, keyed(2), workspace=B),
        await submit(database, jobs, keyed(3, route="POST /other")),
    ]
    assert [one.created for one in found] == [True] * 3


@pytest.mark.threat("F14")
async def test_twenty_submits_with_one_key_at_once_make_one_job(database: Database, jobs: JobService) -> None:
    found = await asyncio.gather(*(submit(database, jobs, keyed(1)) for _ in range(20)))
    assert len({one.job.id for one in found}) == 1
    assert sum(one.created for one in found) == 1
    async with database.begin() as session:
        assert len((await jobs.list_jobs(session, A)).items) == 1


async def test_a_key_whose_submit_was_rolled_back_is_free(database: Database, jobs: JobService) -> None:
    async with database.begin() as session:
        await jobs.submit(session, A, keyed(1))
        await session.rollback()
    assert (await submit(database, jobs, keyed(2))).created


async def test_a_key_is_forgotten_after_24_hours(database: Database, jobs: JobService) -> None:
    first = await submit(database, jobs, keyed(1))
    async with database.begin() as session:
        await session.execute(text("UPDATE job_keys SET created_at = created_at - interval '24 hours 1 second'"))
    second = await submit(database, jobs, keyed(2))
    assert second.created
    assert second.job.id != first.job.id


async def test_equal_work_that_has_not_ended_is_one_job_whatever_the_order_of_its_keys(
    database: Database, jobs: JobService
) -> None:
    first = await submit(database, jobs, Submission("same", Number(value=1)))
    again = await submit(database, jobs, Submission("same", {"value": 1}))
    other = await submit(database, jobs, Submission("same", {"value": 2}))
    elsewhere = await submit(database, jobs, Submission("same", {"value": 1}), workspace=B)
    assert (again.created, again.job.id) == (False, first.job.id)
    assert other.created
    assert elsewhere.created


async def test_twenty_equal_submits_at_once_make_one_job(database: Database, jobs: JobService) -> None:
    found = await asyncio.gather(*(submit(database, jobs, Submission("same", {"value": 1})) for _ in range(20)))
    assert len({one.job.id for one in found}) == 1
    assert sum(one.created for one in found) == 1


async def test_work_that_ended_is_done_anew(database: Database, jobs: JobService) -> None:
    first = await submit(database, jobs, Submission("same", {"value": 1}))
    async with database.begin() as session:
        await jobs.cancel(session, A, first.job.id)
    assert (await submit(database, jobs, Submission("same", {"value": 1}))).created


async def test_work_that_is_not_deterministic_is_never_shared(database: Database, jobs: JobService) -> None:
    assert (await submit(database, jobs, Submission("echo", {"value": 1}))).created
    assert (await submit(database, jobs, Submission("echo", {"value": 1}))).created


@pytest.mark.parametrize(
    ("submission", "code"),
    [
        (Submission("nothing", {}), "unknown_workflow"),
        (Submission("echo", {"value": "x"}), "invalid_input"),
        (Submission("echo", {"value": 1, "more": 2}), "invalid_input"),
        (Submission("echo", {"value": 1}, priority=101), "bad_priority"),
        (Submission("echo", {"value": 1}, max_attempts=0), "bad_max_attempts"),
    ],
)
async def test_a_wrong_submission_is_refused(
    database: Database, jobs: JobService, submission: Submission, code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await submit(database, jobs, submission)
    assert caught.value.code == code


async def test_another_workspace_finds_nothing(database: Database, jobs: JobService) -> None:
    made = (await submit(database, jobs, Submission("echo", {"value": 1}))).job
    async with database.begin() as session:
        for call in (jobs.get, jobs.events, jobs.attempts, jobs.cancel, jobs.retry):
            for job_id in (made.id, "job_00000000000000000000000000", "x\x00"):
                with pytest.raises(NotFound) as caught:
                    await call(session, B, job_id)
                assert caught.value.code == "job_not_found"
        assert (await jobs.list_jobs(session, B)).items == ()
        assert await jobs.redrive(session, B, [made.id]) == []


async def test_what_is_over_has_ended_or_never_was(database: Database, jobs: JobService) -> None:
    queued = (await submit(database, jobs, Submission("echo", {"value": 1}))).job.id
    cancelled = (await submit(database, jobs, Submission("echo", {"value": 2}))).job.id
    async with database.begin() as session:
        await jobs.cancel(session, A, cancelled)
        assert await jobs.over(session, [queued, cancelled, "job_nowhere"]) == {cancelled, "job_nowhere"}
