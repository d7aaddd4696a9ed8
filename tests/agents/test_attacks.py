"""Agents that lie, send too much, do not read, or say everything twice. Threats A82, A83, fault F14."""

import asyncio
import contextlib
import json
from typing import Any

import grpc
import pytest

from cutroom.agents.limits import MAX_MESSAGE_BYTES, MAX_PARTIAL_BYTES, MAX_WHOLE_BYTES, OUTBOX_BYTES, PIECE_BYTES
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs import Status
from tests.agents.agency import Agency
from tests.agents.raw import raw_agent
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig


def log_of(text: str) -> wire.Event:
    return wire.Event(kind="log", data=json.dumps({"level": "info", "message": text}))


def code_of(answer: wire.Answer) -> Any:
    return json.loads(answer.failed)["code"]


@pytest.mark.threat("A83")
async def test_a_message_that_is_too_large_ends_its_stream_and_no_other(agency: Agency, rig: Rig) -> None:
    async with agency.door(lease_s=30.0) as door, agency.agent(door.port, await agency.token(name="good")):
        for size in (MAX_MESSAGE_BYTES + 1, 10 * 1024**2):
            async with raw_agent(door.port, await agency.token(), ["nothing"]) as raw:
                await raw.say(wire.FromAgent(piece=wire.Piece(id=1, data=bytes(size))))
                assert await raw.ended() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await rig.ended(await rig.submit("echo", {"value": 1}))).status is Status.SUCCEEDED


@pytest.mark.threat("A83")
async def test_pieces_that_never_end_are_cut_off_and_their_room_is_given_back(agency: Agency) -> None:
    async with agency.door(lease_s=30.0) as door:
        async with raw_agent(door.port, await agency.token(), ["nothing"]) as raw:
            for _ in range(MAX_WHOLE_BYTES // PIECE_BYTES + 1):
                await raw.say(wire.FromAgent(piece=wire.Piece(id=1, data=bytes(PIECE_BYTES))))
            # Who is still sending when the stream ends may see a reset instead of the reason.
            assert await raw.ended() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL}
        async with raw_agent(door.port, await agency.token(), ["nothing"]) as raw:
            for number in range(40):
                await raw.say(wire.FromAgent(piece=wire.Piece(id=number, data=b"x")))
            assert await raw.ended() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL}
        room = door._ground.room
        while room._left < MAX_PARTIAL_BYTES:
            await asyncio.sleep(0.02)


