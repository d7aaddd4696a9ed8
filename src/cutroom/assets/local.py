"""The store on this machine's disk.

Objects are files under `objects/`, named by their keys, and read-only. They arrive by rename or by link from a folder
on the same disk that dies with its process, so that a crash leaves neither half an object nor a forgotten part.
"""

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from cutroom.assets.disk import claim, concatenate, link, link_or_copy_out, move, seal, storage_errors
from cutroom.assets.keys import is_part, part_key
from cutroom.assets.links import GetGrant, Links, PutGrant, Query
from cutroom.assets.store import ObjectInfo, Part, SignedPut, checked_key
from cutroom.kit.clock import Clock
from cutroom.kit.errors import Conflict, Invalid, NotFound
from cutroom.kit.scratch import Scratch
from cutroom.kit.signing import Signer

HANDLE: Final = "files"
PART_TYPE: Final = "application/octet-stream"
_WRITE_BYTES: Final = 1 << 20


class LocalStore:
    """A `Store` in a folder. API and workers share the folder; each process has its own instance.

    Args:
        root: the folder; made when absent.
        signer: signs the links, and nothing else.
        base_url: where clients reach the API that serves the links.
        clock: decides what is expired.
        cdn_url: where clients read files, when a cache stands before the API.
    """

    def __init__(
        self, root: Path, signer: Signer, base_url: str, *, clock: Clock | None = None, cdn_url: str | None = None
    ) -> None:
        self._objects = root / "objects"
        self._objects.mkdir(parents=True, exist_ok=True)
        self._scratch = Scratch(root / "parts")
        self._scratch.sweep()
        self._parts = self._scratch.folder("parts")
        self.has_cdn = cdn_url is not None
        self._links = Links(signer, base_url, clock, cdn_url=cdn_url)

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

    @property
    def least_part_bytes(self) -> int:
        """A file may be put together from pieces of any size."""
        return 1

    @property
    def draft_folder(self) -> Path:
        """Dies with this process."""
        return self._parts

    async def start_parts(self, key: str, content_type: str) -> str:
        """Nothing has to be prepared: a part's place follows from its number."""
        return HANDLE

    def sign_part(self, key: str, handle: str, number: int, *, expires_s: int, size_bytes: int) -> SignedPut:
        """A permission to write this one part, through the API."""
        place = part_key(key, number)
        return self._links.to_put(place, expires_s=expires_s, size_bytes=size_bytes, content_type=PART_TYPE)

    async def put_part(self, key: str, handle: str, number: int, path: Path) -> Part:
        """Move the file at `path` to the part's place."""
        place = self._place(part_key(key, number))
        with storage_errors():
            await asyncio.to_thread(move, path, place, self._parts)
            return _part(place, await asyncio.to_thread(place.stat))

    async def list_parts(self, key: str, handle: str) -> Sequence[Part]:
        """The parts that are there."""
        with storage_errors():
            return await asyncio.to_thread(_scan_parts, self._place(part_key(key, 1)).parent)

    async def finish_parts(self, key: str, handle: str, parts: Sequence[Part]) -> None:
        """Write the parts one after the other into one file; by the file system's own copy where it has one."""
        here = await self.list_parts(key, handle)
        if {(part.number, part.etag) for part in parts} - {(part.number, part.etag) for part in here}:
            raise parts_changed()
        await self._write_together([self._place(part_key(key, part.number)) for part in parts], key)
        await self.abort_parts(key, handle)

    async def abort_parts(self, key: str, handle: str) -> None:
        """Remove the parts."""
        with storage_errors():
            await asyncio.to_thread(shutil.rmtree, self._place(part_key(key, 1)).parent, ignore_errors=True)

    async def join(self, sources: Sequence[ObjectInfo], key: str, content_type: str) -> None:
        """Write the objects one after the other into one file."""
        await self._write_together([self._place(source.key) for source in sources], key)

    async def _write_together(self, pieces: Sequence[Path], key: str) -> None:
        draft = self._parts / secrets.token_hex(8)
        with storage_errors():
            try:
                await asyncio.to_thread(concatenate, pieces, draft)
                await asyncio.to_thread(move, draft, self._place(key), self._parts)
            except FileNotFoundError:
                raise no_object() from None
            finally:
                draft.unlink(missing_ok=True)

    def read_get(self, key: str, query: Query) -> GetGrant:
        """Verify a link to read. Raises `Forbidden`."""
        return self._links.read_get(key, query)

    def read_put(self, key: str, query: Query) -> PutGrant:
        """Verify a link to write. Raises `Forbidden`."""
        return self._links.read_put(key, query)

    async def receive(self, grant: PutGrant, chunks: AsyncIterator[bytes]) -> str:
        """Write an object or a part from the body of a request, of exactly the size that was signed.

        An object is written once; a part that is sent again replaces the one before. Returns the ETag.

        Raises:
            Conflict: `already_uploaded`.
            Invalid: `payload_too_large` as soon as there is a byte too many, `size_mismatch` when there are too few.
            Unavailable: `disk_full`, `store_unavailable`.
        """
        place = self._place(grant.key)
        part = self._parts / secrets.token_hex(8)
        with storage_errors():
            try:
                once = not is_part(grant.key)
                if once and await asyncio.to_thread(place.exists):
                    raise _already_uploaded()
                with part.open("wb") as file:
                    await _write_exactly(file, grant.size_bytes, chunks)
                etag = etag_of(await asyncio.to_thread(part.stat))  # the file keeps it under its new name
                if not once:
                    await asyncio.to_thread(move, part, place, self._parts)
                    return etag
                await asyncio.to_thread(seal, part)
                if not await asyncio.to_thread(claim, part, place):
                    raise _already_uploaded()
                return etag
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


def _scan_parts(folder: Path) -> Sequence[Part]:
    try:
        with os.scandir(folder) as entries:
            found = [_part(Path(entry.path), entry.stat()) for entry in entries]
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda part: part.number)


def _part(place: Path, found: os.stat_result) -> Part:
    return Part(int(place.name), found.st_size, etag_of(found))


def etag_of(found: os.stat_result) -> str:
    """A name for what a file holds now: every write makes a new file, so size and times tell two apart."""
    identity = f"{found.st_ino}\0{found.st_size}\0{found.st_mtime_ns}"
    return f'"{hashlib.sha256(identity.encode()).hexdigest()[:32]}"'


def parts_changed() -> Conflict:
    """The error of every store for parts that are not as they were listed."""
    return Conflict("parts_changed", "A part is missing, or was sent again meanwhile; list the parts and try again.")


def no_object() -> NotFound:
    """The error of every store for a key that holds nothing."""
    return NotFound("object_not_found", "There is no such file in the store.")


def _already_uploaded() -> Conflict:
    return Conflict("already_uploaded", "The bytes of this upload have arrived already.")
