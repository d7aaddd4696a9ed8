"""What agents run is what workers run, over a stream."""

from cutroom.jobs import Status
from tests.agents.agency import Agency
from tests.jobs.flows import A, Diary, Fan
from tests.jobs.rig import Rig


async def test_an_agent_runs_a_job_with_its_steps_events_and_output(agency: Agency, rig: Rig, diary: Diary) -> None:
    async with agency.door() as door, agency.agent(door.port, await agency.token()):
        job_id = await rig.submit("three_steps", diary)
        job = await rig.ended(job_id)
    assert (job.status, job.attempt, job.error) == (Status.SUCCEEDED, 1, None)
    assert diary.lines() == ["one", "two", "three"]
    assert await rig.states(job_id) == [("queued", 0), ("running", 1), ("succeeded", 1)]


async def test_a_fan_out_runs_on_an_agent_of_the_workspace_alone(agency: Agency, rig: Rig, diary: Diary) -> None:
    async with agency.door() as door, agency.agent(door.port, await agency.token(A), slots=2):
        job = await rig.ended(await rig.submit("fan", Fan(items=[1, 2, 3], path=diary.path)))
    assert (job.status, job.error) == (Status.SUCCEEDED, None)
    workers = await rig.sql("SELECT DISTINCT worker LIKE 'agent:agt_%' FROM job_attempts")
    assert workers == [(True,)]
