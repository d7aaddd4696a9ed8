"""What is cut, killed or restarted is taken up again, and nothing is recorded twice. Faults F01, F14, F19."""

import asyncio
import os
import signal

import pytest

from cutroom.agents.session import Session
from cutroom.fleet import Known
from cutroom.jobs import Status
from tests.agents.agency import Agency
from tests.agents.proxy import Proxy
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig, eventually


async def told(rig: Rig, job_id: str, least: int) -> list[str]:
    """The lines that a job has logged, once there are so many."""

    async def enough() -> list[str] | None:
        lines = [str(event.data["message"]) for event in await rig.events(job_id) if event.kind == "log"]
        return lines if len(lines) >= least else None

    return await eventually(enough)


async def back(session: Session, epoch: int) -> None:
    """Wait until the agent has come back: what it had said before may be written down later than it is cut off."""

    async def there() -> bool | None:
        return session.lease.epoch > epoch or None

    await eventually(there)


@pytest.mark.threat("F19")
async def test_a_stream_that_is_cut_goes_on_where_it_was_and_nothing_is_told_twice(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with (
        agency.door() as door,
        Proxy(door.port).running() as proxy,
        agency.agent(proxy.port, await agency.token()),
    ):
        job_id = await rig.submit("counts", diary)
        for cut in range(3):
            await told(rig, job_id, 20 * (cut + 1))
            (session,) = door.sessions
            epoch = session.lease.epoch
            proxy.cut()
            await back(session, epoch)
            count = len(await told(rig, job_id, 1))
            await told(rig, job_id, count + 20)
        diary.write("go")
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
    assert diary.lines() == ["before", "go", "after"]
    assert await told(rig, job_id, 1) == [f"line {number}" for number in range(job.output)]


@pytest.mark.threat("F19")
async def test_a_session_goes_on_at_another_node_with_its_jobs(agency: Agency, rig: Rig, diary: Diary) -> None:
    async with (
        agency.door() as second,
        agency.door() as first,
        Proxy(first.port).running() as proxy,
        agency.agent(proxy.port, await agency.token()),
    ):
        job_id = await rig.submit("counts", diary)
        await told(rig, job_id, 20)
        proxy.target = second.port
        proxy.cut()

        async def moved() -> bool | None:
            return True if len(second.sessions) == 1 and not first.sessions else None

        await eventually(moved)
        count = len(await told(rig, job_id, 1))
        await told(rig, job_id, count + 20)
        diary.write("go")
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
    assert diary.lines() == ["before", "go", "after"]
    assert await told(rig, job_id, 1) == [f"line {number}" for number in range(job.output)]
    assert await rig.outcomes(job_id) == [(1, "succeeded")]


@pytest.mark.threat("F15")
async def test_a_server_that_is_restarted_finds_its_agents_and_their_jobs_again(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with Proxy(0).running() as proxy:
        token = await agency.token()
        job_id = await rig.submit("counts", diary)
        async with agency.door() as door:
            proxy.target = door.port
            ran = agency.agent(proxy.port, token)
            await ran.__aenter__()
            count = len(await told(rig, job_id, 20))
        async with agency.door() as door:
            proxy.target = door.port
            await told(rig, job_id, count + 20)
            diary.write("go")
            job = await rig.ended(job_id)
            await ran.__aexit__(None, None, None)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
    assert await told(rig, job_id, 1) == [f"line {number}" for number in range(job.output)]


@pytest.mark.threat("F19")
async def test_an_agent_that_is_cut_off_for_too_long_stops_and_the_job_is_run_again(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    child = Diary(path=f"{diary.path}.child")
    async with (
        agency.door(lease_s=3.0) as door,
        Proxy(door.port).running() as proxy,
        agency.agent(proxy.port, await agency.token()) as agent,
    ):
        job_id = await rig.submit("has_child", child)

        async def forked() -> bool | None:
            return bool(child.lines()) or None

        await eventually(forked)
        proxy.refuses = True
        proxy.cut()

        async def stopped() -> bool | None:
            return True if not agent.holdings() else None

        await eventually(stopped)
        for pid in child.lines():
            with pytest.raises(ProcessLookupError):
                os.kill(int(pid), 0)
        attempt = (await rig.get(job_id)).attempt  # the first, if this machine did not stand still before the cut
        async with rig.worker(poll_s=0.1):

            async def again() -> bool | None:
                return True if (await rig.get(job_id)).attempt > attempt else None

            await eventually(again)
            await rig.cancel(job_id)
            job = await rig.ended(job_id)
        proxy.refuses = False  # it can say goodbye
    assert job.status is Status.CANCELLED
    assert (await rig.outcomes(job_id))[attempt - 1] == (attempt, "lost")


@pytest.mark.threat("F01")
async def test_an_agent_that_is_killed_loses_its_job_to_another_after_the_last_finished_step(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door(lease_s=200.0) as door, rig.worker(slots=1, poll_s=0.1):
        async with agency.process(door.port, await agency.token(), labels=["here"]) as child:
            job_id = await rig.submit("gated_steps", diary, needs=["here"])
            diary.write("go one")

            async def first() -> bool | None:
                return await rig.sql("SELECT name FROM job_steps WHERE job_id = :id", id=job_id) == [("one",)] or None

            await eventually(first)
            child.send(signal.SIGKILL)
            await child.wait()

            async def lost() -> bool | None:
                await rig.lapse()  # again, if a beat was under way
                return await rig.outcomes(job_id) == [(1, "lost")] or None

            await eventually(lost)
        for step in ("two", "three"):
            diary.write(f"go {step}")
        async with agency.agent(door.port, await agency.token(), labels=("here",)):
            job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 2)
    assert sorted(line for line in diary.lines() if not line.startswith("go")) == ["one", "three", "two"]
    assert await rig.outcomes(job_id) == [(1, "lost"), (2, "succeeded")]


async def test_an_agent_that_starts_anew_gives_up_what_its_last_life_had(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    token = await agency.token()
    async with agency.door(lease_s=200.0) as door, rig.worker(slots=1, poll_s=0.1):
        async with agency.process(door.port, token, labels=["here"]) as child:
            job_id = await rig.submit("waits_for", diary, needs=["here"])
            await rig.until(job_id, Status.RUNNING)
            child.send(signal.SIGKILL)
            await child.wait()
        diary.write("go")
        async with agency.agent(door.port, token, labels=("here",)):
            job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 2)


@pytest.mark.threat("A82")
async def test_an_agent_that_is_shut_out_is_cut_off_and_its_job_goes_to_others(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door(lease_s=200.0) as door:
        async with agency.process(door.port, await agency.token()) as child:
            job_id = await rig.submit("waits_for", diary)
            await rig.until(job_id, Status.RUNNING)
            async with rig.database.begin() as session:
                (agent,) = (await agency.fleet.page(session, None, limit=9)).items
                await agency.fleet.revoke(session, None, agent.id)
            async with asyncio.timeout(45):
                assert await child.wait() != 0, "it learns that it is not wanted, and ends"
        diary.write("go")
        async with rig.worker(poll_s=0.1):
            job = await rig.ended(job_id)
        assert (job.status, job.attempt) == (Status.SUCCEEDED, 2)

        async def forgotten() -> bool | None:
            return True if not door.sessions else None

        await eventually(forgotten)
        async with rig.database.begin() as session:
            assert await agency.fleet.still(session, Known(agent, "agk_x")) is None


@pytest.mark.threat("F19")
async def test_what_was_given_up_and_has_not_ended_when_the_agent_comes_back_is_given_anew(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with (
        agency.door() as door,
        Proxy(door.port).running() as proxy,
        agency.agent(proxy.port, await agency.token(), slots=2) as agent,
    ):
        job_id = await rig.submit("lingers", diary)
        assert await told(rig, job_id, 1) == ["try 1"]
        (first,) = agent.holdings()
        first.stop("lost")  # as when nothing was heard of the server for nearly a lease
        proxy.cut()
        job = await rig.ended(job_id)
        async with asyncio.timeout(60):
            while agent.holdings() != [first]:
                await asyncio.sleep(0.01)
        diary.write("go")
    assert (job.status, job.attempt, job.output) == (Status.SUCCEEDED, 1, 2)
    assert await told(rig, job_id, 2) == ["try 1", "try 2"]
