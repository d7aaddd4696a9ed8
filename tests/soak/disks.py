"""Small disks that can be filled. Needs Linux and root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def can_mount() -> bool:
    """Whether this machine lets us."""
    if os.geteuid() != 0:
        return False
    with suppress(OSError):
        return subprocess.call(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL) == 0
    return False


@contextmanager
def tmpfs(place: Path, *, megabytes: int) -> Iterator[Path]:
    """A disk of this size at `place`."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", place])
    try:
        yield place
    finally:
        subprocess.check_call(["umount", "--lazy", place])


def grow(place: Path, *, megabytes: int) -> None:
    """Give such a disk another size."""
    subprocess.check_call(["mount", "-o", f"remount,size={megabytes}m", place])


def fill(place: Path, *, but_kilobytes: int = 0) -> Path:
    """Fill a disk to its last block, or up to so much; the file that does it."""
    free = os.statvfs(place)
    room = free.f_bavail * free.f_frsize - but_kilobytes * 1024
    ballast = place / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room)
    return ballast
