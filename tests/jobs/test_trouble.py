"""Troubles of one worker: stuck rows, lost answers, a full disk, a cancel of the whole program."""

import asyncio
import errno
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from cutroom.db import Listener
from cutroom.jobs import AttemptRef, Files, Status, Worker, WorkerSettings, ledger
from cutroom.jobs import lifeline as lifelines
from cutroom.jobs.lifeline import lifeline
from cutroom.jobs.rescuer import Rescuer
from tests.jobs.flows import Diary, Fan
from tests.jobs.rig import Rig, eventually, no_files

UNHELD_S = 45.0
"""Who ends within this was not held up by a row that is locked for longer, where nobody gives up waiting for one."""


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that wait for a locked row wait for minutes."""
    longer = lifelines._SETTINGS.replace("lock_timeout = '5s'", "lock_timeout = '5min'")
    assert longer != lifelines._SETTINGS
    monkeypatch.setattr(lifelines, "_SETTINGS", longer)
    monkeypatch.setattr(ledger, "WITHIN_S", 300.0)


@pytest.mark.threat("F08")
@pytest.mark.both_engines
@pytest.mark.usefixtures("patient")
async def test_a_job_whose_row_somebody_holds_waits_and_goes_on_and_others_are_not_held_up(
    rig: Rig, diary: Diary
) -> None:
    async with rig.worker(slots=4):
        stuck = await rig.submit("gated_steps", diary)
        await rig.until(stuck, Status.RUNNING)
        async with rig.database.begin() as frozen:
            await frozen.execute(text("SELECT 1 FROM jobs WHERE id = :id FOR UPDATE"), {"id": stuck})
            for step in ("one", "two", "three"):
                diary.write(f"go {step}")
            others = [await rig.submit("says_much", {"value": 50}) for _ in range(5)]
            for job_id in others:
                assert (await rig.ended(job_id, within_s=UNHELD_S)).status is Status.SUCCEEDED

            async def first() -> bool | None:
                return "one" in diary.lines() or None

            await eventually(first)
            await asyncio.sleep(1.0)
            assert "two" not in diary.lines(), "a step that is not recorded is not over"
        job = await rig.ended(stuck)
    assert (job.status, job.attempt, job.output) == (Status.SUCCEEDED, 1, [1, 1, 1])


@pytest.mark.both_engines
@pytest.mark.usefixtures("patient")
async def test_the_end_of_a_job_whose_row_somebody_holds_is_written_when_it_is_free(rig: Rig, diary: Diary) -> None:
    async with rig.worker(slots=4):
        ids = [await rig.submit("waits_for", diary) for _ in range(3)]
        for job_id in ids:
            await rig.until(job_id, Status.RUNNING)
        async with rig.database.begin() as frozen:
            await frozen.execute(text("SELECT 1 FROM jobs WHERE id = :id FOR UPDATE"), {"id": ids[0]})
            diary.write("go")
            for job_id in ids[1:]:
                assert (await rig.ended(job_id, within_s=UNHELD_S)).status is Status.SUCCEEDED
            assert (await rig.get(ids[0])).status is Status.RUNNING
        assert (await rig.ended(ids[0])).status is Status.SUCCEEDED


@pytest.mark.threat("F04")
async def test_a_claim_whose_answer_was_lost_is_put_back_within_a_moment(rig: Rig) -> None:
    job_id = await rig.submit("same", {"value": 1})
    await rig.sql("UPDATE jobs SET status = 'scheduled', run_at = clock_timestamp() + interval '1 hour'")
    async with rig.worker(lease_s=600, poll_s=0.1) as worker:
        # What a claim leaves when its connection dies between the commit and the answer.
        await rig.sql(
            "UPDATE jobs SET status = 'running', run_at = NULL, attempt = 1, fence = 1, worker = :worker, "
            "lease_until = clock_timestamp() + interval '10 minutes'",
            worker=worker.name,
        )
        await asyncio.sleep(0.5)
        assert (await rig.get(job_id)).status is Status.RUNNING, "a worker that heard every answer has nothing to doubt"
        with capture_logs() as logs:
            await rig.sql("ALTER TABLE lanes RENAME TO lanes_away")

            async def failed() -> bool | None:
                return any(line["event"] == "worker.claim_failed" for line in logs) or None

            await eventually(failed)
            await rig.sql("ALTER TABLE lanes_away RENAME TO lanes")
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)


@pytest.mark.threat("F08")
async def test_a_worker_frozen_in_a_transaction_holds_its_locks_for_seconds_only(rig: Rig) -> None:
    own = lifeline(rig.database)
    await rig.submit("same", {"value": 1})
    try:
        async with own.begin() as frozen:
            await frozen.execute(text("SELECT 1 FROM jobs FOR UPDATE"))
            async with rig.database.begin() as other:
                await other.execute(text("SET LOCAL lock_timeout = '45s'"))
                await other.execute(text("SELECT 1 FROM jobs FOR UPDATE"))
            with pytest.raises(DBAPIError):
                await frozen.execute(text("SELECT 1"))
            await frozen.rollback()
    finally:
        await own.close()


@pytest.mark.threat("F05")
async def test_a_full_disk_fails_the_attempt_and_not_the_worker(rig: Rig) -> None:
    def full(ref: AttemptRef, scratch: Path) -> Files:
        if ref.attempt == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return no_files(ref, scratch)

    listener, stop = Listener(rig.database.url), asyncio.Event()
    settings = WorkerSettings(poll_s=0.1)
    async with asyncio.TaskGroup() as group:
        worker = Worker(rig.database, listener, rig.registry, full, rig.folder, settings)
        group.create_task(worker.run(stop))
        job = await rig.ended(await rig.submit("uses_files", {"value": 1}))
        stop.set()
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 2)
    errors = await rig.sql("SELECT error ->> 'code' FROM job_attempts WHERE error IS NOT NULL")
    assert errors == [("disk_full",)]


async def test_a_worker_that_is_cancelled_leaves_at_once_and_its_jobs_are_taken_over(rig: Rig, diary: Diary) -> None:
    listener = Listener(rig.database.url)
    worker = Worker(rig.database, listener, rig.registry, no_files, rig.folder, WorkerSettings(poll_s=0.1))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.run(asyncio.Event()))
        job_id = await rig.submit("waits_for", diary)

        async def started() -> bool | None:
            return bool(diary.lines()) or None

        await eventually(started)
        running.cancel()
        await asyncio.wait({running}, timeout=30)
        assert running.cancelled()
    assert (await rig.get(job_id)).status is Status.RUNNING
    await rig.lapse()
    diary.write("go")
    async with rig.worker():
        job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 2)


@pytest.mark.both_engines
async def test_an_attempt_that_learns_from_its_beat_that_it_lost_the_job_stops(rig: Rig, diary: Diary) -> None:
    async with rig.worker(lease_s=60) as worker:
        job_id = await rig.submit("waits_for", diary)

        async def started() -> bool | None:
            return bool(diary.lines()) or None

        await eventually(started)
        (holding,) = worker.holdings()
        await rig.sql("UPDATE jobs SET fence = fence + 1, worker = 'another'")

        async def gone() -> bool | None:
            return not worker.holdings() or None

        await eventually(gone)
        assert holding.reason == "lost"
        assert await rig.states(job_id) == [("queued", 0), ("running", 1)]


@pytest.mark.both_engines
async def test_a_flood_of_progress_from_an_attempt_that_lost_its_job_is_dropped(rig: Rig) -> None:
    async with rig.worker(lease_s=60) as worker:
        job_id = await rig.submit("talks_on", {"value": 1})

        async def told() -> bool | None:
            return len(await rig.events(job_id)) > 3 or None

        await eventually(told)
        await rig.sql("UPDATE jobs SET fence = fence + 1, worker = 'another'")
        before = await rig.events(job_id)

        async def gone() -> bool | None:
            return not worker.holdings() or None

        await eventually(gone)
        assert await rig.events(job_id) == before


@pytest.mark.both_engines
async def test_a_map_whose_item_was_cancelled_by_itself_fails(rig: Rig, diary: Diary) -> None:
    async with rig.worker(slots=2):
        job_id = await rig.submit("fan", Fan(items=[1, 2], path=diary.path, special={0: "wait", 1: "wait"}))

        async def both_run() -> bool | None:
            return diary.lines().count("item 0") + diary.lines().count("item 1") == 2 or None

        await eventually(both_run)
        await rig.sql("UPDATE jobs SET cancel_requested_at = clock_timestamp() WHERE parent_index = 1")
        diary.write("go")
        job = await rig.ended(job_id)
    assert job.status is Status.FAILED
    assert job.error is not None
    assert (job.error["code"], job.error["message"]) == ("item_cancelled", "Item 1 of 'items' was cancelled.")


async def test_a_rescue_that_fails_does_not_keep_others_from_being_rescued(rig: Rig) -> None:
    ids = [await rig.submit("echo", {"value": number}, max_attempts=1) for number in range(3)]
    await rig.sql(
        "UPDATE jobs SET status = 'running', attempt = 1, fence = 1, worker = 'w', "
        "lease_until = clock_timestamp() - interval '1 s'"
    )
    await rig.sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'")
    await rig.sql(
        f"CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW WHEN (OLD.id = '{ids[1]}') EXECUTE FUNCTION refuse()"
    )
    assert (await Rescuer(rig.database, None, grace_s=0).look()).rescued == 2
    assert [(await rig.get(job_id)).status for job_id in ids] == [Status.FAILED, Status.RUNNING, Status.FAILED]


@pytest.mark.threat("F05", "P10")
async def test_a_worker_without_room_claims_nothing_until_there_is_some(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 5
    monkeypatch.setattr("cutroom.jobs.worker.DISK_S", 0.02)
    monkeypatch.setattr("cutroom.kit.scratch.Scratch.free_bytes", lambda _: room)
    job_id = await rig.submit("echo", {"value": 1})
    with capture_logs() as logs:
        async with rig.worker(free_bytes=10):

            async def low() -> bool | None:
                return any(line["event"] == "worker.disk_low" for line in logs) or None

            await eventually(low)
            await asyncio.sleep(0.5)
            assert (await rig.get(job_id)).attempt == 0
            room = 10
            job = await rig.ended(job_id)
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)
