"""Removing what nobody needs any more, and what processes left that died.

Each sweep can die at any point and be run again: bytes go first, then the row that knows of them, and what is missed
is a stray. No transaction is open while a store is asked to do something.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets import sweeping
from cutroom.assets.cache import LocalCache
from cutroom.assets.hiding import hide_bytes
from cutroom.assets.keys import BLOBS, EVERYTHING, artifact_key, asset_key, parse, upload_key
from cutroom.assets.settings import AssetSettings
from cutroom.assets.store import ObjectInfo, Store
from cutroom.assets.unsent import forget
from cutroom.assets.uploads import expired
from cutroom.db import Database
from cutroom.kit.clock import Clock, SystemClock

BATCH: Final = 200

Ended = Callable[[AsyncSession, Sequence[str]], Awaitable[Collection[str]]]
"""Which of these jobs have ended or do not exist; wired to the job engine by the composition root."""


class Retention:
    """Recurring maintenance; every method returns how many things it removed.

    Args:
        database: for short transactions.
        store: where the bytes are.
        cache: local copies of a bucket's objects, if there are.
        settings: lifetimes.
        clock: compared with the times that the store gives its objects.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        *,
        cache: LocalCache | None = None,
        settings: AssetSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._store = store
        self._cache = cache
        self._settings = settings or AssetSettings()
        self._clock = clock or SystemClock()

    async def sweep_uploads(self) -> int:
        """Remove what was sent for uploads that were given up or not completed in time; forget those long over."""
        async with self._database.begin() as session:
            late = await sweeping.give_up_uploads(session, self._settings.grace_s, expired().to_json(), BATCH)
        for row in late:
            await forget(self._store, row)
        gone = 0
        while True:
            async with self._database.begin() as session:
                rows = await sweeping.old_uploads(session, self._settings.upload_kept_s, BATCH)
            if not rows:
                return gone
            keys = [upload_key(row.workspace_id, row.id) for row in rows]
            keys += [asset_key(row.workspace_id, row.asset_id, 0) for row in rows if not row.became_asset]
            await self._store.delete(*keys)
            async with self._database.begin() as session:
                gone += await sweeping.remove_uploads(session, [row.id for row in rows])
                await sweeping.remove_keys(session)

    async def sweep_assets(self) -> int:
        """Put the bytes of deleted assets where no old link leads; remove them when they can no longer be restored."""
        async with self._database.begin() as session:
            visible = await sweeping.deleted_assets(session, BATCH)
        for row in visible:
            await hide_bytes(self._database, self._store, row.workspace_id, row.id, row.generation)
        gone = 0
        while True:
            # Rows first, here, so that an asset cannot be restored whose bytes are going.
            async with self._database.begin() as session:
                rows = await sweeping.remove_trashed_assets(session, self._settings.trash_s, BATCH)
            if not rows:
                return gone
            await self._store.delete(*(asset_key(row.workspace_id, row.id, row.generation) for row in rows))
            gone += len(rows)

    async def sweep_artifacts(self) -> int:
        """Remove artifacts that were discarded, never finished, or kept for long enough."""
        settings = self._settings
        gone = 0
        while True:
            async with self._database.begin() as session:
                rows = await sweeping.discard_artifacts(
                    session, writing_s=settings.writing_s, kept_s=settings.artifact_kept_s, limit=BATCH
                )
            if not rows:
                return gone
            await self._store.delete(*(artifact_key(row.workspace_id, row.id) for row in rows))
            async with self._database.begin() as session:
                gone += await sweeping.remove_artifacts(session, [row.id for row in rows])

    async def sweep_unsettled(self, ended: Ended) -> int:
        """Discard what attempts published for jobs that had ended by then: nothing will ever settle it."""
        gone, after = 0, ""
        while True:
            async with self._database.begin() as session:
                jobs = await sweeping.jobs_with_open_artifacts(session, after, BATCH)
                if jobs and (over := await ended(session, jobs)):
                    gone += await sweeping.discard_of_jobs(session, list(over))
            if not jobs:
                return gone
            after = jobs[-1]

    async def sweep_blobs(self) -> int:
        """Remove what was not used for long, then the oldest until the budget is kept."""
        blobs: list[ObjectInfo] = []
        async for info in self._store.list(EVERYTHING):
            place = parse(info.key)
            if place is not None and place[1] == BLOBS:
                blobs.append(info)
        blobs.sort(key=lambda info: info.modified_at)
        over = sum(info.size_bytes for info in blobs) - self._settings.blob_budget_bytes
        stale, resting = self._ago(self._settings.blob_kept_s), self._ago(self._settings.blob_rest_s)
        keys: list[str] = []
        for info in blobs:
            if info.modified_at > resting or (over <= 0 and info.modified_at > stale):
                break
            over -= info.size_bytes
            keys.append(info.key)
        await self._delete(keys)
        if self._cache is not None:
            await self._cache.evict()
        return len(keys)

    async def sweep_strays(self) -> int:
        """Remove bytes that no row knows: writes that finished after their row was given up. And unfinished writes."""
        gone = await self._store.sweep(self._settings.stray_s)
        before = self._ago(self._settings.stray_s)
        batch: list[str] = []
        async for info in self._store.list(EVERYTHING):
            place = parse(info.key)
            if place is None or place[1] == BLOBS or info.modified_at > before:
                continue
            batch.append(info.key)
            if len(batch) == BATCH:
                gone += await self._delete_strays(batch)
                batch = []
        return gone + await self._delete_strays(batch)

    async def _delete_strays(self, keys: Sequence[str]) -> int:
        if not keys:
            return 0
        async with self._database.begin() as session:
            known = await sweeping.known_keys(session, keys)
        return await self._delete([key for key in keys if key not in known])

    async def _delete(self, keys: Sequence[str]) -> int:
        for start in range(0, len(keys), BATCH):
            await self._store.delete(*keys[start : start + BATCH])
        return len(keys)

    def _ago(self, seconds: float) -> datetime:
        return self._clock.now().astimezone(UTC) - timedelta(seconds=seconds)
