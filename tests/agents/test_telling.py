"""What an attempt tells, or asks for, that its server does not take: the attempt goes on, or ends and says why."""

import json

import pytest

from cutroom.agents import convert, pieces
from cutroom.agents.link import Link, ServerAddress
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs import Status, told_sum
from cutroom.jobs.recall import TOLD
from cutroom.kit.errors import Internal, Invalid
from tests.agents.agency import Agency
from tests.agents.raw import raw_agent
from tests.jobs.flows import A, Diary, Fan
from tests.jobs.rig import Rig, eventually


async def test_a_line_with_more_facts_than_are_taken_comes_without_them_and_the_attempt_goes_on(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door() as door, agency.agent(door.port, await agency.token(A), types=("says_more",)):
        job_id = await rig.submit("says_more", diary)

        async def lines() -> list[str] | None:
            found = [event.data["message"] for event in await rig.events(job_id) if event.kind == "log"]
            return found if len(found) > 1 else None

        assert await eventually(lines) == ["much", "\U0001f600" * 8_000]
        diary.write("go")
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
    told = [event.data for event in await rig.events(job_id) if event.kind == "log"]
    assert [one["message"] for one in told][-1] == "the end"
    assert "facts" not in told[0]


async def test_what_the_server_refuses_to_note_ends_no_attempt(
    agency: Agency, rig: Rig, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []

    def refuses(said: wire.Notes, skip: int) -> None:
        refused.append(said.stage)
        raise Internal("internal_error", "Not now.", retryable=True)

    real = convert.notes_of
    async with agency.door() as door, agency.agent(door.port, await agency.token(A), types=("counts",)):
        monkeypatch.setattr(convert, "notes_of", refuses)
        job_id = await rig.submit("counts", diary)

        async def asked() -> bool | None:
            return bool(refused) or None

        await eventually(asked)
        monkeypatch.setattr(convert, "notes_of", real)
        diary.write("go")
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)


async def test_a_map_that_is_too_large_for_an_agent_fails_and_says_so(
    agency: Agency, rig: Rig, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert, "MAX_ITEM_VALUES", 2)
    async with agency.door() as door, agency.agent(door.port, await agency.token(A)):
        job = await rig.ended(await rig.submit("fan", Fan(items=[1, 2, 3], path=diary.path)))
    assert (job.status, job.attempt) == (Status.FAILED, 1)
    assert job.error is not None
    assert job.error["code"] == "json_too_large"


async def test_a_question_that_is_too_large_is_refused_before_there_is_a_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "MAX_WHOLE_BYTES", 1_000)
    address = ServerAddress("127.0.0.1:1", plain=True)
    link = Link(address, "token", wire.Offer(), held=list, hear=lambda _: None, welcomed=lambda _: None)
    with pytest.raises(Invalid) as caught:
        await link.ask(wire.Ask(job_id="job_1", fence=1, record=wire.Record(result="x" * 1_000)))
    assert caught.value.code == "message_too_large"
    assert not link._asked


@pytest.mark.threat("A88")
async def test_of_what_log_lines_carry_only_amounts_are_added_up(agency: Agency, rig: Rig, diary: Diary) -> None:
    told = (5, 1.5, -3, 1e30, True, "7", 10**18, 3)
    events = [
        wire.Event(kind="log", data=json.dumps({"level": "info", "message": "m", "spentMicro": one})) for one in told
    ]
    async with agency.door() as door, raw_agent(door.port, await agency.token(A), ["waits_for"]) as raw:
        job_id = await rig.submit("waits_for", diary, workspace=A)
        job = await raw.hear("assign")
        assert (await raw.ask(job, notes=wire.Notes(events=events))).told.told == len(told)
        journal = (await raw.ask(job, recall=wire.Recall(first=""))).journal
    async with rig.database.begin() as session:
        assert await told_sum(session, A, job_id, "spentMicro") == 8
    assert json.loads(journal.marks[TOLD]) == {"spentMicro": 8}


@pytest.mark.threat("A88")
async def test_nothing_that_is_told_beside_it_hides_what_was_spent(agency: Agency, rig: Rig, diary: Diary) -> None:
    lines = [
        {"level": "info", "message": "m", **{f"a{number:03}": 1 for number in range(start, start + 12)}}
        for start in range(0, 120, 12)
    ]
    lines.append({"level": "info", "message": "m", "spentMicro": 7})
    events = [wire.Event(kind="log", data=json.dumps(line)) for line in lines]
    async with agency.door() as door, raw_agent(door.port, await agency.token(A), ["waits_for"]) as raw:
        await rig.submit("waits_for", diary, workspace=A)
        job = await raw.hear("assign")
        assert (await raw.ask(job, notes=wire.Notes(events=events))).told.told == len(lines)
        journal = (await raw.ask(job, recall=wire.Recall(first=""))).journal
    assert json.loads(journal.marks[TOLD])["spentMicro"] == 7
