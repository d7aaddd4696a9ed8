"""What an agent goes on with when its session comes to another node, and what it is given again. Faults F14, F19."""

from typing import Any

import pytest

from cutroom.agents.convert import claimed_of
from cutroom.agents.handover import Carried, carried_of
from cutroom.agents.limits import MAX_EVENTS
from cutroom.agents.numbers import Numbers
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs import Status
from cutroom.jobs.claiming import Begun, Claimed
from tests.agents.agency import Agency
from tests.agents.raw import Raw, raw_agent
from tests.agents.test_attacks import code_of, log_of
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig


def held(job: wire.Assign) -> wire.Held:
    return wire.Held(job_id=job.job_id, fence=job.fence, base=job.event_seq)


async def ends(rig: Rig, raw: Raw, job: wire.Assign) -> Status:
    await raw.ask(job, end=wire.End(outcome="succeeded", output="1"))
    return (await rig.ended(job.job_id)).status


@pytest.mark.threat("F19")
async def test_an_assignment_that_was_lost_is_given_again_by_the_next_node(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door(lease_s=30.0) as first, agency.door(lease_s=30.0) as second:
        token = await agency.token()
        async with raw_agent(first.port, token, ["waits_for"]) as raw:
            job_id = await rig.submit("waits_for", diary)
            await rig.until(job_id, Status.RUNNING)  # the assignment is not read
        async with raw_agent(second.port, token, ["waits_for"], session_id=raw.welcome.session_id) as again:
            assert again.welcome.session_id == raw.welcome.session_id
            assert not again.welcome.kept
            job = await again.hear("assign")
            assert job.job_id == job_id
            told = await again.ask(job, notes=wire.Notes(events=[log_of("one")]))
            assert told.told.told == 1
            assert await ends(rig, again, job) is Status.SUCCEEDED
    assert await rig.outcomes(job_id) == [(1, "succeeded")]


@pytest.mark.threat("F19")
async def test_an_agent_that_missed_a_welcome_goes_on_under_the_fence_after_the_next(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door(lease_s=30.0) as first, agency.door(lease_s=30.0) as second:
        token = await agency.token()
        async with raw_agent(first.port, token, ["waits_for"]) as raw:
            job_id = await rig.submit("waits_for", diary)
            job = await raw.hear("assign")
            await raw.ask(job, notes=wire.Notes(events=[log_of("one")]))
        comes: dict[str, Any] = {"session_id": raw.welcome.session_id, "held": [held(job)]}
        async with raw_agent(second.port, token, ["waits_for"], **comes):
            pass  # it does not hear this welcome
        async with raw_agent(first.port, token, ["waits_for"], **comes) as again:
            (kept,) = again.welcome.kept
            assert (kept.old_fence, kept.fence, kept.told) == (job.fence, job.fence + 2, 1)
            job.fence = kept.fence
            assert await ends(rig, again, job) is Status.SUCCEEDED
    assert await rig.outcomes(job_id) == [(1, "succeeded")]


@pytest.mark.threat("A83")
async def test_what_an_agent_says_of_its_beginning_gives_it_no_more_events(
    agency: Agency, rig: Rig, diary: Diary
) -> None:
    async with agency.door(lease_s=30.0) as first, agency.door(lease_s=30.0) as second:
        token = await agency.token()
        async with raw_agent(first.port, token, ["waits_for"]) as raw:
            await rig.submit("waits_for", diary)
            job = await raw.hear("assign")
            await raw.ask(job, notes=wire.Notes(events=[log_of("x")] * 20))
        lie = held(job)
        lie.base += 20
        comes: dict[str, Any] = {"session_id": raw.welcome.session_id, "held": [lie]}
        async with raw_agent(second.port, token, ["waits_for"], **comes) as again:
            job.fence = again.welcome.kept[0].fence
            many = wire.Notes(events=[log_of("x")] * (MAX_EVENTS - 10))
            assert code_of(await again.ask(job, notes=many)) == "too_many_events"


def claimed(fence: int, seq: int) -> Claimed:
    return claimed_of(wire.Assign(job_id="job_1", fence=fence, event_seq=seq))


@pytest.mark.parametrize(
    ("one", "resumed", "found"),
    [
        (wire.Held(job_id="job_1", fence=4, base=3), False, Carried(4, 7, 0)),
        (wire.Held(job_id="job_1", fence=3, base=3), False, Carried(3, 7, 0)),
        (wire.Held(job_id="job_1", fence=4, base=8), False, Carried(4, 2, 5)),
        (wire.Held(job_id="job_1", fence=4, base=8), True, Carried(4, 2, 0)),
        (wire.Held(job_id="job_1", fence=3, base=2), False, None),  # an attempt before this one
        (wire.Held(job_id="job_1", fence=4, base=11), False, None),
        (wire.Held(job_id="job_1", fence=6, base=3), False, None),
        (wire.Held(job_id="job_2", fence=4, base=3), False, None),
    ],
)
def test_what_an_agent_has_is_found_by_its_job_and_its_beginning(
    one: wire.Held, resumed: Any, found: Carried | None
) -> None:
    carried = carried_of([one], [claimed(5, 10)], {"job_1": Begun(3, resumed)})
    assert carried.get("job_1") == found


@pytest.mark.threat("F14")
async def test_a_question_that_failed_does_not_count_as_carried_out(agency: Agency, rig: Rig, diary: Diary) -> None:
    async with agency.door(lease_s=30.0) as door:
        token = await agency.token()
        async with raw_agent(door.port, token, ["waits_for"]) as raw:
            await rig.submit("waits_for", diary)
            job = await raw.hear("assign")
            assert (await raw.ask(job, record=wire.Record(step="a", result="1"))).done.yes
            assert code_of(await raw.ask(job, record=wire.Record(step="b", result="NaN"))) == "bad_json"
            assert (await raw.ask(job, record=wire.Record(step="c", result="1"))).done.yes
        comes: dict[str, Any] = {"session_id": raw.welcome.session_id, "held": [held(job)]}
        async with raw_agent(door.port, token, ["waits_for"], **comes, answered=1) as again:
            assert again.welcome.applied == 1
        async with raw_agent(door.port, token, ["waits_for"], **comes, answered=3) as again:
            assert again.welcome.applied == 3


def test_numbers_are_counted_up_to_the_first_that_failed_and_was_not_heard() -> None:
    numbers = Numbers(2)
    for number, failed in ((4, False), (3, True), (6, True), (5, False), (7, False)):
        numbers.note(number, failed=failed)
    assert numbers.applied == 2
    numbers.answered(3)
    assert numbers.applied == 3
    numbers.answered(6)
    assert numbers.applied == 7
