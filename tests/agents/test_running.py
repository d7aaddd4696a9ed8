"""What agents run is what workers run, over a stream."""

import asyncio
import os

import pytest

from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs import Status, payload
from cutroom.jobs.claimant import Claimant
from cutroom.jobs.claiming import Claim
from tests.agents.agency import Agency
from tests.agents.raw import raw_agent
from tests.jobs.flows import A, B, Diary, Fan
from tests.jobs.rig import Rig, eventually


async def test_an_agent_runs_steps_maps_timers_and_failures_as_a_worker_does(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    fails = Diary(path=f"{diary.path}.fails", value=1)
    async with agency.door() as door, agency.agent(door.port, await agency.token(A), slots=2):
        ids = [
            await rig.submit("three_steps", diary),
            await rig.submit("fan", Fan(items=[1, 2, 3], path=f"{diary.path}.fan")),
            await rig.submit("naps", Diary(path=f"{diary.path}.naps", value=50)),
            await rig.submit("fails_at_first", fails),
            await rig.submit("refuses", {"value": 1}),
            await rig.submit("breaks", {"value": 1}, max_attempts=1),
            await rig.submit("long_answer", {"value": 5_000_000}),
        ]
        jobs = [await rig.ended(job_id) for job_id in ids]
    good = Status.SUCCEEDED
    assert [job.status for job in jobs] == [good, good, good, good, Status.FAILED, Status.FAILED, good]
    assert diary.lines() == ["one", "two", "three"]
    assert (jobs[3].attempt, fails.lines()) == (2, ["before", "try", "try"])
    assert jobs[4].error is not None
    assert jobs[4].error["kind"] == "invalid"
    assert jobs[5].error is not None
    assert jobs[5].error["code"] == "internal_error"
    assert jobs[6].output == "x" * 5_000_000 + "y"
    assert await rig.sql("SELECT DISTINCT worker LIKE 'agent:agt_%' FROM job_attempts") == [(True,)]


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_result_has_the_same_limit_wherever_it_is_made(
    agency: Agency, rig: Rig, monkeypatch: pytest.MonkeyPatch, *, elsewhere: bool
) -> None:
    monkeypatch.setattr(payload, "MAX_BYTES", 500_000)
    ids = [await rig.submit("long_answer", {"value": payload.MAX_BYTES - less}) for less in (3, 2)]
    if elsewhere:
        async with agency.door(lease_s=30.0) as door, agency.agent(door.port, await agency.token(A)):
            whole, more = [await rig.ended(job_id) for job_id in ids]
    else:
        async with rig.worker():
            whole, more = [await rig.ended(job_id) for job_id in ids]
    assert (whole.status, len(whole.output)) == (Status.SUCCEEDED, payload.MAX_BYTES - 2)
    assert (more.status, more.attempt) == (Status.FAILED, 1)
    assert more.error is not None
    assert more.error["code"] == "json_too_large"


async def test_an_agent_of_a_workspace_sees_no_jobs_of_another(agency: Agency, rig: Rig) -> None:
    async with agency.door() as door, agency.agent(door.port, await agency.token(A)):
        theirs = await rig.submit("echo", {"value": 1}, workspace=B)
        mine = await rig.submit("echo", {"value": 2})
        assert (await rig.ended(mine)).status is Status.SUCCEEDED
        assert (await rig.get(theirs, B)).status is Status.QUEUED


async def test_a_job_that_needs_labels_waits_for_an_agent_that_has_them(agency: Agency, rig: Rig) -> None:
    job_id = await rig.submit("echo", {"value": 1}, needs=["gpu", "big"])
    async with rig.worker(), agency.door() as door:
        async with agency.agent(door.port, await agency.token(), labels=("gpu",)):
            await rig.ended(await rig.submit("echo", {"value": 2}, needs=["gpu"]))
            assert (await rig.get(job_id)).status is Status.QUEUED
        async with agency.agent(door.port, await agency.token(), labels=("gpu", "big")):
            assert (await rig.ended(job_id)).status is Status.SUCCEEDED


@pytest.mark.threat("F16")
async def test_a_cancel_reaches_an_agent_and_kills_its_children(agency: Agency, rig: Rig, diary: Diary) -> None:
    async with agency.door() as door, agency.process(door.port, await agency.token()):
        job_id = await rig.submit("has_child", diary)

        async def forked() -> bool | None:
            return bool(diary.lines()) or None

        await eventually(forked)
        await rig.cancel(job_id)
        assert (await rig.ended(job_id)).status is Status.CANCELLED

        async def dead() -> bool | None:
            try:
                os.kill(int(diary.lines()[0]), 0)
            except ProcessLookupError:
                return True
            return None

        await eventually(dead)


async def test_an_agent_that_drains_gets_no_more_and_ends_what_it_has(agency: Agency, rig: Rig, diary: Diary) -> None:
    async with agency.door() as door, agency.agent(door.port, await agency.token()):
        job_id = await rig.submit("waits_for", diary)
        while not diary.lines():  # what is running by the table may not have come to the agent
            await asyncio.sleep(0.02)
        async with rig.database.begin() as session:
            (agent,) = (await agency.fleet.page(session, None, limit=9)).items
            await agency.fleet.set_draining(session, None, agent.id, draining=True)

        async def paused() -> bool | None:
            return True if all(one.known.agent.draining for one in door.sessions) else None

        await eventually(paused)
        later = await rig.submit("echo", {"value": 1})
        diary.write("go")
        assert (await rig.ended(job_id)).status is Status.SUCCEEDED
        await rig.until(later, Status.QUEUED)  # a claim that was under way is put back
        async with rig.database.begin() as session:
            await agency.fleet.set_draining(session, None, agent.id, draining=False)
        assert (await rig.ended(later)).status is Status.SUCCEEDED
        *before, last = [outcome for _, outcome in await rig.outcomes(later)]
        assert (set(before) <= {"released"}, last) == (True, "succeeded")


@pytest.mark.threat("F15")
async def test_an_agent_that_is_told_to_stop_gives_its_jobs_back_uncharged(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door() as door:
        async with agency.agent(door.port, await agency.token(), drain_s=0.1):
            job_id = await rig.submit("waits_for", diary)
            await rig.until(job_id, Status.RUNNING)
        job = await rig.until(job_id, Status.QUEUED)  # the server puts back what the agent was not given yet
        assert job.attempt == 0
        assert await rig.outcomes(job_id) == [(1, "released")]


@pytest.mark.threat("F15")
@pytest.mark.parametrize("later_s", [0.0, 0.002, 0.004, 0.008, 0.016])
async def test_what_is_claimed_while_an_agent_says_that_it_leaves_goes_to_others_at_once(
    agency: Agency, rig: Rig, later_s: float
) -> None:
    async with agency.door(lease_s=200.0) as door:
        async with raw_agent(door.port, await agency.token(), ["echo"]) as agent:
            job_id = await rig.submit("echo", {"value": 1})
            await asyncio.sleep(later_s)
            await agent.say(wire.FromAgent(leaving=wire.Leaving()))
            await agent.say(wire.FromAgent(beat=wire.Beat(number=1)))
            given: list[wire.Assign] = []
            while (message := await agent.call.read()).WhichOneof("kind") != "beat":
                given.append(message.assign)
            for job in given:
                await agent.ask(job, end=wire.End(outcome="released"))
        async with rig.worker():
            assert (await rig.ended(job_id)).status is Status.SUCCEEDED
        assert (await rig.outcomes(job_id))[-1][1] == "succeeded"


@pytest.mark.threat("F15")
async def test_what_is_claimed_while_an_agent_is_told_to_take_no_more_goes_to_others_at_once(
    agency: Agency, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Claimant._claim

    async def slow(claimant: Claimant, count: int, *, unsure: bool) -> Claim:
        found = await claim(claimant, count, unsure=unsure)
        of_agent = [session for session in door.sessions if session.claimant is claimant]
        for session in of_agent if found.jobs else ():
            async with rig.database.begin() as transaction:
                await agency.fleet.set_draining(transaction, None, agent.welcome.agent_id, draining=True)
            while not session.known.agent.draining:
                await asyncio.sleep(0.01)
        return found

    monkeypatch.setattr(Claimant, "_claim", slow)  # of all: a session's first claim runs as soon as it is there
    async with agency.door(lease_s=200.0) as door:
        async with raw_agent(door.port, await agency.token(), ["echo"]) as agent:
            job_id = await rig.submit("echo", {"value": 1})

            async def released() -> bool | None:
                return await rig.outcomes(job_id) == [(1, "released")] or None

            await eventually(released)
        async with rig.worker():
            job = await rig.ended(job_id)
        assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
