"""Agents that take more than their share of a door: of its loop, its memory, its streams its patience. Threat A83."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime

import grpc
import pytest

from cutroom.agents import convert, server
from cutroom.agents.limits import (
    BURST_BYTES,
    BYTES_PER_S,
    MAX_ITEM_VALUES,
    MAX_JSON_VALUES,
    MAX_PARTIAL_BYTES,
    MAX_SLOTS,
    MAX_STREAMS_OF_AGENT,
    MAX_WHOLE_BYTES,
    PROTOCOL,
)
from cutroom.agents.pace import Pace, Places
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.db import notify
from cutroom.fleet import CHANNEL, Agent, Known
from cutroom.kit.errors import Invalid, QuotaExceeded
from tests.agents.agency import Agency
from tests.agents.raw import raw_agent, raw_stream
from tests.jobs.flows import A, B, Diary
from tests.jobs.rig import Rig

pytestmark = pytest.mark.threat("A83")


async def test_an_answer_that_is_too_large_to_be_sent_fails_and_nobody_else_notices(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with (
        agency.door(lease_s=30.0) as door,
        raw_agent(door.port, await agency.token(B, "other"), ["echo"]) as innocent,
        raw_agent(door.port, await agency.token(A), ["waits_for"]) as raw,
    ):
        await rig.submit("waits_for", diary, workspace=A)
        job = await raw.hear("assign")
        made = (
            "INSERT INTO job_steps (job_id, name, result, attempt, started_at)"
            " VALUES (:id, 's', to_jsonb(repeat('x', :length)), 1, now())"
        )
        await rig.sql(made, id=job.job_id, length=MAX_WHOLE_BYTES)
        for recall in (wire.Recall(), wire.Recall(first=""), wire.Recall(first="s")):
            answer = await raw.ask(job, recall=recall)
            assert json.loads(answer.failed)["code"] == "answer_too_large"
        assert (await raw.ask(job, record=wire.Record(step="c", result="1"))).done.yes
        await innocent.say(wire.FromAgent(beat=wire.Beat(number=1)))
        assert (await innocent.hear("beat")).number == 1


async def test_an_answer_that_breaks_ends_its_stream_and_no_other(
    agency: Agency, rig: Rig, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_ask: wire.Ask) -> None:
        raise MemoryError

    async with (
        agency.door(lease_s=30.0) as door,
        raw_agent(door.port, await agency.token(B, "other"), ["echo"]) as innocent,
        raw_agent(door.port, await agency.token(A), ["waits_for"]) as raw,
    ):
        await rig.submit("waits_for", diary, workspace=A)
        job = await raw.hear("assign")
        (session,) = [one for one in door.sessions if one.posts]
        monkeypatch.setattr(session, "answer", breaks)
        ask = wire.Ask(number=1, job_id=job.job_id, fence=job.fence, recall=wire.Recall())
        await raw.say(wire.FromAgent(ask=ask))
        await raw.ended()
        await innocent.say(wire.FromAgent(beat=wire.Beat(number=1)))
        assert (await innocent.hear("beat")).number == 1
        while door._ground.room._left < MAX_PARTIAL_BYTES:  # given back when the stream has ended already
            await asyncio.sleep(0.01)


async def test_who_says_to_have_more_than_it_could_is_refused(agency: Agency) -> None:
    async with agency.door() as door, raw_stream(door.port, await agency.token()) as raw:
        held = [wire.Held()] * (2 * MAX_SLOTS + 1)
        offer = wire.Offer(types=["echo"], slots=1)
        await raw.say(wire.FromAgent(hello=wire.Hello(protocol=PROTOCOL, offer=offer, held=held)))
        assert await raw.ended() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "ask",
    [
        wire.Ask(record=wire.Record(result="[" + "[]," * MAX_JSON_VALUES + "[]]")),
        wire.Ask(end=wire.End(output="[" + "1," * MAX_JSON_VALUES + "1]")),
        wire.Ask(write=wire.Write(body="[" + "{}," * MAX_JSON_VALUES + "{}]")),
        wire.Ask(notes=wire.Notes(events=[wire.Event(data="[" + "0," * 1_000 + "0]")] * 501)),
        wire.Ask(suspend=wire.Suspend(waits=[wire.Wait(inputs=["[" + "0," * 100 + "0]"] * 10_000)] * 2)),
        wire.Ask(suspend=wire.Suspend(waits=[wire.Wait(inputs=[""] * (MAX_ITEM_VALUES + 1))])),
        wire.Ask(suspend=wire.Suspend(waits=[wire.Wait()] * 10_001)),
    ],
    ids=["lists", "output", "body", "notes", "inputs", "many inputs", "waits"],
)
def test_json_that_takes_long_to_be_read_is_refused_unread(ask: wire.Ask) -> None:
    with pytest.raises(Invalid):
        convert.check_size(ask)


async def test_json_that_is_too_large_is_no_end_of_the_attempt(agency: Agency, rig: Rig, diary: Diary) -> None:
    async with agency.door(lease_s=30.0) as door, raw_agent(door.port, await agency.token(), ["waits_for"]) as raw:
        await rig.submit("waits_for", diary)
        job = await raw.hear("assign")
        text = "[" + "[]," * MAX_JSON_VALUES + "[]]"
        answer = await raw.ask(job, record=wire.Record(step="a", result=text))
        assert json.loads(answer.failed)["code"] == "json_too_large"
        assert (await raw.ask(job, record=wire.Record(step="a", result="[]"))).done.yes


async def test_what_is_sent_is_paced_by_its_bytes() -> None:
    pace, loop = Pace(), asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(StopIteration):  # it does not even give way to others
        pace.keep(BURST_BYTES).send(None)
    await pace.keep(BYTES_PER_S // 4)
    assert loop.time() - began > 0.15


def test_no_agent_and_no_workspace_takes_all_places() -> None:
    def known(agent_id: str, workspace_id: str | None) -> Known:
        agent = Agent(agent_id, workspace_id, "x", datetime.now(UTC), False, None, None, None, False)
        return Known(agent, "agk_x")

    places = Places(4 * MAX_STREAMS_OF_AGENT)
    with contextlib.ExitStack() as stack:
        for agent_id in ("a", "b"):
            for _ in range(MAX_STREAMS_OF_AGENT):
                stack.enter_context(places.taken(known(agent_id, A)))
        for full in (known("a", A), known("c", A)):
            with pytest.raises(QuotaExceeded), places.taken(full):
                pass
        for free in (known("d", B), known("e", None)):
            with places.taken(free):
                pass
    assert not places._taken


async def test_streams_that_say_nothing_leave_room_for_other_workspaces(agency: Agency) -> None:
    async with agency.door(max_streams=12) as door, contextlib.AsyncExitStack() as stack:
        token, other = await agency.token(A), await agency.token(B, "other")
        for _ in range(10):
            await stack.enter_async_context(raw_stream(door.port, token))
        while door._places._taken[A] < 6:  # half of all; the others are refused
            await asyncio.sleep(0.01)
        async with asyncio.timeout(30), raw_agent(door.port, other, ["echo"]) as good:
            assert good.welcome.session_id


async def test_who_cannot_be_let_in_in_time_is_told_to_come_back(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with agency.door() as door:
        token = await agency.token()
        async with raw_agent(door.port, token, ["echo"]) as first:
            hello = wire.Hello(protocol=PROTOCOL, offer=wire.Offer(types=["echo"], slots=1))
            async with door._joining[first.welcome.agent_id], raw_stream(door.port, token) as second:
                monkeypatch.setattr(server, "JOIN_WITHIN_S", 0.2)
                await second.say(wire.FromAgent(hello=hello))
                assert await second.ended() is grpc.StatusCode.UNAVAILABLE
        monkeypatch.undo()
        async with raw_agent(door.port, token, ["echo"]) as third:
            assert third.welcome.agent_id == first.welcome.agent_id


@pytest.mark.threat("A82")
async def test_a_token_is_not_served_after_its_end_however_much_is_told_of_others(agency: Agency, rig: Rig) -> None:
    async with agency.door(lease_s=30.0) as door, raw_agent(door.port, await agency.token(A), ["echo"]) as raw:

        async def chatter() -> None:
            while True:
                async with rig.database.begin() as session:
                    await notify(session, CHANNEL, "agt_other")
                await asyncio.sleep(0.1)

        telling = asyncio.create_task(chatter())
        async with rig.database.begin() as session:
            await agency.fleet.rotate(session, A, raw.welcome.agent_id, overlap_s=1.0)
            await notify(session, CHANNEL, raw.welcome.agent_id)
        try:
            async with asyncio.timeout(45):
                await raw.ended()
        finally:
            telling.cancel()
