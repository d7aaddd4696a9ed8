"""From a promise of bytes to an asset."""

import asyncio
import re
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets import repository
from cutroom.assets.asset import ASSET_PREFIX, UPLOAD_PREFIX, Asset, NewUpload, Upload, UploadStatus
from cutroom.assets.disk import hash_file, storage_errors
from cutroom.assets.keys import asset_key, upload_key
from cutroom.assets.nearby import Nearby
from cutroom.assets.settings import AssetSettings
from cutroom.assets.store import Store
from cutroom.db import Database
from cutroom.kit.errors import Conflict, Invalid, NotFound
from cutroom.kit.ids import is_id, new_id
from cutroom.media.info import MediaInfo
from cutroom.media.probe import probe

MAX_NAME_CHARS: Final = 255
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_SHA256: Final = re.compile("[0-9a-f]{64}")
_MEDIA_TYPE: Final = re.compile(r"(?:(?:video|audio|image)/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}|application/octet-stream)")
# What a file is served as follows from what it was found to be, never from what its sender said.
_TYPES: Final = {
    "mp4": "video/mp4",
    "m4a": "audio/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "matroska": "video/x-matroska",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}


class Uploads:
    """Takes uploads in. A part of `AssetService`, which says what its methods do."""

    def __init__(self, database: Database, store: Store, nearby: Nearby, settings: AssetSettings) -> None:
        self._database = database
        self._store = store
        self._nearby = nearby
        self._settings = settings

    async def create(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        name: str,
        content_type: str,
        size_bytes: int,
        sha256: str | None,
    ) -> NewUpload:
        """Promise; see `AssetService.create_upload`."""
        content_type = content_type.lower()
        self._check(name, content_type, size_bytes, sha256)
        row = await repository.add_upload(
            session,
            self._settings.upload_expires_s,
            id=new_id(UPLOAD_PREFIX),
            asset_id=new_id(ASSET_PREFIX),
            workspace_id=workspace_id,
            name=name,
            content_type=content_type,
            size_bytes=size_bytes,
            sha256=sha256,
        )
        put = self._store.sign_put(
            upload_key(workspace_id, row.id),
            expires_s=self._settings.upload_expires_s,
            size_bytes=size_bytes,
            content_type=content_type,
        )
        return NewUpload(repository.upload_of(row), put)

    async def get(self, session: AsyncSession, workspace_id: str, upload_id: str) -> Upload:
        """Look one up."""
        row = None
        if is_id(upload_id, UPLOAD_PREFIX):
            row = await repository.find_upload(session, workspace_id, upload_id)
        if row is None:
            raise NotFound("upload_not_found", "There is no such upload.")
        return repository.upload_of(row)

    async def complete(self, workspace_id: str, upload_id: str) -> Asset:
        """Fulfil; see `AssetService.complete_upload`. The work lies between two short transactions."""
        claimed = await self._claim(workspace_id, upload_id)
        if isinstance(claimed, Asset):
            return claimed
        upload, claimed_at = claimed
        try:
            info, sha256 = await self._verify(upload)
        except Invalid as error:
            await self._store.delete(asset_key(workspace_id, upload.asset_id, 0))
            await self._end(upload, claimed_at, UploadStatus.FAILED, error=error.to_json())
            raise
        except Exception:
            await self._end(upload, claimed_at, UploadStatus.PENDING)
            raise
        async with self._database.begin() as session:
            if not await repository.end_verifying(session, upload.id, claimed_at, UploadStatus.COMPLETED):
                raise _in_progress()
            row = await repository.add_asset(
                session,
                info,
                id=upload.asset_id,
                workspace_id=workspace_id,
                name=upload.name,
                content_type=_type_of(info),
                size_bytes=upload.size_bytes,
                sha256=sha256,
            )
            return repository.asset_of(row)

    def _check(self, name: str, content_type: str, size_bytes: int, sha256: str | None) -> None:
        if not 0 < len(name) <= MAX_NAME_CHARS or _UNPRINTABLE.search(name):
            raise Invalid("bad_name", f"A name has 1 to {MAX_NAME_CHARS} characters and no control characters.")
        if _MEDIA_TYPE.fullmatch(content_type) is None:
            raise Invalid("bad_content_type", "Only video/*, audio/* and image/* files can be uploaded.")
        if size_bytes <= 0:
            raise Invalid("bad_size", "The size of a file is at least 1 byte.")
        if size_bytes > self._settings.max_upload_bytes:
            raise Invalid("upload_too_large", f"At most {self._settings.max_upload_bytes} bytes can be uploaded.")
        if sha256 is not None and _SHA256.fullmatch(sha256) is None:
            raise Invalid("bad_sha256", "A SHA-256 is 64 hexadecimal digits in lower case.")

    async def _claim(self, workspace_id: str, upload_id: str) -> Asset | tuple[Upload, datetime | None]:
        async with self._database.begin() as session:
            upload = await self.get(session, workspace_id, upload_id)
            row = await repository.start_verifying(
                session, workspace_id, upload_id, takeover_s=self._settings.verify_takeover_s
            )
            if row is not None:
                return repository.upload_of(row), row.verifying_at
            upload = await self.get(session, workspace_id, upload_id)  # as it is after waiting for its lock
            if upload.status is UploadStatus.VERIFYING:
                raise _in_progress()
            if upload.error is not None:
                raise upload.error
            asset = await repository.find_asset(session, workspace_id, upload.asset_id)
            if asset is None:
                raise NotFound("asset_not_found", "This upload became an asset that was deleted.")
            return repository.asset_of(asset)

    async def _verify(self, upload: Upload) -> tuple[MediaInfo, str]:
        sent = upload_key(upload.workspace_id, upload.id)
        found = await self._store.head(sent)
        if found is None:
            raise Conflict("upload_not_received", "The bytes have not arrived; send them to the signed URL first.")
        if found.size_bytes != upload.size_bytes:
            raise _size_mismatch(upload, found.size_bytes)
        # Whoever holds the signed URL can write there again until it expires. What is verified is a copy that nobody
        # else can reach; and what was sent stays where it is until then, which tells a second PUT that it is late.
        key = asset_key(upload.workspace_id, upload.asset_id, 0)
        await self._store.copy(sent, key)
        async with self._nearby.once(key) as path:
            with storage_errors():
                size_bytes = (await asyncio.to_thread(path.stat)).st_size
                sha256 = await asyncio.to_thread(hash_file, path)
            if size_bytes != upload.size_bytes:
                raise _size_mismatch(upload, size_bytes)
            if upload.sha256 not in {None, sha256}:
                sentence = f"The bytes that arrived have the SHA-256 {sha256}; make a new upload and send them to that."
                raise Invalid("sha256_mismatch", sentence)
            return await probe(path), sha256

    async def _end(self, upload: Upload, claimed_at: datetime | None, status: UploadStatus, **values: object) -> None:
        async with self._database.begin() as session:
            await repository.end_verifying(session, upload.id, claimed_at, status, **values)


def _type_of(info: MediaInfo) -> str:
    known = _TYPES.get(info.format, "application/octet-stream")
    if info.kind == "audio" and known.startswith("video/"):
        return {"video/mp4": "audio/mp4", "video/webm": "audio/webm", "video/quicktime": "audio/mp4"}.get(known, known)
    return "video/ogg" if info.kind == "video" and known == "audio/ogg" else known


def _in_progress() -> Conflict:
    return Conflict("upload_in_progress", "This upload is being verified; ask again in a moment.", retry_after_s=2)


def _size_mismatch(upload: Upload, size_bytes: int) -> Invalid:
    message = f"{size_bytes} bytes arrived where {upload.size_bytes} were announced; make a new upload."
    return Invalid("size_mismatch", message)
