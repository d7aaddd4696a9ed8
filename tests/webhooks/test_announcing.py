"""Events are written in the transaction that ends a job: none is lost, none is sent of what did not commit."""

import json

import pytest
from sqlalchemy import text

from cutroom.jobs import Status
from tests.jobs.flows import A, B
from tests.webhooks.standing import Stand

URL = "https://93.184.216.34/hook"


async def test_the_end_of_a_job_is_an_event_for_every_endpoint_that_wants_it(stand: Stand) -> None:
    every = await stand.endpoint(URL)
    wants = await stand.endpoint(URL, events=["job.cancelled"])
    await stand.endpoint(URL, events=["job.succeeded"])
    job = await stand.event()
    records = await stand.records()
    assert sorted(str(one.delivery.endpoint_id) for one in records) == sorted([every.endpoint.id, wants.endpoint.id])
    assert len({one.delivery.event_id for one in records}) == 1
    message = json.loads(records[0].body)
    assert message["type"] == "job.cancelled"
    assert message["data"]["id"] == job.id
    assert message["data"]["status"] == "cancelled"
    assert message["data"].get("input") is None


async def test_what_did_not_commit_is_not_sent(stand: Stand) -> None:
    await stand.endpoint(URL)
    job = await stand.job()

    class Trouble(Exception):
        pass

    with pytest.raises(Trouble):  # noqa: PT012 — the transaction is the statement
        async with stand.database.begin() as session:
            await stand.rig.jobs.cancel(session, A, job.id)
            written = await session.execute(text("SELECT type FROM webhook_events"))
            assert written.scalars().all() == ["job.cancelled"]
            raise Trouble
    assert await stand.sql("SELECT count(*) FROM webhook_events") == [(0,)]
    assert (await stand.rig.get(job.id)).status is Status.QUEUED


async def test_a_worker_tells_of_success_and_of_failure_and_not_of_items(stand: Stand) -> None:
    await stand.endpoint(URL)
    async with stand.rig.worker():
        good = await stand.rig.submit("echo", {"value": 1})
        await stand.rig.ended(good)
        fan = await stand.rig.submit("fan", {"items": [1, 2, 3], "path": str(stand.folder / "diary")})
        await stand.rig.ended(fan)
        bad = await stand.rig.submit("times_out", {"value": 1})
        await stand.rig.ended(bad)
    sent = [(one.delivery.event_type, one.delivery.job_id) for one in await stand.records()]
    assert sent == [("job.succeeded", good), ("job.succeeded", fan), ("job.failed", bad)]
    assert json.loads((await stand.records())[-1].body)["data"]["error"]["code"] == "job_timeout"


async def test_workspaces_that_want_nothing_cost_nothing(stand: Stand) -> None:
    await stand.endpoint(URL, workspace=B)
    await stand.event(A)
    assert await stand.sql("SELECT count(*) FROM webhook_events") == [(0,)]


async def test_an_endpoint_that_is_off_gets_nothing_and_its_events_are_kept_for_later(stand: Stand) -> None:
    made = await stand.endpoint(URL)
    async with stand.database.begin() as session:
        await stand.service.endpoints.change(session, A, made.endpoint.id, enabled=False)
    await stand.event()
    assert await stand.records() == []
    assert await stand.sql("SELECT count(*) FROM webhook_events") == [(1,)]
