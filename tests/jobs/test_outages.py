"""The database goes away under load and comes back: workers and followers go on by themselves."""

import asyncio
import contextlib
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cutroom.db import Database, EmbeddedPostgres, Listener, make_engine
from cutroom.jobs import Followers, JobService, Registry, Status
from cutroom.jobs.rows import JobRow
from cutroom.kit.errors import Unavailable
from tests.jobs.flows import A, Diary, Fan
from tests.jobs.rig import Rig, eventually


class Server:
    """A Postgres of this test's own, which it may kill."""

    def __init__(self, folder: Path) -> None:
        self._postgres = EmbeddedPostgres(folder, settings={"fsync": "off"})

    async def start(self) -> str:
        return await self._postgres.start()

    async def stop(self) -> None:
        await self._postgres.stop()

    async def kill(self) -> None:
        assert self._postgres.pid is not None
        os.kill(self._postgres.pid, signal.SIGKILL)
        while self._postgres.pid is not None:
            await asyncio.sleep(0.01)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "postgres")
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def own_rig(server: Server, registry: Registry, jobs: JobService, tmp_path: Path) -> AsyncIterator[Rig]:
    database = Database(make_engine(await server.start(), name="tests"))
    async with database.engine.begin() as connection:
        await connection.run_sync(JobRow.metadata.create_all)
    try:
        yield Rig(database, registry, jobs, tmp_path / "scratch")
    finally:
        await database.close()


async def patiently_ended(rig: Rig, job_id: str) -> Status:
    async def look() -> Status | None:
        with contextlib.suppress(Unavailable):
            job = await rig.get(job_id)
            return job.status if job.status.ended else None
        return None

    return await eventually(look, within_s=60)


@pytest.mark.threat("F03")
async def test_a_database_killed_under_load_loses_nothing_and_charges_nobody(
    own_rig: Rig, server: Server, tmp_path: Path
) -> None:
    rig = own_rig
    diary = Diary(path=str(tmp_path / "diary"))
    accepted: list[str] = []
    async with rig.worker(slots=4), rig.worker(slots=4):
        over = False

        async def submit_often() -> None:
            for number in itertools.count():
                with contextlib.suppress(Unavailable):
                    accepted.append(await rig.submit("echo", {"value": number}))
                    given = Fan(items=[number, number], path=diary.path, pause_ms=30)
                    accepted.append(await rig.submit("fan", given))
                if over and len(accepted) > 20:
                    return
                await asyncio.sleep(0.1)

        async with asyncio.TaskGroup() as group:
            group.create_task(submit_often())
            for _ in range(2):
                await asyncio.sleep(1.0)
                await server.kill()
                await asyncio.sleep(0.3)
                await server.start()
            over = True
        statuses = {await patiently_ended(rig, job_id) for job_id in accepted}
    assert statuses == {Status.SUCCEEDED}
    assert await rig.sql("SELECT max(attempt) FROM jobs") == [(1,)]
    assert await rig.sql("SELECT count(*) FROM jobs WHERE status <> 'succeeded' OR pending <> 0") == [(0,)]
    assert await rig.sql(
        "SELECT count(*) FROM (SELECT job_id FROM job_events WHERE kind = 'state' AND data ->> 'status' = 'succeeded' "
        "GROUP BY job_id HAVING count(*) <> 1) AS wrong"
    ) == [(0,)]


@pytest.mark.threat("F03")
async def test_an_outage_longer_than_the_lease_stops_the_attempt_and_charges_nobody(
    own_rig: Rig, server: Server, tmp_path: Path
) -> None:
    rig = own_rig
    diary = Diary(path=str(tmp_path / "diary"))
    async with rig.worker(slots=2) as worker:
        job_id = await rig.submit("waits_for", diary)

        async def started() -> bool | None:
            return bool(diary.lines()) or None

        await eventually(started)
        (holding,) = worker.holdings()
        with capture_logs() as logs:
            await server.kill()

            async def unreached() -> bool | None:
                return any(line["event"] == "heartbeat.unreachable" for line in logs) or None

            await eventually(unreached)
        holding.deadline = time.monotonic()  # as if it had been away for as long as the lease

        async def stopped() -> bool | None:
            return holding.reason == "outage" or None

        await eventually(stopped)
        await server.start()

        async def again() -> bool | None:
            return diary.lines().count("started") == 2 or None

        await eventually(again)
        diary.write("go")
        assert await patiently_ended(rig, job_id) is Status.SUCCEEDED
    assert await rig.outcomes(job_id) == [(1, "released"), (1, "succeeded")]


@pytest.mark.threat("F03")
async def test_a_follower_goes_on_after_the_database_was_away(own_rig: Rig, server: Server, tmp_path: Path) -> None:
    rig = own_rig
    diary = Diary(path=str(tmp_path / "diary"))
    listener = Listener(rig.database.url)
    followers = Followers(rig.database, listener)
    seen: list[int] = []
    async with rig.worker(), asyncio.TaskGroup() as group:
        heard = group.create_task(listener.run())
        job_id = await rig.submit("waits_for", diary)

        async def follow() -> None:
            async for event in followers.follow(A, job_id):
                seen.append(event.seq)  # noqa: PERF401 — looked at meanwhile

        followed = group.create_task(follow())

        async def running() -> bool | None:
            return len(seen) == 2 or None

        await eventually(running)
        await server.kill()
        await asyncio.sleep(0.5)
        await server.start()
        diary.write("go")
        await asyncio.wait_for(followed, 60)
        heard.cancel()
    assert seen == [1, 2, 3]
