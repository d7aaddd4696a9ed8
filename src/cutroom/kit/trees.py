"""Trees of folders that strangers made: removed and measured whatever their depth, and however long their paths.

`shutil.rmtree` and `os.walk` call themselves for each folder (before Python 3.12), and a path has at most 4,096 bytes
(PATH_MAX of linux/limits.h), but a program may nest folders without end. So nothing here calls itself, each step is
taken from an open folder, and no more than three folders are open at a time. No link is followed.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK_BYTES: Final = 512
"""Of `st_blocks`, stat(2)."""
_VANISHED: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def remove(path: Path) -> bool:
    """Remove a folder and all that is in it, as far as it can be; whether it is gone."""
    try:
        top = os.open(path, _FOLDER)
    except OSError:
        return not os.path.lexists(path)
    try:
        # What lies deeper is moved up, so that no path grows long and one folder is open beside the top.
        waiting: list[str] = []
        _empty(top, top, waiting)
        while waiting:
            _remove_child(top, waiting.pop(), waiting)
    finally:
        os.close(top)
    with suppress(OSError):
        path.rmdir()
    return not os.path.lexists(path)


def _remove_child(top: int, name: str, waiting: list[str]) -> None:
    with suppress(OSError):
        folder = _opened(top, name)
        try:
            _empty(folder, top, waiting)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=top)


def _empty(folder: int, top: int, waiting: list[str]) -> None:
    """Remove a folder's files, and move its folders up to the top, where they wait for their turn."""
    with suppress(OSError):
        os.fchmod(folder, 0o700)
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        with suppress(OSError):
            if not is_folder:
                os.unlink(name, dir_fd=folder)
            elif folder == top:
                waiting.append(name)
            else:
                moved = f".gone-{secrets.token_hex(8)}"
                _move(name, folder, moved, top)
                waiting.append(moved)


def _move(name: str, folder: int, moved: str, top: int) -> None:
    try:
        os.rename(name, moved, src_dir_fd=folder, dst_dir_fd=top)
    except PermissionError:  # a folder that may not be written to does not learn where its new parent is
        os.close(_opened(folder, name, allow=True))
        os.rename(name, moved, src_dir_fd=folder, dst_dir_fd=top)


def _opened(parent: int, name: str, *, allow: bool = False) -> int:
    """Open a folder, which is made ours to read where it is not, or in any case."""
    if not allow:
        with suppress(PermissionError):
            return os.open(name, _FOLDER, dir_fd=parent)
    handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        Path(f"/proc/self/fd/{handle}").chmod(0o700)  # of what was opened, whatever has its name by now
    finally:
        os.close(handle)
    return os.open(name, _FOLDER, dir_fd=parent)


@dataclass(frozen=True, slots=True)
class _Step:
    """A folder on the way down: which one it is, and what of it was not entered yet."""

    mark: tuple[int, int]
    inner: list[str]


def size(path: Path) -> int:
    """Bytes that all in a folder takes on the disk; a file with two names counts twice.

    What vanishes meanwhile counts nothing; what is moved meanwhile may be missed.

    Raises:
        OSError: when there is something that cannot be looked into.
    """
    return sum(
        _BLOCK_BYTES * sum(fact.st_blocks for fact in facts.values()) for _, facts, _ in _walk(path, strict=True)
    )


def repositories(path: Path, most: int) -> list[str]:
    """Folders below this one that hold a `.git`, by their paths from it, and not what lies in them; `most` at most.

    What cannot be looked into is left out.
    """
    found: list[str] = []
    for names, facts, inner in _walk(path, strict=False):
        if names and ".git" in facts:
            found.append("/".join(names))
            inner.clear()
            if len(found) >= most:
                break
        elif ".git" in inner:
            inner.remove(".git")
    return found


def _walk(path: Path, *, strict: bool) -> Iterator[tuple[list[str], dict[str, os.stat_result], list[str]]]:
    """Each folder: the names of those that it lies in, what it holds, and which of that to enter, to be cut down."""
    steps: list[_Step] = []
    names: list[str] = []
    try:
        here = os.open(path, _FOLDER)
    except FileNotFoundError:
        return
    try:
        while True:
            facts = _facts(here)
            inner = [name for name, fact in facts.items() if stat.S_ISDIR(fact.st_mode)]
            yield names, facts, inner
            steps.append(_Step(_mark(here), inner))
            below = None
            while below is None:
                while not steps[-1].inner:
                    steps.pop()
                    if not steps:
                        return
                    names.pop()
                    here = _up(path, here, names, steps)
                name = steps[-1].inner.pop()
                below = _entered(here, name, strict=strict)
            os.close(here)
            here = below
            names.append(name)
    finally:
        os.close(here)


def _facts(folder: int) -> dict[str, os.stat_result]:
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                found[entry.name] = entry.stat(follow_symlinks=False)
    return found


def _mark(folder: int) -> tuple[int, int]:
    facts = os.fstat(folder)
    return facts.st_dev, facts.st_ino


def _entered(folder: int, name: str, *, strict: bool) -> int | None:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except OSError as error:
        if strict and error.errno not in _VANISHED:
            raise
        return None


def _up(path: Path, here: int, names: list[str], steps: list[_Step]) -> int:
    """Go back to the folder of the last step, which has `names`; to one above it where it is not there any more."""
    above = os.open("..", _FOLDER, dir_fd=here)
    os.close(here)
    if _mark(above) == steps[-1].mark:
        return above
    os.close(above)
    above = os.open(path, _FOLDER)
    for depth, name in enumerate(names):
        below = _entered(above, name, strict=False)
        if below is None or _mark(below) != steps[depth + 1].mark:
            if below is not None:
                os.close(below)
            del names[depth:], steps[depth + 1 :]
            break
        os.close(above)
        above = below
    return above
