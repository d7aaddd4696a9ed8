"""Objects as files of this machine, whether the store is a disk or a bucket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cutroom.assets.cache import LocalCache
from cutroom.assets.store import Store
from cutroom.kit.errors import Internal


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