@pytest.mark.threat("A83")
async def test_an_agent_that_asks_and_does_not_read_costs_a_bounded_amount(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door(lease_s=30.0) as door, raw_agent(door.port, await agency.token(), ["waits_for"]) as raw:
        await rig.submit("waits_for", diary)
        job = await raw.hear("assign")
        for step in range(3):
            await raw.ask(job, record=wire.Record(step=f"s{step}", result=json.dumps("x" * 1_000_000)))

        async def flood() -> None:
            for number in range(5_000):
                ask = wire.Ask(number=100 + number, job_id=job.job_id, fence=job.fence, recall=wire.Recall())
                await raw.say(wire.FromAgent(ask=ask))

        (session,) = door.sessions
        assert session.outbox is not None
        most = 0
        flooding = asyncio.create_task(flood())
        while session.outbox._bytes < OUTBOX_BYTES:  # it is as full as it gets
            await asyncio.sleep(0.01)
        for _ in range(50):
            await asyncio.sleep(0.01)
            most = max(most, session.outbox._bytes)
        assert not flooding.done(), "it is read no further"
        flooding.cancel()
        await asyncio.wait({flooding})
        assert most <= OUTBOX_BYTES + PIECE_BYTES + 100


@pytest.mark.threat("A82")
async def test_what_an_agent_says_of_a_job_is_checked_before_it_is_written(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door(lease_s=30.0) as door, raw_agent(door.port, await agency.token(), ["three_steps"]) as raw:
        job_id = await rig.submit("three_steps", diary)
        job = await raw.hear("assign")
        assert job.job_id == job_id
        bad: list[tuple[str, dict[str, Any]]] = [
            ("bad_json", {"record": wire.Record(step="a", result='1, "fence": 99')}),
            ("bad_json", {"record": wire.Record(step="a", result="[" * 100_000)}),
            ("bad_json", {"record": wire.Record(step="a", result='"\\u0000"')}),
            ("bad_json", {"record": wire.Record(step="a", result="NaN")}),
            ("bad_step", {"record": wire.Record(step="", result="1")}),
            ("bad_step", {"record": wire.Record(step="a", result="1", elapsed_s=float("nan"))}),
            ("bad_event", {"notes": wire.Notes(progress=2.0)}),
            ("bad_event", {"notes": wire.Notes(events=[wire.Event(kind="state", data='{"status": "succeeded"}')])}),
            ("bad_event", {"notes": wire.Notes(events=[wire.Event(kind="log", data="[]")])}),
            ("bad_event", {"notes": wire.Notes(events=[wire.Event(kind="log", data="x" * 100_000)])}),
            ("too_many_events", {"notes": wire.Notes(events=[log_of("x")] * 30_000)}),
            ("bad_end", {"end": wire.End(outcome="lost")}),
            ("bad_end", {"end": wire.End(outcome="cancelled")}),
            ("bad_error", {"end": wire.End(outcome="failed", error='{"kind": 1}')}),
            ("bad_json", {"end": wire.End(outcome="succeeded", output='[1], "status": "x"')}),
            ("bad_agent_output", {"end": wire.End(outcome="succeeded", output='"no list"')}),
            ("bad_wait", {"suspend": wire.Suspend()}),
            ("bad_wait", {"suspend": wire.Suspend(waits=[wire.Wait(step="a", workflow="echo", inputs=["1"])])}),
            ("unknown_workflow", {"suspend": wire.Suspend(waits=[wire.Wait(step="a", workflow="x", inputs=["1"])])}),
            ("invalid_input", {"suspend": wire.Suspend(waits=[wire.Wait(step="a", workflow="item", inputs=["1"])])}),
            ("bad_wait", {"suspend": wire.Suspend(waits=[wire.Wait(step="a", seconds=float("inf"))])}),
            ("bad_source", {"take": wire.Take(source="http://127.0.0.1/")}),
            ("unknown_question", {}),
        ]
        for code, what in bad:
            answer = await raw.ask(job, **what)
            assert (code_of(answer), what) == (code, what)
        assert await rig.sql("SELECT count(*) FROM job_steps") == [(0,)]
        assert (await rig.get(job_id)).status is Status.RUNNING
        done = await raw.ask(job, end=wire.End(outcome="succeeded", output="[1, 2, 3]"))
        assert done.status == "succeeded"
        again = await raw.ask(job, end=wire.End(outcome="failed", error="{}"))
        assert again.status == "succeeded", "it has ended, whatever is said now"
    assert (await rig.get(job_id)).output == [1, 2, 3]


@pytest.mark.threat("F14")
async def test_what_is_said_twice_or_out_of_order_is_written_once_and_in_order(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door(lease_s=30.0) as door, raw_agent(door.port, await agency.token(), ["waits_for"]) as raw:
        job_id = await rig.submit("waits_for", diary)
        job = await raw.hear("assign")
        one, two, three = (log_of(text) for text in ("one", "two", "three"))
        for first, events, told in (
            (2, [three], 0),  # before its time: the server says how far it is
            (0, [one, two], 2),
            (0, [one, two], 2),
            (1, [two, three], 3),
            (0, [one], 3),
        ):
            answer = await raw.ask(job, notes=wire.Notes(first=first, events=events))
            assert answer.told.told == told
        for _ in range(2):
            await raw.ask(job, record=wire.Record(step="a", result="1"))
            await raw.ask(job, record=wire.Record(step="a", result="2"))
        assert (await raw.ask(job, end=wire.End(outcome="succeeded", output="1"))).status == "succeeded"
        assert (await raw.ask(job, end=wire.End(outcome="succeeded", output="2"))).status == "succeeded"
    lines = [event.data["message"] for event in await rig.events(job_id) if event.kind == "log"]
    assert lines == ["one", "two", "three"]
    assert await rig.sql("SELECT result FROM job_steps") == [(1,)]
    assert (await rig.get(job_id)).output == 1


@pytest.mark.threat("A83")
async def test_who_asks_about_the_jobs_of_others_again_and_again_is_cut_off(agency: Agency) -> None:
    async with agency.door(lease_s=30.0) as door, raw_agent(door.port, await agency.token(), ["echo"]) as raw:
        strange = wire.Assign(job_id="job_x", fence=1)
        for number in range(200):
            ask = wire.Ask(number=number + 1, job_id=strange.job_id, fence=1, recall=wire.Recall())
            await raw.say(wire.FromAgent(ask=ask))
        async with asyncio.timeout(45):
            await raw.ended()


async def test_a_job_that_an_agent_gives_back_again_and_again_becomes_a_dead_letter(agency: Agency, rig: Rig) -> None:
    async with agency.door(lease_s=30.0) as door, raw_agent(door.port, await agency.token(), ["echo"]) as raw:
        job_id = await rig.submit("echo", {"value": 1}, max_attempts=1)
        job = await raw.hear("assign")
        assert (await raw.ask(job, end=wire.End(outcome="released"))).status == "failed"
    found = await rig.get(job_id)
    assert found.error is not None
    assert (found.error["code"], found.dead_at is not None) == ("agent_gave_up", True)


@pytest.mark.threat("A83")
async def test_a_flood_of_pings_ends_its_connection(agency: Agency, rig: Rig) -> None:
    """HTTP/2 by hand: the preface, empty settings, and pings as fast as they go (CVE-2023-44487's family)."""
    settings, ping = bytes.fromhex("000000040000000000"), bytes.fromhex("000008060000000000") + bytes(8)
    async with agency.door(lease_s=30.0) as door, agency.agent(door.port, await agency.token()):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        with contextlib.suppress(OSError):
            writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + ping * 2_000)
            await writer.drain()
        answer = b""
        with contextlib.suppress(OSError):
            async with asyncio.timeout(45):
                while data := await reader.read(65_536):
                    answer += data
        writer.close()
        assert b"too_many_pings" in answer
        assert (await rig.ended(await rig.submit("echo", {"value": 1}))).status is Status.SUCCEEDED
