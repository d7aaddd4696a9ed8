"""Objects as files of this machine, whether the store is a disk or a bucket."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from cutroom.assets.cache import LocalCache
from cutroom.assets.settings import AssetSettings
from cutroom.assets.store import ObjectInfo, Store
from cutroom.kit.errors import CutroomError, Internal, NotFound

BLOB_TYPE: Final = "application/octet-stream"
_REST_S: Final = AssetSettings().blob_rest_s
_OLD_S: Final = _REST_S / 2
_NOTED_S: Final = _REST_S / 4
_MOST_NOTED: Final = 10_000

log = structlog.get_logger()


class Nearby:
    """Finds the local file of an object: the store's own, or a copy in the cache.

    Args:
        store: where the bytes are.
        cache: local copies; needed when the store is a bucket.

    Raises:
        ValueError: the store is a bucket and there is no cache.
    """

    def __init__(self, store: Store, cache: LocalCache | None) -> None:
        if cache is None and store.local_path("ws") is None:
            raise ValueError("a bucket needs a cache on this machine to work in")
        self._store = store
        self._cache = cache
        self._noted: dict[str, float] = {}

    async def used(self, key: str) -> bool:
        """Tell the sweeps, which see when an object was written last, that a blob is in use; whether it is there.

        A bucket writes it anew, by itself, when that was long ago; it is asked once in a while.
        """
        place = self._store.local_path(key)
        if place is not None:
            return await asyncio.to_thread(touch, place)
        if time.monotonic() - self._noted.get(key, -_NOTED_S) < _NOTED_S:
            return True
        info = await self._store.head(key)
        if info is None:
            return False
        if info.modified_at < datetime.now(UTC) - timedelta(seconds=_OLD_S):
            try:
                await self._written_anew(info)
            except NotFound:  # swept just now
                return False
            except CutroomError as error:  # it is there, and the next who uses it tries again
                log.warning("blob.not_refreshed", key=key, error=str(error))
                return True
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._noted[key] = time.monotonic()
        return True

    async def _written_anew(self, info: ObjectInfo) -> None:
        if info.size_bytes > self._store.least_part_bytes:
            await self._store.join([info], info.key, BLOB_TYPE)
            return
        async with self.once(info.key) as path:  # a bucket copies no range of what is smaller
            await self._store.put(info.key, path, BLOB_TYPE)

    async def find(self, key: str) -> Path | None:
        """The file of an immutable object, not to be written to; with a local store it may not exist."""
        return self._store.local_path(key) or await self._the_cache().find(key, self._store)

    async def keep(self, key: str, path: Path) -> None:
        """Remember what is about to be put under `key`, so that it need not be fetched again."""
        if self._store.local_path(key) is None:
            await self._the_cache().add(key, path)

    @asynccontextmanager
    async def once(self, key: str) -> AsyncIterator[Path]:
        """The file of an object that is looked at once and not kept. Raises `NotFound`."""
        path = self._store.local_path(key)
        if path is not None:
            yield path
            return
        cache = self._the_cache()
        folder = await asyncio.to_thread(cache.folder)
        try:
            await self._store.get(key, folder / "object")
            yield folder / "object"
        finally:
            await asyncio.to_thread(cache.remove, folder)

    @asynccontextmanager
    async def draft_folder(self) -> AsyncIterator[Path]:
        """A folder for files that are on their way into the store, on its own disk where it has one."""
        folder = self._store.draft_folder
        if folder is not None:
            yield folder
            return
        cache = self._the_cache()
        own = await asyncio.to_thread(cache.folder)
        try:
            yield own
        finally:
            await asyncio.to_thread(cache.remove, own)

    def _the_cache(self) -> LocalCache:
        if self._cache is None:
            raise Internal("no_cache", "This store has local files for some keys only.")
        return self._cache


def touch(place: Path) -> bool:
    """Make a file as new as one that was written now; whether it is there."""
    with suppress(PermissionError):  # a file of another user is seen to age
        try:
            os.utime(place)
        except FileNotFoundError:
            return False
    return True
