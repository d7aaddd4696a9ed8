"""What each level of the sandbox costs at the start of a program: `python -m bench.media.sandbox [RUNS]`.

The limit it is held against: 10 ms more than the launcher alone (level 1), for each program. Runs are interleaved, so
that what else the machine does falls on all levels alike. Compared is processor time, ours and the child's: where other
work shares the processors, the clock tells of that.
"""

import asyncio
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from cutroom.kit.fence import Box, Fence
from cutroom.kit.process import CLEAN_ENV, Limits, run
from cutroom.media.sandbox.ladder import ladder
from cutroom.media.sandbox.needs import of_program, of_python

LIMIT_MS = 10.0
FRAME = ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=s=64x64", "-frames:v", "1", "-f", "null", "-"]


async def main() -> None:
    """Measure, print a table, fail when a level costs more than the limit."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    rungs = ladder()
    programs: dict[str, tuple[list[str], tuple[Path, ...]]] = {
        "true": (["/bin/true"], of_program(Path("/bin/true"))),
        "ffmpeg, 1 frame": ([get_ffmpeg_exe(), *FRAME], of_program(Path(get_ffmpeg_exe()))),
        "python -I -S": ([sys.executable, "-I", "-S", "-c", "pass"], of_python()),
    }
    if (debian := shutil.which("ffmpeg")) is not None:
        programs["Debian's ffmpeg, 1 frame"] = ([debian, *FRAME], of_program(Path(debian)))
    for level, why in sorted(rungs.lacking.items()):
        print(f"level {level} is not there: {why}")
    dearest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, (argv, code) in programs.items():
            ways: dict[str, Callable[[], Awaitable[object]]] = {"bare": partial(bare, argv, Path(folder))}
            for level, fence in sorted(rungs.fences.items()):
                ways[f"{level}"] = partial(fenced, argv, code, fence, Path(folder))
            found = await interleaved(ways, runs)
            print(name, *(f"{way}: {ms[0]:.1f} / {ms[1]:.1f}" for way, ms in found.items()), sep="  ")
            dearest = max(dearest, *(found[str(level)][0] - found["1"][0] for level in rungs.fences))
    print(f"ms of processor / by the clock, medians of {runs} runs; limit: {LIMIT_MS:g} ms more than level 1.")
    print(f"The dearest level costs {dearest:.1f} ms of processor more.")
    sys.exit(dearest > LIMIT_MS)


async def interleaved(ways: dict[str, Callable[[], Awaitable[object]]], runs: int) -> dict[str, tuple[float, float]]:
    """Processor time and time by the clock of each way, in milliseconds, medians."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(runs + 1):
        for name, way in ways.items():
            began, used = time.perf_counter(), processor_s()
            await way()
            spent[name].append(((processor_s() - used) * 1000, (time.perf_counter() - began) * 1000))
    return {
        name: (statistics.median(cpu for cpu, _ in all_[1:]), statistics.median(clock for _, clock in all_[1:]))
        for name, all_ in spent.items()
    }


def processor_s() -> float:
    """What we and all children that have ended have used."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


async def bare(argv: list[str], folder: Path) -> None:
    """Start a program with nothing around it."""
    await asyncio.to_thread(
        subprocess.run, argv, cwd=folder, env=dict(CLEAN_ENV), check=True, capture_output=True, timeout=60
    )


async def fenced(argv: list[str], code: tuple[Path, ...], fence: Fence, folder: Path) -> None:
    """Start a program as every media program is started."""
    box = Box(fence, programs=code, writes=(folder,), memory_bytes=1 << 30)
    done = await run(argv, cwd=folder, timeout_s=60, limits=Limits(4 << 30), box=box)
    assert done.returncode == 0, done


if __name__ == "__main__":
    asyncio.run(main())
