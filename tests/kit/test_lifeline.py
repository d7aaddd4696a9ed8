"""Who holds a lifeline is gone with us, and with it whoever it started."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cutroom.kit import launch
from cutroom.kit.lifeline import lifeline

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what ends a child with us is Linux's")


def tied(line: int) -> "subprocess.Popen[bytes]":
    """A shell with a child of its own, which the death of nobody but a pipe's writer ends."""
    numbers = [str(number) for number in (os.getpid(), 0, *[-1] * 7)]
    command = ["--", "/bin/sh", "-c", "sleep 60 & echo ready; wait"]
    argv = [sys.executable, "-I", "-S", launch.__file__, *numbers, "tie", str(line), *command]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, pass_fds=(line,), start_new_session=True)


def group(leader: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(words[2]) == leader and words[0] != "Z":
            found.append(int(folder.name))
    return found


async def test_the_group_is_ended_when_the_writer_goes() -> None:
    line, ours = os.pipe()
    with tied(line) as first, tied(line) as second:
        for child in (first, second):
            assert child.stdout is not None
            assert await asyncio.to_thread(child.stdout.readline) == b"ready\n"
            assert len(group(child.pid)) == 3
        os.close(ours)
        for child in (first, second):
            assert await asyncio.to_thread(child.wait, 60) == -signal.SIGKILL
            deadline = time.monotonic() + 60
            while group(child.pid) and time.monotonic() < deadline:
                await asyncio.sleep(0.01)
            assert not group(child.pid)
    os.close(line)


async def test_who_comes_too_late_does_not_begin() -> None:
    line, ours = os.pipe()
    os.close(ours)
    with tied(line) as child:
        assert await asyncio.to_thread(child.wait, 60) == -signal.SIGKILL
    os.close(line)


def test_ours_is_one_and_not_inherited() -> None:
    assert lifeline() == lifeline()
    assert not os.get_inheritable(lifeline())
