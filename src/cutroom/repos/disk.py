"""What git and commands take on the disk, watched while they run."""

import asyncio
import os
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from cutroom.kit import trees

T = TypeVar("T")
_LOOK_S: Final = 2.0
_BLOCK_BYTES: Final = 512


class DiskFull(Exception):
    """More was written than may be."""


async def within(work: Coroutine[Any, Any, T], folders: Sequence[Path], most: int, mark: Path | None = None) -> T:
    """Do something, and look at what it writes every two seconds and at its end.

    Not seen are files that live in open descriptors on their way through a socket, and what is moved while it is
    counted; each single file is held by the kernel besides.

    Args:
        work: what is done; it is cancelled when it goes too far.
        folders: where it writes.
        most: bytes.
        mark: a path in the command line of the processes that do it: deleted files that they have open count too.

    Raises:
        DiskFull: when it is more, or cannot be told.
    """
    full = False

    async def look(working: asyncio.Task[Any]) -> None:
        nonlocal full
        while not full:
            await asyncio.sleep(_LOOK_S)
            full = await asyncio.to_thread(_beyond, folders, most, mark)
        working.cancel()

    async with asyncio.TaskGroup() as group:
        working = group.create_task(_caught(work))
        looking = group.create_task(look(working))
        await asyncio.wait({working})
        looking.cancel()
    if full:
        raise DiskFull
    done, error = working.result()
    if error is not None:
        raise error
    if await asyncio.to_thread(_beyond, folders, most, None):
        raise DiskFull
    return cast("T", done)


async def _caught(work: Coroutine[Any, Any, T]) -> tuple[T | None, Exception | None]:
    """What came of it, without the group that a task group would put around an error."""
    try:
        return await work, None
    except Exception as error:  # noqa: BLE001 — it is raised again where it was asked for
        return None, error


def _beyond(folders: Sequence[Path], most: int, mark: Path | None) -> bool:
    """Whether they hold more; also where something in them cannot be looked into."""
    try:
        size = sum(map(trees.size, folders))
        if mark is not None:
            size += _deleted(os.fsencode(mark), {folder.stat().st_dev for folder in folders if folder.exists()})
    except OSError:
        return True
    return size > most


def _deleted(mark: bytes, devices: set[int]) -> int:
    """Bytes of files that have no name any more, and are open or mapped in the processes of a command (proc(5))."""
    found: dict[tuple[int, int], int] = {}
    for process in _family(mark):
        for fact in _open_files(process):
            if fact.st_nlink == 0 and fact.st_dev in devices:
                found[fact.st_dev, fact.st_ino] = _BLOCK_BYTES * fact.st_blocks
    return sum(found.values())


def _family(mark: bytes) -> list[Path]:
    """The processes whose command line holds a mark, and all that descend from them."""
    children: dict[int, list[int]] = {}
    waiting: list[int] = []
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal():
            continue
        with suppress(OSError):
            facts = (process / "stat").read_bytes()
            # After the name, which may hold anything: state and parent.
            children.setdefault(int(facts.rpartition(b")")[2].split()[1]), []).append(int(process.name))
            if mark in (process / "cmdline").read_bytes():
                waiting.append(int(process.name))
    found: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += children.get(number, [])
    return [Path("/proc", str(number)) for number in found]


def _open_files(process: Path) -> Iterator[os.stat_result]:
    """What a process has open or mapped, as far as we may see it; mapped files are for root alone to see."""
    for folder in ("fd", "map_files"):
        with suppress(OSError), os.scandir(process / folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    yield Path(entry.path).stat()
