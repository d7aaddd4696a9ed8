import asyncio
from datetime import datetime, timedelta

import pytest

from cutroom.jobs import Submitted
from cutroom.kit.errors import Conflict, Invalid, NotFound, QuotaExceeded
from cutroom.kit.vault import Vault
from cutroom.webhooks import DeliveryStatus, Retention
from cutroom.webhooks.keyring import Keyring
from tests.jobs.flows import A, B
from tests.webhooks.receiver import Receiver
from tests.webhooks.standing import SECRET, Stand

URL = "https://93.184.216.34/hook"


async def test_requests_that_come_together_do_not_pass_the_limit(stand: Stand) -> None:
    made = await asyncio.gather(*(stand.endpoint(URL) for _ in range(30)), return_exceptions=True)
    refused = [one for one in made if isinstance(one, QuotaExceeded)]
    assert len(refused) == 10
    assert await stand.sql("SELECT count(*) FROM webhook_endpoints") == [(20,)]


@pytest.mark.threat("A91")
async def test_secrets_lie_sealed_and_open_in_their_own_row_alone(stand: Stand) -> None:
    first, second = await stand.endpoint(URL), await stand.endpoint(URL)
    rows = dict(await stand.sql("SELECT id, secret FROM webhook_endpoints"))
    keyring = Keyring(Vault(SECRET, "webhooks"))
    assert keyring.shown(first.endpoint.id, rows[first.endpoint.id]) == first.secret
    assert keyring.shown(first.endpoint.id, rows[second.endpoint.id]) is None
    assert first.secret not in repr(first)


async def test_what_is_anothers_is_not_found(stand: Stand) -> None:
    made = await stand.endpoint(URL)
    for endpoint_id in (made.endpoint.id, "whk_01aaaaaaaaaaaaaaaaaaaaaaaa", "x", "\x00"):
        async with stand.database.begin() as session:
            for call in (
                stand.service.endpoints.get(session, B, endpoint_id),
                stand.service.endpoints.change(session, B, endpoint_id, description="mine"),
                stand.service.endpoints.rotate(session, B, endpoint_id),
                stand.service.endpoints.delete(session, B, endpoint_id),
                stand.service.deliveries.of_endpoint(session, B, endpoint_id),
                stand.service.deliveries.test(session, B, endpoint_id, "webhook.test"),
                stand.service.deliveries.replay(session, B, endpoint_id, since=stand.clock.now() - timedelta(1)),
            ):
                with pytest.raises(NotFound):
                    await call


async def test_switching_off_cancels_what_waits_and_switching_on_begins_anew(stand: Stand) -> None:
    made = await stand.endpoint(URL)
    await stand.event()
    async with stand.database.begin() as session:
        off = await stand.service.endpoints.change(session, A, made.endpoint.id, enabled=False)
    assert (off.enabled, off.disabled_reason) == (False, "asked")
    assert await stand.statuses() == ["cancelled"]
    (record,) = await stand.records()
    async with stand.database.begin() as session:
        with pytest.raises(Conflict):
            await stand.service.deliveries.redeliver(session, A, record.delivery.id)
        on = await stand.service.endpoints.change(session, A, made.endpoint.id, enabled=True)
        assert (on.enabled, on.disabled_reason, on.failing_since) == (True, None, None)
        again = await stand.service.deliveries.redeliver(session, A, record.delivery.id)
    assert (again.status, again.event_id) == (DeliveryStatus.PENDING, record.delivery.event_id)


async def test_deleting_an_endpoint_deletes_what_was_sent_to_it(stand: Stand) -> None:
    made = await stand.endpoint(URL)
    await stand.event()
    async with stand.database.begin() as session:
        await stand.service.endpoints.delete(session, A, made.endpoint.id)
    assert await stand.records() == []


