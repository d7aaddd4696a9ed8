"""The render workflow: an edit becomes a file."""

from pathlib import Path

from cutroom import render as engine
from cutroom import timeline
from cutroom.jobs import Context
from cutroom.kit.schema import Schema
from cutroom.media.formats import format_named
from cutroom.render import RenderPlan
from cutroom.timeline import Edit
from cutroom.workflows.pieces import pieces_of, render_piece, which_are_kept
from cutroom.workflows.sources import find, gather

FETCHED, RENDERED, JOINED = 0.1, 0.95, 1.0
"""Progress at the end of each stage; rendering is nearly all of the time."""


class RenderOutput(Schema):
    """What a render made, in facts measured on the file."""

    artifacts: list[str]
    format: str
    duration: float
    width: int | None
    height: int | None
    fps: str | None
    frames: int
    size_bytes: int
    segments: int
    reused_segments: int
    warnings: list[timeline.Warning]


async def render(ctx: Context, edit: Edit) -> RenderOutput:
    """Render an edit to one artifact."""
    ctx.progress(0.0, "fetching")
    media = await gather(ctx, timeline.sources(edit))
    plan = engine.compile_plan(timeline.resolve(edit, media))
    ctx.progress(FETCHED, "rendering")
    pieces = pieces_of(plan)
    kept = await ctx.step("kept", which_are_kept, ctx.files, [piece.plan.key for piece in pieces])
    missing = [piece for piece in pieces if piece.plan.key not in kept]
    await ctx.map("pieces", render_piece, missing, span=(FETCHED, RENDERED))
    ctx.progress(RENDERED, "joining")
    output = await ctx.step("join", join, ctx, plan)
    ctx.progress(JOINED, "done")
    return output.model_copy(update={"reused_segments": len(kept)})


async def join(ctx: Context, plan: RenderPlan) -> RenderOutput:
    """Join the pieces, measure the result and publish it."""
    kind = format_named(plan.output.format)
    out = ctx.scratch / f"output.{kind.extension}"
    segments: list[Path] = [await find(ctx.files, segment.key) for segment in plan.segments]
    audio = await find(ctx.files, plan.audio.key) if plan.audio is not None else None
    await engine.join(plan, segments=segments, audio=audio, out=out)
    report = await engine.verify(plan, out)
    published = await ctx.files.publish(
        out, kind="render", name=f"render.{kind.extension}", content_type=kind.content_type
    )
    return RenderOutput(
        artifacts=[published.id],
        format=plan.output.format,
        duration=float(report.duration),
        width=report.width,
        height=report.height,
        fps=None if report.fps is None else str(report.fps),
        frames=report.frames,
        size_bytes=published.size_bytes,
        segments=len(plan.segments),
        reused_segments=0,
        warnings=list(plan.warnings),
    )
