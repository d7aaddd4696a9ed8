"""How the steps of one attempt are let on, and what Temporal keeps of it."""

from collections import Counter

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory

from cutroom.jobs import Status
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig, eventually


async def closed(client: Client, job_id: str) -> WorkflowHistory:
    """The history of a job's run, when that is over."""

    async def over() -> WorkflowHistory | None:
        handle = client.get_workflow_handle(job_id)
        if (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            return None
        return await handle.fetch_history()

    return await eventually(over)


def activities(history: WorkflowHistory) -> Counter[str]:
    return Counter(
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    )


async def test_every_step_is_an_activity_named_after_its_kind(rig: Rig, client: Client, diary: Diary) -> None:
    job = await rig.run("side_by_side", diary.model_copy(update={"value": 6}))
    assert (job.status, job.output) == (Status.SUCCEEDED, [1] * 6), "all six ran at the same time"
    async with rig.worker():
        history = await closed(client, job.id)
    assert activities(history) == {"cutroom.begin": 1, "side": 6}


async def test_a_step_that_is_wanted_while_a_long_one_runs_does_not_wait_for_it(rig: Rig, diary: Diary) -> None:
    job = await rig.run("late_wish", diary)
    assert (job.status, job.output, diary.lines()) == (Status.SUCCEEDED, [1, 1], ["short", "long"])


async def test_a_step_is_tried_again_by_temporals_own_policy(rig: Rig, client: Client, diary: Diary) -> None:
    async with rig.worker():
        job = await rig.ended(await rig.submit("tries_steps", diary))
        history = await closed(client, job.id)
    assert (job.status, job.output) == (Status.SUCCEEDED, 3)
    policies = [
        event.activity_task_scheduled_event_attributes.retry_policy.maximum_attempts
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    tries = [
        event.activity_task_started_event_attributes.attempt
        for event in history.events
        if event.HasField("activity_task_started_event_attributes")
    ]
    assert (policies, tries) == ([1, 3], [1, 3])


async def test_a_function_goes_on_after_steps_that_failed_or_were_given_up(
    rig: Rig, client: Client, diary: Diary
) -> None:
    async with rig.worker():
        job = await rig.ended(await rig.submit("catches", diary))
        history = await closed(client, job.id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
    assert diary.lines() == ["not_that", "stopped", "too long", "after"]
    failed = [
        event.activity_task_failed_event_attributes.failure.application_failure_info.type
        for event in history.events
        if event.HasField("activity_task_failed_event_attributes")
    ]
    assert failed == ["not_that"]


async def test_temporal_learns_ids_names_and_codes_and_nothing_of_what_a_job_is_about(
    rig: Rig, client: Client, diary: Diary
) -> None:
    async with rig.worker():
        job = await rig.ended(await rig.submit("keeps_secrets", diary))
        history = await closed(client, job.id)
    assert job.status is Status.FAILED
    raw = b"".join(event.SerializeToString() for event in history.events)
    assert job.id.encode() in raw
    assert b"a secret" not in raw
    assert diary.path.encode() not in raw
    assert history.events[-1].HasField("workflow_execution_failed_event_attributes")
    failure = history.events[-1].workflow_execution_failed_event_attributes.failure
    assert failure.application_failure_info.type == "told"


async def test_what_needs_a_label_is_left_to_agents(rig: Rig) -> None:
    needy = await rig.submit("echo", {"value": 1}, needs=["gpu"])
    async with rig.worker():
        assert (await rig.ended(await rig.submit("echo", {"value": 2}))).status is Status.SUCCEEDED
        assert (await rig.get(needy)).status is Status.QUEUED
