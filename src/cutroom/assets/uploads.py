"""Promises of bytes: announcing them, where to send them, giving them up."""

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets import repository
from cutroom.assets.asset import (
    ASSET_PREFIX,
    UPLOAD_PREFIX,
    NewUpload,
    Once,
    SignedPart,
    Upload,
    UploadMethod,
    UploadStatus,
)
from cutroom.assets.keys import SENT, UPLOADS, is_part, parse, upload_key
from cutroom.assets.limits import LimitsOf, make_room
from cutroom.assets.rows import UploadRow
from cutroom.assets.settings import AssetSettings
from cutroom.assets.sizes import part_bytes, part_count, part_size
from cutroom.assets.store import Part, SignedPut, Store
from cutroom.assets.unsent import forget
from cutroom.db import Database
from cutroom.kit.clock import Clock
from cutroom.kit.errors import Conflict, Invalid, NotFound
from cutroom.kit.ids import is_id, new_id

MAX_NAME_CHARS: Final = 255
MOST_SIGNED: Final = 100
"""Parts for which one call gives permissions."""
UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
SHA256: Final = re.compile("[0-9a-f]{64}")
_MEDIA_TYPE: Final = re.compile(
    r"(?:(?:video|audio|image|font)/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}|application/octet-stream)"
)
DOCUMENT_TYPES: Final = frozenset(
    {"application/json", "application/pdf", "text/csv", "text/markdown", "text/plain", "text/vtt"}
)
"""What a file for reading may be announced as. One that is announced as anything else has to be media."""


class Uploads:
    """Takes announcements. A part of `AssetService`, which says what its methods do."""

    def __init__(
        self, database: Database, store: Store, settings: AssetSettings, limits_of: LimitsOf, clock: Clock
    ) -> None:
        self._database = database
        self._store = store
        self._settings = settings
        self._limits_of = limits_of
        self._clock = clock

    async def create(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        name: str,
        content_type: str,
        size_bytes: int,
        sha256: str | None,
        multipart: bool | None,
        once: Once | None,
    ) -> NewUpload:
        """Promise; see `AssetService.create_upload`."""
        content_type = content_type.lower()
        check(name, content_type, size_bytes, sha256)
        upload_id = new_id(UPLOAD_PREFIX)
        if once is not None and not await repository.take_key(session, workspace_id, once, upload_id):
            return await self._again(session, workspace_id, once)
        limits = await self._limits_of(session, workspace_id)
        limits.check_size(size_bytes)
        method = self._method(size_bytes, multipart=multipart)
        await make_room(session, workspace_id, limits, size_bytes)
        settings = self._settings
        in_parts = method is UploadMethod.MULTIPART
        row = await repository.add_upload(
            session,
            settings.large_expires_s if in_parts else settings.upload_expires_s,
            id=upload_id,
            asset_id=new_id(ASSET_PREFIX),
            workspace_id=workspace_id,
            name=name,
            content_type=content_type,
            method=method,
            size_bytes=size_bytes,
            part_size_bytes=part_size(size_bytes, settings.part_bytes) if in_parts else None,
            sha256=sha256,
        )
        upload = repository.upload_of(row)
        return NewUpload(upload, None if in_parts else self._put(upload))

    async def get(self, session: AsyncSession, workspace_id: str, upload_id: str) -> Upload:
        """Look one up."""
        return repository.upload_of(await self._row(session, workspace_id, upload_id))

    async def sign_parts(self, workspace_id: str, upload_id: str, numbers: Sequence[int] | None) -> list[SignedPart]:
        """Permit; see `AssetService.sign_parts`."""
        async with self._database.begin() as session:
            row = await self._row(session, workspace_id, upload_id)
        upload = _in_parts(repository.upload_of(row))
        if upload.status is not UploadStatus.PENDING:
            raise closed()
        expires_s = self._left_s(upload)
        size_bytes, each = upload.size_bytes or 0, upload.part_size_bytes or 0
        count = part_count(size_bytes, each)
        wanted = list(range(1, min(count, MOST_SIGNED) + 1)) if numbers is None else list(dict.fromkeys(numbers))
        if not 0 < len(wanted) <= MOST_SIGNED or min(wanted) < 1 or max(wanted) > count:
            raise Invalid("bad_parts", f"Name 1 to {MOST_SIGNED} parts, by numbers from 1 to {count}.")
        key = upload_key(workspace_id, upload.id)
        handle = row.handle or await open_parts(self._database, self._store, upload)
        sizes = {number: part_bytes(size_bytes, each, number) for number in wanted}
        return [
            SignedPart(number, size, self._store.sign_part(key, handle, number, expires_s=expires_s, size_bytes=size))
            for number, size in sizes.items()
        ]

    async def sent_parts(self, workspace_id: str, upload_id: str) -> Sequence[Part]:
        """The parts of an upload in parts that have arrived."""
        async with self._database.begin() as session:
            row = await self._row(session, workspace_id, upload_id)
        _in_parts(repository.upload_of(row))
        if row.handle is None:
            return []
        return await self._store.list_parts(upload_key(workspace_id, row.id), row.handle)

    async def abort(self, workspace_id: str, upload_id: str) -> None:
        """Give up; see `AssetService.abort_upload`."""
        async with self._database.begin() as session:
            row = await self._row(session, workspace_id, upload_id)
            aborted = await repository.set_aborted(session, workspace_id, row.id)
            if aborted is None:
                raise self._too_late(await self.get(session, workspace_id, upload_id))
        await forget(self._store, aborted)

    async def admit(self, key: str) -> None:
        """Refuse bytes by a link of ours for an upload that takes no more; see `AssetService.admit`."""
        place = parse(key)
        if place is not None and place[1] == SENT:
            return  # by an agent, which had the link from us a moment ago: nothing is taken but what was promised
        if place is None or place[1] != UPLOADS:
            raise closed()
        workspace_id, upload_id = place[0], place[2].partition(".")[0]
        async with self._database.begin() as session:
            row = await repository.find_upload(session, workspace_id, upload_id)
        # What was sent once to a single link lies there until it has expired: the store itself says so.
        if row is None or (is_part(key) and row.status != UploadStatus.PENDING):
            raise closed()

    def _method(self, size_bytes: int, *, multipart: bool | None) -> UploadMethod:
        if multipart is None:
            multipart = size_bytes > self._settings.multipart_over_bytes
        if not multipart and size_bytes > self._settings.single_bytes:
            sentence = f"More than {self._settings.single_bytes} bytes are sent in parts; leave 'multipart' out."
            raise Invalid("needs_parts", sentence)
        return UploadMethod.MULTIPART if multipart else UploadMethod.SINGLE

    async def _again(self, session: AsyncSession, workspace_id: str, once: Once) -> NewUpload:
        kept = await repository.kept_key(session, workspace_id, once.key)
        if kept is not None and kept.body_hash != once.body_hash:
            message = "This idempotency key was used with another request; use a new key for a new request."
            raise Invalid("idempotency_key_reused", message)
        row = None if kept is None else await repository.find_upload(session, workspace_id, kept.upload_id)
        if row is None:
            message = "The upload that this idempotency key made has been removed; use a new key."
            raise Conflict("idempotent_upload_gone", message)
        upload = repository.upload_of(row)
        usable = upload.method is UploadMethod.SINGLE and upload.status is UploadStatus.PENDING
        return NewUpload(
            upload, self._put(upload) if usable and self._seconds_left(upload) > 0 else None, created=False
        )

    def _put(self, upload: Upload) -> SignedPut:
        return self._store.sign_put(
            upload_key(upload.workspace_id, upload.id),
            expires_s=self._left_s(upload),
            size_bytes=upload.size_bytes or 0,
            content_type=upload.content_type,
        )

    def _left_s(self, upload: Upload) -> int:
        left_s = self._seconds_left(upload)
        if left_s <= 0:
            raise expired()
        return left_s

    def _seconds_left(self, upload: Upload) -> int:
        return round((upload.expires_at - self._clock.now().astimezone(UTC)).total_seconds())

    async def _row(self, session: AsyncSession, workspace_id: str, upload_id: str) -> UploadRow:
        row = None
        if is_id(upload_id, UPLOAD_PREFIX):
            row = await repository.find_upload(session, workspace_id, upload_id)
        if row is None:
            raise no_upload()
        return row

    def _too_late(self, upload: Upload) -> Conflict:
        if upload.status is UploadStatus.COMPLETED:
            return Conflict("upload_completed", f"This upload became the asset {upload.asset_id}; delete that instead.")
        return in_progress()


