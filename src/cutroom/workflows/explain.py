"""Looking at an edit before it is rendered: its plan and its cost, some of its frames, a small quick version."""

from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from cutroom import timeline
from cutroom.jobs import Context
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema
from cutroom.render import RenderPlan
from cutroom.render.calibration import calibration
from cutroom.render.estimate import Calibration, Estimate, estimate
from cutroom.render.outline import SegmentOutline, outline
from cutroom.render.scaling import scaled
from cutroom.render.storyboard import MOST, storyboard, storyboard_edit, storyboard_frames, storyboard_pieces
from cutroom.timeline import CueSheet, Edit, Limits, Media
from cutroom.timeline.output import Output
from cutroom.workflows.blobs import locate
from cutroom.workflows.inner import gather_edit
from cutroom.workflows.pieces import infos_of, make, pieces_of, which_are_kept
from cutroom.workflows.plans import cards_encoders, measured, planned, plans_of
from cutroom.workflows.render import RenderOutput, join, merged

FRAMES: Final = 9
PREVIEW_WIDTH: Final = 512
PREVIEW_FPS: Final = Fraction(15)
FrameCount = Annotated[int, Field(ge=1, le=MOST, description="How many frames a storyboard shows.")]


class Explain(Schema):
    """An edit to explain."""

    edit: Edit
    storyboard: FrameCount | None = None
    limits: Limits = Limits()


class PlanOut(Schema):
    """How one file will be made, and what that costs."""

    format: str
    width: int
    height: int
    fps: str
    frames: int
    duration: float
    segments: list[SegmentOutline]
    sound: bool
    estimate: Estimate


class Explanation(Schema):
    """What would be done to render an edit, without doing it."""

    plans: Annotated[list[PlanOut], Field(description="One for each output of the document.")]
    seconds: Annotated[float, Field(description="How long all of it takes, about, when nothing else runs.")]
    warnings: list[timeline.Warning]
    calibration: Calibration
    artifacts: Annotated[list[str], Field(description="The storyboard, if one was asked for.")]


class Storyboard(Schema):
    """An edit of which some frames are to be shown."""

    edit: Edit
    frames: FrameCount = FRAMES
    limits: Limits = Limits()


class StoryboardOutput(Schema):
    """A sheet of frames."""

    artifacts: list[str]
    times: Annotated[list[float], Field(description="The second of the timeline that each frame shows.")]


class Preview(Schema):
    """An edit to make a small and quick version of."""

    edit: Edit
    limits: Limits = Limits()


async def explain(ctx: Context, given: Explain) -> Explanation:
    """Say what would be done for an edit, and what it would cost. Sources are fetched and probed; nothing is made."""
    ctx.progress(0.0, "fetching")
    gathered = await gather_edit(ctx, given.edit, given.limits)
    ctx.progress(0.5, "planning")
    plans = await plans_of(ctx, given.edit, gathered.sources, given.limits, await cards_encoders(ctx))
    keys = [piece.plan.key for piece in pieces_of(*plans)]
    kept = set(await ctx.step("kept", which_are_kept, ctx.files, keys))
    measured = await ctx.step("calibration", _calibration, ctx)
    infos = infos_of(gathered.sources.values())
    shown = [_shown(plan, estimate(plan, measured, kept=kept, infos=infos), kept) for plan in plans]
    artifacts: list[str] = []
    if given.storyboard is not None:
        ctx.progress(0.7, "drawing")
        board = await ctx.step("storyboard", _board, ctx, given.edit, gathered.sources, given.limits, given.storyboard)
        artifacts = board.artifacts
    ctx.progress(1.0, "done")
    warnings = dict.fromkeys([*gathered.warnings, *(warning for plan in plans for warning in plan.warnings)])
    return Explanation(
        plans=shown,
        seconds=round(sum(plan.estimate.seconds for plan in shown), 3),
        warnings=list(warnings),
        calibration=measured,
        artifacts=artifacts,
    )


async def draw_storyboard(ctx: Context, given: Storyboard) -> StoryboardOutput:
    """Draw some frames of an edit on one sheet."""
    ctx.progress(0.0, "fetching")
    gathered = await gather_edit(ctx, given.edit, given.limits)
    ctx.progress(0.4, "drawing")
    made = await ctx.step("storyboard", _board, ctx, given.edit, gathered.sources, given.limits, given.frames)
    ctx.progress(1.0, "done")
    return made


async def preview(ctx: Context, given: Preview) -> RenderOutput:
    """Render a small version of an edit in a hurry: everything in its place, little of it sharp."""
    own = given.edit.output.rate
    ctx.progress(0.0, "fetching")
    quick = _quick(given.edit, min(PREVIEW_FPS, own))
    try:
        gathered = await gather_edit(ctx, quick, given.limits)
        resolved = timeline.resolve(quick, gathered.sources, given.limits)
    except Invalid:  # perhaps for being shorter than a frame of a preview; what is wrong at every rate is raised again
        quick = _quick(given.edit, own)
        gathered = await gather_edit(ctx, quick, given.limits, "own:")
        resolved = timeline.resolve(quick, gathered.sources, given.limits)
    plan = await planned(ctx, scaled(resolved, PREVIEW_WIDTH))
    ctx.progress(0.1, "rendering")
    kept = await make(ctx, pieces_of(plan, sources=gathered.sources.values()), span=(0.1, 0.95))
    ctx.progress(0.95, "joining")
    made = await ctx.step("join", join, ctx, plan, 0, kept)
    ctx.progress(1.0, "done")
    return merged([made], gathered.warnings)


def _quick(edit: Edit, rate: Fraction) -> Edit:
    """What a preview is made of, before it is scaled down; timelines inside of it have its rate too."""
    width, height = edit.output.size
    output = Output(
        format="mp4",
        width=width,
        height=height,
        fps=f"{rate.numerator}/{rate.denominator}",
        quality="lowest",
        mute=edit.output.mute,
        range=edit.output.range,
        hardware="off",
    )
    return edit.model_copy(update={"output": output, "outputs": ()})


async def _calibration(ctx: Context) -> Calibration:
    return await calibration(ctx.scratch)


async def _board(
    ctx: Context, edit: Edit, sources: dict[str, Media | CueSheet], limits: Limits, count: int
) -> StoryboardOutput:
    resolved = timeline.resolve(edit, sources, limits)
    frames = storyboard_frames(resolved, count)
    (drawn,) = await measured(ctx.files, [storyboard_edit(resolved)])
    pieces = storyboard_pieces(drawn, frames)
    inputs = await locate(ctx.files, sorted({name for piece in pieces for name in piece.inputs}))
    sheet = ctx.scratch / "storyboard.jpg"
    await storyboard(pieces, inputs=inputs, scratch=ctx.scratch, out=sheet)
    published = await ctx.files.publish(sheet, kind="storyboard", name="storyboard.jpg", content_type="image/jpeg")
    fps = resolved.output.fps
    return StoryboardOutput(artifacts=[published.id], times=[round(float(frame / fps), 6) for frame in frames])


def _shown(plan: RenderPlan, costs: Estimate, kept: set[str]) -> PlanOut:
    output = plan.output
    rounded = replace(costs, seconds=round(costs.seconds, 3))
    return PlanOut(
        format=output.format,
        width=output.width,
        height=output.height,
        fps=str(output.fps),
        frames=plan.frames,
        duration=round(float(plan.duration), 6),
        segments=outline(plan, kept),
        sound=plan.audio is not None,
        estimate=rounded,
    )
