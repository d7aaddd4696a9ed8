"""Rendering without server and database: the same workflow, with files instead of a store."""

import asyncio
import copy
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from cutroom.app.again import Result, Seen, look, place_of
from cutroom.app.hashes import hash_seen
from cutroom.app.kept import KeptFiles
from cutroom.jobs import Published, Taken
from cutroom.kit.errors import Invalid
from cutroom.kit.hashes import hash_file
from cutroom.media.info import MediaInfo
from cutroom.workflows.blobs import blob_key

if TYPE_CHECKING:
    from cutroom.media.fetch import Fetched

_DRAWN_ELSEWHERE: Final = "page/"
"""Keys of what a browser drew: whether it would draw the same again is not for us to tell."""


class Fetches(Protocol):
    """Brings files from URLs."""

    async def fetch(self, url: str, path: Path) -> "Fetched":
        """As `media.fetch.Fetcher.fetch`."""
        ...


class StandaloneFiles:
    """The `Files` of one render on this machine.

    Args:
        base: folder that relative paths in the document start from.
        parts: folder for files that are not whole yet; the caller removes it.
        cache: folder for fetched sources and rendered segments; give the same one again to render only what changed.
        out: where the result goes.
        fetcher: brings sources that have a URL.
        report: whether the report on what was measured is wanted beside the result.
        lasting: folder for the little that is worth keeping between commands: the hashes of large files.

    Attributes:
        seen: the local files that were taken, as they were before.
        results: what was published, as far as it is wanted.
        repeatable: whether marks of the files in `seen` tell whether the result would be the same again.
    """

    def __init__(
        self,
        *,
        base: Path,
        cache: Path,
        parts: Path,
        out: Path,
        fetcher: Fetches,
        report: bool = False,
        lasting: Path | None = None,
    ) -> None:
        self._base = base
        self._parts = parts
        self._cache = KeptFiles(cache)
        self._out = out
        self._fetcher = fetcher
        self._report = report
        self._lasting = lasting or cache
        self._local: dict[str, Path] = {}
        self.seen: dict[Path, Seen] = {}
        self.results: list[Result] = []
        self.repeatable = True

    def apart(self, out: Path) -> "StandaloneFiles":
        """The same files, with results that go elsewhere."""
        other = copy.copy(self)
        other._out = out  # noqa: SLF001 — ours
        other.results = []
        return other

    async def take(self, source: str) -> Taken:
        """Hash a local file where it lies, or fetch a URL into the cache."""
        if source.startswith(("http://", "https://")):
            return await self._take_url(source)
        if source.startswith("asset:"):
            raise Invalid("asset_needs_server", f"'{source}' is an asset of a server; use a URL or a path here.")
        path = (self._base / source).resolve()
        try:
            named = (self._base / source).absolute()  # links are looked through each time
            seen = look(named)
            if not path.is_file() or seen is None:
                raise Invalid("source_not_found", f"There is no file '{source}' beside the document.")
            self._see(named, seen)
            sha256 = await asyncio.to_thread(hash_seen, path, seen, self._lasting)
        except OSError as error:
            sentence = f"The file '{source[:200]}' cannot be read: {error.strerror}."
            raise Invalid("source_not_readable", sentence) from error
        self._local[blob_key(sha256)] = path
        return Taken(sha256=sha256, size_bytes=path.stat().st_size)

    async def name_of(self, source: str) -> str | None:
        """None: there are no assets here."""
        return None

    def _see(self, path: Path, seen: Seen) -> None:
        self.repeatable = self.repeatable and self.seen.setdefault(path, seen).mark == seen.mark

    async def _take_url(self, url: str) -> Taken:
        self.repeatable = False
        draft = self._parts / secrets.token_hex(8)
        fetched = await self._fetcher.fetch(url, draft)
        await self.keep(blob_key(fetched.sha256), draft)
        return Taken(sha256=fetched.sha256, size_bytes=fetched.size_bytes)

    async def find(self, key: str) -> Path | None:
        """The file under this content key, if it is here."""
        if key.startswith(_DRAWN_ELSEWHERE):
            self.repeatable = False
        local = self._local.get(key)
        if local is not None:
            return local if local.is_file() else None
        return await self._cache.find(key)

    async def keep(self, key: str, path: Path) -> None:
        """Move a finished file under its content key; whoever else does so meanwhile has the same bytes."""
        await self._cache.keep(key, path)

    def evict(self, budget_bytes: int) -> int:
        """Remove from the cache what was not used for longest; returns how many files."""
        return self._cache.evict(budget_bytes)

    async def publish(self, path: Path, *, kind: str, name: str, content_type: str) -> Published:
        """Put a result where the caller asked for it, and others beside it; never half of one under that name."""
        place = place_of(self._out, kind, name)
        sha256 = await asyncio.to_thread(hash_file, path)
        if kind == "report" and not self._report:
            return Published(str(path), sha256, path.stat().st_size, content_type, url=name)
        self.results.append(Result(kind, name, sha256))
        await move_out(path, place)
        return Published(str(place), sha256, place.stat().st_size, content_type, url=place.name)

    async def adopt(self, sha256: str, *, asset_id: str, name: str, info: MediaInfo) -> None:
        """Refuse: there are no assets without a server."""
        raise Invalid("asset_needs_server", "Assets are kept by a server; use the file where it is.")


async def move_out(made: Path, place: Path) -> None:
    """Move a result to where it belongs; never half of one under its name.

    Raises:
        Invalid: `output_not_written`.
    """
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        await asyncio.to_thread(shutil.move, made, draft)
        draft.replace(place)
    except OSError as error:
        raise Invalid("output_not_written", f"'{place}' cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
