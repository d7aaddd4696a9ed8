"""One request's bytes on their way from the network to the store, for uploads that grow (`resuming`)."""

import asyncio
import hashlib
import secrets
import shutil
import zlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets import appending
from cutroom.assets.disk import storage_errors
from cutroom.assets.keys import tail_key, upload_key
from cutroom.assets.rows import UploadRow
from cutroom.assets.store import MOST_PARTS, Store
from cutroom.db import Database
from cutroom.kit.errors import Conflict, QuotaExceeded

PIECE_BYTES: Final = 8 << 20
"""How much of an upload is at stake when a process is killed; what a part in the store has at least."""
_WRITE_BYTES: Final = 1 << 20
MakeRoom = Callable[[AsyncSession, int], Awaitable[None]]


class _Crc32:
    """CRC-32 with the interface of hashlib."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | bytearray) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


CHECKSUMS: Final[Mapping[str, Callable[[], Any]]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "crc32": _Crc32,
}


class Writing:
    """One request's way from the network to the store.

    Args:
        row: the upload as it was claimed.
        handle: the store's, for its parts.
        writer: the token of this request.
        draft: a file that may be made here.
        least_bytes: the smallest part that may be kept, apart from the last.
        make_room: finds room for more bytes of an upload of unknown length, or refuses them; None when the room for
            all of it was promised.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        row: UploadRow,
        handle: str,
        *,
        writer: str,
        draft: Path,
        least_bytes: int,
        make_room: MakeRoom | None,
    ) -> None:
        self._database = database
        self._store = store
        self._row = row
        self._key = upload_key(row.workspace_id, row.id)
        self._handle = handle
        self._writer = writer
        self._least_bytes = least_bytes
        self._make_room = make_room
        self._path = draft
        self._file: IO[bytes] | None = None
        self._waiting = bytearray()
        self._tail, self._tail_bytes = row.tail, row.tail_bytes
        self._drafted_bytes = 0  # in the draft, the tail included
        self.is_whole = True  # whether the draft and what waits are all that was taken and is not durable
        self.taken_bytes = 0
        self.durable_bytes = 0

    async def begin(self) -> None:
        """Put what waited in the store at the beginning of the draft."""
        if self._tail is not None:
            await self._store.get(self._tail_key(self._tail), self._path)
            await asyncio.to_thread(_own, self._path)
        self._file = self._path.open("ab")
        self._drafted_bytes = self._tail_bytes

    async def take(self, chunk: bytes, digest: Any | None) -> None:
        """Take some bytes; without a digest to wait for, they are durable when they are enough."""
        self._waiting += chunk
        self.taken_bytes += len(chunk)
        if len(self._waiting) >= _WRITE_BYTES:
            await self.flush(digest)
            if digest is None and self._drafted_bytes >= max(PIECE_BYTES, self._least_bytes):
                await self._keep_part()

    async def flush(self, digest: Any | None = None) -> None:
        """Bring what waits in memory to the draft, and into the digest."""
        data, self._waiting = self._waiting, bytearray()
        if data and self._file is not None:
            self.is_whole = False
            with storage_errors():
                await asyncio.to_thread(_write, self._file, data, digest)
            self.is_whole = True
            self._drafted_bytes += len(data)

    async def keep(self) -> None:
        """Make everything that was taken durable."""
        await self.flush()
        ends = self._row.offset_bytes + self.taken_bytes == self._row.size_bytes
        if self._drafted_bytes >= self._least_bytes or (ends and self._drafted_bytes):
            await self._keep_part()
        elif self.taken_bytes > self.durable_bytes:
            await self._keep_tail()

    def close(self) -> None:
        """Let go of the draft."""
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)

    async def _keep_part(self) -> None:
        async with self._database.begin() as session:
            # The upload's row before the workspace's room, as whoever takes the upload over locks them.
            number = await appending.next_number(session, self._row.id, self._writer)
            if number is not None:
                await self._find_room(session, self._new_bytes)
        if number is None:
            raise _taken_over()
        if number > MOST_PARTS:
            raise Conflict("too_many_parts", "This upload broke off too often; make a new one.")
        self.is_whole = False
        self._let_go()
        part = await self._store.put_part(self._key, self._handle, number, self._path)
        async with self._database.begin() as session:
            if not await self._advance(session, None, 0):
                raise _taken_over()
            await appending.add_part(session, self._row.id, part)
        await self._forget_tail()
        self._drafted_bytes = 0
        self._file = self._path.open("ab")
        self.is_whole = True

    async def _keep_tail(self) -> None:
        async with self._database.begin() as session:
            await self._find_room(session, self._new_bytes)
        name = secrets.token_hex(8)
        self._let_go()
        await self._store.put(self._tail_key(name), self._path, "application/octet-stream")
        try:
            async with self._database.begin() as session:
                if not await self._advance(session, name, self._drafted_bytes):
                    raise _taken_over()
        except (Conflict, QuotaExceeded):
            await self._store.delete(self._tail_key(name))
            raise
        await self._forget_tail()
        self._tail, self._tail_bytes = name, self._drafted_bytes

    async def _find_room(self, session: AsyncSession, size_bytes: int) -> None:
        if self._make_room is not None:
            await self._make_room(session, size_bytes)

    @property
    def _new_bytes(self) -> int:
        """Bytes in the draft that are not durable yet."""
        return self.taken_bytes - len(self._waiting) - self.durable_bytes

    async def _advance(self, session: AsyncSession, tail: str | None, tail_bytes: int) -> bool:
        by_bytes = self._new_bytes
        moved = await appending.advance(
            session, self._row.id, self._writer, by_bytes=by_bytes, tail=tail, tail_bytes=tail_bytes
        )
        # Now they are counted, and others who sent meanwhile found the same room.
        await self._find_room(session, 0)
        self.durable_bytes += by_bytes
        return moved

    async def _forget_tail(self) -> None:
        if self._tail is not None:
            await self._store.delete(self._tail_key(self._tail))
        self._tail, self._tail_bytes = None, 0

    def _tail_key(self, name: str) -> str:
        return tail_key(self._row.workspace_id, self._row.id, name)

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _write(file: IO[bytes], data: bytearray, digest: Any | None) -> None:
    file.write(data)
    file.flush()
    if digest is not None:
        digest.update(data)


def _own(path: Path) -> None:
    """Turn what may be another name of a file of the store into a file of our own."""
    copy = path.with_name(f"{path.name}.own")
    shutil.copyfile(path, copy)
    copy.replace(path)


def _taken_over() -> Conflict:
    message = "Another request has taken this upload over; ask for its offset, and go on from there."
    return Conflict("upload_taken_over", message)
