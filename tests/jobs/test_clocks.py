"""A worker whose clock is wrong, or becomes so: libfaketime moves it; leases are the database's, waits monotonic."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cutroom.jobs import Status
from cutroom.kit import process
from tests.jobs.flows import Diary
from tests.jobs.rig import LEASE_S, ROOT, Rig, eventually

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)

pytestmark = pytest.mark.skipif(
    LIBRARY is None and not os.environ.get("CI"), reason="libfaketime (Debian: libfaketime) is not installed"
)


@asynccontextmanager
async def worker_with_clock(rig: Rig, clock: Path) -> AsyncIterator[process.Child]:
    """A worker process whose wall clock is what the file says, read anew at each look."""
    settings = json.dumps({"poll_s": 0.2, "drain_s": 5.0, "lease_s": LEASE_S})
    argv = [sys.executable, "-m", "tests.jobs.worker_process", rig.database.url, str(rig.folder), settings]
    faked = {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # no clock that steps does so on a real machine
    }
    child = await process.start(argv, cwd=ROOT, env=faked)
    try:
        yield child
    finally:
        await child.terminate(grace_s=0, first=signal.SIGKILL)


@pytest.mark.threat("F17")
@pytest.mark.parametrize("jump", ["-2h", "+400d"])
async def test_a_clock_that_jumps_under_a_worker_changes_nothing(rig: Rig, tmp_path: Path, jump: str) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0")
    diary = Diary(path=str(tmp_path / "diary"), value=300)
    async with worker_with_clock(rig, clock):
        long = await rig.submit("gated_steps", diary)
        await rig.until(long, Status.RUNNING)
        diary.write("go one")

        async def recorded() -> bool | None:
            return await rig.sql("SELECT count(*) FROM job_steps") == [(1,)] or None

        await eventually(recorded)
        clock.write_text(jump)
        nap = await rig.submit("naps", Diary(path=str(tmp_path / "nap"), value=200))
        assert (await rig.ended(nap)).status is Status.SUCCEEDED
        ((until,),) = await rig.sql("SELECT lease_until FROM jobs WHERE status = 'running'")
        await rig.sql("SELECT pg_notify('cutroom_cancel', '')")  # makes the worker beat at once

        async def renewed() -> bool | None:
            return (
                await rig.sql("SELECT lease_until > :until FROM jobs WHERE id = :id", until=until, id=long) == [(True,)]
                or None
            )

        await eventually(renewed)
        within = "SELECT lease_until <= clock_timestamp() + make_interval(secs => :lease_s) FROM jobs WHERE id = :id"
        assert await rig.sql(within, lease_s=LEASE_S, id=long) == [(True,)]
        for step in ("two", "three"):
            diary.write(f"go {step}")
        job = await rig.ended(long)
    assert (job.status, job.attempt, job.output) == (Status.SUCCEEDED, 1, [1, 1, 1])
    assert await rig.outcomes(long) == [(1, "succeeded")]
    assert await rig.sql("SELECT bool_and(at BETWEEN now() - interval '1 minute' AND now()) FROM job_events") == [
        (True,)
    ], "times are the database's"
    assert job.started_at is not None
    assert job.finished_at is not None
    assert 0 < (job.finished_at - job.started_at).total_seconds() < 120
