"""Callbacks of single jobs, whatever else happens to the job meanwhile."""

import asyncio
import json

import pytest

from cutroom.jobs import Job, Submitted
from tests.jobs.flows import A
from tests.webhooks.receiver import Receiver
from tests.webhooks.standing import Stand


async def ask(stand: Stand, job: Job, url: str, *, created: bool = True) -> None:
    async with stand.database.begin() as session:
        await stand.service.callbacks.add(session, stand.rig.jobs, Submitted(job, created), url)


async def test_a_callback_is_told_of_the_end_signed_with_the_workspaces_secret(
    stand: Stand, receiver: Receiver
) -> None:
    job = await stand.job()
    await ask(stand, job, receiver.url)
    async with stand.delivering():
        await stand.end(job)
        (message,) = await receiver.has(1)
        await stand.until("succeeded", 1)
    async with stand.database.begin() as session:
        secret = (await stand.service.callbacks.secret(session, A)).secret
    assert message.verified(secret)["data"]["id"] == job.id
    (record,) = await stand.records()
    assert (record.delivery.endpoint_id, record.delivery.url, record.delivery.job_id) == (None, receiver.url, job.id)


@pytest.mark.threat("A77")
async def test_the_callback_secret_is_rotated_with_overlap(stand: Stand, receiver: Receiver) -> None:
    job = await stand.job()
    await ask(stand, job, receiver.url)
    async with stand.database.begin() as session:
        old = await stand.service.callbacks.secret(session, A)
        new = await stand.service.callbacks.rotate(session, A)
    async with stand.delivering():
        await stand.end(job)
        (message,) = await receiver.has(1)
    assert old.secret != new.secret
    message.verified(old.secret)
    message.verified(new.secret)


async def test_a_job_that_had_ended_already_is_told_at_once_and_once(stand: Stand, receiver: Receiver) -> None:
    job = await stand.event()
    for _ in range(3):
        await ask(stand, job, receiver.url, created=False)
    (record,) = await stand.records()
    assert json.loads(record.body)["data"]["status"] == "cancelled"


async def test_whoever_asks_while_a_job_ends_is_told_whichever_comes_first(stand: Stand) -> None:
    for number in range(20):
        job = await stand.job()
        url = f"https://93.184.216.34/{number}"
        await asyncio.gather(stand.end(job), ask(stand, job, url, created=False))
    assert sorted(str(record.delivery.url) for record in await stand.records()) == sorted(
        f"https://93.184.216.34/{number}" for number in range(20)
    )


async def test_a_job_that_is_run_again_tells_its_end_again(stand: Stand) -> None:
    job = await stand.job()
    await ask(stand, job, "https://93.184.216.34/")
    await stand.end(job)
    async with stand.database.begin() as session:
        await stand.rig.jobs.retry(session, A, job.id)
    await stand.end(job)
    assert len({record.delivery.event_id for record in await stand.records()}) == 2


async def test_callbacks_go_with_their_job(stand: Stand) -> None:
    job = await stand.job()
    await ask(stand, job, "https://93.184.216.34/")
    await stand.sql("DELETE FROM jobs WHERE id = :id", id=job.id)
    assert await stand.sql("SELECT count(*) FROM webhook_callbacks") == [(0,)]
