"""What the package does for others: uploads, assets, artifacts, and the files of one attempt."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets import repository
from cutroom.assets.asset import ARTIFACT_PREFIX, ASSET_PREFIX, Artifact, Asset, NewUpload, Once, SignedPart, Upload
from cutroom.assets.cache import LocalCache
from cutroom.assets.files import AttemptFiles
from cutroom.assets.hiding import hide
from cutroom.assets.keys import artifact_key, asset_key, blob_key
from cutroom.assets.limits import FileLimits, LimitsOf, same_for_all
from cutroom.assets.nearby import BLOB_TYPE, Nearby
from cutroom.assets.resuming import Resumable
from cutroom.assets.rows import ArtifactRow, AssetRow
from cutroom.assets.sending import SentFiles
from cutroom.assets.settings import AssetSettings
from cutroom.assets.store import Part, Store
from cutroom.assets.uploads import Uploads
from cutroom.assets.verifying import Verifier
from cutroom.db import Database
from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.errors import Internal, NotFound
from cutroom.kit.ids import is_id
from cutroom.kit.page import Page, page_of
from cutroom.media.fetch import Fetcher


class AttemptOf(Protocol):
    """Which attempt of which job files are for."""

    @property
    def workspace_id(self) -> str:
        """Whose job it is."""
        ...

    @property
    def job_id(self) -> str:
        """The job."""
        ...


class AssetService:
    """Files that workspaces own.

    Args:
        database: for the methods that need transactions of their own; the others work in the caller's.
        store: where the bytes are.
        cache: local copies of a bucket's objects; needed when the store is one.
        settings: limits and lifetimes.
        clock: says when links expire.
        limits_of: what a workspace may send and keep; the same for all, from the settings, when absent.

    Raises:
        ValueError: the store is a bucket and there is no cache.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        *,
        cache: LocalCache | None = None,
        settings: AssetSettings | None = None,
        clock: Clock | None = None,
        limits_of: LimitsOf | None = None,
    ) -> None:
        self._database = database
        self._store = store
        self._nearby = nearby = Nearby(store, cache)
        self._settings = settings = settings or AssetSettings()
        self._clock = clock or SystemClock()
        self._limits_of = limits_of = limits_of or same_for_all(FileLimits(settings.max_upload_bytes))
        self._uploads = Uploads(database, store, settings, limits_of, self._clock)
        self._verifier = Verifier(database, store, nearby, settings, limits_of, self._uploads)
        self.resumable = Resumable(database, store, nearby, settings, limits_of, self._verifier)

    async def create_upload(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        name: str,
        content_type: str,
        size_bytes: int,
        sha256: str | None = None,
        multipart: bool | None = None,
        once: Once | None = None,
    ) -> NewUpload:
        """Promise to take a file of exactly this size, and say where to send it; for parts, `sign_parts` does.

        Args:
            session: the caller's transaction.
            workspace_id: who uploads.
            name: what the file is called; kept as it is, and never a part of a path.
            content_type: `video/*`, `audio/*`, `image/*` or `font/*`; sent again with the bytes.
            size_bytes: exact size.
            sha256: checked against the bytes when given.
            multipart: whether it comes in parts; its size decides when None.
            once: makes the same request give the same upload for 24 hours.

        Raises:
            Invalid: `bad_name`, `bad_content_type`, `bad_size`, `upload_too_large`, `bad_sha256`, `needs_parts`,
                `idempotency_key_reused`.
            QuotaExceeded: `storage_full`.
            Conflict: `idempotent_upload_gone`.
        """
        return await self._uploads.create(
            session,
            workspace_id,
            name=name,
            content_type=content_type,
            size_bytes=size_bytes,
            sha256=sha256,
            multipart=multipart,
            once=once,
        )

    async def sign_parts(
        self, workspace_id: str, upload_id: str, numbers: Sequence[int] | None = None
    ) -> list[SignedPart]:
        """Permissions to send parts of an upload: of these numbers, at most 100, or of the first.

        Speaks to the store: not to be called within a transaction.

        Raises:
            NotFound: `upload_not_found`.
            Conflict: `not_in_parts`, `upload_closed`, `upload_expired`.
            Invalid: `bad_parts`.
        """
        return await self._uploads.sign_parts(workspace_id, upload_id, numbers)

    async def sent_parts(self, workspace_id: str, upload_id: str) -> Sequence[Part]:
        """The parts of an upload that have arrived. Raises as `sign_parts`."""
        return await self._uploads.sent_parts(workspace_id, upload_id)

    async def abort_upload(self, workspace_id: str, upload_id: str) -> None:
        """Give an upload up, and remove what was sent for it; from then on it is not found.

        Raises:
            NotFound: `upload_not_found`.
            Conflict: `upload_completed`, `upload_in_progress`.
        """
        await self._uploads.abort(workspace_id, upload_id)

    async def admit(self, key: str) -> None:
        """Refuse to take bytes under a key although a link for it is valid: its upload takes no more.

        Raises:
            Conflict: `upload_closed`.
        """
        await self._uploads.admit(key)

    async def get_upload(self, session: AsyncSession, workspace_id: str, upload_id: str) -> Upload:
        """An upload. Raises `NotFound` (`upload_not_found`)."""
        return await self._uploads.get(session, workspace_id, upload_id)

    async def complete_upload(
        self, workspace_id: str, upload_id: str, etags: Sequence[tuple[int, str]] | None = None
    ) -> Asset:
        """Verify what was sent and make it an asset; again, it gives the same asset or the same refusal.

        Opens transactions of its own: not to be called within one. `etags` are the numbers and ETags of the parts that
        the client has sent, to be compared with those that are here.

        Raises:
            NotFound: `upload_not_found`; `asset_not_found` when the asset that it became was deleted.
            Conflict: `upload_not_received`, `upload_in_progress`, `parts_missing`, `parts_changed`,
                `upload_is_a_piece`.
            Invalid: `size_mismatch`, `sha256_mismatch`, `not_media`, `media_truncated`, `media_unsupported`,
                `media_too_long`. The upload has failed for good.
            Unavailable: the store or the probe could not serve; the upload is still pending.
        """
        return await self._verifier.complete(workspace_id, upload_id, etags)

    async def limits(self, session: AsyncSession, workspace_id: str) -> FileLimits:
        """What a workspace may send and keep."""
        return await self._limits_of(session, workspace_id)

    async def storage_used(self, session: AsyncSession, workspace_id: str) -> int:
        """How many bytes a workspace's assets and results take, with what it deleted and can still restore."""
        return await repository.storage_used(session, workspace_id)

    async def get(self, session: AsyncSession, workspace_id: str, asset_id: str) -> Asset:
        """An asset. Raises `NotFound` (`asset_not_found`)."""
        return repository.asset_of(await self._find(session, workspace_id, asset_id))

    async def list_assets(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        limit: int = 20,
        before: str | None = None,
        deleted: bool = False,
    ) -> Page[Asset]:
        """A page of assets, or of deleted ones, newest first, that are older than the id `before`.

        Its cursor is the last id.
        """
        rows = await repository.list_assets(session, workspace_id, limit=limit + 1, before=before, deleted=deleted)
        return page_of([repository.asset_of(row) for row in rows], limit)

    async def delete(self, session: AsyncSession, workspace_id: str, asset_id: str) -> None:
        """Delete an asset; it can be restored for some days. Raises `NotFound`.

        Links made before work until `hide` or `Retention.sweep_assets`, within a minute, has moved the bytes.
        """
        if not is_id(asset_id, ASSET_PREFIX) or not await repository.set_deleted(session, workspace_id, asset_id):
            raise _no_asset()

    async def hide(self, workspace_id: str, asset_id: str) -> None:
        """End the links to an asset that was deleted, now, where that is quick: in a bucket it may have to be copied.

        Speaks to the store: not to be called within a transaction.
        """
        if self._store.draft_folder is not None:
            await hide(self._database, self._store, workspace_id, asset_id)

    async def restore(self, session: AsyncSession, workspace_id: str, asset_id: str) -> Asset:
        """Undo `delete`. Raises `NotFound` when it is too late, or nothing was deleted."""
        row = None
        if is_id(asset_id, ASSET_PREFIX):
            row = await repository.set_restored(session, workspace_id, asset_id)
        if row is None:
            raise _no_asset()
        return repository.asset_of(row)

    async def download_url(self, session: AsyncSession, workspace_id: str, asset_id: str) -> str:
        """A signed URL that reads an asset for an hour. Raises `NotFound`."""
        row = await self._find(session, workspace_id, asset_id)
        return self._store.sign_get(
            asset_key(row.workspace_id, row.id, row.generation),
            expires_s=self._settings.download_url_s,
            file_name=row.name,
            content_type=row.content_type,
        )

    async def artifacts(
        self, session: AsyncSession, workspace_id: str, job_ids: Sequence[str]
    ) -> dict[str, list[Artifact]]:
        """The results of jobs, with fresh links; an empty list for a job that has none."""
        found = await repository.kept_artifacts(session, workspace_id, job_ids)
        return {job_id: [self._artifact(row) for row in rows] for job_id, rows in found.items()}

    async def artifact_url(self, session: AsyncSession, workspace_id: str, artifact_id: str) -> str:
        """A signed URL that reads one result of a job for an hour. Raises `NotFound` (`artifact_not_found`)."""
        row: ArtifactRow | None = None
        if is_id(artifact_id, ARTIFACT_PREFIX):
            row = await repository.find_artifact(session, workspace_id, artifact_id)
        if row is None:
            raise NotFound("artifact_not_found", "There is no such artifact.")
        return self._store.sign_get(
            artifact_key(row.workspace_id, row.id),
            expires_s=self._settings.download_url_s,
            file_name=row.name,
            content_type=row.content_type,
        )

    async def fetch_artifact(self, workspace_id: str, artifact_id: str, path: Path) -> None:
        """Write one result of a job to `path`, which must not exist. Not to be called in a transaction.

        Raises:
            NotFound: `artifact_not_found`.
        """
        row: ArtifactRow | None = None
        if is_id(artifact_id, ARTIFACT_PREFIX):
            async with self._database.begin() as session:
                row = await repository.find_artifact(session, workspace_id, artifact_id)
        if row is None:
            raise NotFound("artifact_not_found", "There is no such artifact.")
        await self._store.get(artifact_key(row.workspace_id, row.id), path)

    async def keep_blob(self, workspace_id: str, key: str, path: Path) -> None:
        """Move a file under a content key, for jobs of this workspace to find. Not to be called in a transaction."""
        blob = blob_key(workspace_id, key)
        await self._nearby.keep(blob, path)
        await self._store.put(blob, path, BLOB_TYPE)

    async def settle(self, session: AsyncSession, job_id: str, workspace_id: str, keep: Sequence[str]) -> None:
        """Decide what becomes of a job's artifacts, in the transaction that ends the job.

        Args:
            session: that transaction.
            job_id: the job.
            workspace_id: whose it is.
            keep: ids of the artifacts that its output names; all others are discarded, and removed later.

        Raises:
            Internal: `artifact_missing`, when the output names one that is not there.
        """
        kept = await repository.settle(session, workspace_id, job_id, list(keep))
        if missing := set(keep) - kept:
            raise Internal("artifact_missing", f"The output names artifacts that are not there: {sorted(missing)}.")

    def files_for(self, fetcher: Fetcher) -> Callable[[AttemptOf, Path], AttemptFiles]:
        """What makes the files of an attempt, given the attempt and its scratch folder."""

        def files(attempt: AttemptOf, scratch: Path) -> AttemptFiles:
            return AttemptFiles(
                self._database,
                self._store,
                fetcher,
                nearby=self._nearby,
                workspace_id=attempt.workspace_id,
                job_id=attempt.job_id,
                scratch=scratch,
                link_s=self._link_s,
                limits_of=self._limits_of,
            )

        return files

    def sent_files_for(self, fetcher: Fetcher) -> Callable[[AttemptOf], SentFiles]:
        """What makes the files of an attempt that runs on another machine."""
        files_for, nowhere = self.files_for(fetcher), Path("/nonexistent")

        def files(attempt: AttemptOf) -> SentFiles:
            most = self._settings.max_upload_bytes
            here, workspace_id = files_for(attempt, nowhere), attempt.workspace_id
            return SentFiles(here, self._store, self._nearby, workspace_id, attempt.job_id, most)

        return files

    @property
    def _link_s(self) -> int:
        """How long links to a job's results work."""
        return min(self._settings.artifact_url_s, self._store.longest_link_s)

    async def _find(self, session: AsyncSession, workspace_id: str, asset_id: str) -> AssetRow:
        row = None
        if is_id(asset_id, ASSET_PREFIX):
            row = await repository.find_asset(session, workspace_id, asset_id)
        if row is None:
            raise _no_asset()
        return row

    def _artifact(self, row: ArtifactRow) -> Artifact:
        expires_at = datetime.fromtimestamp(int(self._clock.now().timestamp()), UTC) + timedelta(seconds=self._link_s)
        url = self._store.sign_get(
            artifact_key(row.workspace_id, row.id),
            expires_s=self._link_s,
            file_name=row.name,
            content_type=row.content_type,
        )
        return Artifact(
            id=row.id,
            job_id=row.job_id,
            kind=row.kind,
            name=row.name,
            content_type=row.content_type,
            size_bytes=row.size_bytes,
            sha256=row.sha256,
            url=url,
            expires_at=expires_at,
            created_at=row.created_at,
        )


def _no_asset() -> NotFound:
    return NotFound("asset_not_found", "There is no such asset.")