async def open_parts(database: Database, store: Store, upload: Upload) -> str:
    """The store's handle for the parts of an upload, made now. Not to be called in a transaction."""
    key = upload_key(upload.workspace_id, upload.id)
    ours = await store.start_parts(key, upload.content_type)
    async with database.begin() as session:
        handle = await repository.set_handle(session, upload.id, ours)
    if handle != ours:  # somebody else was first
        await store.abort_parts(key, ours)
    if handle is None:
        raise closed()
    return handle


def check(name: str, content_type: str, size_bytes: int | None, sha256: str | None) -> None:
    """Refuse an announcement for its form.

    Raises:
        Invalid: `bad_name`, `bad_content_type`, `bad_size`, `bad_sha256`.
    """
    if not 0 < len(name) <= MAX_NAME_CHARS or UNPRINTABLE.search(name):
        raise Invalid("bad_name", f"A name has 1 to {MAX_NAME_CHARS} characters and no control characters.")
    if _MEDIA_TYPE.fullmatch(content_type) is None and content_type not in DOCUMENT_TYPES:
        message = "Only video/*, audio/*, image/*, font/*, text (text/plain, text/markdown…) and PDF can be uploaded."
        raise Invalid("bad_content_type", message)
    if size_bytes is not None and size_bytes <= 0:
        raise Invalid("bad_size", "The size of a file is at least 1 byte.")
    if sha256 is not None and SHA256.fullmatch(sha256) is None:
        raise Invalid("bad_sha256", "A SHA-256 is 64 hexadecimal digits in lower case.")


def _in_parts(upload: Upload) -> Upload:
    if upload.method is not UploadMethod.MULTIPART:
        raise Conflict("not_in_parts", "This upload does not come in parts; announce it with 'multipart' if it should.")
    return upload


def no_upload() -> NotFound:
    """There is none, or it is another's."""
    return NotFound("upload_not_found", "There is no such upload.")


def in_progress() -> Conflict:
    """Somebody is verifying it."""
    return Conflict("upload_in_progress", "This upload is being verified; ask again in a moment.", retry_after_s=2)


def closed() -> Conflict:
    """It takes no more bytes."""
    return Conflict("upload_closed", "This upload takes no more bytes: it was completed, given up, or has failed.")


def expired() -> Conflict:
    """Its time is over."""
    return Conflict("upload_expired", "The time of this upload is over; make a new one.")
