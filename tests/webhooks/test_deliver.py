"""The deliverer in this process: what it sends, when it tries again, and when it gives an endpoint up."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cutroom.db import Database
from cutroom.kit.clock import FixedClock, SystemClock
from cutroom.kit.metrics import REGISTRY
from cutroom.webhooks import DeliveryStatus, queue, schedule
from tests.jobs.flows import A, B
from tests.webhooks.receiver import OK, Receiver, answer, receiving
from tests.webhooks.standing import Stand


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
async def timed(database: Database, tmp_path: Path, receiver: Receiver, clock: FixedClock) -> Stand:
    """A stand whose time moves only when told."""
    return Stand(database, tmp_path, [receiver.port], clock)


async def test_an_event_arrives_signed_and_the_delivery_says_so(stand: Stand, receiver: Receiver) -> None:
    before = REGISTRY.get_sample_value("cutroom_webhook_attempts_total", {"outcome": "succeeded"}) or 0
    made = await stand.endpoint(receiver.url)
    async with stand.delivering():
        job = await stand.event()
        (message,) = await receiver.has(1)
        await stand.until("succeeded", 1)
    body = message.verified(made.secret)
    assert body["type"] == "job.cancelled"
    assert body["data"]["id"] == job.id
    (record,) = await stand.records()
    assert message.id == record.delivery.event_id
    assert message.body == record.body
    (attempt,) = record.attempts
    assert (attempt.number, attempt.status_code, attempt.error) == (1, 200, None)
    assert attempt.duration_ms is not None
    after = REGISTRY.get_sample_value("cutroom_webhook_attempts_total", {"outcome": "succeeded"}) or 0
    assert after == before + 1


async def test_a_notification_wakes_the_deliverer(stand: Stand, receiver: Receiver) -> None:
    await stand.endpoint(receiver.url)
    async with stand.delivering(poll_s=60) as deliverer:
        await stand.event()
        await receiver.has(1)
        assert deliverer is not None


async def wait_for_attempt(stand: Stand, number: int) -> None:
    async with asyncio.timeout(60):
        while (await stand.sql("SELECT count(*) FROM webhook_attempts"))[0][0] < number:
            await asyncio.sleep(0.01)


@pytest.mark.threat("P5", "F12")
async def test_a_receiver_that_is_down_is_tried_eight_times_under_one_id_and_then_no_more(
    timed: Stand, clock: FixedClock, receiver: Receiver
) -> None:
    receiver.answers = [answer(500)]
    made = await timed.endpoint(receiver.url)
    async with timed.delivering():
        await timed.event()
        for number in range(1, 9):
            await wait_for_attempt(timed, number)
            ((next_at, tries),) = await timed.sql("SELECT next_at, tries FROM webhook_deliveries")
            assert tries == number
            if number < 8:
                wait = (next_at - clock.now()).total_seconds()
                assert 0.9 * schedule.DELAYS_S[number] <= wait <= 1.1 * schedule.DELAYS_S[number]
                clock.advance(wait - 1)
                await asyncio.sleep(0.15)
                assert len(receiver.messages) == number, "not a moment too soon"
                clock.advance(1)
        await timed.until("failed", 1)
        clock.advance(10 * 86_400)
        await asyncio.sleep(0.2)
    assert len(receiver.messages) == 8
    assert set(receiver.ids) == {receiver.messages[0].id}
    assert len({message.headers["webhook-timestamp"] for message in receiver.messages}) == 8
    assert len({message.headers["webhook-signature"] for message in receiver.messages}) == 8
    (record,) = await timed.records()
    assert [(one.number, one.status_code, one.error) for one in record.attempts] == [
        (number, 500, "bad_status") for number in range(1, 9)
    ]
    took = record.attempts[-1].at - record.attempts[0].at
    assert timedelta(hours=24.8) < took < timedelta(hours=30.4)
    assert made.endpoint.enabled


async def test_what_a_receiver_asks_for_is_honoured(timed: Stand, clock: FixedClock, receiver: Receiver) -> None:
    receiver.answers = [answer(503, "Retry-After: 900"), OK]
    await timed.endpoint(receiver.url)
    async with timed.delivering():
        await timed.event()
        await wait_for_attempt(timed, 1)
        assert await timed.sql("SELECT next_at FROM webhook_deliveries") == [(clock.now() + timedelta(seconds=900),)]
        clock.advance(901)
        await timed.until("succeeded", 1)


@pytest.mark.threat("P5")
async def test_a_receiver_that_says_gone_is_switched_off_and_what_waits_for_it_cancelled(
    timed: Stand, clock: FixedClock, receiver: Receiver
) -> None:
    receiver.answers = [answer(500), answer(410)]
    gone = await timed.endpoint(receiver.url)
    async with timed.delivering():
        await timed.event()
        await wait_for_attempt(timed, 1)
        await timed.event()
        await timed.until("failed", 1)
    async with timed.database.begin() as session:
        endpoint = await timed.service.endpoints.get(session, A, gone.endpoint.id)
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, "gone")
    assert await timed.statuses() == ["cancelled", "failed"]
    await timed.event()
    assert len(await timed.records()) == 2


@pytest.mark.threat("P5", "F12")
async def test_after_five_days_of_nothing_but_failure_an_endpoint_is_switched_off_with_a_notice(
    timed: Stand, clock: FixedClock, receiver: Receiver
) -> None:
    began = clock.now()
    async with receiving() as other:
        timed.ports.append(other.port)
        timed.__post_init__()
        bad = await timed.endpoint(receiver.url, events=["job.cancelled"])
        await timed.endpoint(other.url, events=["webhook.disabled"])
        with capture_logs() as logs:
            async with timed.delivering():
                receiver.answers = [answer(500)]
                await timed.event()
                await wait_for_attempt(timed, 1)
                clock.advance(4.9 * 86_400)
                await wait_for_attempt(timed, 2)
                async with timed.database.begin() as session:
                    assert (await timed.service.endpoints.get(session, A, bad.endpoint.id)).failing_since == began
                clock.advance(0.2 * 86_400)
                await timed.event()
                (notice,) = await other.has(1)
                await timed.until("succeeded", 1)
    data = json.loads(notice.body)["data"]
    assert (data["id"], data["reason"], data["url"]) == (bad.endpoint.id, "failing", receiver.url)
    async with timed.database.begin() as session:
        endpoint = await timed.service.endpoints.get(session, A, bad.endpoint.id)
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, "failing")
    assert [line["endpoint_id"] for line in logs if line["event"] == "webhook.disabled"] == [bad.endpoint.id]
    assert "pending" not in await timed.statuses()


async def test_a_success_between_clears_the_record(timed: Stand, clock: FixedClock, receiver: Receiver) -> None:
    receiver.answers = [answer(500), OK, answer(500)]
    made = await timed.endpoint(receiver.url)
    async with timed.delivering():
        await timed.event()
        await wait_for_attempt(timed, 1)
        clock.advance(4 * 86_400)
        await timed.until("succeeded", 1)
        clock.advance(4 * 86_400)
        await timed.event()
        await wait_for_attempt(timed, 3)
    async with timed.database.begin() as session:
        endpoint = await timed.service.endpoints.get(session, A, made.endpoint.id)
    assert endpoint.enabled
    assert endpoint.failing_since == clock.now()


@pytest.mark.threat("A77")
async def test_during_a_rotation_messages_are_signed_twice_and_afterwards_once(
    timed: Stand, clock: FixedClock, receiver: Receiver
) -> None:
    old = await timed.endpoint(receiver.url)
    async with timed.database.begin() as session:
        new = await timed.service.endpoints.rotate(session, A, old.endpoint.id)
    async with timed.delivering():
        await timed.event()
        (first,) = await receiver.has(1)
        clock.advance(25 * 3600)
        await timed.event()
        _, second = await receiver.has(2)
        await timed.until("succeeded", 2)
    first.verified(old.secret)
    first.verified(new.secret)
    assert second.headers["webhook-signature"].count("v1,") == 1


async def test_secrets_that_cannot_be_opened_any_more_fail_the_attempt_and_send_nothing(
    stand: Stand, receiver: Receiver
) -> None:
    await stand.endpoint(receiver.url)
    await stand.sql("UPDATE webhook_endpoints SET secret = decode('00', 'hex')")
    async with stand.delivering():
        await stand.event()
        await wait_for_attempt(stand, 1)
    (record,) = await stand.records()
    assert record.attempts[0].error == "secret_unreadable"
    assert receiver.messages == []


async def test_nothing_is_sent_to_an_endpoint_that_was_deleted_or_switched_off_since(
    stand: Stand, receiver: Receiver
) -> None:
    off, deleted = await stand.endpoint(receiver.url), await stand.endpoint(receiver.url, workspace=B)
    await stand.event(A)
    await stand.event(B)
    # As if both had happened between the event's look for endpoints and its writing.
    await stand.sql("UPDATE webhook_endpoints SET disabled_at = now() WHERE id = :id", id=off.endpoint.id)
    await stand.sql("DELETE FROM webhook_endpoints WHERE id = :id", id=deleted.endpoint.id)
    async with stand.delivering():
        await stand.until("cancelled", 2)
    assert receiver.messages == []
    assert [record.attempts for record in await stand.records()] == [[]]


async def test_a_stop_lets_what_is_under_way_end_and_records_it(stand: Stand, receiver: Receiver) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        writer.write(OK)

    receiver.answers = [slow]
    await stand.endpoint(receiver.url)
    async with stand.delivering(drain_s=60.0):
        await stand.event()
        await receiver.has(1)
    assert await stand.statuses() == ["succeeded"]


async def test_many_deliverers_send_everything_once(stand: Stand, receiver: Receiver) -> None:
    await stand.endpoint(receiver.url)
    async with stand.delivering(), stand.delivering(), stand.delivering():
        for _ in range(40):
            await stand.event()
        await stand.until("succeeded", 40)
    assert len(receiver.ids) == len(set(receiver.ids)) == 40


@pytest.mark.threat("F14")
async def test_an_attempt_that_was_reported_too_late_changes_nothing_but_its_own_record(
    timed: Stand, clock: FixedClock, receiver: Receiver
) -> None:
    gate = asyncio.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(answer(500))

    receiver.answers = [held, OK]
    timed.deadline_s = 10
    timed.__post_init__()
    await timed.endpoint(receiver.url)
    async with timed.delivering():
        await timed.event()
        await receiver.has(1)
        clock.advance(61)
        await timed.until("succeeded", 1)
        assert [one.error for one in (await timed.records())[0].attempts] == ["sender_lost", None]
        gate.set()
        async with asyncio.timeout(60):
            while (await timed.records())[0].attempts[0].status_code is None:
                await asyncio.sleep(0.01)
    (record,) = await timed.records()
    assert record.delivery.status is DeliveryStatus.SUCCEEDED
    assert [(one.number, one.status_code) for one in record.attempts] == [(1, 500), (2, 200)]
    assert len(set(receiver.ids)) == 1


@pytest.mark.threat("F17")
async def test_a_machine_whose_clock_is_ahead_takes_nothing_that_another_sends(
    stand: Stand, receiver: Receiver
) -> None:
    class Ahead(SystemClock):
        def now(self) -> datetime:
            return super().now() + timedelta(days=400)

    gate = asyncio.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(OK)

    receiver.answers = [held]
    await stand.endpoint(receiver.url)
    async with stand.delivering():
        await stand.event()
        await receiver.has(1)
        async with stand.database.begin() as session:
            room: Any = {"count": 9, "untried": 9, "troubled_room": 9, "known": {}}
            assert await queue.claim(session, clock=Ahead(), lease_s=60.0, **room) == []
        gate.set()
        await stand.until("succeeded", 1)
    assert len(receiver.messages) == 1


async def test_what_arrives_while_its_endpoint_is_switched_off_has_arrived(stand: Stand, receiver: Receiver) -> None:
    gate = asyncio.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(OK)

    receiver.answers = [held]
    made = await stand.endpoint(receiver.url)
    async with stand.delivering():
        await stand.event()
        await receiver.has(1)
        async with stand.database.begin() as session:
            await stand.service.endpoints.change(session, A, made.endpoint.id, enabled=False)
        gate.set()
        await stand.until("succeeded", 1)
    assert [one.status_code for one in (await stand.records())[0].attempts] == [200]
