"""Runs of ffmpeg with a command line of the attacker's, behind each fence that this machine has.

As if our own door had let everything through: none of our options, none of our checks, only the box.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from cutroom.kit.fence import Box, Fence
from cutroom.kit.process import Completed, Limits, run
from cutroom.media.sandbox import current
from cutroom.media.sandbox.ladder import ladder
from cutroom.media.sandbox.needs import of_program

FENCED: Final = (2, 3, 4)
"""Levels that have to hold when a parser has been broken into."""
LIMITS: Final = Limits(memory_bytes=4 << 30, file_bytes=64 << 20)
DEBIAN: Final = Path("/usr/bin/ffmpeg")


def fence(level: int) -> Fence:
    """The fence of a level; skips the test, with the reason, where this machine does not have it."""
    if level in current().failed:
        pytest.skip(f"level {level} is not available here: {', '.join(current().failed[level])}")
    return ladder().fences[level]


def programs() -> list[Path]:
    """The ffmpeg that comes with us, and the distribution's, which CI has."""
    if not DEBIAN.exists():
        assert "CI" not in os.environ, "CI installs the distribution's ffmpeg"
        return [Path(get_ffmpeg_exe())]
    return [Path(get_ffmpeg_exe()), DEBIAN]


async def raw(
    held: Fence,
    program: Path,
    words: Sequence[str | Path],
    out: Path,
    *,
    reads: Sequence[Path] = (),
    timeout_s: float = 20,
    limits: Limits = LIMITS,
    memory_bytes: int | None = None,
) -> Completed:
    """Run an ffmpeg with any words at all; it may read `reads` and write into `out`."""
    box = Box(held, programs=of_program(program), reads=reads, writes=(out,), memory_bytes=memory_bytes)
    argv = [program, "-nostdin", "-hide_banner", "-y", *words]
    return await run(argv, cwd=out, timeout_s=timeout_s, limits=limits, box=box)


def running(mark: str) -> list[int]:
    """Processes with `mark` in their command lines, but for ours."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if mark.encode() in words and state != "Z" and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def needed(program: str) -> str:
    """Path of a program that CI has; skips the test elsewhere."""
    found = shutil.which(program)
    if found is None:
        assert "CI" not in os.environ, f"CI installs {program}"
        pytest.skip(f"{program} is not installed")
    return found
