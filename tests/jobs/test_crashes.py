"""Workers in processes of their own, killed and stopped without warning."""

import asyncio
import itertools
import os
import signal
from pathlib import Path

import pytest

from cutroom.jobs import Status
from tests.jobs.flows import A, Diary, Fan
from tests.jobs.rig import Rig, eventually

pytestmark = pytest.mark.both_engines


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


async def says(diary: Diary, line: str, times: int = 1) -> None:
    async def there() -> bool | None:
        return diary.lines().count(line) >= times or None

    await eventually(there)


@pytest.mark.parametrize("finished", [[], ["one"], ["one", "two"]])
@pytest.mark.threat("F01")
async def test_a_worker_killed_in_any_step_is_replaced_and_finished_steps_do_not_run_again(
    rig: Rig, diary: Diary, finished: list[str]
) -> None:
    async with rig.process() as first:
        job_id = await rig.submit("gated_steps", diary)
        await rig.until(job_id, Status.RUNNING)
        for step in finished:
            diary.write(f"go {step}")

        async def recorded() -> bool | None:
            return await rig.sql("SELECT count(*) FROM job_steps") == [(len(finished),)] or None

        await eventually(recorded)
        first.send(signal.SIGKILL)
        await first.wait()
        await rig.lapse()
        for step in ("one", "two", "three"):
            diary.write(f"go {step}")
        async with rig.worker(lease_s=rig.lease_s):
            job = await rig.ended(job_id)
    assert (job.status, job.output, job.attempt) == (Status.SUCCEEDED, [1, 1, 1], 2)
    assert [line for line in diary.lines() if not line.startswith("go")] == ["one", "two", "three"]
    assert await rig.outcomes(job_id) == [(1, "lost"), (2, "succeeded")]


@pytest.mark.threat("F09")
async def test_a_job_that_kills_its_worker_ends_as_a_dead_letter_and_others_go_on(rig: Rig, diary: Diary) -> None:
    poison = await rig.submit("poison", diary)
    good = [await rig.submit("echo", {"value": number}) for number in range(10)]

    async def keep_one_alive(keeper: int) -> None:
        for life in itertools.count():
            name = f"keeper-{keeper}-{life}"
            async with rig.process(slots=2, name=name) as worker:
                await worker.wait()
            await rig.lapse(f"{name}:")

    async with asyncio.TaskGroup() as group:
        keepers = [group.create_task(keep_one_alive(number)) for number in range(2)]
        job = await rig.ended(poison)
        for job_id in good:
            assert (await rig.ended(job_id)).status is Status.SUCCEEDED
        for keeper in keepers:
            keeper.cancel()
    assert (job.status, job.attempt) == (Status.FAILED, 3)
    assert job.dead_at is not None
    assert diary.lines() == ["swallowed"] * 3
    assert await rig.outcomes(poison) == [(1, "lost"), (2, "lost"), (3, "lost")]


@pytest.mark.threat("F09")
async def test_a_job_that_kills_its_only_worker_does_not_take_a_long_innocent_one_to_its_end(
    rig: Rig, diary: Diary
) -> None:
    """Both run in the one worker there is, so the first two losses hit both; the last attempts are made apart."""
    path = str(Path(diary.path).with_name("poison"))
    innocent = await rig.submit("waits_for", diary.model_copy(update={"value": 7}))
    poison = await rig.submit("poison", Diary(path=path, value=500))

    async def keep_alive() -> None:
        while True:
            async with rig.process(slots=4) as worker:
                await worker.wait()
            await rig.lapse()

    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(keep_alive())
        await says(diary, "started", times=3)  # alone now, or after the other's end
        await asyncio.sleep(1.0)
        diary.write("go")
        spared = await rig.ended(innocent)
        dead = await rig.ended(poison)
        keeper.cancel()
    assert (dead.status, dead.attempt) == (Status.FAILED, 3)
    assert (spared.status, spared.attempt) == (Status.SUCCEEDED, 3)
    assert await rig.outcomes(innocent) == [(1, "lost"), (2, "lost"), (3, "succeeded")]


@pytest.mark.threat("F07")
async def test_a_worker_that_was_frozen_past_its_lease_writes_nothing_when_it_thaws(rig: Rig, diary: Diary) -> None:
    async with rig.process() as frozen:
        job_id = await rig.submit("waits_for", diary.model_copy(update={"value": 5}))
        await says(diary, "started")
        frozen.send(signal.SIGSTOP)
        await rig.lapse()
        async with rig.worker():
            await says(diary, "started", times=2)
            diary.write("go")
            job = await rig.ended(job_id)
            written = await rig.sql("SELECT count(*), max(at) FROM job_events")
            frozen.send(signal.SIGCONT)
            await asyncio.sleep(1.0)
        assert frozen.returncode is None, "the frozen worker died of it"
        assert await rig.sql("SELECT count(*), max(at) FROM job_events") == written
        assert (await rig.get(job_id)) == job
        other = await rig.ended(await rig.submit("echo", {"value": 1}))
        assert other.status is Status.SUCCEEDED, "the thawed worker goes on with other jobs"
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 2)