@pytest.mark.threat("P5", "F12")
async def test_a_replay_sends_what_was_missed_once_and_everything_when_asked(stand: Stand, receiver: Receiver) -> None:
    early = await stand.endpoint(receiver.url)
    async with stand.delivering():
        for _ in range(3):
            await stand.event()
        await stand.until("succeeded", 3)
    first = list(receiver.ids)
    async with stand.database.begin() as session:
        await stand.service.endpoints.change(session, A, early.endpoint.id, enabled=False)
    for _ in range(2):
        await stand.event()
    since = stand.clock.now() - timedelta(minutes=5)
    async with stand.database.begin() as session:
        await stand.service.endpoints.change(session, A, early.endpoint.id, enabled=True)
        missed = await stand.service.deliveries.replay(session, A, early.endpoint.id, since=since)
        nothing = await stand.service.deliveries.replay(session, A, early.endpoint.id, since=since)
        everything = await stand.service.deliveries.replay(session, A, early.endpoint.id, since=since, everything=True)
    assert (missed.count, nothing.count, everything.count) == (2, 0, 3)
    async with stand.delivering():
        await stand.until("succeeded", 5)
    assert len(receiver.ids) == 8
    assert sorted(receiver.ids[3:]) == sorted([*first, *set(receiver.ids) - set(first)])


async def test_a_replay_is_bounded_and_says_where_to_go_on(stand: Stand) -> None:
    made = await stand.endpoint(URL, events=["job.failed"])
    stand.settings = type(stand.settings)(replay_limit=2)
    stand.__post_init__()
    for _ in range(5):
        await stand.event()
    since: datetime | None = stand.clock.now() - timedelta(minutes=5)
    calls = []
    async with stand.database.begin() as session:
        await stand.service.endpoints.change(session, A, made.endpoint.id, events=None)
        while since is not None:
            replayed = await stand.service.deliveries.replay(session, A, made.endpoint.id, since=since)
            calls.append(replayed.count)
            since = replayed.next_since
    assert calls == [2, 2, 1]
    assert len({record.delivery.event_id for record in await stand.records()}) == 5


async def test_a_test_is_sent_to_one_endpoint_and_never_replayed(stand: Stand) -> None:
    one, other = await stand.endpoint(URL), await stand.endpoint(URL)
    async with stand.database.begin() as session:
        sent = await stand.service.deliveries.test(session, A, one.endpoint.id, "job.failed")
        replayed = await stand.service.deliveries.replay(
            session, A, other.endpoint.id, since=stand.clock.now() - timedelta(1)
        )
    assert sent.endpoint_id == one.endpoint.id
    assert replayed.count == 0
    assert len(await stand.records()) == 1


@pytest.mark.threat("P5")
async def test_events_are_forgotten_after_thirty_days_with_all_that_hangs_on_them(stand: Stand) -> None:
    await stand.endpoint(URL)
    await stand.event()
    await stand.event()
    await stand.sql(
        "UPDATE webhook_events SET created_at = created_at - interval '31 days' "
        "WHERE id = (SELECT min(id) FROM webhook_events)"
    )
    await stand.sql(
        "INSERT INTO webhook_attempts (delivery_id, number, at) SELECT id, 1, now() FROM webhook_deliveries"
    )
    await Retention(stand.database).forget()
    assert len(await stand.records()) == 1
    assert await stand.sql("SELECT count(*) FROM webhook_attempts") == [(1,)]
    await stand.sql("DELETE FROM webhook_endpoints")
    await Retention(stand.database).forget()
    assert await stand.records() == []
    await Retention(stand.database).measure()


async def test_more_callbacks_than_one_job_may_have_are_refused(stand: Stand) -> None:
    stand.settings = type(stand.settings)(max_callbacks=1)
    stand.__post_init__()
    job = await stand.job()
    async with stand.database.begin() as session:
        await stand.service.callbacks.add(session, stand.rig.jobs, Submitted(job, created=True), URL)
        with pytest.raises(Invalid) as caught:
            await stand.service.callbacks.add(session, stand.rig.jobs, Submitted(job, created=False), f"{URL}/2")
    assert caught.value.code == "too_many_callbacks"
