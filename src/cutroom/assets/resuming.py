"""Uploads that grow: bytes come in any number of requests, and what is counted is durable.

The bytes of a request are gathered in a file of this process. Whenever they are enough they become a part in the store,
and the offset moves on in the database; what is left at the end of a request waits in the store too, as a tail that the
next request begins with. So any process may go on where another died, and memory holds a megabyte of each upload.
"""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets import appending, repository
from cutroom.assets.asset import ASSET_PREFIX, UPLOAD_PREFIX, Upload, UploadMethod, UploadStatus
from cutroom.assets.limits import LimitsOf, make_room
from cutroom.assets.nearby import Nearby
from cutroom.assets.rows import UploadRow
from cutroom.assets.settings import AssetSettings
from cutroom.assets.store import MOST_PARTS, Store
from cutroom.assets.uploads import check, closed, expired, no_upload, open_parts
from cutroom.assets.verifying import Verifier
from cutroom.assets.writing import CHECKSUMS, Writing
from cutroom.db import Database
from cutroom.kit.errors import Conflict, Forbidden, Invalid, NotFound
from cutroom.kit.ids import is_id, new_id

MOST_CHECKED_BYTES: Final = 1 << 30
"""The largest request with a checksum: nothing of it counts before its last byte."""
MOST_PIECES: Final = 100
_FINISH_AT_ONCE: Final = 50
_ROOM: Final = MOST_PARTS * 9 // 10  # the other numbers are for requests that broke off


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to; the algorithm is one of `CHECKSUMS`."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Addition:
    """What one request adds to an upload.

    Args:
        offset: where it begins.
        chunks: the bytes.
        announced: how many they are, when the client has said so.
        length: how long the whole upload is, when the client says so now.
        checksum: what these bytes must hash to.
    """

    offset: int
    chunks: AsyncIterator[bytes]
    announced: int | None = None
    length: int | None = None
    checksum: Checksum | None = None


