"""Deploys while jobs are under way, and histories that every later release must be able to go on with."""

from pathlib import Path
from typing import Final

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from cutroom.jobs import Status
from cutroom.temporal.driver import JobRun
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig, eventually
from tests.temporal import flows

HISTORIES: Final = Path(__file__).parent / "histories"


async def test_a_workflow_that_changes_while_a_job_of_it_waits_goes_on_by_its_new_code(rig: Rig, diary: Diary) -> None:
    async with rig.worker():
        job_id = await rig.submit("changes", diary)
        await rig.until(job_id, Status.WAITING)
    rig.registry = flows.registry(later=True)
    async with rig.worker():
        job = await rig.ended(job_id)
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, "second", 1)
    assert diary.lines() == ["one", "zero", "two"], "what was done is not done again, and what is new is"


async def test_a_deploy_while_steps_run_charges_nothing_and_repeats_no_finished_step(rig: Rig, diary: Diary) -> None:
    async with rig.process(drain_s=0.2) as old:
        job_id = await rig.submit("gated_steps", diary)
        diary.write("go one")

        async def first_done() -> bool | None:
            return await rig.sql("SELECT count(*) FROM job_steps") == [(1,)] or None

        await eventually(first_done)
        async with rig.worker():
            await old.terminate(grace_s=20)
            diary.write("go two")
            diary.write("go three")
            job = await rig.ended(job_id)
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, [1, 1, 1], 1)
    assert [outcome for _, outcome in await rig.outcomes(job_id)] == ["released", "succeeded"]


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
async def test_runs_of_earlier_releases_can_be_replayed(path: Path) -> None:
    """A new kind of run gets a new file; one that fails here needs `workflow.patched` in the driver."""
    replayer = Replayer(workflows=[JobRun], workflow_runner=UnsandboxedWorkflowRunner())
    await replayer.replay_workflow(WorkflowHistory.from_json("job_replayed", path.read_text()))
