"""Sources of a document: fetched or drawn, hashed and probed once per job."""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from cutroom.jobs import Context, Files
from cutroom.kit.errors import CutroomError, Invalid, first_of
from cutroom.media.fetch import show
from cutroom.media.probe import probe
from cutroom.timeline import CueSheet, Media, SourceUse, parse_cues
from cutroom.timeline.assets import HtmlAsset
from cutroom.workflows.blobs import blob_key, find
from cutroom.workflows.pages import take_page

AT_ONCE = 8
"""Sources fetched at the same time: enough to hide latency, few enough to be polite to one host."""
MOST_CAPTION_BYTES = 2 << 20
PROBED = 1
"""Raised whenever a probe would say something else of the same bytes."""
_MEDIA: Final = TypeAdapter(Media)


async def gather(ctx: Context, uses: Sequence[SourceUse], prefix: str = "") -> dict[str, Media | CueSheet]:
    """Bring in every source, a few at a time; each is one step, whose name begins with `prefix`.

    Timelines inside of the timeline are not for here: they have to be rendered first.

    Raises:
        CutroomError: the first failure, pointing at the places in the document that use the source.
    """
    room = asyncio.Semaphore(AT_ONCE)
    found: dict[str, Media | CueSheet] = {}

    async def one(index: int, use: SourceUse) -> None:
        name = f"{prefix}source:{index}"
        async with room:
            try:
                if use.kind == "captions":
                    found[use.src] = await ctx.step(name, take_cues, ctx.files, use.src)
                elif isinstance(use.asset, HtmlAsset):
                    found[use.src] = await ctx.step(name, take_page, ctx.files, ctx.scratch, use.asset)
                else:
                    found[use.src] = await ctx.step(name, take, ctx.files, ctx.scratch, use.src)
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
    return found


async def gather_media(ctx: Context, uses: Sequence[SourceUse]) -> dict[str, Media]:
    """`gather` for documents that use no captions."""
    return {src: found for src, found in (await gather(ctx, uses)).items() if isinstance(found, Media)}


async def take(files: Files, scratch: Path, src: str) -> Media:
    """Bring one source into the blobs and say what it is; what was said once is kept with the bytes."""
    taken = await files.take(src)
    path = await find(files, blob_key(taken.sha256))
    key = f"probe/{PROBED}/{taken.sha256}"
    known = await files.find(key)
    if known is not None:
        return _MEDIA.validate_json(await asyncio.to_thread(known.read_bytes))
    try:
        media = Media(sha256=taken.sha256, info=await probe(path))
    except CutroomError as error:
        raise error.about(_shown(src)) from error
    draft = scratch / f"probe-{secrets.token_hex(8)}"  # two sources may be the same file
    await asyncio.to_thread(draft.write_bytes, _MEDIA.dump_json(media))
    await files.keep(key, draft)
    return media


async def take_cues(files: Files, src: str) -> CueSheet:
    """Bring in a caption file and read it."""
    taken = await files.take(src)
    path = await find(files, blob_key(taken.sha256))
    try:
        return await asyncio.to_thread(_cues, path)
    except CutroomError as error:
        raise error.about(_shown(src)) from error


def _cues(path: Path) -> CueSheet:
    if path.stat().st_size > MOST_CAPTION_BYTES:
        sentence = f"A caption file has at most {MOST_CAPTION_BYTES >> 20} MiB; this one has more."
        raise Invalid("bad_captions", sentence)
    try:
        return parse_cues(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid("bad_captions", "The caption file is not text in UTF-8; convert it.") from error


def _shown(src: str) -> str:
    return show(src) if "://" in src else src
