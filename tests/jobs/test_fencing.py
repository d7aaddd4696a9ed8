"""A worker whose lease was given to another cannot write, whatever it tries."""

from types import SimpleNamespace
from typing import Any

import pytest

from cutroom.jobs import Status, claiming, ending, heartbeat, suspending, writing
from cutroom.jobs.claiming import Claimed
from cutroom.jobs.ending import End, Outcome
from cutroom.jobs.errors import LeaseLost, NewItems
from cutroom.jobs.recorder import Recorder
from cutroom.jobs.rescuer import Rescuer, nap
from cutroom.jobs.writing import StepResult, Write, Written
from tests.jobs.flows import A
from tests.jobs.rig import Rig


async def claim(rig: Rig, worker: str) -> Claimed:
    async with rig.database.begin() as session:
        (job,) = (await claiming.claim(session, worker=worker, count=1, lease_s=30)).jobs
    return job


async def expire(rig: Rig) -> None:
    await rig.sql("UPDATE jobs SET lease_until = clock_timestamp() - interval '1 ms' WHERE status = 'running'")


async def rescue(rig: Rig) -> int:
    return (await Rescuer(rig.database, None, grace_s=0).look()).rescued


async def lost(rig: Rig) -> tuple[Claimed, Claimed]:
    """The same job as its first worker and as the one that took over know it."""
    await rig.submit("fails_at_first", {"path": "/dev/null"})
    late = await claim(rig, "late")
    await expire(rig)
    assert await rescue(rig) == 1
    new = await claim(rig, "new")
    assert (late.id, late.fence + 1) == (new.id, new.fence)
    return late, new


async def everything(rig: Rig) -> list[Any]:
    tables = ("jobs", "job_steps", "job_attempts", "job_events")
    return [await rig.sql(f"SELECT t::text FROM {table} AS t ORDER BY 1") for table in tables]  # noqa: S608


@pytest.mark.threat("F07")
async def test_a_late_worker_cannot_record_a_step_or_tell_anything(rig: Rig) -> None:
    late, new = await lost(rig)
    recorder = Recorder()
    recorder.log("info", "I am late", {})
    recorder.progress(0.5, "late")
    before = await everything(rig)
    async with rig.database.begin() as session:
        write = Write(late.id, late.fence, recorder.take(), StepResult("before", "1", 0.1))
        assert await writing.write(session, [write]) == [Written.LOST]
    assert await everything(rig) == before
    async with rig.database.begin() as session:
        assert await writing.write(session, [Write(new.id, new.fence, None, write.step)]) == [Written.YES]


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "cancelled", "released", "lost"])
@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.threat("F07")
async def test_a_late_worker_cannot_end_the_job(rig: Rig, outcome: Outcome, *, wait: bool) -> None:
    late, new = await lost(rig)
    before = await everything(rig)
    async with rig.database.begin() as session:
        end = End(late.id, late.fence, None, outcome, output="1", error={"code": "late"})
        (ended,) = await ending.end(session, [end], None, wait=wait)
    assert ended is not None
    assert ended.job is None
    assert await everything(rig) == before
    assert (await rig.get(new.id)).status is Status.RUNNING


async def test_a_late_worker_cannot_make_items(rig: Rig) -> None:
    late, _ = await lost(rig)
    before = await everything(rig)
    async with rig.database.begin() as session:
        wait = NewItems("items", "item", ("{}",), None)
        with pytest.raises(LeaseLost):
            await suspending.suspend(session, rig.registry, late.id, late.fence, [wait], None)
    assert await everything(rig) == before


async def test_a_late_worker_cannot_renew_its_lease_and_learns_that_it_lost_it(rig: Rig) -> None:
    late, new = await lost(rig)
    async with rig.database.begin() as session:
        beats = await heartbeat.beat(session, [(late.id, late.fence)], 30)
        assert [(beat.renewed, beat.held) for beat in beats] == [(False, False)]
        beats = await heartbeat.beat(session, [(new.id, new.fence)], 30)
        assert [(beat.renewed, beat.held, beat.cancelled) for beat in beats] == [(True, True, False)]


async def test_a_lease_that_was_renewed_in_time_is_not_taken(rig: Rig) -> None:
    await rig.submit("same", {"value": 1})
    job = await claim(rig, "w")
    await expire(rig)
    async with rig.database.begin() as session:
        await heartbeat.beat(session, [(job.id, job.fence)], 30)
    assert await rescue(rig) == 0
    async with rig.database.begin() as session:
        (ended,) = await ending.end(session, [End(job.id, job.fence, None, "lost")], None, wait=True)
    assert ended is not None
    assert ended.job is None


