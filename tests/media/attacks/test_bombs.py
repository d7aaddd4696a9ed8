"""Files and graphs that wear a machine out, and ends that leave nothing behind (threats A35 to A38, F16, F22, F24)."""

import asyncio
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from cutroom.kit.fence import Box, Fence
from cutroom.kit.process import Limits, TimedOut, run
from cutroom.media.sandbox.ladder import ladder
from cutroom.media.sandbox.needs import of_python
from tests.media.attacks.raw import FENCED, fence, programs, raw, running
from tests.media.hostile import flood_png
from tests.media.sources import ffmpeg, make_video
from tests.promises import kept

NOWHERE = ["-f", "null", "-"]


async def gone(mark: str, within_s: float = 30) -> bool:
    """Whether no process bears `mark` any more."""
    end = time.monotonic() + within_s
    while running(mark):
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


def timestamp_bomb(folder: Path) -> Path:
    """Two frames, a day apart."""
    film = make_video(folder / "f.mkv", 0.08, (16, 16), audio=False, gop=1)
    setts = "setts=pts=if(eq(N\\,0)\\,0\\,86400000):dts=if(eq(N\\,0)\\,0\\,86400000)"
    ffmpeg("-i", film, "-c", "copy", "-bsf:v", setts, folder / "bomb.mkv")
    return folder / "bomb.mkv"


@pytest.mark.threat("A37", "F16")
@pytest.mark.parametrize("level", [1, *FENCED])
async def test_a_timestamp_bomb_is_over_within_five_seconds_of_the_cancel(level: int, tmp_path: Path) -> None:
    held = Fence() if level == 1 else fence(level)
    bomb = timestamp_bomb(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    for program in programs():
        words: list[str | Path] = ["-i", bomb, "-r", "25", "-fps_mode", "cfr", "-vf", "scale=320:240", out / "x.mp4"]

        async def cancelled(program: Path, words: list[str | Path]) -> float:
            task = asyncio.create_task(raw(held, program, words, out, reads=[bomb], timeout_s=60))
            while not (out / "x.mp4").exists():
                await asyncio.sleep(0.02)
                assert not task.done(), task.result()
            assert running(str(bomb))
            began = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await gone(str(bomb))
            (out / "x.mp4").unlink()
            return time.monotonic() - began

        await kept(5.0, partial(cancelled, program, words))


@pytest.mark.threat("A37", "A38")
@pytest.mark.parametrize("level", FENCED)
async def test_what_never_ends_is_ended_at_the_wall(level: int, tmp_path: Path) -> None:
    held = fence(level)
    mark = f"testsrc2=s=16x16:r={level}7"
    for program in programs():
        began = time.monotonic()
        with pytest.raises(TimedOut):
            await raw(held, program, ["-re", "-f", "lavfi", "-i", mark, *NOWHERE], tmp_path, timeout_s=1)
        assert time.monotonic() - began < 30
        assert await gone(mark)


@pytest.mark.threat("A35", "A36", "F24")
@pytest.mark.parametrize("level", FENCED)
async def test_floods_of_pixels_fail_within_their_memory(level: int, tmp_path: Path) -> None:
    held = fence(level)
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(flood_png(16_000))
    limits = Limits(memory_bytes=1 << 30, file_bytes=64 << 20)
    huge: list[str | Path] = ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.1", "-vf", "scale=30000:30000", *NOWHERE]
    for program in programs():
        flood: list[str | Path] = ["-i", bomb, "-vf", "format=rgba", *NOWHERE]
        for words in (huge, flood):
            done = await raw(held, program, words, tmp_path, reads=[bomb], limits=limits, memory_bytes=1 << 30)
            assert done.returncode != 0


@pytest.mark.threat("F24")
async def test_who_eats_the_memory_of_its_group_dies_alone(tmp_path: Path) -> None:
    held = fence(4)
    box = Box(held, programs=of_python(), memory_bytes=128 << 20, writes=(tmp_path,))
    code = "b = bytearray(600 << 20)"
    done = await run([sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, timeout_s=20, box=box)
    assert done.returncode in {-signal.SIGKILL, 1}
    small = await run([sys.executable, "-I", "-S", "-c", "print(1)"], cwd=tmp_path, timeout_s=20, box=box)
    assert (small.returncode, small.stdout) == (0, b"1\n")
    assert held.groups is not None
    for parent in {held.groups.memory, held.groups.pids}:
        assert not list(parent.glob(f"cutroom-*-{os.getpid()}-*"))


@pytest.mark.threat("A93", "F01")
@pytest.mark.parametrize("level", FENCED)
@pytest.mark.parametrize("after_s", [0, 0.005, 0.01, 0.02, 0.3])  # in each of the steps in which walls are put up
async def test_kill_9_of_the_worker_leaves_no_orphan(after_s: float, level: int, tmp_path: Path) -> None:
    fence(level)
    mark = f"testsrc2=s=32x32:r={os.getpid()}/{level}"  # ours alone
    code = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from tests.media.attacks.raw import programs, raw
from cutroom.media.sandbox.ladder import ladder
words = ["-re", "-f", "lavfi", "-i", {mark!r}, "-f", "null", "-"]
asyncio.run(raw(ladder().fences[{level}], programs()[0], words, Path({str(tmp_path)!r}), timeout_s=60))
"""
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    while len(running(mark)) < 2:  # the worker's own command line bears it too
        assert worker.returncode is None
        await asyncio.sleep(0.001)
    await asyncio.sleep(after_s)
    worker.kill()
    await worker.wait()
    assert await gone(mark)
    ladder()  # sweeps what its control groups were


@pytest.mark.threat("A93")
@pytest.mark.parametrize("level", FENCED)
async def test_no_environment_of_ours_is_read(level: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = fence(level)
    monkeypatch.setenv("CUTROOM_SECRET", "canary-5f1e")
    code = """
import os, sys
for pid in [1, os.getpid(), os.getppid(), *range(2, 50), int(sys.argv[1])]:
    for name in ("environ", "cmdline", "maps"):
        try:
            sys.stdout.buffer.write(open(f"/proc/{pid}/{name}", "rb").read())
        except OSError:
            pass
print(dict(os.environ))
"""
    box = Box(held, programs=of_python(), writes=(tmp_path,))
    argv = [sys.executable, "-I", "-S", "-c", code, str(os.getpid())]
    done = await run(argv, cwd=tmp_path, timeout_s=20, box=box)
    assert done.returncode == 0, done.stderr
    assert b"canary" not in done.stdout
    assert b"'HOME': '/nonexistent'" in done.stdout
