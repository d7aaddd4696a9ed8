"""The store on this machine's disk.

Objects are files under `objects/`, named by their keys, and read-only. They arrive by rename or by link from a folder
on the same disk that dies with its process, so that a crash leaves neither half an object nor a forgotten part.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from cutroom.assets.disk import claim, link, link_or_copy_out, move, seal, storage_errors
from cutroom.assets.links import GetGrant, Links, PutGrant, Query
from cutroom.assets.store import ObjectInfo, SignedPut, checked_key
from cutroom.kit.clock import Clock
from cutroom.kit.errors import Conflict, Invalid, NotFound
from cutroom.kit.scratch import Scratch
from cutroom.kit.signing import Signer

_WRITE_BYTES: Final = 1 << 20


class LocalStore:
    """A `Store` in a folder. API and workers share the folder; each process has its own instance.

    Args:
        root: the folder; made when absent.
        signer: signs the links, and nothing else.
        base_url: where clients reach the API that serves the links.
        clock: decides what is expired.
    """

    def __init__(self, root: Path, signer: Signer, base_url: str, *, clock: Clock | None = None) -> None:
        self._objects = root / "objects"
        self._objects.mkdir(parents=True, exist_ok=True)
        self._scratch = Scratch(root / "parts")
        self._scratch.sweep()
        self._parts = self._scratch.folder("parts")
        self._links = Links(signer, base_url, clock)

    @property
    def longest_link_s(self) -> int:
        """Ten years: nothing but taste is in the way."""
        return 10 * 366 * 86_400

    async def put(self, key: str, path: Path, content_type: str) -> None:
        """Move the file at `path` into the store."""
        place = self._place(key)
        with storage_errors():
            await asyncio.to_thread(move, path, place, self._parts)

    async def get(self, key: str, path: Path) -> None:
        """Give the object a second name, `path`; it stays read-only."""
        place = self._place(key)
        with storage_errors():
            try:
                await asyncio.to_thread(link_or_copy_out, place, path)
            except FileNotFoundError:
                raise no_object() from None

    def local_path(self, key: str) -> Path:
        """The object's own file; it may not exist."""
        return self._place(key)

    async def head(self, key: str) -> ObjectInfo | None:
        """What is stored under `key`, or None."""
        place = self._place(key)
        with storage_errors():
            try:
                found = await asyncio.to_thread(place.stat)
            except FileNotFoundError:
                return None
        return _info(key, found)

    async def copy(self, source: str, key: str) -> None:
        """Give the object a second name inside the store."""
        with storage_errors():
            try:
                await asyncio.to_thread(link, self._place(source), self._place(key), self._parts)
            except FileNotFoundError:
                raise no_object() from None

    async def delete(self, *keys: str) -> None:
        """Remove objects."""
        places = [self._place(key) for key in keys]
        with storage_errors():
            await asyncio.to_thread(_remove, places)

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Every object under the folder `prefix`, folder by folder."""
        folders = [checked_key(prefix.removesuffix("/"))]
        while folders:
            with storage_errors():
                found, deeper = await asyncio.to_thread(_scan, self._objects, folders.pop())
            folders += deeper
            for info in found:
                yield info

    def sign_get(self, key: str, *, expires_s: int, file_name: str, content_type: str) -> str:
        """A URL of the API that reads this one object."""
        return self._links.to_get(key, expires_s=expires_s, file_name=file_name, content_type=content_type)

    def sign_put(self, key: str, *, expires_s: int, size_bytes: int, content_type: str) -> SignedPut:
        """A permission to write this one object, through the API."""
        return self._links.to_put(key, expires_s=expires_s, size_bytes=size_bytes, content_type=content_type)

    def read_get(self, key: str, query: Query) -> GetGrant:
        """Verify a link to read. Raises `Forbidden`."""
        return self._links.read_get(key, query)

    def read_put(self, key: str, query: Query) -> PutGrant:
        """Verify a link to write. Raises `Forbidden`."""
        return self._links.read_put(key, query)

    async def receive(self, grant: PutGrant, chunks: AsyncIterator[bytes]) -> None:
        """Write an object from the body of a request: once, and of exactly the size that was signed.

        Raises:
            Conflict: `already_uploaded`.
            Invalid: `payload_too_large` as soon as there is a byte too many, `size_mismatch` when there are too few.
            Unavailable: `disk_full`, `store_unavailable`.
        """
        place = self._place(grant.key)
        part = self._parts / secrets.token_hex(8)
        with storage_errors():
            try:
                if await asyncio.to_thread(place.exists):
                    raise _already_uploaded()
                with part.open("wb") as file:
                    await _write_exactly(file, grant.size_bytes, chunks)
                await asyncio.to_thread(seal, part)
                if not await asyncio.to_thread(claim, part, place):
                    raise _already_uploaded()
            finally:
                part.unlink(missing_ok=True)

    async def sweep(self, older_than_s: float) -> int:
        """Remove the parts of processes that are dead; age does not matter, since none of them can be in use."""
        return await asyncio.to_thread(self._scratch.sweep)

    async def close(self) -> None:
        """Remove this process's folder of parts."""
        await asyncio.to_thread(self._scratch.close)

    def _place(self, key: str) -> Path:
        return self._objects / checked_key(key)


async def _write_exactly(file: IO[bytes], size_bytes: int, chunks: AsyncIterator[bytes]) -> None:
    waiting = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > size_bytes:
            raise Invalid("payload_too_large", f"The body is larger than the {size_bytes} bytes that were announced.")
        waiting += chunk
        if len(waiting) >= _WRITE_BYTES:
            await asyncio.to_thread(file.write, waiting)
            waiting = bytearray()
    await asyncio.to_thread(file.write, waiting)
    if received < size_bytes:
        raise Invalid("size_mismatch", f"The body has {received} bytes; {size_bytes} were announced.")


def _remove(places: list[Path]) -> None:
    for place in places:
        place.unlink(missing_ok=True)


def _scan(root: Path, key: str) -> tuple[list[ObjectInfo], list[str]]:
    found: list[ObjectInfo] = []
    folders: list[str] = []
    try:
        with os.scandir(root / key) as entries:
            for entry in entries:
                name = f"{key}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                    continue
                try:
                    found.append(_info(name, entry.stat(follow_symlinks=False)))
                except FileNotFoundError:
                    continue  # removed meanwhile
    except (FileNotFoundError, NotADirectoryError):
        pass
    return found, folders


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    return ObjectInfo(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def no_object() -> NotFound:
    """The error of every store for a key that holds nothing."""
    return NotFound("object_not_found", "There is no such file in the store.")


def _already_uploaded() -> Conflict:
    return Conflict("already_uploaded", "The bytes of this upload have arrived already.")
