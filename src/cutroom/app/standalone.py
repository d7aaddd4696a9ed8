"""Rendering without server and database: the same workflow, with files instead of a store."""

import asyncio
import hashlib
import os
import secrets
import shutil
from pathlib import Path

from cutroom.jobs import Published, Taken
from cutroom.kit.errors import Invalid
from cutroom.media.fetch import Fetcher
from cutroom.workflows.blobs import blob_key

CHUNK_BYTES = 1 << 20


class StandaloneFiles:
    """The `Files` of one render on this machine.

    Args:
        base: folder that relative paths in the document start from.
        parts: folder for files that are not whole yet; the caller removes it.
        cache: folder for fetched sources and rendered segments; give the same one again to render only what changed.
        out: where the result goes.
        fetcher: brings sources that have a URL.
        report: whether the report on what was measured is wanted beside the result.
        lasting: folder for the little that is worth keeping between commands: how fast the machine is.
    """

    def __init__(
        self,
        *,
        base: Path,
        cache: Path,
        parts: Path,
        out: Path,
        fetcher: Fetcher,
        report: bool = False,
        lasting: Path | None = None,
    ) -> None:
        self._base = base
        self._parts = parts
        self._cache = cache
        self._out = out
        self._fetcher = fetcher
        self._report = report
        self._lasting = lasting or cache
        self._local: dict[str, Path] = {}

    async def take(self, source: str) -> Taken:
        """Hash a local file where it lies, or fetch a URL into the cache."""
        if source.startswith(("http://", "https://")):
            return await self._take_url(source)
        if source.startswith("asset:"):
            raise Invalid("asset_needs_server", f"'{source}' is an asset of a server; use a URL or a path here.")
        path = (self._base / source).resolve()
        try:
            if not path.is_file():
                raise Invalid("source_not_found", f"There is no file '{source}' beside the document.")
            sha256 = await asyncio.to_thread(hash_file, path)
        except OSError as error:
            sentence = f"The file '{source[:200]}' cannot be read: {error.strerror}."
            raise Invalid("source_not_readable", sentence) from error
        self._local[blob_key(sha256)] = path
        return Taken(sha256=sha256, size_bytes=path.stat().st_size)

    async def _take_url(self, url: str) -> Taken:
        draft = self._parts / secrets.token_hex(8)
        fetched = await self._fetcher.fetch(url, draft)
        await self.keep(blob_key(fetched.sha256), draft)
        return Taken(sha256=fetched.sha256, size_bytes=fetched.size_bytes)

    async def find(self, key: str) -> Path | None:
        """The file under this content key, if it is here."""
        path = self._local.get(key) or self._place(key)
        return path if path.is_file() else None

    async def keep(self, key: str, path: Path) -> None:
        """Move a finished file under its content key."""
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(shutil.move, path, place.with_name(f"{place.name}.part"))
        place.with_name(f"{place.name}.part").replace(place)

    def _place(self, key: str) -> Path:
        return (self._lasting if key.startswith("calibration/") else self._cache) / key

    async def publish(self, path: Path, *, kind: str, name: str, content_type: str) -> Published:
        """Put a result where the caller asked for it, and others beside it; never half of one under that name.

        For `-o film.mp4`, what is published as `render.mp4` becomes `film.mp4` and `poster.jpg` `film.poster.jpg`.
        """
        first = kind == "storyboard" or (kind == "render" and Path(name).stem in {"render", "index"})
        place = self._out if first else self._out.with_name(f"{self._out.stem}.{name}")
        sha256 = await asyncio.to_thread(hash_file, path)
        if kind == "report" and not self._report:
            return Published(str(path), sha256, path.stat().st_size, content_type, url=name)
        draft = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            await asyncio.to_thread(shutil.move, path, draft)
            draft.replace(place)
        except OSError as error:
            raise Invalid("output_not_written", f"'{place}' cannot be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
        return Published(str(place), sha256, place.stat().st_size, content_type, url=place.name)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
