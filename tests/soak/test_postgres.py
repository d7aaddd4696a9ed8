"""The database restarts, loses a backend, runs out of disk, or all its clients come back at once."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from bench.fleet import Customer, Fleet, fleet
from cutroom.db import Database, EmbeddedPostgres, Listener, make_engine
from cutroom.jobs import JobService, Registry, Submission, Worker, WorkerSettings
from cutroom.jobs.rows import JobRow
from cutroom.kit.errors import Unavailable
from tests.jobs.flows import A
from tests.jobs.rig import no_files
from tests.soak.disks import can_mount, fill, tmpfs
from tests.soak.test_submits import document
from tests.wire import wire

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


@dataclass
class Writer:
    """Submits jobs one after the other, and remembers what was acknowledged and for how long nothing was."""

    database: Database
    jobs: JobService
    acked: list[str] = field(default_factory=list)
    refused: int = 0
    gaps: list[float] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        last = time.monotonic()
        while not stop.is_set():
            try:
                made = await self.jobs.submit_alone(self.database, A, Submission("echo", {"value": len(self.acked)}))
            except Unavailable:
                self.refused += 1
                await asyncio.sleep(0.02)
                continue
            self.acked.append(made.job.id)
            now = time.monotonic()
            if now - last > 0.5:
                self.gaps.append(now - last)
            last = now


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server as in production: fsync on."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    yield server
    await server.stop()


async def tables(url: str) -> Database:
    database = Database(make_engine(url, name="tests"))
    async with database.engine.begin() as connection:
        await connection.run_sync(JobRow.metadata.create_all)
    return database


async def ended(server: EmbeddedPostgres, number: signal.Signals) -> None:
    """End the server by a signal, and wait until it is gone."""
    if (pid := server.pid) is not None:
        os.kill(pid, number)
    while server.pid is not None:
        await asyncio.sleep(0.01)


async def ids(database: Database) -> set[str]:
    while True:
        with contextlib.suppress(Unavailable):
            async with database.begin() as session:
                return {row[0] for row in await session.execute(text("SELECT id FROM jobs"))}
        await asyncio.sleep(0.2)


@pytest.mark.threat("F03", "P1")
async def test_restarts_and_a_killed_backend_lose_nothing_that_was_acknowledged(
    postgres: EmbeddedPostgres, jobs: JobService
) -> None:
    database = await tables(await postgres.start())
    writer, stop = Writer(database, jobs), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(writer.run(stop))
        for fault in (signal.SIGQUIT, signal.SIGQUIT, signal.SIGQUIT, signal.SIGKILL):
            await asyncio.sleep(2.0)
            if fault is signal.SIGKILL:  # of a backend: the server starts all of them again
                with contextlib.suppress(Unavailable):
                    async with database.begin() as session:
                        os.kill(int((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()), fault)
                        await session.execute(text("SELECT pg_sleep(1)"))
            else:  # an immediate shutdown
                await ended(postgres, fault)
                await postgres.start()
        gaps = len(writer.gaps)
        async with asyncio.timeout(60):
            while len(writer.gaps) < max(gaps, 4):
                await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)
        stop.set()
    there = await ids(database)
    lost, unknown = set(writer.acked) - there, there - set(writer.acked)
    await database.close()
    sys.stdout.write(
        f"\nF03: 3 immediate restarts and 1 killed backend: {len(lost)} of {len(writer.acked)} acknowledged lost, "
        f"{len(unknown)} present that nobody heard of; outages {', '.join(f'{gap:.1f}' for gap in writer.gaps)} s\n"
    )
    assert lost == set()
    assert len(writer.gaps) >= 4


@pytest.mark.threat("F11")
async def test_workers_come_back_to_a_restarted_database_one_after_the_other(
    postgres: EmbeddedPostgres, jobs: JobService, registry: Registry, tmp_path: Path
) -> None:
    workers, away_s = 20, 3.0
    url = await postgres.start()
    database = await tables(url)
    place = parse_qs(urlsplit(url).query)
    async with wire(Path(place["host"][0]) / f".s.PGSQL.{place['port'][0]}") as line:
        distant = f"postgresql://cutroom@127.0.0.1:{line.port}/cutroom"
        listeners = [Listener(distant, name=f"herd-{number}") for number in range(workers)]
        pools = [Database(make_engine(distant, name=f"herd-{number}", pool_size=2)) for number in range(workers)]
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(workers):
                settings = WorkerSettings(name=f"herd-{number}", slots=2)
                worker = Worker(pools[number], listeners[number], registry, no_files, tmp_path / "scratch", settings)
                group.create_task(listeners[number].run(), name=f"listener {number}")
                group.create_task(worker.run(stop))
            for listener in listeners:
                await listener.connected.wait()
            await asyncio.sleep(1.0)
            await ended(postgres, signal.SIGKILL)
            line.break_all()
            down, made_before = time.monotonic(), line.made
            tries: Counter[int] = Counter()
            await counted(lambda: line.made, tries, away_s)
            while_away = line.made - made_before
            await postgres.start()
            up = time.monotonic()
            async with asyncio.TaskGroup() as back:
                counting = back.create_task(counted(lambda: line.made, tries, 30.0, since=down))
                await asyncio.gather(*(reconnected(listener) for listener in listeners))
                all_back = time.monotonic() - up
                counting.cancel()
            submitted = [
                (await jobs.submit_alone(database, A, Submission("echo", {"value": n}))).job.id for n in range(100)
            ]
            async with asyncio.timeout(60):
                while True:
                    async with database.begin() as session:
                        left = await session.execute(text("SELECT count(*) FROM jobs WHERE status <> 'succeeded'"))
                        if left.scalar_one() == 0:
                            break
                    await asyncio.sleep(0.1)
            stop.set()
            for task in asyncio.all_tasks():
                if task.get_name().startswith("listener "):
                    task.cancel()
        for pool in pools:
            await pool.close()
    await database.close()
    most = max(tries.values())
    sys.stdout.write(
        f"\nF11: {workers} workers, database away {away_s:.0f} s: {while_away} tries meanwhile, at most {most} in "
        f"0.1 s; all listen again {all_back:.1f} s after it was back; {len(submitted)} jobs run\n"
    )
    assert len(submitted) == 100


async def counted(made: Callable[[], int], tries: Counter[int], for_s: float, *, since: float | None = None) -> None:
    """Count connections in each tenth of a second."""
    since = time.monotonic() if since is None else since
    end, before = time.monotonic() + for_s, made()
    while time.monotonic() < end:
        await asyncio.sleep(0.01)
        tries[int((time.monotonic() - since) * 10)] += made() - before
        before = made()


async def reconnected(listener: Listener) -> None:
    async with asyncio.timeout(30):
        await listener.connected.wait()


def moved(folder: Path, onto: Path) -> None:
    """Move a folder of a stopped server onto another disk."""
    owner = folder.stat()
    shutil.copytree(folder, onto / folder.name, symlinks=True)
    for path in [onto / folder.name, *(onto / folder.name).rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
    os.chown(onto, owner.st_uid, owner.st_gid)
    shutil.rmtree(folder)
    folder.symlink_to(onto / folder.name)


async def accepted(customer: Customer, number: int) -> str | None:
    """The id of an accepted job; None where the API says to come back later."""
    answer = await customer.http.post("/api/v1/render", json=document(number))
    if answer.status_code == 202:
        return str(answer.json()["id"])
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    return None


@pytest.mark.skipif(not can_mount(), reason="only root on Linux can make a small disk")
@pytest.mark.threat("F06", "P10")
@pytest.mark.parametrize("what", ["base", "pg_wal"])
async def test_a_database_without_room_refuses_with_503_and_goes_on_when_there_is_some(
    tmp_path: Path, what: str
) -> None:
    async with AsyncExitStack() as stack:
        small = stack.enter_context(tmpfs(tmp_path / "small", megabytes=140))
        made = await stack.enter_async_context(fleet(tmp_path / "fleet", postgres={"max_wal_size": "48MB"}))
        await made.postgres.stop()
        (data,) = (tmp_path / "fleet" / "postgres").glob(f"*/{what}")
        moved(data, small)
        await made.postgres.start()
        url = await made.api(CUTROOM_RATE_WRITES="100000/60")
        customer = await made.customer(url)
        acked = [await accepted(customer, number) for number in range(20)]
        ballast = fill(small)
        if what == "pg_wal":
            await write_until_it_breaks(made)
        refused, read, number = 0, 0, 1000
        async with asyncio.timeout(180):
            while refused < 5:
                number += 1
                job = await accepted(customer, number)
                if job is None:
                    refused += 1
                    if (await customer.http.get("/api/v1/jobs?limit=1")).status_code == 200:
                        read += 1
                acked.append(job)
        alive = made.postgres.pid is not None
        began = time.monotonic()
        ballast.unlink()
        if not alive:
            await made.postgres.start()
        async with asyncio.timeout(60):
            while (job := await accepted(customer, 999_999)) is None:
                await asyncio.sleep(0.1)
        acked.append(job)
        again_s = time.monotonic() - began
        lost = {job for job in acked if job} - {row[0] for row in await made.sql("SELECT id FROM jobs")}
        sys.stdout.write(
            f"\nF06 ({what} full): refused with 503 and Retry-After; reads answered {read} of 5; server "
            f"{'lived on' if alive else 'stopped (PANIC) and was started again'}; {len(lost)} of "
            f"{sum(job is not None for job in acked)} accepted lost; accepting {again_s:.1f} s after there was room\n"
        )
        assert lost == set()
        await sound(made)


async def write_until_it_breaks(made: Fleet) -> None:
    """Write what needs more log than there is room for."""
    with contextlib.suppress(Unavailable):
        await made.sql("CREATE TABLE filler AS SELECT repeat(md5(n::text), 100) FROM generate_series(1, 200000) AS n")


async def sound(made: Fleet) -> None:
    """Read all of every table, and as much by its indexes; the server checks the sum of each page."""
    for (table,) in await made.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        found = set()
        for way in ("seqscan", "indexonlyscan"):
            async with made.database.begin() as session:
                await session.execute(text(f"SET LOCAL enable_{way} = off"))
                found.add((await session.execute(text(f'SELECT count(*) FROM "{table}"'))).scalar_one())  # noqa: S608
        assert len(found) == 1, table
    assert await made.sql("SHOW data_checksums") == [("on",)]
