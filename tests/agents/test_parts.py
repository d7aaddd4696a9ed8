"""What a job keeps comes back to an agent in as many parts as it takes, none of them larger than a message may be."""

from types import SimpleNamespace
from typing import Any

import pytest

from cutroom.agents import pen, posts
from cutroom.agents.pen import RemotePen
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs import Job, Status
from cutroom.jobs.holding import Holding
from cutroom.kit.errors import Internal
from tests.agents.agency import Agency
from tests.agents.raw import Raw, raw_agent
from tests.agents.test_handover import claimed
from tests.jobs.flows import A, Diary
from tests.jobs.rig import Rig

STEPS = """
INSERT INTO job_steps (job_id, name, kind, result, attempt, started_at)
SELECT :id, 's' || n, 'step', to_jsonb(repeat('x', :length)), 1, now() FROM generate_series(1, :number) AS n
"""


async def hoarded(rig: Rig, diary: Diary, number: int, characters: int) -> Job:
    given = {"path": diary.path, "number": number, "characters": characters}
    job = await rig.ended(await rig.submit("hoards", given))
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 2), job.error
    assert job.output == [characters] * number + [characters // 2] * number
    assert sorted(diary.lines()) == [*(f"step {n}" for n in range(number)), "try", "try"]
    return job


async def test_a_job_that_keeps_more_than_a_message_holds_ends_on_a_worker_and_on_an_agent(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    each = 11 * 1024**2
    async with rig.worker():
        await hoarded(rig, diary, 2, each)
    there = Diary(path=f"{diary.path}.there")
    async with agency.door() as door, agency.agent(door.port, await agency.token(A), slots=1):
        await hoarded(rig, there, 2, each)


@pytest.mark.parametrize("part_bytes", [500, 1_700, 100_000])
async def test_parts_of_any_size_are_the_whole(
    agency: Agency, rig: Rig, diary: Diary, monkeypatch: pytest.MonkeyPatch, part_bytes: int
) -> None:
    monkeypatch.setattr(posts, "PART_BYTES", part_bytes)
    async with agency.door() as door, agency.agent(door.port, await agency.token(A), slots=1):
        await hoarded(rig, diary, 9, 200)


async def parts(raw: Raw, job: wire.Assign) -> list[wire.Journal]:
    """The journal of a job, asked for to its end."""
    found: list[wire.Journal] = []
    while not found or found[-1].HasField("next"):
        first = found[-1].next if found else ""
        found.append((await raw.ask(job, recall=wire.Recall(first=first))).journal)
    return found


@pytest.mark.threat("A83")
async def test_no_part_is_larger_than_it_may_be_and_none_brings_anything_twice(
    agency: Agency, rig: Rig, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "PART_BYTES", 20_000)
    async with agency.door() as door, raw_agent(door.port, await agency.token(A), ["waits_for"]) as raw:
        await rig.submit("waits_for", diary, workspace=A)
        job = await raw.hear("assign")
        await rig.sql(STEPS, id=job.job_id, length=9_000, number=5)
        found = await parts(raw, job)
    assert [sorted(part.steps) for part in found] == [["s1", "s2"], ["s3", "s4"], ["s5"]]
    assert all(part.ByteSize() <= 20_000 for part in found)
    assert all(len(text) == 9_002 for part in found for text in part.steps.values())


async def test_an_agent_of_an_earlier_version_has_all_at_once_or_is_refused(
    agency: Agency, rig: Rig, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "PART_BYTES", 2_000)
    async with agency.door() as door, raw_agent(door.port, await agency.token(A), ["waits_for"]) as raw:
        await rig.submit("waits_for", diary, workspace=A)
        job = await raw.hear("assign")
        await rig.sql(STEPS, id=job.job_id, length=100, number=3)
        whole = (await raw.ask(job, recall=wire.Recall())).journal
        assert (sorted(whole.steps), whole.HasField("next")) == (["s1", "s2", "s3"], False)
        await rig.sql("UPDATE job_steps SET result = to_jsonb(repeat('x', 1000))")
        assert "answer_too_large" in (await raw.ask(job, recall=wire.Recall())).failed
        assert (await raw.ask(job, recall=wire.Recall(first=""))).journal.next == "s2"


async def test_an_agent_takes_parts_to_an_end_whatever_its_server_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pen, "MAX_RECALLED_BYTES", 1_000_000)

    async def ask(ask: wire.Ask) -> wire.Answer:
        if ask.WhichOneof("what") == "recall":
            return wire.Answer(journal=wire.Journal(next="s"))
        return wire.Answer(items=wire.ItemStates(more=True))

    endless: Any = SimpleNamespace(ask=ask)
    remote = RemotePen(endless, lambda one: one.job.fence)
    holding = Holding(claimed(2, 1), float("inf"), lambda: None)
    for recalling in (remote.kept(holding), remote.items(holding, "step")):
        with pytest.raises(Internal) as caught:
            await recalling
        assert caught.value.code == "answer_too_large"
