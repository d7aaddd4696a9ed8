"""What commands keep between them: files under content keys in a folder, whole or not there.

Beside each file lies a note with the hash of its bytes, written last. Nobody guards these files, nor waits until they
are on the disk: a machine that stops, a disk that fails or a hand that slips leaves some that are empty, cut off or
changed. So a file is hashed before a command uses it first, and one that is not what its note says is not there.
"""

import asyncio
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cutroom.kit.errors import Unavailable, is_full
from cutroom.kit.hashes import hash_file

_NOTES: Final = ".cutroom-notes"
_PARTS: Final = ".cutroom-parts"
_REST_S: Final = 24 * 3600.0
"""What was used within the last day stays, whatever the budget says: no command runs for longer."""


class KeptFiles:
    """Files under content keys in `folder`, which several commands may use at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sure: set[str] = set()

    async def find(self, key: str) -> Path | None:
        """The file under a key, if it is here and as it was kept."""
        path = self._folder / key
        if not path.is_file():
            return None
        if key not in self._sure:
            if not await asyncio.to_thread(self._is_whole, key):
                return None
            self._sure.add(key)
        with suppress(OSError):  # a folder may be for reading only
            os.utime(path)
        return path

    async def keep(self, key: str, path: Path) -> None:
        """Move a finished file under its key; whoever else does so meanwhile has the same bytes.

        Raises:
            Unavailable: `disk_full`.
        """
        await asyncio.to_thread(self._keep, key, path)
        self._sure.add(key)

    def evict(self, budget_bytes: int, rest_s: float = _REST_S) -> int:
        """Remove what was not used for longest until the budget is kept; returns how many files.

        What has no note is not ours: the folder may be one in which somebody has other files.
        """
        files = sorted(self._all())
        over = sum(size for _, size, _ in files) - budget_bytes
        newest, gone = time.time() - rest_s, 0
        for used_at, size, key in files:
            if over <= 0 or used_at > newest:
                break
            for path in (self._folder / key, self._folder / _NOTES / key):
                path.unlink(missing_ok=True)
            over -= size
            gone += 1
        for draft in (self._folder / _PARTS).glob("*"):  # of commands that were killed
            with suppress(FileNotFoundError):
                if draft.stat().st_mtime < newest:
                    draft.unlink()
        return gone

    def _all(self) -> Iterator[tuple[float, int, str]]:
        """When each file was used last, its size, its key."""
        notes = self._folder / _NOTES
        for folder, _, names in os.walk(notes):
            for name in names:
                key = str((Path(folder) / name).relative_to(notes))
                with suppress(FileNotFoundError):
                    found = (self._folder / key).stat()
                    yield found.st_mtime, found.st_size, key

    def _is_whole(self, key: str) -> bool:
        try:
            return (self._folder / _NOTES / key).read_text("ascii") == hash_file(self._folder / key)
        except (OSError, ValueError):
            return False

    def _keep(self, key: str, path: Path) -> None:
        place, note = self._folder / key, self._folder / _NOTES / key
        sha256 = hash_file(path)
        draft = self._folder / _PARTS / secrets.token_hex(8)
        try:
            for folder in (place.parent, note.parent, draft.parent):
                folder.mkdir(parents=True, exist_ok=True)
            shutil.move(path, draft)
            draft.replace(place)
            draft.write_text(sha256, "ascii")
            draft.replace(note)
        except OSError as error:
            draft.unlink(missing_ok=True)
            if not is_full(error):
                raise
            sentence = f"There is no room left in {self._folder}; free some, or name another folder with --cache."
            raise Unavailable("disk_full", sentence) from error
