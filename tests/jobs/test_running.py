from cutroom.jobs import Status
from tests.jobs.rig import Rig


async def test_a_job_runs_to_its_output(rig: Rig) -> None:
    job = await rig.run("same", {"value": 21})
    assert (job.status, job.output, job.progress, job.attempt) == (Status.SUCCEEDED, 42, 1.0, 1)
    assert await rig.states(job.id) == [("queued", 0), ("running", 1), ("succeeded", 1)]
    assert await rig.outcomes(job.id) == [(1, "succeeded")]
