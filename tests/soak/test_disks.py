"""The disk that a worker works on is full: its jobs fail and wait, go elsewhere, or go on once there is room."""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bench.fleet import fleet
from bench.render.stand import film
from tests.soak.disks import can_mount, fill, grow, tmpfs

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not can_mount(), reason="only root on Linux can make a small disk"),
]


def document(source: str, elsewhere: int) -> dict[str, object]:
    clip = {"asset": {"type": "video", "src": source}, "start": 0, "length": 8}
    title = {"asset": {"type": "text", "text": f"Full {elsewhere}"}, "start": 0, "length": 8}
    return {
        "output": {"width": 640, "height": 360, "fps": 30},
        "timeline": {"tracks": [{"clips": [title]}, {"clips": [clip]}]},
    }


@pytest.mark.threat("F05")
@pytest.mark.parametrize("way", ["later", "elsewhere"])
async def test_a_render_on_a_full_disk_is_made_later_or_elsewhere(tmp_path: Path, way: str) -> None:
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(fleet(tmp_path / "fleet"))
        data = tmp_path / "fleet" / "data"
        small = stack.enter_context(tmpfs(data / "scratch", megabytes=2))
        url = await made.api()
        customer = await made.customer(url)
        source = await customer.upload(film("full", 10, size=(640, 360)), "video/mp4")
        fill(small, but_kilobytes=300)
        await made.start("worker", "full", CUTROOM_WORKER_FREE_BYTES="0")
        began = time.monotonic()
        job_id = await customer.submit(document(source, len(way)))
        while not (failed := await made.sql("SELECT error ->> 'code' FROM job_attempts WHERE error IS NOT NULL")):
            assert time.monotonic() - began < 100
            await asyncio.sleep(0.2)
        assert {code for (code,) in failed} == {"disk_full"}
        assert made.programs["full"].returncode is None
        if way == "later":
            (small / "ballast").unlink()
            grow(small, megabytes=200)
        else:
            other = tmp_path / "fleet" / "other"
            # Another machine: the same store, and a disk of its own for what is under way.
            other.mkdir()
            (other / "store").symlink_to(data / "store")
            await made.programs["full"].terminate(grace_s=20)
            await made.start("worker", "roomy", CUTROOM_DATA=str(other))
        job = await customer.ended(job_id)
        took = time.monotonic() - began
        assert job["status"] == "succeeded", job
        left = [path for path in small.glob("*/*") if path.name not in {"lock", "ballast"}]
        assert left == [], "what failed left something behind"
        attempts = await made.sql("SELECT count(*) FROM job_attempts WHERE outcome = 'failed'")
        sys.stdout.write(
            f"\nF05 ({way}): {attempts[0][0]} attempts failed with disk_full, the worker lived on, the render "
            f"succeeded {way} after {took:.1f} s, 0 files left behind\n"
        )


@pytest.mark.threat("F05", "P10")
async def test_a_worker_with_too_little_room_takes_nothing_and_goes_on_when_there_is_some(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(fleet(tmp_path / "fleet"))
        data = tmp_path / "fleet" / "data"
        small = stack.enter_context(tmpfs(data / "scratch", megabytes=300))
        customer = await made.customer(await made.api())
        source = await customer.upload(film("full", 10, size=(640, 360)), "video/mp4")
        ballast = fill(small, but_kilobytes=100 << 10)
        await made.start("worker", "full", CUTROOM_WORKER_FREE_BYTES=str(200 << 20))
        job_id = await customer.submit(document(source, 0))
        began = time.monotonic()
        while "worker.disk_low" not in made.log("full"):
            assert time.monotonic() - began < 60
            await asyncio.sleep(0.2)
        assert (await customer.job(job_id))["status"] == "queued"
        ballast.unlink()
        began = time.monotonic()
        job = await customer.ended(job_id)
        assert (job["status"], job["attempt"]) == ("succeeded", 1)
        sys.stdout.write(
            f"\nF05 (too little room): no attempt was begun; {time.monotonic() - began:.1f} s after there was room the "
            f"render had succeeded at its first\n"
        )
