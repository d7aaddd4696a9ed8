"""The longform workflow: hours of sound over a few pictures become a file."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cutroom.jobs import Context, Files
from cutroom.media.formats import format_named
from cutroom.render import Made, SegmentPlan
from cutroom.render.longform import (
    CopyFacts,
    EncodedSound,
    LongformPlan,
    compile_longform,
    copy_facts,
    join_longform,
    longform_pieces,
    render_longform_piece,
    verify_longform,
)
from cutroom.render.longform.plan import CopiedSound
from cutroom.timeline import Edit, Limits, Media
from cutroom.timeline.longform import LongformEdit, longform_sources, resolve_longform
from cutroom.workflows.blobs import blob_key, find, locate
from cutroom.workflows.films import digest_of
from cutroom.workflows.pieces import make_again, missing_of, name_of
from cutroom.workflows.render import (
    FETCHED,
    JOINED,
    RENDERED,
    RenderOutput,
    give_again,
    output_of,
    publish_and_keep,
    render,
)
from cutroom.workflows.sources import gather_media

Document = Edit | LongformEdit
_DEFAULT: Final = Limits()


@dataclass(frozen=True, slots=True)
class LongformItem:
    """One piece of a longform, for a worker: a segment of pictures, or a part of the sound."""

    segment: SegmentPlan | None
    sound: EncodedSound | None

    @property
    def plan(self) -> SegmentPlan | EncodedSound:
        """Whichever of the two it is."""
        plan = self.segment or self.sound
        if plan is None:
            raise ValueError("a piece is a segment or sound")
        return plan


async def render_document(ctx: Context, edit: Document, limits: Limits) -> RenderOutput:
    """Render a document of either kind."""
    if isinstance(edit, LongformEdit):
        return await render_longform(ctx, edit, limits)
    return await render(ctx, edit, limits)


async def render_longform(ctx: Context, edit: LongformEdit, limits: Limits = _DEFAULT) -> RenderOutput:
    """Render a longform to one file."""
    ctx.progress(0.0, "fetching")
    media = await gather_media(ctx, longform_sources(edit))
    longform = resolve_longform(edit, media, limits)
    heard = {track.media.sha256: track.media for track in longform.tracks}
    facts = await ctx.step("copies", find_copies, ctx.files, list(heard.values()))
    plan = compile_longform(longform, facts)
    digest = await asyncio.to_thread(digest_of, plan)
    again = await ctx.step("again", give_again, ctx, digest, 0, len(longform_pieces(plan)))
    if again is not None:
        ctx.progress(JOINED, "done")
        return again
    ctx.progress(FETCHED, "rendering")
    items = [_item(piece) for piece in longform_pieces(plan)]
    name = name_of([item.plan.key for item in items])
    missing = await missing_of(ctx, f"kept {name}", items)
    await ctx.map(f"pieces {name}", render_longform_item, missing, span=(FETCHED, RENDERED))
    await make_again(ctx, name, render_longform_item, items)
    ctx.progress(RENDERED, "joining")
    output = await ctx.step("join", join, ctx, plan, len(items) - len(missing), digest)
    ctx.progress(JOINED, "done")
    return output


async def find_copies(files: Files, media: list[Media]) -> dict[str, CopyFacts]:
    """What is known of the sounds that can be copied, by SHA-256."""
    found: dict[str, CopyFacts] = {}
    for one in media:
        path = await find(files, blob_key(one.sha256))
        facts = await asyncio.to_thread(copy_facts, path, one.info)
        if facts is not None:
            found[one.sha256] = facts
    return found


async def render_longform_item(ctx: Context, item: LongformItem) -> str:
    """Make one piece and keep it under its content key; the key is the result."""
    plan = item.plan
    if await ctx.files.find(plan.key) is not None:
        return plan.key
    inputs = await locate(ctx.files, plan.inputs)
    out = ctx.scratch / "piece.mp4"
    await render_longform_piece(plan, inputs=inputs, scratch=ctx.scratch, out=out, progress=ctx.progress)
    await ctx.files.keep(plan.key, out)
    return plan.key


async def join(ctx: Context, plan: LongformPlan, reused: int, digest: str) -> RenderOutput:
    """Join the pieces, measure the result and publish it with its report.

    Args:
        ctx: the attempt.
        plan: what the pieces were made from.
        reused: how many pieces were there before.
        digest: that of the plan, under which the film is kept for later renders.
    """
    kind = format_named(plan.output.format)
    out = ctx.scratch / f"output.{kind.extension}"
    pieces: dict[str, Path] = {piece.key: await find(ctx.files, piece.key) for piece in longform_pieces(plan)}
    await join_longform(plan, pieces=pieces, sources=await locate(ctx.files, _copied(plan)), out=out)
    report = await verify_longform(plan, out, reused=reused)
    film = Made(out, "render", f"render.{kind.extension}", kind.content_type)
    artifacts = await publish_and_keep(ctx, [film], report, ctx.scratch, digest)
    return output_of(artifacts, report, segments=len(plan.segments), reused=reused)


def _item(piece: SegmentPlan | EncodedSound) -> LongformItem:
    return LongformItem(None, piece) if isinstance(piece, EncodedSound) else LongformItem(piece, None)


def _copied(plan: LongformPlan) -> Sequence[str]:
    return sorted({part.media.sha256 for part in plan.sound.parts if isinstance(part, CopiedSound)})
