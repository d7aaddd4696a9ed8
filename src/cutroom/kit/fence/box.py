"""What one child may see and touch, and how this machine holds it to that."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cutroom.kit.fence import bubblewrap
from cutroom.kit.fence.bubblewrap import View
from cutroom.kit.fence.cgroups import Group, Parents
from cutroom.kit.lifeline import lifeline

PROCESSES: Final = 4096
"""Processes and threads of one child. FFmpeg has four threads and more for each of its inputs."""
_SOURCES: Final = ("/dev/zero", "/dev/random", "/dev/urandom")
_STAGE: Final = Path("/tmp")  # noqa: S108 — one of the child's own, see kit/launch.py
_SINK: Final = Path("/dev/null")


@dataclass(frozen=True, slots=True)
class Fence:
    """What a machine can hold a child with.

    Args:
        landlock: version of the kernel's Landlock; None where files are hidden by other means, or not at all.
        filter: the filter for system calls (`seccomp.program`); None for none.
        bubblewrap: the program that gives a child namespaces of its own; None for none.
        groups: where control groups are made; None for none.
        user: uid and gid of the host that the child has, other than ours; None for ours.
    """

    landlock: int | None = None
    filter: bytes | None = field(default=None, repr=False)
    bubblewrap: Path | None = None
    groups: Parents | None = None
    user: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A fence, and what lies inside of it. What is not named is not there.

    Args:
        fence: what holds it.
        programs: files and folders that it may run and load code from.
        reads: files and folders that it may read, and pipes.
        writes: folders in which it may make and change files, and pipes that it may write into.
        devices: nodes that it may use.
        memory_bytes: what all its processes use together, where there are control groups.
        processes: how many processes and threads it has, where there are control groups.
        tools: whether it starts programs of its own, which look for `/proc` and `/dev`; takes bubblewrap, and a filter
            that lets it.
        network: whether it has the machine's network; takes bubblewrap, and such a filter.
    """

    fence: Fence
    programs: Sequence[Path] = ()
    reads: Sequence[Path] = ()
    writes: Sequence[Path] = ()
    devices: Sequence[Path] = ()
    memory_bytes: int | None = None
    processes: int = PROCESSES
    tools: bool = False
    network: bool = False

    def group(self) -> Group | None:
        """A control group for one run, to be removed when it has ended."""
        groups = self.fence.groups
        if groups is None:
            return None
        return Group.make(groups, memory_bytes=self.memory_bytes, processes=self.processes)

    def line(self) -> int | None:
        """A file that the child is to inherit, so that it cannot outlive us; None where it needs none."""
        return None if self.fence.bubblewrap is None else lifeline()

    def orders(self, group: Group | None) -> list[str]:
        """What `kit/launch.py` is told."""
        fence = self.fence
        written = [] if group is None else [word for folder in group.folders for word in ("cgroup", str(folder))]
        if fence.bubblewrap is not None:
            written += ["tie", str(self.line()), "bare"]
            written += [] if fence.filter is None else ["filter", fence.filter.hex()]
            return [*written, *self._lent()]
        if fence.landlock is not None:
            written += ["landlock", str(fence.landlock)]
            for word, paths in (
                ("run", self.programs),
                ("read", [*self.reads, *map(Path, _SOURCES)]),
                ("write", [*self.writes, *self.devices, _SINK]),
            ):
                written += [part for path in paths for part in (word, str(path))]
        return [*written, *([] if fence.filter is None else ["seccomp", fence.filter.hex()])]

    def command(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> list[str]:
        """The command line, in bubblewrap's where there is one."""
        fence = self.fence
        if fence.bubblewrap is None:
            return list(argv)
        stage = None if fence.user is None else _STAGE
        written = bubblewrap.words(
            fence.bubblewrap,
            self._view(),
            env,
            cwd,
            filtered=fence.filter is not None,
            stage=stage,
            tools=self.tools,
            network=self.network,
        )
        return [*written, *argv]

    def _view(self) -> View:
        reads = (*self.programs, *self.reads)
        return View(reads, self.writes, (*map(Path, _SOURCES), _SINK, *self.devices))

    def _lent(self) -> list[str]:
        """What another user needs of ours, in the order in which bubblewrap mounts it."""
        if self.fence.user is None:
            return []
        code = set(self.programs)
        paths = [path for _, path in bubblewrap.mounts(self._view()) if bubblewrap.staged(path)]
        written = [part for path in paths for part in ("show" if path in code else "own", str(path))]
        return ["lend", str(self.fence.user[0]), *written]

    def status(self, returncode: int) -> int:
        """A status as if there were no fence: minus the signal that ended the child.

        bubblewrap says 128 and the signal, as a shell does. Statuses of FFmpeg between 129 and 159 would be those of
        networks, which it has not.
        """
        through = self.fence.bubblewrap is not None and 128 < returncode < 160
        return 128 - returncode if through else returncode


def runs_alone(program: Path) -> bool:
    """Whether a program needs no library: an ELF file without an interpreter (elf(5), PT_INTERP)."""
    with program.open("rb") as file:
        head = file.read(64)
        if head[:5] != b"\x7fELF\x02":
            return False
        table, size, count = (int.from_bytes(head[at:end], "little") for at, end in ((32, 40), (54, 56), (56, 58)))
        file.seek(table)
        entries = file.read(size * count)
    return all(int.from_bytes(entries[at : at + 4], "little") != 3 for at in range(0, len(entries), size))


def libraries() -> tuple[Path, ...]:
    """Where programs of this machine find their libraries; those of the list that are there."""
    names = (
        "/usr/lib", "/usr/lib64", "/usr/libx32", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache",
        "/etc/alternatives", "/nix/store",
    )  # fmt: skip
    return tuple(Path(name) for name in names if os.path.lexists(name))
