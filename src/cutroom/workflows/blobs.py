"""Blobs: bytes that workflows keep under a key, and find again."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from cutroom.jobs import Files
from cutroom.kit.errors import Unavailable
from cutroom.kit.hashes import hash_file
from cutroom.media.probe import probe
from cutroom.timeline import Media


def blob_key(sha256: str) -> str:
    """The key under which the bytes of a source are kept."""
    return f"src/{sha256}"


async def find(files: Files, key: str) -> Path:
    """The local path of a blob that an earlier step made.

    Raises:
        Unavailable: `blob_missing` when it was swept meanwhile; a new attempt makes it again.
    """
    path = await files.find(key)
    if path is None:
        raise Unavailable("blob_missing", "An intermediate file was removed while the job ran; run the job again.")
    return path


async def locate(files: Files, sha256s: Sequence[str]) -> Mapping[str, Path]:
    """Local paths of sources by their hash."""
    return {sha256: await find(files, blob_key(sha256)) for sha256 in sha256s}


async def adopt(files: Files, scratch: Path, made: Path) -> Media:
    """Make a file of ours, kept under another key, a source like those that were fetched."""
    sha256 = await asyncio.to_thread(hash_file, made)
    if await files.find(blob_key(sha256)) is None:
        copy = scratch / sha256
        await asyncio.to_thread(shutil.copyfile, made, copy)
        await files.keep(blob_key(sha256), copy)
    return Media(sha256=sha256, info=await probe(made))
