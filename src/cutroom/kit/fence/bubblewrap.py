"""Command lines of bubblewrap: namespaces of its own, a root of its own, no network, no capability.

`bwrap(1)`. It is started without any environment, since its own is what `/proc/1/environ` would show to the child
(threat A93); what the child gets is named one by one. There is no `/proc` either, unless the child is a tool that
starts others: it sees those alone. It needs no `--new-session`: `kit/process.py` gives it one, without a terminal, and
its process group has to end as a whole (`kit/lifeline.py`).
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILTER_FD: Final = 10
"""Where `kit/launch.py` puts the filter."""
_NOBODY: Final = "65534"
_TEMPORARY_BYTES: Final = 64 << 20
_READ, _WRITE, _USE = "--ro-bind-try", "--bind-try", "--dev-bind-try"
_ALWAYS: Final = (
    "--unshare-all", "--die-with-parent", "--cap-drop", "ALL",
    "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "cutroom",
    "--size", str(_TEMPORARY_BYTES), "--tmpfs", "/tmp",  # noqa: S108 — a new one
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """Files under their own names: folders and files to read, folders and pipes to write, nodes of devices."""

    reads: Sequence[Path]
    writes: Sequence[Path]
    devices: Sequence[Path]


def find() -> Path | None:
    """bubblewrap, where it is installed."""
    found = shutil.which("bwrap", path=os.defpath + ":/usr/local/bin")
    return None if found is None else Path(found)


def mounts(view: View) -> list[tuple[str, Path]]:
    """What is mounted, in which way, in order: outer folders first, because what is mounted later lies on top.

    So an input stays read-only in a folder for output.
    """
    places = [(path.absolute(), _READ) for path in view.reads]
    places += [(path.absolute(), _WRITE) for path in view.writes]
    places += [(path.absolute(), _USE) for path in view.devices]
    ways = dict(sorted(dict(places).items(), key=lambda place: len(place[0].parts)))
    return [
        (way, path)
        for path, way in ways.items()
        if way != _READ or next((ways[outer] for outer in path.parents if outer in ways), None) != _READ
    ]


def staged(path: Path) -> bool:
    """Whether something is found on a stage where there is one: all but devices and links."""
    return Path("/dev") not in path.parents and not _leads(path)


def words(
    program: Path,
    view: View,
    env: Mapping[str, str],
    cwd: Path,
    *,
    filtered: bool,
    stage: Path | None = None,
    tools: bool = False,
    network: bool = False,
) -> list[str]:
    """The command line of bubblewrap, to which the child's is added.

    Args:
        program: bubblewrap.
        view: what the child sees.
        env: its environment.
        cwd: the folder that it starts in.
        filtered: whether there is a filter to be read.
        stage: folder in which what is `staged` lies, as `0`, `1`…; None where it lies where it does.
        tools: whether it has a `/proc`, of its own processes, and a `/dev` of the usual nodes.
        network: whether the machine's network is its own.
    """
    written = [str(program), *_ALWAYS, *(("--share-net",) if network else ())]
    written += ["--proc", "/proc", "--dev", "/dev"] if tools else []
    written += ["--dir", str(cwd)]
    place = 0
    for way, path in mounts(view):
        if _leads(path):
            written += ["--symlink", str(path.readlink()), str(path)]
            continue
        source = path
        if stage is not None and staged(path):
            source = stage / str(place)
            place += 1
        written += [way, str(source), str(path)]
    for name, value in env.items():
        written += ["--setenv", name, value]
    if filtered:
        written += ["--seccomp", str(FILTER_FD)]
    return [*written, "--remount-ro", "/", "--chdir", str(cwd), "--"]


def _leads(path: Path) -> bool:
    return path.parent == Path("/") and path.is_symlink()  # /lib, on most machines of today