class Resumable:
    """Takes such uploads; `AssetService.resumable`."""

    def __init__(
        self,
        database: Database,
        store: Store,
        nearby: Nearby,
        settings: AssetSettings,
        limits_of: LimitsOf,
        verifier: Verifier,
    ) -> None:
        self._database = database
        self._store = store
        self._nearby = nearby
        self._settings = settings
        self._limits_of = limits_of
        self._verifier = verifier

    async def create(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        name: str,
        content_type: str,
        size_bytes: int | None,
        sha256: str | None = None,
        metadata: str | None = None,
        partial: bool = False,
    ) -> Upload:
        """Promise to take a file by `append`. Its size may come later; a partial one is a piece of another.

        Raises as `AssetService.create_upload`.
        """
        content_type = content_type.lower()
        check(name, content_type, size_bytes, sha256)
        limits = await self._limits_of(session, workspace_id)
        limits.check_size(size_bytes or 0)
        await make_room(session, workspace_id, limits, size_bytes or 0)
        facts = {"name": name, "content_type": content_type, "sha256": sha256, "tus_metadata": metadata}
        return await self._add(session, workspace_id, size_bytes=size_bytes, partial=partial, **facts)

    async def create_joined(
        self,
        session: AsyncSession,
        workspace_id: str,
        pieces: Sequence[str],
        *,
        name: str,
        content_type: str,
        sha256: str | None = None,
        metadata: str | None = None,
    ) -> Upload:
        """Make an upload of the pieces with these ids, in this order; `AssetService.complete_upload` joins them.

        Raises:
            Invalid: as `AssetService.create_upload`, and `bad_concat`.
            Conflict: `piece_not_received`, `piece_taken`.
        """
        content_type = content_type.lower()
        check(name, content_type, None, sha256)
        if not 0 < len(pieces) <= MOST_PIECES:
            raise Invalid("bad_concat", f"An upload is joined from 1 to {MOST_PIECES} pieces.")
        found = await appending.pieces(session, workspace_id, pieces)
        if missing := [piece for piece in pieces if piece not in found]:
            message = f"{missing[0][:80]} is no piece that has all its bytes; send the rest of it first."
            raise Conflict("piece_not_received", message)
        others = await appending.joined_from(session, workspace_id, pieces)
        if others & {UploadStatus.PENDING, UploadStatus.VERIFYING}:
            message = "Another upload is being joined from one of these pieces; wait for it, or send them again."
            raise Conflict("piece_taken", message)
        size_bytes = sum(found[piece].size_bytes or 0 for piece in pieces)
        limits = await self._limits_of(session, workspace_id)
        limits.check_size(size_bytes)
        # The room for each piece was promised once.
        if len(set(pieces)) < len(pieces) or UploadStatus.COMPLETED in others:
            await make_room(session, workspace_id, limits, size_bytes)
        facts = {"name": name, "content_type": content_type, "sha256": sha256, "tus_metadata": metadata}
        return await self._add(
            session, workspace_id, size_bytes=size_bytes, offset_bytes=size_bytes, joins=list(pieces), **facts
        )

    async def get(self, session: AsyncSession, workspace_id: str, upload_id: str) -> Upload:
        """A resumable upload. Raises `NotFound` (`upload_not_found`), also for one of another kind."""
        row = None
        if is_id(upload_id, UPLOAD_PREFIX):
            row = await repository.find_upload(session, workspace_id, upload_id)
        if row is None or row.method != UploadMethod.TUS:
            raise no_upload()
        return repository.upload_of(row)

    async def append(self, workspace_id: str, upload_id: str, addition: Addition) -> Upload:
        """Take more bytes of a resumable upload. What it answers is durable; a piece with all its bytes is received.

        Opens transactions of its own. When the bytes stop coming, those that came are kept and the error goes on.

        Raises:
            NotFound: `upload_not_found`.
            Conflict: `offset_mismatch`, `length_known`, `upload_closed`, `upload_expired`, `upload_taken_over` by a
                later request, `too_many_parts`.
            Forbidden: `upload_is_joined`.
            Invalid: `payload_too_large`, `upload_too_large`, `bad_size`, `checksum_mismatch`.
            QuotaExceeded: `storage_full`.
        """
        row, writer, most = await self._claim(workspace_id, upload_id, addition)
        upload = repository.upload_of(row)
        if most:
            upload = await self._write(row, upload, writer, addition, most)
        if upload.offset_bytes == upload.size_bytes and upload.partial:
            await self._verifier.receive(workspace_id, upload_id)
        return upload

    async def _write(self, row: UploadRow, upload: Upload, writer: str, addition: Addition, most: int) -> Upload:
        handle = row.handle or await open_parts(self._database, self._store, upload)

        async def room(session: AsyncSession, size_bytes: int) -> None:
            limits = await self._limits_of(session, row.workspace_id)
            await make_room(session, row.workspace_id, limits, size_bytes)

        async with self._nearby.draft_folder() as folder:
            least_bytes = max(self._store.least_part_bytes, -(-(addition.offset + most) // _ROOM))
            draft = folder / secrets.token_hex(8)
            writing = Writing(
                self._database,
                self._store,
                row,
                handle,
                writer=writer,
                draft=draft,
                least_bytes=least_bytes,
                make_room=None if row.size_bytes is not None else room,
            )
            try:
                await writing.begin()
                await self._take(writing, addition, most)
            finally:
                writing.close()
        return replace(upload, offset_bytes=addition.offset + writing.durable_bytes)

    async def finish_received(self) -> int:
        """Complete the resumable uploads whose bytes are all here, and whose request died before it could do so."""
        async with self._database.begin() as session:
            waiting = await appending.all_received(session, self._settings.verify_takeover_s, _FINISH_AT_ONCE)
        for workspace_id, upload_id, partial in waiting:
            with suppress(Invalid, Conflict, NotFound):  # refused for good, or somebody else is at it
                if partial:
                    await self._verifier.receive(workspace_id, upload_id)
                else:
                    await self._verifier.complete(workspace_id, upload_id, None)
        return len(waiting)

    async def _take(self, writing: Writing, addition: Addition, most: int) -> None:
        """Write the bytes as they come, and keep what has come when no more does."""
        digest = None if addition.checksum is None else CHECKSUMS[addition.checksum.algorithm]()
        try:
            async for chunk in addition.chunks:
                _check_fits(writing.taken_bytes + len(chunk), most)
                await writing.take(chunk, digest)
        except Exception:
            # Of a connection that broke, all that came is good; of a body with a checksum, nothing is known.
            if digest is None and writing.is_whole:
                await writing.keep()
            raise
        if digest is not None:
            await writing.flush(digest)
            if addition.checksum is not None and digest.digest() != addition.checksum.digest:
                raise Invalid("checksum_mismatch", "The bytes are not those of the checksum; send them again.")
        await writing.keep()

    async def _claim(self, workspace_id: str, upload_id: str, addition: Addition) -> tuple[UploadRow, str, int]:
        """Become the one request that appends; returns its token, and how many bytes it may add."""
        async with self._database.begin() as session:
            row = None
            if is_id(upload_id, UPLOAD_PREFIX):
                row = await appending.lock_upload(session, workspace_id, upload_id)
            if row is None:
                raise no_upload()
            if row.joins is not None:
                raise Forbidden("upload_is_joined", "Nothing can be added to an upload that is made of others.")
            if addition.offset != row.offset_bytes:
                message = (
                    f"{row.offset_bytes} bytes of this upload are here; go on from there, not from another offset."
                )
                raise Conflict("offset_mismatch", message)
            if row.status != UploadStatus.PENDING and row.offset_bytes != row.size_bytes:
                raise closed()
            if row.status == UploadStatus.PENDING and await appending.is_expired(session, row.id):
                raise expired()
            most = await self._missing(session, row, addition)
            if addition.checksum is not None:
                most = min(most, MOST_CHECKED_BYTES)
            _check_fits(addition.announced or 0, most)
            writer = secrets.token_hex(16)
            row.writer = writer
        return row, writer, most

    async def _missing(self, session: AsyncSession, row: UploadRow, addition: Addition) -> int:
        limits = await self._limits_of(session, row.workspace_id)
        if addition.length is not None and addition.length != row.size_bytes:
            if row.size_bytes is not None:
                raise Conflict("length_known", f"The length of this upload is {row.size_bytes}, and cannot change.")
            check(row.name, row.content_type, addition.length, row.sha256)
            if addition.length < row.offset_bytes:
                raise Invalid("bad_size", f"{row.offset_bytes} bytes are here already.")
            limits.check_size(addition.length)
            await make_room(session, row.workspace_id, limits, addition.length - row.offset_bytes)
            row.size_bytes = addition.length
        elif row.size_bytes is None:
            await make_room(session, row.workspace_id, limits, addition.announced or 0)
        return (limits.max_upload_bytes if row.size_bytes is None else row.size_bytes) - row.offset_bytes

    async def _add(self, session: AsyncSession, workspace_id: str, **values: object) -> Upload:
        row = await repository.add_upload(
            session,
            self._settings.large_expires_s,
            id=new_id(UPLOAD_PREFIX),
            asset_id=new_id(ASSET_PREFIX),
            workspace_id=workspace_id,
            method=UploadMethod.TUS,
            **values,
        )
        return repository.upload_of(row)


def _check_fits(size_bytes: int, most: int) -> None:
    if size_bytes > most:
        raise Invalid("payload_too_large", f"The body is larger than the {most} bytes that may be sent here.")
