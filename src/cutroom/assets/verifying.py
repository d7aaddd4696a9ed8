"""From bytes that were sent to an asset: put together, counted, hashed, probed."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cutroom.assets import appending, repository
from cutroom.assets.asset import Asset, Upload, UploadMethod, UploadStatus
from cutroom.assets.disk import storage_errors
from cutroom.assets.keys import asset_key, upload_key
from cutroom.assets.limits import FileLimits, LimitsOf
from cutroom.assets.nearby import Nearby
from cutroom.assets.rows import UploadRow
from cutroom.assets.settings import AssetSettings
from cutroom.assets.sizes import part_bytes, part_count
from cutroom.assets.store import ObjectInfo, Part, Store
from cutroom.assets.uploads import DOCUMENT_TYPES, Uploads, in_progress
from cutroom.db import Database
from cutroom.kit.errors import Conflict, Detail, Invalid, NotFound
from cutroom.kit.hashes import hash_file
from cutroom.media.documents import document_info, document_kind
from cutroom.media.info import MediaInfo
from cutroom.media.probe import probe

MOST_DETAILS: Final = 100
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
    "ac3": "audio/ac3",
    "eac3": "audio/eac3",
    "aiff": "audio/aiff",
    "caf": "audio/x-caf",
    "flv": "video/x-flv",
    "asf": "video/x-ms-asf",
    "wav": "audio/wav",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "ttc": "font/collection",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "apng": "image/apng",
    "heic": "image/heic",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "text": "text/plain",
}


Claim = tuple[UploadRow, datetime | None, FileLimits]


class Verifier:
    """Completes uploads. A part of `AssetService`, which says what its methods do."""

    def __init__(
        self,
        database: Database,
        store: Store,
        nearby: Nearby,
        settings: AssetSettings,
        limits_of: LimitsOf,
        uploads: Uploads,
    ) -> None:
        self._database = database
        self._store = store
        self._nearby = nearby
        self._settings = settings
        self._limits_of = limits_of
        self._uploads = uploads

    async def complete(self, workspace_id: str, upload_id: str, etags: Sequence[tuple[int, str]] | None) -> Asset:
        """Fulfil; see `AssetService.complete_upload`. The work lies between two short transactions."""
        claimed = await self._claim(workspace_id, upload_id)
        if isinstance(claimed, Asset):
            return claimed
        row, claimed_at, limits = claimed
        upload = repository.upload_of(row)
        try:
            size_bytes = await self._put_together(row, etags)
            info, sha256 = await self._verify(upload, size_bytes)
            limits.check_duration(info)
        except Invalid as error:
            await self._store.delete(asset_key(workspace_id, upload.asset_id, 0))
            await self._end(upload, claimed_at, UploadStatus.FAILED, error=error.to_json())
            raise
        except Exception:
            await self._end(upload, claimed_at, UploadStatus.PENDING)
            raise
        async with self._database.begin() as session:
            if not await repository.end_verifying(session, upload.id, claimed_at, UploadStatus.COMPLETED):
                raise in_progress()
            added = await repository.add_asset(
                session,
                info,
                id=upload.asset_id,
                workspace_id=workspace_id,
                name=upload.name,
                content_type=type_of(info),
                size_bytes=size_bytes,
                sha256=sha256,
            )
            asset = repository.asset_of(added)
        if upload.method is not UploadMethod.SINGLE:  # no link leads there; see `_verify` about those that do
            await self._store.delete(upload_key(workspace_id, upload.id))
        return asset

    async def receive(self, workspace_id: str, upload_id: str) -> None:
        """Make one object of a piece that is to be joined with others; nothing happens when that is done."""
        async with self._database.begin() as session:
            row = await repository.start_verifying(
                session, workspace_id, upload_id, takeover_s=self._settings.verify_takeover_s
            )
        if row is None:
            return
        upload, claimed_at = repository.upload_of(row), row.verifying_at
        try:
            await self._put_together(row, None)
        except Exception:
            await self._end(upload, claimed_at, UploadStatus.PENDING)
            raise
        await self._end(upload, claimed_at, UploadStatus.RECEIVED)

    async def _claim(self, workspace_id: str, upload_id: str) -> Asset | Claim:
        async with self._database.begin() as session:
            upload = await self._uploads.get(session, workspace_id, upload_id)
            if upload.partial:
                raise Conflict("upload_is_a_piece", "This upload is a piece; join it with the others into one upload.")
            row = await repository.start_verifying(
                session, workspace_id, upload_id, takeover_s=self._settings.verify_takeover_s
            )
            if row is not None:
                return row, row.verifying_at, await self._limits_of(session, workspace_id)
            upload = await self._uploads.get(session, workspace_id, upload_id)  # as it is after waiting for its lock
            if upload.status is UploadStatus.VERIFYING:
                raise in_progress()
            if upload.error is not None:
                raise upload.error
            asset = await repository.find_asset(session, workspace_id, upload.asset_id)
            if asset is None:
                raise NotFound("asset_not_found", "This upload became an asset that was deleted.")
            return repository.asset_of(asset)

    async def _put_together(self, row: UploadRow, etags: Sequence[tuple[int, str]] | None) -> int:
        """See to it that the bytes are one object; returns how many there must be."""
        key = upload_key(row.workspace_id, row.id)
        size_bytes = row.size_bytes
        if size_bytes is None or (row.method == UploadMethod.TUS and row.offset_bytes != size_bytes):
            raise Conflict("upload_not_received", "The bytes have not all arrived; send the rest first.")
        found = await self._store.head(key)
        if found is not None and (row.method == UploadMethod.SINGLE or found.size_bytes == size_bytes):
            return size_bytes
        if row.joins is not None:
            await self._store.join(await self._pieces(row), key, row.content_type)
        elif row.handle is not None:
            await self._store.finish_parts(key, row.handle, await self._parts(row, etags))
        else:
            raise Conflict("upload_not_received", "The bytes have not arrived; send them to the signed URL first.")
        return size_bytes

    async def _parts(self, row: UploadRow, etags: Sequence[tuple[int, str]] | None) -> Sequence[Part]:
        if row.method == UploadMethod.TUS:
            async with self._database.begin() as session:
                return await appending.parts_of(session, row.id)
        sent = await self._store.list_parts(upload_key(row.workspace_id, row.id), row.handle or "")
        _check_parts(row, sent, etags)
        return sent

    async def _pieces(self, row: UploadRow) -> list[ObjectInfo]:
        found = [await self._store.head(upload_key(row.workspace_id, piece)) for piece in row.joins or ()]
        there = [info for info in found if info is not None]
        if len(there) < len(found):
            raise Invalid("piece_missing", "A piece of this upload was removed; send all of them again.")
        return there

    async def _verify(self, upload: Upload, size_bytes: int) -> tuple[MediaInfo, str]:
        sent = upload_key(upload.workspace_id, upload.id)
        found = await self._store.head(sent)
        if found is None:
            raise Conflict("upload_not_received", "The bytes have not arrived; send them to the signed URL first.")
        if found.size_bytes != size_bytes:
            raise _size_mismatch(size_bytes, found.size_bytes)
        # Whoever holds the signed URL can write there again until it expires. What is verified is a copy that nobody
        # else can reach; and what was sent stays where it is until then, which tells a second PUT that it is late.
        key = asset_key(upload.workspace_id, upload.asset_id, 0)
        await self._store.copy(sent, key)
        async with self._nearby.once(key) as path:
            with storage_errors():
                there = (await asyncio.to_thread(path.stat)).st_size
                sha256 = await asyncio.to_thread(hash_file, path)
            if there != size_bytes:
                raise _size_mismatch(size_bytes, there)
            if upload.sha256 not in {None, sha256}:
                sentence = f"The bytes that arrived have the SHA-256 {sha256}; make a new upload and send them to that."
                raise Invalid("sha256_mismatch", sentence)
            return await _look(path, upload.content_type, size_bytes), sha256

    async def _end(self, upload: Upload, claimed_at: datetime | None, status: UploadStatus, **values: object) -> None:
        async with self._database.begin() as session:
            await repository.end_verifying(session, upload.id, claimed_at, status, **values)


async def _look(path: Path, content_type: str, size_bytes: int) -> MediaInfo:
    """What a file is: media, or for reading where it was announced as such. A playlist is text too, and no video."""
    if content_type not in DOCUMENT_TYPES:
        return await probe(path)
    kind = await asyncio.to_thread(document_kind, path)
    if kind is not None:
        return document_info(kind, size_bytes)
    try:
        return await probe(path)
    except Invalid as error:
        if error.code != "not_media":
            raise
        sentence = f"The file was announced as {content_type}, and is no text in UTF-8 or UTF-16, no PDF and no media."
        raise Invalid("not_media", sentence) from error


def _check_parts(row: UploadRow, sent: Sequence[Part], etags: Sequence[tuple[int, str]] | None) -> None:
    """Compare what has arrived with what was announced, and with what the client says it has sent.

    Raises:
        Conflict: `parts_missing`, with a detail for each; `parts_changed`.
    """
    size_bytes, each = row.size_bytes or 0, row.part_size_bytes or 1
    here = {part.number: part for part in sent}
    wrong = [
        number
        for number in range(1, part_count(size_bytes, each) + 1)
        if number not in here or here[number].size_bytes != part_bytes(size_bytes, each, number)
    ]
    if wrong:
        message = f"{len(wrong)} parts have not arrived, the first of them number {wrong[0]}; send them first."
        details = [Detail(f"/parts/{n - 1}", "part_missing", f"Part {n} has not arrived.") for n in wrong]
        raise Conflict("parts_missing", message, details=details[:MOST_DETAILS])
    if etags is not None and {(n, tag.strip('"')) for n, tag in etags} != {(p.number, p.etag.strip('"')) for p in sent}:
        raise Conflict("parts_changed", "The parts that are here are not those that you name; list them and compare.")


def type_of(info: MediaInfo) -> str:
    """The type that a file is served as, from what it was found to be."""
    known = _TYPES.get(info.format, "application/octet-stream")
    if info.kind == "audio" and known.startswith("video/"):
        return {"video/mp4": "audio/mp4", "video/webm": "audio/webm", "video/quicktime": "audio/mp4"}.get(known, known)
    return "video/ogg" if info.kind == "video" and known == "audio/ogg" else known


def _size_mismatch(announced: int, size_bytes: int) -> Invalid:
    message = f"{size_bytes} bytes arrived where {announced} were announced; make a new upload."
    return Invalid("size_mismatch", message)
