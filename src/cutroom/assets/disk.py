"""Moving files about on this machine's disks: whole or not at all, never copied where a rename or a link will do."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cutroom.kit.errors import CutroomError, Unavailable

_READ_ONLY: Final = 0o444
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CANNOT_COPY: Final = frozenset({errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_AT_ONCE: Final = 1 << 30
_CANNOT_LINK: Final = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES})


def move(path: Path, place: Path, parts: Path) -> None:
    """Make the file at `path` the durable file `place`, replacing what is there.

    Args:
        path: the file; gone afterwards.
        place: where it goes.
        parts: a folder on the same disk as `place`, for the copy that another disk makes necessary.
    """
    make_folder(place.parent)
    source = path
    if path.stat().st_dev != parts.stat().st_dev:
        source = parts / secrets.token_hex(8)
        shutil.copyfile(path, source)
    try:
        seal(source)
        source.replace(place)
    finally:
        if source is not path:
            source.unlink(missing_ok=True)
    sync_folder(place.parent)
    if source is not path:
        path.unlink()


def link(source: Path, place: Path, parts: Path) -> None:
    """Make `place` another name of the file `source`, replacing what is there; a copy where disks have no links.

    Raises:
        FileNotFoundError: there is no `source`.
    """
    make_folder(place.parent)
    part = parts / secrets.token_hex(8)
    try:
        _link_or_copy(source, part)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)  # renaming one name of a file over another leaves both
    sync_folder(place.parent)


def link_or_copy_out(source: Path, path: Path) -> None:
    """Give `source` the name `path`, outside of the store; it appears there whole.

    Raises:
        FileNotFoundError: there is no `source`.
        FileExistsError: there is a `path`.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        _link_or_copy(source, part)
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


def claim(part: Path, place: Path) -> bool:
    """Make the sealed file `part` the file `place` unless there is one; returns whether it did. `part` stays."""
    make_folder(place.parent)
    try:
        os.link(part, place)
    except FileExistsError:
        return False
    sync_folder(place.parent)
    return True


def concatenate(pieces: Sequence[Path], target: Path) -> None:
    """Write files one after the other into a new one, in the kernel: nothing passes through this process's memory.

    Raises:
        FileNotFoundError: one of them is not there.
    """
    with target.open("xb") as out:
        for piece in pieces:
            with piece.open("rb") as source:
                _append(source.fileno(), out.fileno())


def _append(source: int, out: int) -> None:
    try:
        while os.copy_file_range(source, out, _AT_ONCE):
            pass
    except OSError as error:
        if error.errno not in _CANNOT_COPY:
            raise
        while os.sendfile(out, source, None, _AT_ONCE):  # goes on where the copy stopped
            pass


def seal(path: Path) -> None:
    """Bring a finished file's bytes to the disk, and let nobody write to it by mistake."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(_READ_ONLY)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what a disk can do to us into `Unavailable`: `disk_full` or `store_unavailable`."""
    try:
        yield
    except OSError as error:
        raise storage_error(error) from error


def storage_error(error: OSError) -> CutroomError:
    """The error of ours for one of a disk's."""
    if error.errno in _FULL:
        return Unavailable("disk_full", "There is no room left on the disk; free some and try again.")
    return Unavailable("store_unavailable", f"The disk of the store failed: {error.strerror}.")


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        shutil.copyfile(source, target)
        seal(target)