async def test_a_row_that_another_transaction_holds_does_not_hold_up_the_beat_of_others(rig: Rig) -> None:
    for value in (1, 2):
        await rig.submit("same", {"value": value})
    stuck, free = await claim(rig, "w"), await claim(rig, "w")
    async with rig.database.begin() as frozen:
        await (await frozen.connection()).exec_driver_sql(f"SELECT 1 FROM jobs WHERE id = '{stuck.id}' FOR UPDATE")  # noqa: S608
        async with rig.database.begin() as session:
            beats = await heartbeat.beat(session, [(stuck.id, stuck.fence), (free.id, free.fence)], 30)
        assert {beat.job_id: (beat.renewed, beat.held) for beat in beats} == {
            stuck.id: (False, True),
            free.id: (True, True),
        }
        async with rig.database.begin() as session:
            step = StepResult("s", "1", 0)
            writes = [Write(stuck.id, stuck.fence, None, step), Write(free.id, free.fence, None, step)]
            assert await writing.write(session, writes) == [Written.BUSY, Written.YES]
        async with rig.database.begin() as session:
            ends = [End(one.id, one.fence, None, "succeeded", output="2") for one in (stuck, free)]
            left_out, ended = await ending.end(session, ends, None, wait=False)
        assert left_out is None
        assert ended is not None
        assert ended.job is not None
        assert ended.job.status is Status.SUCCEEDED
    assert (await rig.get(stuck.id)).status is Status.RUNNING


@pytest.mark.threat("F09")
async def test_a_lost_worker_costs_an_attempt_and_the_last_one_makes_a_dead_letter(rig: Rig) -> None:
    job_id = await rig.submit("same", {"value": 1}, max_attempts=3)
    for attempt in (1, 2, 3):
        assert (await claim(rig, "w")).attempt == attempt
        await expire(rig)
        assert await rescue(rig) == 1
    job = await rig.get(job_id)
    assert (job.status, job.attempt) == (Status.FAILED, 3)
    assert job.dead_at is not None
    assert job.error is not None
    assert job.error["code"] == "worker_lost"
    assert len(job.error["attempts"]) == 3
    assert await rig.outcomes(job_id) == [(1, "lost"), (2, "lost"), (3, "lost")]
    async with rig.database.begin() as session:
        assert [letter.id for letter in (await rig.jobs.dead_letters(session, A)).items] == [job_id]


async def test_a_lost_job_that_was_to_be_cancelled_is_cancelled(rig: Rig) -> None:
    job_id = await rig.submit("same", {"value": 1})
    await claim(rig, "w")
    await rig.cancel(job_id)
    await expire(rig)
    assert await rescue(rig) == 1
    job = await rig.get(job_id)
    assert (job.status, job.error) == (Status.CANCELLED, None)


async def test_nothing_is_taken_from_anybody_shortly_after_the_server_started(rig: Rig) -> None:
    await rig.submit("same", {"value": 1})
    await claim(rig, "w")
    await expire(rig)
    assert (await Rescuer(rig.database, None, grace_s=10_000_000).look()).rescued == 0


async def test_one_rescuer_looks_at_a_time(rig: Rig) -> None:
    await rig.submit("same", {"value": 1})
    await claim(rig, "w")
    await expire(rig)
    async with rig.database.begin() as session:
        await (await session.connection()).exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtextextended('cutroom.jobs.rescuer', 0))"
        )
        assert await rescue(rig) == 0
    assert await rescue(rig) == 1


@pytest.mark.parametrize(("slept_s", "naps"), [(0.0, [1.0]), (4.0, [1.0]), (3600.0, [1.0, 5.0])])
async def test_who_looks_for_dead_workers_lets_those_of_a_machine_that_slept_wake_first(
    monkeypatch: pytest.MonkeyPatch, slept_s: float, naps: list[float]
) -> None:
    clock, slept = [1_000_000.0], []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds + slept_s

    monkeypatch.setattr("cutroom.jobs.rescuer.time", SimpleNamespace(time=lambda: clock[0]))
    monkeypatch.setattr("cutroom.jobs.rescuer.asyncio", SimpleNamespace(sleep=sleep))
    await nap(1.0, 5.0)
    assert slept == naps
