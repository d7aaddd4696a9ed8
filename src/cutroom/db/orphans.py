"""Ends what an earlier Postgres on the same data left running, and nothing else."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from cutroom.kit.errors import Conflict

_FAST_S: Final = 10.0
_PROC: Final = Path("/proc")


async def end_orphans(data: Path) -> int:
    """End every Postgres process that works in `data`, then remove a stale lock file; returns how many were found.

    The caller holds the lock that a living Cutroom would hold, so these have lost their owner. Each is recognised by
    its program and by the folder it works in, never by the number in `postmaster.pid`, which a stranger may have now.

    Raises:
        Conflict: `data_in_use`, when one does not end.
    """
    if not _PROC.is_dir():  # no such view of processes here: leave the judgement to Postgres
        return 0
    found = _running_in(data)
    for number, patience_s in ((signal.SIGINT, _FAST_S), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0)):
        left = await _end(data, number, patience_s)
        if not left:
            (data / "postmaster.pid").unlink(missing_ok=True)
            return len(found)
    raise Conflict("data_in_use", f"A Postgres (process {left[0]}) keeps running in {data}; stop it first.")


async def _end(data: Path, number: signal.Signals, patience_s: float) -> list[int]:
    """Signal the top processes (to a backend, SIGINT means only "cancel the query") and wait for all to be gone."""
    left = _running_in(data)
    for pid in left:
        if number != signal.SIGINT or _parent(pid) not in left:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    deadline = time.monotonic() + patience_s
    while left and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
        left = _running_in(data)
    return left


def _running_in(data: Path) -> list[int]:
    try:
        here = data.stat()
    except FileNotFoundError:
        return []
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit() and _is_ours(entry, here)]


def _is_ours(entry: Path, here: os.stat_result) -> bool:
    try:
        cwd = (entry / "cwd").stat()
        program = (entry / "exe").readlink().name.removesuffix(" (deleted)")
    except OSError:  # gone, a zombie, or another user's
        return False
    return program == "postgres" and (cwd.st_dev, cwd.st_ino) == (here.st_dev, here.st_ino)


def _parent(pid: int) -> int:
    try:
        # proc_pid_stat(5): the name, second, is in brackets and may hold anything; the parent is the fourth.
        return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
