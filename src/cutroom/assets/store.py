"""Where bytes live under a key, and what every such place can do.

A key is a path of our own making (`ws/<workspace>/artifacts/<id>`); nothing a user typed is ever part of one. Keys are
checked all the same, at every door, because signed URLs bring them back to us.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from cutroom.kit.errors import Invalid

MAX_KEY_BYTES: Final = 512
MOST_PARTS: Final = 10_000
"""What a bucket takes for one object."""
_ACTIVE: Final = re.compile(r"html|xml|svg|script|^text/(?!plain|vtt|csv)|pdf|flash")
_KEY: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a store knows of one object."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class SignedPut:
    """One permission to write one object: send exactly this method to this URL with exactly these headers."""

    url: str
    method: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object that is not whole yet. `etag` changes when other bytes are sent under the same number."""

    number: int
    size_bytes: int
    etag: str


class Store(Protocol):
    """Bytes under keys: a local folder or a bucket.

    An object is seen whole or not at all. Every method raises `Unavailable` (`store_unavailable`, `disk_full`) when the
    place cannot be reached or is full, and `Invalid` (`bad_key`) for a key that is not canonical.
    """

    @property
    def longest_link_s(self) -> int:
        """For how long a link can be made to work, in seconds."""
        ...

    async def put(self, key: str, path: Path, content_type: str) -> None:
        """Store the file at `path` under `key`, replacing what was there. The file is moved: it is gone afterwards."""
        ...

    async def get(self, key: str, path: Path) -> None:
        """Write the object to `path`, which must not exist; it appears there whole. Raises `NotFound`."""
        ...

    def local_path(self, key: str) -> Path | None:
        """The object's own file, to be read only, when the store has one on this machine; it may not exist."""
        ...

    async def head(self, key: str) -> ObjectInfo | None:
        """What is stored under `key`, or None."""
        ...

    async def copy(self, source: str, key: str) -> None:
        """Store the object of `source` under `key` too, without moving its bytes through us. Raises `NotFound`."""
        ...

    async def delete(self, *keys: str) -> None:
        """Remove objects; those that are not there are no error."""
        ...

    def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Every object whose key starts with `prefix` (a whole number of path parts, ending with `/`)."""
        ...

    def sign_get(self, key: str, *, expires_s: int, file_name: str, content_type: str) -> str:
        """A URL that reads this one object for `expires_s` seconds, as an attachment called `file_name`."""
        ...

    def sign_put(self, key: str, *, expires_s: int, size_bytes: int, content_type: str) -> SignedPut:
        """A permission to write this one object, of exactly this size and type, for `expires_s` seconds."""
        ...

    @property
    def least_part_bytes(self) -> int:
        """The smallest part of an object, apart from its last."""
        ...

    @property
    def draft_folder(self) -> Path | None:
        """A folder of this process on the store's own disk, from which `put` and `put_part` move; None for a bucket."""
        ...

    async def start_parts(self, key: str, content_type: str) -> str:
        """Begin an object that comes in parts; returns a handle, to be given to every call about them."""
        ...

    def sign_part(self, key: str, handle: str, number: int, *, expires_s: int, size_bytes: int) -> SignedPut:
        """A permission to write one part, of exactly this size; sent again, it replaces what was there."""
        ...

    async def put_part(self, key: str, handle: str, number: int, path: Path) -> Part:
        """Move the file at `path` into the store as a part. Numbers run from 1 to 10,000, and may have gaps."""
        ...

    async def list_parts(self, key: str, handle: str) -> Sequence[Part]:
        """The parts that are there, by number; none for a handle that the store does not know."""
        ...

    async def finish_parts(self, key: str, handle: str, parts: Sequence[Part]) -> None:
        """Make the object `key` of exactly these parts, in this order; other parts are forgotten.

        Raises:
            Conflict: `parts_changed` when one of them is not there, or holds other bytes by now.
        """
        ...

    async def abort_parts(self, key: str, handle: str) -> None:
        """Forget the parts and refuse further ones; nothing happens when they are gone."""
        ...

    async def join(self, sources: Sequence[ObjectInfo], key: str, content_type: str) -> None:
        """Make the object `key` of whole objects, one after the other. Raises `NotFound`."""
        ...

    async def sweep(self, older_than_s: float) -> int:
        """Remove what interrupted writes left, if it is older than this; returns how many."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


def checked_key(key: str) -> str:
    """The key, if it is canonical: parts of letters, digits and `_.-`, none empty, none starting with a dot.

    Raises:
        Invalid: `bad_key` for everything else (`..`, `//`, a leading `/`, `%2e`, a backslash, NUL, too long).
    """
    if len(key) > MAX_KEY_BYTES or _KEY.fullmatch(key) is None:
        raise Invalid("bad_key", "This is not the key of an object.")
    return key


def workspace_key(workspace_id: str, *parts: str) -> str:
    """A key inside a workspace's own prefix, `ws/<workspace>/…`; it cannot point outside of it.

    Raises:
        Invalid: `bad_key`.
    """
    if "/" in workspace_id:
        raise Invalid("bad_key", "This is not the id of a workspace.")
    return checked_key("/".join(("ws", workspace_id, *parts)))


def harmless_type(content_type: str) -> str:
    """The type as which bytes are served: the one given, unless a browser would run it as a page or a script."""
    plain = content_type.partition(";")[0].strip().lower()
    return "application/octet-stream" if _ACTIVE.search(plain) is not None else content_type


def attachment(file_name: str) -> str:
    """A Content-Disposition value that offers the bytes for download under a harmless form of `file_name`.

    The last path part is kept; control and direction marks are dropped; both forms of RFC 6266 are given.
    """
    from_path = re.split(r"[/\\]", file_name)[-1]
    clean = "".join(character for character in from_path if character.isprintable()).strip(". ")[:150] or "file"
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", clean)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{_extended(clean)}"


def _extended(text: str) -> str:
    """RFC 5987 ext-value characters; everything outside attr-char is percent-encoded."""
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "!#$&+-.^_`|~") else f"%{byte:02X}"
        for byte in text.encode("utf-8", "replace")
    )
