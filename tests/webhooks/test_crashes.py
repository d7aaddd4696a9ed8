"""Deliverers in processes of their own, killed without warning; receivers that are down, dead or slow."""

import asyncio
import json
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cutroom.kit import process
from tests.jobs.flows import A, B
from tests.jobs.rig import ROOT
from tests.promises import kept
from tests.webhooks.receiver import OK, Receiver, answer, receiving
from tests.webhooks.standing import Stand

EVENTS = 60
SLOTS = 8


@asynccontextmanager
async def deliverer(stand: Stand, **settings: Any) -> AsyncIterator[process.Child]:
    """A deliverer in a process of its own; killed at the end of the block."""
    chosen = json.dumps({"poll_s": 0.1, "slots": SLOTS, **settings})
    argv = [
        sys.executable,
        "-m",
        "tests.webhooks.deliverer_process",
        stand.database.url,
        json.dumps(stand.ports),
        chosen,
    ]
    child = await process.start(argv, cwd=ROOT)
    try:
        yield child
    finally:
        await child.terminate(grace_s=0, first=signal.SIGKILL)


@pytest.mark.threat("P5", "F12", "F14")
async def test_a_deliverer_that_is_killed_again_and_again_loses_nothing_and_repeats_little(
    stand: Stand, receiver: Receiver
) -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(OK)

    receiver.answers = [slowly]
    made = await stand.endpoint(receiver.url)
    for _ in range(EVENTS):
        await stand.event()
    kills = 0
    for share in (10, 25, 40):
        async with deliverer(stand) as child:
            await receiver.has(share, within_s=60)
            child.send(signal.SIGKILL)
            await child.wait()
            kills += 1
        # As if the lease had passed, which is so long that no pause of a busy machine lets anything be sent twice.
        await stand.sql("UPDATE webhook_deliveries SET next_at = now() WHERE leased_at IS NOT NULL")
    async with deliverer(stand):
        await stand.until("succeeded", EVENTS)
    counts = Counter(receiver.ids)
    assert len(counts) == EVENTS, "every event came"
    repeated = sum(counts.values()) - EVENTS
    assert repeated <= kills * SLOTS, "no more came twice than were under way when a process died"
    for message in receiver.messages:
        message.verified(made.secret)
    records = await stand.records()
    lost = [one for record in records for one in record.attempts if one.error == "sender_lost"]
    assert 0 < len(lost) <= kills * SLOTS
    assert all(record.attempts[-1].status_code == 200 for record in records)


@pytest.mark.threat("P5", "F12")
async def test_a_receiver_that_was_down_gets_everything_when_it_is_up_again(stand: Stand, receiver: Receiver) -> None:
    receiver.answers = [answer(503)]
    await stand.endpoint(receiver.url)
    for _ in range(20):
        await stand.event()
    async with deliverer(stand):
        async with asyncio.timeout(60):
            while len(set(receiver.ids)) < 20:
                await asyncio.sleep(0.01)
        receiver.answers = [OK]
        await stand.until("succeeded", 20)
    for record in await stand.records():  # those that were tried again before all had come were refused again
        *refused, last = [attempt.status_code for attempt in record.attempts]
        assert (set(refused), last) == ({503}, 200)


async def waits(stand: Stand, receiver: Receiver, count: int) -> list[float]:
    """Seconds from the end of a job to its message, for jobs of the workspace B that end one after the other."""
    found = []
    for number in range(count):
        began = time.monotonic()
        await stand.event(B)
        await receiver.has(number + 1)
        found.append(receiver.messages[number].at - began)
    receiver.messages.clear()
    return found


@pytest.mark.threat("F12")
async def test_dead_and_slow_receivers_delay_nobody_else(stand: Stand, receiver: Receiver) -> None:
    async def never(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.5)

    await stand.endpoint(receiver.url, workspace=B)
    async with receiving(never) as dead:
        stand.ports.append(dead.port)
        stand.deadline_s = 1.0
        stand.__post_init__()
        async with stand.delivering(slots=32):
            alone = await waits(stand, receiver, 20)
            for _ in range(6):
                await stand.endpoint(dead.url, workspace=A)

            async def beside() -> float:
                """The most that one of B waits for, or what 19 of 20 wait for longer than alone, and half a second."""
                before = len(dead.messages)
                for _ in range(40):
                    await stand.event(A)
                await dead.has(before + 1)
                waited = await waits(stand, receiver, 20)
                if len(dead.messages) >= before + 240:
                    return float("inf")  # the dead ones have no queue any more: this machine is too slow today
                usual, worst = (statistics.quantiles(values, n=20)[18] for values in (alone, waited))
                return max(*waited, worst - usual + 0.5)

            await kept(1.0, beside)  # less than one time-out of the dead ones
