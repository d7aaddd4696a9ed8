"""Sources of a document: fetched, hashed and probed once per job."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from cutroom.jobs import Context, Files
from cutroom.kit.errors import CutroomError, Unavailable, first_of
from cutroom.media.fetch import show
from cutroom.media.probe import probe
from cutroom.timeline import Media, SourceUse

AT_ONCE = 8
"""Sources fetched at the same time: enough to hide latency, few enough to be polite to one host."""


def blob_key(sha256: str) -> str:
    """The key under which the bytes of a source are kept."""
    return f"src/{sha256}"


async def gather(ctx: Context, uses: Sequence[SourceUse]) -> dict[str, Media]:
    """Fetch and probe every source, a few at a time; each is one step.

    Raises:
        CutroomError: the first failure, pointing at the places in the document that use the source.
    """
    room = asyncio.Semaphore(AT_ONCE)
    media: dict[str, Media] = {}

    async def one(index: int, use: SourceUse) -> None:
        async with room:
            try:
                media[use.src] = await ctx.step(f"source:{index}", take, ctx.files, use.src)
            except CutroomError as error:
                raise error.at(use.pointers[0]) from error

    try:
        async with asyncio.TaskGroup() as group:
            for index, use in enumerate(uses):
                group.create_task(one(index, use))
    except BaseExceptionGroup as failures:
        error = first_of(failures)
        if error is None:
            raise
        raise error from failures
    return media


async def take(files: Files, src: str) -> Media:
    """Bring one source into the blobs and say what it is."""
    taken = await files.take(src)
    path = await find(files, blob_key(taken.sha256))
    try:
        return Media(sha256=taken.sha256, info=await probe(path))
    except CutroomError as error:
        raise error.about(show(src) if "://" in src else src) from error


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