@pytest.mark.threat("F15")
async def test_drain_lets_jobs_end_and_claims_no_more(rig: Rig, diary: Diary, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with rig.process(drain_s=30, log=log) as worker:
        job_id = await rig.submit("waits_for", diary)
        await says(diary, "started")
        worker.send(signal.SIGTERM)

        async def draining() -> bool | None:
            return "worker.draining" in log.read_text() or None

        await eventually(draining)
        late = await rig.submit("echo", {"value": 1})
        await asyncio.sleep(0.5)
        assert (await rig.get(late)).status is Status.QUEUED
        diary.write("go")
        assert await worker.wait() == 0
    assert (await rig.get(job_id)).status is Status.SUCCEEDED
    assert (await rig.get(late)).attempt == 0


@pytest.mark.threat("F15")
async def test_drain_puts_back_what_does_not_end_in_time_without_charging_it(rig: Rig, diary: Diary) -> None:
    child = Diary(path=f"{diary.path}.child")
    async with rig.process(drain_s=0.3, lease_s=30) as worker:
        ids = [await rig.submit("waits_for", diary), await rig.submit("has_child", child)]
        await says(diary, "started")

        async def forked() -> bool | None:
            return bool(child.lines()) or None

        await eventually(forked)
        worker.send(signal.SIGTERM)
        assert await worker.wait() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(child.lines()[0]), 0)
    for job_id in ids:
        job = await rig.get(job_id)
        assert (job.status, job.attempt) == (Status.QUEUED, 0)
        assert await rig.outcomes(job_id) == [(1, "released")]
    diary.write("go")
    async with rig.worker():
        job = await rig.ended(ids[0])
        await rig.cancel(ids[1])
    assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)


@pytest.mark.threat("F01")
async def test_a_fan_out_survives_workers_that_are_killed_again_and_again(rig: Rig, diary: Diary) -> None:
    given = Fan(items=list(range(30)), path=diary.path, pause_ms=100)
    job_id = await rig.submit("fan", given)
    await rig.sql("UPDATE jobs SET max_attempts = 50")
    async with asyncio.TaskGroup() as group:

        async def killed_often(number: int) -> None:
            for life in range(3):
                name = f"killed-{number}-{life}"
                async with rig.process(slots=3, name=name) as worker:
                    await asyncio.sleep(1.0 + 0.4 * number + 0.3 * life)
                    await rig.sql("UPDATE jobs SET max_attempts = 50")
                    worker.send(signal.SIGKILL)
                    await worker.wait()
                await rig.lapse(f"{name}:")

        for number in range(2):
            group.create_task(killed_often(number))
    async with rig.worker():
        job = await rig.ended(job_id)
    assert (job.status, job.output) == (Status.SUCCEEDED, [2 * number for number in range(30)])
    steps = await rig.sql("SELECT name, result FROM job_steps WHERE kind = 'step' ORDER BY name")
    assert [name for name, _ in steps] == ["after", "before"], "run at least once, recorded exactly once"
    assert await rig.sql("SELECT count(*) FROM jobs WHERE status <> 'succeeded' OR pending <> 0") == [(0,)]
    assert await rig.sql(
        "SELECT count(*) FROM (SELECT job_id FROM job_attempts WHERE outcome = 'succeeded' "
        "GROUP BY job_id HAVING count(*) > 1) AS twice"
    ) == [(0,)]
    events = [event.seq for event in await rig.events(job_id, A)]
    assert events == list(range(1, len(events) + 1))


@pytest.mark.threat("F01")
async def test_what_a_killed_worker_left_on_disk_is_removed_by_the_next(rig: Rig, diary: Diary, tmp_path: Path) -> None:
    async with rig.process() as worker:
        await rig.submit("waits_for", diary)

        async def half() -> Path | None:
            return next(tmp_path.glob("*/*/half"), None)

        left = await eventually(half)
        worker.send(signal.SIGKILL)
        await worker.wait()
    assert left.exists()
    async with rig.worker():

        async def gone() -> bool | None:
            return not left.exists() or None

        await eventually(gone)
        diary.write("go")
