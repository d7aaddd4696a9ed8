"""Copies of a bucket's objects on this machine, so that what is used often is fetched once."""

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Final

from cutroom.assets.disk import link, move, seal, storage_errors
from cutroom.assets.store import Store, checked_key
from cutroom.kit.errors import NotFound
from cutroom.kit.scratch import Scratch

REST_S: Final = 3600.0
"""What was used within the last hour is not evicted."""


class LocalCache:
    """Files under `root`, named by the keys of immutable objects. Workers of one machine may share a folder.

    Args:
        root: the folder; made when absent.
        budget_bytes: how much `evict` leaves.
    """

    def __init__(self, root: Path, budget_bytes: int) -> None:
        self._files = root / "files"
        self._files.mkdir(parents=True, exist_ok=True)
        self._scratch = Scratch(root / "parts")
        self._scratch.sweep()
        self._budget_bytes = budget_bytes

    def folder(self) -> Path:
        """A private folder on the same disk; the caller removes it with `remove`, or our death does."""
        return self._scratch.folder("fetch")

    def remove(self, folder: Path) -> None:
        """Remove a folder that `folder` made."""
        self._scratch.remove(folder)

    async def find(self, key: str, store: Store) -> Path | None:
        """The local copy of an object, fetched from the store when it is not here yet; None when it is nowhere."""
        place = self._files / checked_key(key)
        if await asyncio.to_thread(place.is_file):
            return place
        folder = await asyncio.to_thread(self.folder)
        try:
            await store.get(key, folder / "object")
            with storage_errors():
                await asyncio.to_thread(move, folder / "object", place, folder)
        except NotFound:
            return None
        finally:
            await asyncio.to_thread(self.remove, folder)
        return place

    async def add(self, key: str, path: Path) -> None:
        """Keep the file at `path` as the local copy of `key`; the file stays where it is too."""
        folder = await asyncio.to_thread(self.folder)
        try:
            with storage_errors():
                await asyncio.to_thread(seal, path)
                await asyncio.to_thread(link, path, self._files / checked_key(key), folder)
        finally:
            await asyncio.to_thread(self.remove, folder)

    async def evict(self, rest_s: float = REST_S) -> int:
        """Remove the files that were not used for longest until the budget is kept; returns how many."""
        return await asyncio.to_thread(self._evict, rest_s)

    async def close(self) -> None:
        """Remove this process's private folders; what is cached stays."""
        await asyncio.to_thread(self._scratch.close)

    def _evict(self, rest_s: float) -> int:
        self._scratch.sweep()
        files: list[tuple[float, int, Path]] = []
        for folder, _, names in os.walk(self._files):
            for name in names:
                path = Path(folder) / name
                with contextlib.suppress(FileNotFoundError):
                    found = path.stat()
                    files.append((found.st_mtime, found.st_size, path))
        over = sum(size for _, size, _ in files) - self._budget_bytes
        newest = time.time() - rest_s
        gone = 0
        for used_at, size, path in sorted(files):
            if over <= 0 or used_at > newest:
                break
            path.unlink(missing_ok=True)
            over -= size
            gone += 1
        return gone
