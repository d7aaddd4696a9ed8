"""Sources of a document: fetched or drawn, hashed, developed where need be, and probed once per job."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cutroom.jobs import Context, Files
from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import CutroomError, Invalid, ungrouped
from cutroom.media.develop import develop
from cutroom.media.probe import Sniffed, probe_sniffed, sniff_all
from cutroom.media.shown import show
from cutroom.render.lettering.typefaces import FOLDER, folders
from cutroom.timeline import CueSheet, Media, SourceUse, parse_cues
from cutroom.timeline.assets import HtmlAsset, SvgAsset
from cutroom.timeline.source import public_name
from cutroom.workflows.blobs import adopt, blob_key, find
from cutroom.workflows.pages import page_fonts, take_page

AT_ONCE = 8
"""Sources fetched at the same time: enough to hide latency, few enough to be polite to one host."""
MOST_CAPTION_BYTES = 2 << 20
PROBED = 3
"""Raised whenever a probe would say something else of the same bytes, or they would be developed into others."""
_MEDIA: Final[Adapter[Media]] = Adapter(Media)
_NOTHING: Final[Mapping[str, Media | CueSheet]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Brought:
    """A source whose bytes are at hand, and a place in the document that uses it."""

    src: str
    sha256: str
    pointer: str


async def gather(
    ctx: Context,
    uses: Sequence[SourceUse],
    prefix: str = "",
    known: Mapping[str, Media | CueSheet] = _NOTHING,
) -> dict[str, Media | CueSheet]:
    """Bring in every source, a few at a time; each is one step, whose name begins with `prefix`.

    Files are examined together when all are there. Pages with fonts of the document wait for those, which may also be
    among the sources that are `known` already. Timelines inside of the timeline are not for here: they have to be
    rendered first.

    Raises:
        CutroomError: the first failure, pointing at the places in the document that use the source.
    """
    waiting = [use for use in uses if any(font.src not in known for font in use.fonts)]
    if waiting:
        first = await gather(ctx, [use for use in uses if use not in waiting], prefix, known)
        return first | await gather(ctx, waiting, f"{prefix}with-fonts:", {**known, **first})
    room = asyncio.Semaphore(AT_ONCE)
    found: dict[str, Media | CueSheet] = {}
    brought: dict[int, Brought] = {}

    async def one(index: int, use: SourceUse) -> None:
        name = f"{prefix}source:{index}"
        async with room:
            try:
                if use.kind == "captions":
                    found[use.src] = await ctx.step(name, take_cues, ctx.files, use.src)
                elif isinstance(use.asset, HtmlAsset):
                    fonts = page_fonts(use.fonts, known)
                    found[use.src] = await ctx.step(name, take_page, ctx.files, ctx.scratch, use.asset, fonts)
                else:
                    sha256 = await ctx.step(name, bring_use, ctx.files, ctx.scratch, use)
                    brought[index] = Brought(use.src, sha256, use.pointers[0])
            except CutroomError as error:
                raise error.at(use.pointers[0]) from error

    with ungrouped():
        async with asyncio.TaskGroup() as group:
            for index, use in enumerate(uses):
                group.create_task(one(index, use))
    asked = [brought[index] for index in sorted(brought)]
    media = await ctx.step(f"{prefix}examined", examine, ctx.files, ctx.scratch, asked)
    return found | {one.src: facts for one, facts in zip(asked, media, strict=True)}


async def gather_media(ctx: Context, uses: Sequence[SourceUse]) -> dict[str, Media]:
    """`gather` for documents that use no captions."""
    return {src: found for src, found in (await gather(ctx, uses)).items() if isinstance(found, Media)}


async def take(files: Files, scratch: Path, src: str) -> Media:
    """Bring one source into the blobs and say what it is."""
    [media] = await examine(files, scratch, [Brought(src, await bring(files, src), "")])
    return media


async def take_use(files: Files, scratch: Path, use: SourceUse) -> Media:
    """`take` for what a document uses: files, and drawings that stand in it."""
    [media] = await examine(files, scratch, [Brought(use.src, await bring_use(files, scratch, use), "")])
    return media


async def bring(files: Files, src: str) -> str:
    """Bring one source into the blobs; its SHA-256."""
    return (await files.take(src)).sha256


async def bring_use(files: Files, scratch: Path, use: SourceUse) -> str:
    """`bring` for what a document uses."""
    if not isinstance(use.asset, SvgAsset):
        return await bring(files, use.src)
    markup = use.asset.svg.encode()
    sha256 = hashlib.sha256(markup).hexdigest()
    draft = scratch / f"svg-{secrets.token_hex(8)}"
    await asyncio.to_thread(draft.write_bytes, markup)
    await files.keep(blob_key(sha256), draft)
    return sha256


async def examine(files: Files, scratch: Path, asked: Sequence[Brought]) -> list[Media]:
    """Say what sources are; what was said once is kept with their bytes.

    Raises:
        CutroomError: the first that is wrong with one, with its pointer.
    """
    known: dict[str, Media] = {}
    missing: dict[str, Path] = {}
    for one in asked:
        if one.sha256 in known or one.sha256 in missing:
            continue
        media = await _known(files, one.sha256)
        if media is None:
            missing[one.sha256] = await find(files, blob_key(one.sha256))
        else:
            known[one.sha256] = media
    said = await _said(files, scratch, missing)
    for one in asked:
        facts = said.get(one.sha256)
        if isinstance(facts, CutroomError):
            error = facts.about(_shown(one.src))
            raise error.at(one.pointer) if one.pointer else error
    for sha256, facts in said.items():
        if not isinstance(facts, CutroomError):
            known[sha256] = facts
            draft = scratch / f"probe-{secrets.token_hex(8)}"
            await asyncio.to_thread(draft.write_bytes, _MEDIA.dump_json(known[sha256]))
            await files.keep(_probe_key(sha256), draft)
    return [known[one.sha256] for one in asked]


async def _known(files: Files, sha256: str) -> Media | None:
    """What was said of a source before; what it was developed into may have been swept since."""
    place = await files.find(_probe_key(sha256))
    if place is None:
        return None
    media = _MEDIA.validate_json(await asyncio.to_thread(place.read_bytes))
    there = media.sha256 == sha256 or await files.find(blob_key(media.sha256)) is not None
    return media if there else None


async def _said(files: Files, scratch: Path, missing: Mapping[str, Path]) -> dict[str, Media | CutroomError]:
    """What files are; those that the engine does not read are developed, and what comes of them is said."""
    begun = dict(zip(missing, await asyncio.to_thread(sniff_all, list(missing.values())), strict=True))
    ways = {sha256: file for sha256, file in begun.items() if isinstance(file, Sniffed) and file.container.developed}
    plain = [sha256 for sha256 in missing if sha256 not in ways]
    probed = await probe_sniffed([begun[sha256] for sha256 in plain])
    said: dict[str, Media | CutroomError] = {
        sha256: info if isinstance(info, CutroomError) else Media(sha256=sha256, info=info)
        for sha256, info in zip(plain, probed, strict=True)
    }
    drafts = {sha256: scratch / f"developed-{secrets.token_hex(8)}" for sha256 in ways}
    async with asyncio.TaskGroup() as group:
        made = {sha256: group.create_task(_developed(ways[sha256], draft)) for sha256, draft in drafts.items()}
    for sha256, draft in drafts.items():
        refused = made[sha256].result()
        if refused is None:
            said[sha256] = await adopt(files, scratch, draft)
            draft.unlink()
        else:
            said[sha256] = refused
    return said


async def _developed(file: Sniffed, draft: Path) -> CutroomError | None:
    try:
        await develop(file.path, file.container, draft, (FOLDER, *folders()))
    except CutroomError as error:
        return error
    return None


def _probe_key(sha256: str) -> str:
    return f"probe/{PROBED}/{sha256}"


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
    return show(src) if "://" in src else public_name(src)
