"""Control groups: what a child and everything that it starts may use together.

Either generation of the kernel's interface will do, wherever we may make groups below our own. A group is a folder,
made before the child starts and removed when it has ended.
"""

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_NAME: Final = "cutroom"
_PATIENCE_S: Final = 2.0
_MEMORY: Final = {1: "memory.limit_in_bytes", 2: "memory.max"}


@dataclass(frozen=True, slots=True)
class Parents:
    """Folders below which groups can be made: one in version 2, one for each of memory and pids in version 1."""

    version: int
    memory: Path
    pids: Path


class Group:
    """One child's group, in one folder or two."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    @classmethod
    def make(cls, parents: Parents, *, memory_bytes: int | None, processes: int) -> Self:
        """Make one; raises OSError when that is not allowed."""
        name = f"{_NAME}-{_space()}-{os.getpid()}-{secrets.token_hex(4)}"
        made = cls(list(dict.fromkeys((parents.memory / name, parents.pids / name))))
        try:
            for folder in made.folders:
                folder.mkdir()
            if memory_bytes is not None:
                (made.folders[0] / _MEMORY[parents.version]).write_text(str(memory_bytes))
                swap = made.folders[0] / "memory.swap.max"
                if swap.exists():
                    swap.write_text("0")
            (made.folders[-1] / "pids.max").write_text(str(processes))
        except OSError:
            made.remove()
            raise
        return made

    def remove(self) -> None:
        """End all that is in it, and take it away; may take a moment while processes die."""
        end = time.monotonic() + _PATIENCE_S
        for folder in self.folders:
            while folder.exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                if time.monotonic() > end:
                    break
                _kill(folder)
                time.sleep(0.002)


def find() -> Parents | None:
    """Where this process may make groups; None where it may not, or where memory and pids are not to be had."""
    mounts = _mounts()
    own = dict(_own())
    for version, names in ((1, ("memory", "pids")), (2, ("", ""))):
        places = [_place(mounts, own, name) for name in names]
        memory, pids = places
        if memory is None or pids is None:
            continue
        parents = Parents(version, memory, pids)
        if version == 2 and not _hands_down(memory):
            continue
        with contextlib.suppress(OSError):
            Group.make(parents, memory_bytes=1 << 30, processes=10).remove()
            return parents
    return None


def sweep(parents: Parents) -> None:
    """Remove the groups of processes that were killed; those of other containers are not ours to judge."""
    for parent in {parents.memory, parents.pids}:
        for folder in parent.glob(f"{_NAME}-{_space()}-*-*"):
            owner = folder.name.split("-")[2]
            if owner.isdecimal() and not Path("/proc", owner).exists():
                Group([folder]).remove()


def _space() -> int:
    """Number of the namespace in which our process ids mean something."""
    return Path("/proc/self/ns/pid").stat().st_ino


def _hands_down(folder: Path) -> bool:
    """Whether groups below one have limits of memory and of processes of their own, asking for them if need be.

    cgroup v2, "delegation": the kernel says no where we may not ask, and where the group itself holds processes.
    """
    control = folder / "cgroup.subtree_control"
    with contextlib.suppress(OSError):
        if not {"memory", "pids"} <= set(control.read_text().split()):
            control.write_text("+memory +pids")
        return {"memory", "pids"} <= set(control.read_text().split())
    return False


def _mounts() -> dict[str, tuple[Path, str]]:
    """Where each controller is mounted, and which group its mount shows as its root (proc(5), mountinfo)."""
    found: dict[str, tuple[Path, str]] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            fields, kind = before.split(), after.split()
            if kind[0] == "cgroup2":
                found[""] = (Path(fields[4]), fields[3])
            elif kind[0] == "cgroup":
                found.update(dict.fromkeys(kind[2].split(","), (Path(fields[4]), fields[3])))
    return found


def _own() -> list[tuple[str, str]]:
    """Our group, by controller."""
    with contextlib.suppress(OSError):
        lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        return [(name, path) for _, names, path in lines for name in names.split(",")]
    return []


def _place(mounts: dict[str, tuple[Path, str]], own: dict[str, str], name: str) -> Path | None:
    """The folder of our own group; in version 2 the one above, since groups with processes have no groups below."""
    if name not in mounts or name not in own:
        return None
    at, root = mounts[name]
    path = own[name]
    below = path.removeprefix(root).strip("/") if root != "/" else path.strip("/")
    folder = at / below
    if name == "" and below:
        folder = folder.parent
    return folder if folder.is_dir() else None


def _kill(folder: Path) -> None:
    at_once = folder / "cgroup.kill"
    with contextlib.suppress(OSError):
        if at_once.exists():
            at_once.write_text("1")
            return
        for pid in (folder / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
