"""The files of an attempt that runs on another machine: permissions to read and to send, instead of bytes.

What was sent lies under a key of its own until it is looked at: its size and its hash must be what was promised. Only
then does it become a blob or an artifact, as if it had been made here. What is never asked for again is swept.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cutroom.assets.asset import Published
from cutroom.assets.disk import hash_file, storage_errors
from cutroom.assets.files import BLOB_TYPE, AttemptFiles
from cutroom.assets.keys import blob_key, sent_key, source_key
from cutroom.assets.nearby import Nearby
from cutroom.assets.store import SignedPut, Store
from cutroom.kit.errors import Invalid, NotFound, Unavailable

LINK_S: Final = 3_600
MAX_OPEN: Final = 64
"""Permissions of one attempt that are not used yet."""


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
        max_bytes: the most that may be sent at once.
    """

    files: AttemptFiles
    store: Store
    nearby: Nearby
    workspace_id: str
    max_bytes: int
    _promised: dict[str, Promise] = field(default_factory=dict)

    async def place(self, key: str) -> Place | None:
        """Where the blob under a content key is to be read from, if there is one."""
        blob = blob_key(self.workspace_id, key)
        found = await self.store.head(blob)
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
        sent_id = secrets.token_hex(16)
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
        promise = self._promise(sent_id)
        if key.startswith(source_key("")) and key != source_key(promise.sha256):
            raise Invalid("bad_key", "A source is kept under its own hash.")
        place = sent_key(self.workspace_id, sent_id)
        try:
            async with self.nearby.once(place) as path:
                await self._verify(path, promise)
                await self.files.keep(key, path)
        except NotFound:
            raise _not_sent() from None
        finally:
            await self._forget(sent_id)

    async def publish(self, sent_id: str, *, kind: str, name: str, content_type: str) -> Published:
        """Make an artifact of what was sent.

        Raises:
            Unavailable: `permission_unknown`.
            Invalid: `file_not_sent`, `wrong_size`, `wrong_hash`.
            Conflict: `artifact_discarded`.
        """
        promise = self._promise(sent_id)
        try:
            async with self.nearby.once(sent_key(self.workspace_id, sent_id)) as path:
                await self._verify(path, promise)
                return await self.files.publish(path, kind=kind, name=name, content_type=content_type)
        except NotFound:
            raise _not_sent() from None
        finally:
            await self._forget(sent_id)

    def _promise(self, sent_id: str) -> Promise:
        promise = self._promised.get(sent_id)
        if promise is None:
            raise Unavailable(
                "permission_unknown", "This permission is not known here; ask for another and send again."
            )
        return promise

    async def _verify(self, path: Path, promise: Promise) -> None:
        with storage_errors():
            if not path.is_file():
                raise _not_sent()
            size_bytes = path.stat().st_size
            if size_bytes != promise.size_bytes:
                raise Invalid("wrong_size", f"{promise.size_bytes} bytes were promised and {size_bytes} were sent.")
            if await asyncio.to_thread(hash_file, path) != promise.sha256:
                raise Invalid("wrong_hash", "What was sent has another hash than what was promised.")

    async def _forget(self, sent_id: str) -> None:
        self._promised.pop(sent_id, None)
        await self.store.delete(sent_key(self.workspace_id, sent_id))


def _not_sent() -> Invalid:
    return Invalid("file_not_sent", "Nothing has been sent with this permission.")
