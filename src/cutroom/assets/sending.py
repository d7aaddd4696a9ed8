"""The files of an attempt that runs on another machine: permissions to read and to send, instead of bytes.

What was sent lies under a key of its own until it is looked at: its size and its hash must be what was promised. Only
then does it become a blob or an artifact, as if it had been made here. What is never asked for again is swept.

A permission serves once. The id of an artifact follows from the job and the permission, so that who did not hear the
answer, and asks again here or at another node, gets the artifact that there is.
"""

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cutroom.assets import told
from cutroom.assets.asset import ARTIFACT_PREFIX, ASSET_PREFIX, Published
from cutroom.assets.disk import storage_errors
from cutroom.assets.files import AttemptFiles
from cutroom.assets.keys import blob_key, sent_key, source_key
from cutroom.assets.nearby import BLOB_TYPE, Nearby
from cutroom.assets.store import SignedPut, Store
from cutroom.kit.errors import Invalid, NotFound, Unavailable
from cutroom.kit.hashes import hash_file
from cutroom.kit.ids import is_id, new_id
from cutroom.media.probe import probe

LINK_S: Final = 3_600
MAX_OPEN: Final = 64
"""Permissions of one attempt that are not used yet."""
_SENT_ID: Final = re.compile(r"[0-9a-f]{32}")
_TIME_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where bytes are to be read from."""

    url: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Promise:
    """What was said to be sent."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SentFiles:
    """Files in and out of an attempt elsewhere.

    Args:
        files: those of the attempt as it would have them here.
        store: where the bytes are.
        nearby: finds their local files.
        workspace_id: whose job it is.
        job_id: the job.
        max_bytes: the most that may be sent at once.
    """

    files: AttemptFiles
    store: Store
    nearby: Nearby
    workspace_id: str
    job_id: str
    max_bytes: int
    _promised: dict[str, Promise] = field(default_factory=dict)
    _in_use: dict[str, asyncio.Event] = field(default_factory=dict)
    """Permissions that are being used, until each is done with."""

    async def place(self, key: str) -> Place | None:
        """Where the blob under a content key is to be read from, if there is one."""
        blob = blob_key(self.workspace_id, key)
        found = await self.store.head(blob) if await self.nearby.used(blob) else None
        if found is None:
            return None
        url = self.store.sign_get(blob, expires_s=LINK_S, file_name="blob", content_type=BLOB_TYPE)
        return Place(url, found.size_bytes)

    def permit(self, key: str | None, size_bytes: int, sha256: str) -> tuple[str, SignedPut]:
        """A permission to send one file of exactly this size, by its id.

        Raises:
            Invalid: `file_too_large`, `bad_key` for a source under another hash than its own, `too_many_permissions`.
        """
        if not 0 <= size_bytes <= self.max_bytes:
            raise Invalid("file_too_large", f"A file of {size_bytes} bytes is too large; {self.max_bytes} may be sent.")
        if key is not None:
            blob_key(self.workspace_id, key)
            if key.startswith(source_key("")) and key != source_key(sha256):
                raise Invalid("bad_key", "A source is kept under its own hash.")
        if len(self._promised) >= MAX_OPEN:
            raise Invalid("too_many_permissions", f"At most {MAX_OPEN} files may be on their way at once.")
        sent_id = f"{time.time_ns() // 1_000_000:0{_TIME_DIGITS}x}{secrets.token_hex(10)}"
        self._promised[sent_id] = Promise(size_bytes, sha256)
        place = sent_key(self.workspace_id, sent_id)
        put = self.store.sign_put(place, expires_s=LINK_S, size_bytes=size_bytes, content_type=BLOB_TYPE)
        return sent_id, put

    async def keep(self, sent_id: str, key: str) -> None:
        """Make a blob of what was sent.

        Raises:
            Unavailable: `permission_unknown`: it was given by another node; ask again.
            Invalid: `file_not_sent`, `wrong_size`, `wrong_hash`.
        """
        async with self._use(sent_id) as promise:
            if key.startswith(source_key("")) and key != source_key(promise.sha256):
                raise Invalid("bad_key", "A source is kept under its own hash.")
            async with self.nearby.once(sent_key(self.workspace_id, sent_id)) as path:
                await self._verify(path, promise)
                await self.files.keep(key, path)

    async def publish(self, sent_id: str, *, kind: str, name: str, content_type: str) -> Published:
        """Make an artifact of what was sent; again, it is the same one.

        Raises:
            Unavailable: `permission_unknown`.
            Invalid: `file_not_sent`, `wrong_size`, `wrong_hash`, `bad_kind`, `bad_name`, `bad_content_type`.
            Conflict: `artifact_discarded`.
        """
        label = told.label_of(kind, name, content_type)
        if (using := self._in_use.get(sent_id)) is not None:
            await using.wait()
        if sent_id not in self._promised and (made := await self._made(sent_id)) is not None:
            return made
        async with self._use(sent_id) as promise, self.nearby.once(sent_key(self.workspace_id, sent_id)) as path:
            await self._verify(path, promise)
            return await self.files.publish_as(
                self._artifact_id(sent_id), path, kind=label.kind, name=label.name, content_type=label.content_type
            )

    async def adopt(self, sha256: str, *, asset_id: str, name: str) -> None:
        """Make a source an asset, as `AttemptFiles.adopt` does; what it is, is found out here, as of an upload.

        Raises:
            Invalid: `bad_asset_id`, `bad_sha256`, `bad_name`, and what `probe` and `AttemptFiles.adopt` raise.
            Unavailable: `blob_missing`.
        """
        if not is_id(asset_id, ASSET_PREFIX):
            raise Invalid("bad_asset_id", "This is not the id of an asset.")
        told.check_hash(sha256)
        path = await self.nearby.find(blob_key(self.workspace_id, source_key(sha256)))
        try:
            if path is None:
                raise _blob_missing()
            info = await probe(path)
        except FileNotFoundError:
            raise _blob_missing() from None
        await self.files.adopt(sha256, asset_id=asset_id, name=told.checked_name(name), info=info)

    @asynccontextmanager
    async def _use(self, sent_id: str) -> AsyncIterator[Promise]:
        """Use a permission up: nobody else does from now on, and afterwards nothing is left of what was sent with it.

        What was sent stays in its place meanwhile, so that nothing else can be sent there.
        """
        promise = self._promised.pop(sent_id, None)
        if promise is None:
            raise Unavailable(
                "permission_unknown", "This permission is not known here; ask for another and send again."
            )
        done = self._in_use[sent_id] = asyncio.Event()
        try:
            yield promise
        except NotFound:
            raise _not_sent() from None
        finally:
            del self._in_use[sent_id]
            done.set()
            await self.store.delete(sent_key(self.workspace_id, sent_id))

    async def _made(self, sent_id: str) -> Published | None:
        """What was published with this permission, here or at another node."""
        return await self.files.published(self._artifact_id(sent_id)) if _SENT_ID.fullmatch(sent_id) else None

    def _artifact_id(self, sent_id: str) -> str:
        digest = hashlib.sha256(f"{self.workspace_id} {self.job_id} {sent_id}".encode()).digest()
        return new_id(
            ARTIFACT_PREFIX, at_ms=int(sent_id[:_TIME_DIGITS], 16), entropy=int.from_bytes(digest[:10], "big")
        )

    async def _verify(self, path: Path, promise: Promise) -> None:
        with storage_errors():
            if not path.is_file():
                raise _not_sent()
            size_bytes = path.stat().st_size
            if size_bytes != promise.size_bytes:
                raise Invalid("wrong_size", f"{promise.size_bytes} bytes were promised and {size_bytes} were sent.")
            if await asyncio.to_thread(hash_file, path) != promise.sha256:
                raise Invalid("wrong_hash", "What was sent has another hash than what was promised.")


def _blob_missing() -> Unavailable:
    return Unavailable("blob_missing", "The source was removed while the job ran; run it again.")


def _not_sent() -> Invalid:
    return Invalid("file_not_sent", "Nothing has been sent with this permission.")
