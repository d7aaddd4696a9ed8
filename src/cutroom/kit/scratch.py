"""Folders that die with the process that made them.

A process that is killed cannot clean up, so each marks its folder with a lock that the kernel lets go of when the
process is gone, however it went. Whoever comes later removes the folders whose lock is free.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import threading
from pathlib import Path
from typing import Final

from cutroom.kit import trees

_LOCK: Final = "lock"


class Scratch:
    """This process's folder under `root`, made at the first use and removed by `close`.

    Args:
        root: may be shared by many processes of one machine; made when missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._home: Path | None = None
        self._lock = -1
        self._opening = threading.Lock()

    def folder(self, name: str) -> Path:
        """Make a new private folder; `name` helps a person to recognise it and need not be unique.

        Raises:
            ValueError: when `name` is not a plain file name.
        """
        if not name or name in {".", ".."} or "/" in name or "\0" in name:
            raise ValueError(f"{name!r} is not a plain file name")
        with self._opening:
            home = self._home or self._open()
        made = home / f"{name[:100]}.{secrets.token_hex(4)}"
        made.mkdir(mode=0o700)
        return made

    def remove(self, path: Path) -> None:
        """Remove a folder that `folder` made, and all that is in it; nothing happens when it is gone already.

        Raises:
            ValueError: when it is not one of ours.
        """
        if self._home is None or path.parent != self._home:
            raise ValueError(f"{path} is not a scratch folder of this process")
        trees.remove(path)

    def free_bytes(self) -> int:
        """Room on the disk that folders are made on."""
        place = self.root.absolute()
        while not place.exists():
            place = place.parent
        return shutil.disk_usage(place).free

    def close(self) -> None:
        """Remove everything that this process made."""
        if self._home is not None:
            # The lock file goes with the folder and the lock itself last, so that no sweep meets a half-removed folder.
            trees.remove(self._home)
            os.close(self._lock)
            self._home, self._lock = None, -1

    def sweep(self) -> int:
        """Remove what dead processes left under the same root; returns how many folders."""
        return sweep(self.root)

    def _open(self) -> Path:
        """Make this process's folder under a hidden name, lock it, then show it: nobody has to wait for anybody."""
        self.root.mkdir(parents=True, exist_ok=True)
        while True:
            name = secrets.token_hex(8)
            making, home = self.root / f".{name}", self.root / name
            making.mkdir(mode=0o700)
            lock = -1
            try:
                lock = os.open(making / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                making.rename(home)
            except (BlockingIOError, FileNotFoundError):
                # A sweep came between the making and the locking, and took it for a dead one's.
                if lock >= 0:
                    os.close(lock)
            else:
                self._home, self._lock = home, lock
                return home


def sweep(root: Path) -> int:
    """Remove the folders of dead processes under `root`; returns how many.

    What cannot be removed yet, because a dying child still writes there, is left for the next sweep.
    """
    if not root.is_dir():
        return 0
    return sum(_take(path) for path in root.iterdir() if path.is_dir() and not path.is_symlink())


def _take(home: Path) -> bool:
    """Remove a folder whose process is dead; whether it was, and the folder is gone."""
    try:
        lock = os.open(home / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        if not home.name.startswith("."):
            return trees.remove(home)
        with contextlib.suppress(OSError):  # as when it has just been locked: then it is not empty
            home.rmdir()
            return True
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return trees.remove(home)  # while we have the lock: who is making it sees that, and makes another
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
