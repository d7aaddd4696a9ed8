"""The files of one attempt of one job: sources in, work in progress kept for reuse, results out."""

import asyncio
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cutroom.assets import repository
from cutroom.assets.asset import ARTIFACT_PREFIX, ASSET_PREFIX, UPLOAD_PREFIX, Published, Taken
from cutroom.assets.disk import storage_errors
from cutroom.assets.keys import artifact_key, asset_key, blob_key, source_key
from cutroom.assets.limits import LimitsOf, make_room
from cutroom.assets.nearby import BLOB_TYPE, Nearby, touch
from cutroom.assets.rows import AssetRow
from cutroom.assets.store import Store
from cutroom.assets.verifying import type_of
from cutroom.db import Database
from cutroom.kit.errors import Conflict, Invalid, NotFound, QuotaExceeded, Unavailable
from cutroom.kit.hashes import hash_file
from cutroom.kit.ids import is_id, new_id
from cutroom.media.fetch import Fetcher
from cutroom.media.info import MediaInfo


class AttemptFiles:
    """Fulfils the `Files` of a job's context; everything stays within the job's workspace.

    Args:
        database: for transactions of its own, each of one statement.
        store: where the bytes are.
        fetcher: brings sources that have a URL.
        nearby: finds their local files.
        workspace_id: whose job it is.
        job_id: the job.
        scratch: a folder of this attempt, on the same disk as the store or the cache if files are not to be copied.
        link_s: how long the links to what it publishes work.
        limits_of: what the workspace may keep.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        fetcher: Fetcher,
        *,
        nearby: Nearby,
        workspace_id: str,
        job_id: str,
        scratch: Path,
        link_s: int,
        limits_of: LimitsOf,
    ) -> None:
        self._database = database
        self._store = store
        self._fetcher = fetcher
        self._nearby = nearby
        self._workspace_id = workspace_id
        self._job_id = job_id
        self._scratch = scratch
        self._link_s = link_s
        self._limits_of = limits_of

    async def take(self, source: str) -> Taken:
        """Bring in the bytes behind a source: `https://…`, `http://…`, `asset:<id>`, or `upload:<id>` for its asset.

        `artifact:<id>` is what an earlier job made. They become the blob `src/<sha256>`, which `find` gives as a file.

        Raises:
            Invalid: `source_not_found` and what else `Fetcher.fetch` raises; asking again would not help.
            Unavailable: `source_unreachable`, `source_timeout`, `source_server_error`…; asking again may help.
        """
        scheme, _, name = source.partition(":")
        if scheme in {"asset", "upload"}:
            return await self._take_asset(source, scheme, name)
        if scheme == "artifact":
            return await self._take_artifact(source, name)
        draft = self._scratch / f"source-{secrets.token_hex(8)}"
        with storage_errors():
            fetched = await self._fetcher.fetch(source, draft)
        await self.keep(source_key(fetched.sha256), draft)
        return Taken(fetched.sha256, fetched.size_bytes)

    async def name_of(self, source: str) -> str | None:
        """What an asset is called; None for a source that is none, or gone."""
        scheme, _, name = source.partition(":")
        row = await self._asset(scheme, name) if scheme in {"asset", "upload"} else None
        return None if row is None else row.name

    async def find(self, key: str) -> Path | None:
        """The blob under a content key as a local file, not to be written to, for as long as the attempt lasts."""
        blob = self._blob(key)
        place = await self._nearby.find(blob)
        if place is None:
            return None
        if self._store.local_path(blob) is None:
            with suppress(Unavailable):  # the file is here
                await self._nearby.used(blob)
        with storage_errors():
            return await asyncio.to_thread(self._pin, key, place)

    async def keep(self, key: str, path: Path) -> None:
        """Move a finished file under a content key. What is there already is the same, and stays."""
        blob = self._blob(key)
        if await self._nearby.used(blob):
            await asyncio.to_thread(path.unlink)
            return
        await self._nearby.keep(blob, path)
        await self._store.put(blob, path, BLOB_TYPE)

    async def publish(self, path: Path, *, kind: str, name: str, content_type: str) -> Published:
        """Make a file an artifact of the job; the file is moved.

        The row comes first and says `writing`, then the bytes, then it says `ready`: nothing that is ever written can
        be forgotten, whenever this process dies.

        Raises:
            Conflict: `artifact_discarded`, when it took so long that the artifact was given up.
        """
        return await self.publish_as(new_id(ARTIFACT_PREFIX), path, kind=kind, name=name, content_type=content_type)

    async def publish_as(self, artifact_id: str, path: Path, *, kind: str, name: str, content_type: str) -> Published:
        """The same under an id that is not used yet, by which `published` finds it."""
        with storage_errors():
            sha256 = await asyncio.to_thread(hash_file, path)
            size_bytes = path.stat().st_size
        async with self._database.begin() as session:
            await repository.add_artifact(
                session,
                id=artifact_id,
                workspace_id=self._workspace_id,
                job_id=self._job_id,
                kind=kind,
                name=name,
                content_type=content_type,
                size_bytes=size_bytes,
                sha256=sha256,
            )
        place = artifact_key(self._workspace_id, artifact_id)
        await self._store.put(place, path, content_type)
        async with self._database.begin() as session:
            ready = await repository.set_ready(session, self._workspace_id, artifact_id)
        if not ready:
            await self._store.delete(place)
            raise Conflict("artifact_discarded", "The file took so long to store that it was given up.")
        return self._published(artifact_id, sha256, size_bytes, name, content_type)

    async def published(self, artifact_id: str) -> Published | None:
        """The artifact of the job that was published under this id, if its bytes are all there."""
        async with self._database.begin() as session:
            row = await repository.find_made(session, self._workspace_id, self._job_id, artifact_id)
        return None if row is None else self._published(row.id, row.sha256, row.size_bytes, row.name, row.content_type)

    async def adopt(self, sha256: str, *, asset_id: str, name: str, info: MediaInfo) -> None:
        """Make a source that was taken an asset of the workspace; again with the same id, it changes nothing.

        Raises:
            Invalid: `upload_too_large`, `media_too_long`, by the limits of the workspace.
            QuotaExceeded: `storage_full`.
            Unavailable: `blob_missing`, when the source was swept since it was taken.
        """
        async with self._database.begin() as session:
            if await repository.find_asset(session, self._workspace_id, asset_id, deleted=True) is not None:
                return
            limits = await self._limits_of(session, self._workspace_id)
        limits.check_size(info.size_bytes)
        limits.check_duration(info)
        place = asset_key(self._workspace_id, asset_id, 0)
        try:
            await self._store.copy(self._blob(source_key(sha256)), place)
        except NotFound:
            raise Unavailable("blob_missing", "The source was removed while the job ran; run it again.") from None
        try:
            async with self._database.begin() as session:
                await make_room(session, self._workspace_id, limits, info.size_bytes)
                await repository.add_asset_once(
                    session,
                    info,
                    id=asset_id,
                    workspace_id=self._workspace_id,
                    name=name,
                    content_type=type_of(info),
                    size_bytes=info.size_bytes,
                    sha256=sha256,
                )
        except QuotaExceeded:
            await self._store.delete(place)
            raise

    async def _take_asset(self, source: str, kind: str, name: str) -> Taken:
        row = await self._asset(kind, name)
        missing = Invalid("source_not_found", f"There is no asset for '{source[:80]}' in this workspace.")
        if row is None:
            raise missing
        await self._copied(asset_key(row.workspace_id, row.id, row.generation), row.sha256, missing)
        return Taken(row.sha256, row.size_bytes)

    async def _take_artifact(self, source: str, name: str) -> Taken:
        row = None
        if is_id(name, ARTIFACT_PREFIX):
            async with self._database.begin() as session:
                row = await repository.find_artifact(session, self._workspace_id, name)
        missing = Invalid("source_not_found", f"There is no file for '{source[:80]}' in this workspace.")
        if row is None:
            raise missing
        await self._copied(artifact_key(self._workspace_id, row.id), row.sha256, missing)
        return Taken(row.sha256, row.size_bytes)

    async def _copied(self, place: str, sha256: str, missing: Invalid) -> None:
        """See to it that the bytes at a place are there as a blob."""
        blob = self._blob(source_key(sha256))
        if not await self._nearby.used(blob):
            try:
                await self._store.copy(place, blob)
            except NotFound:
                raise missing from None  # deleted, and its bytes moved, since the row was read

    async def _asset(self, kind: str, name: str) -> AssetRow | None:
        if not is_id(name, ASSET_PREFIX if kind == "asset" else UPLOAD_PREFIX):
            return None
        find = repository.find_asset if kind == "asset" else repository.find_asset_of_upload
        async with self._database.begin() as session:
            return await find(session, self._workspace_id, name)

    def _published(self, artifact_id: str, sha256: str, size_bytes: int, name: str, content_type: str) -> Published:
        place = artifact_key(self._workspace_id, artifact_id)
        url = self._store.sign_get(place, expires_s=self._link_s, file_name=name, content_type=content_type)
        return Published(artifact_id, sha256, size_bytes, content_type, url)

    def _blob(self, key: str) -> str:
        return blob_key(self._workspace_id, key)

    def _pin(self, key: str, place: Path) -> Path | None:
        """A name of the attempt's own for a shared file, so that a sweep of what is shared cannot take it away."""
        pin = self._scratch / "pins" / key
        pin.parent.mkdir(parents=True, exist_ok=True)
        try:
            with suppress(FileExistsError):
                os.link(place, pin)
        except FileNotFoundError:
            return None
        except OSError:  # another disk, or one without links: it is used where it is
            if not place.is_file():
                return None
            pin = place
        touch(pin)
        return pin
