"""Timelines inside of a timeline: rendered first, with transparency, and then a source like any other."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cutroom import render as engine
from cutroom import timeline
from cutroom.jobs import Context
from cutroom.kit.errors import CutroomError, Detail
from cutroom.render import PLAN, RenderPlan
from cutroom.timeline import CueSheet, Edit, Limits, Media, SourceUse, TimelineAsset
from cutroom.workflows.blobs import adopt, find
from cutroom.workflows.pieces import make, parts_of, pieces_of
from cutroom.workflows.plans import planned
from cutroom.workflows.sources import gather

_FONTS: Final = "/timeline/fonts/"


@dataclass(frozen=True, slots=True)
class Gathered:
    """All sources of an edit by their `src`, and what is to be said of the timelines among them."""

    sources: dict[str, Media | CueSheet]
    warnings: tuple[timeline.Warning, ...]


async def gather_edit(ctx: Context, edit: Edit, limits: Limits, prefix: str = "") -> Gathered:
    """Bring in the sources of an edit, and render the timelines inside of it; `prefix` begins the steps' names.

    Raises:
        CutroomError: the first failure, pointing into `edit`.
    """
    uses = timeline.sources(edit)
    plain = [use for use in uses if use.kind != "timeline"]
    found = await gather(ctx, plain, prefix)
    warnings: list[timeline.Warning] = []
    for number, use in enumerate(use for use in uses if use.kind == "timeline"):
        try:
            made, said = await _render(ctx, timeline.inner(edit, use.src), limits, f"{prefix}inner:{number}:")
        except CutroomError as error:
            raise _pointing(error, use) from error
        found[use.src] = made
        # That it is silent matters only if all of the film is, which the timeline around it will say.
        told = (warning for warning in said if warning.code != "silent")
        warnings += [replace(warning, pointer=_outward(warning.pointer, use)) for warning in told]
    return Gathered(found, tuple(warnings))


async def _render(ctx: Context, inner: Edit, limits: Limits, prefix: str) -> tuple[Media, Sequence[timeline.Warning]]:
    gathered = await gather_edit(ctx, inner, limits, prefix)
    plan = await planned(ctx, timeline.resolve(inner, gathered.sources, limits))
    key = f"inner/{hashlib.sha256(PLAN.dump_json(plan)).hexdigest()}"
    made = await ctx.step(f"{prefix}kept", _kept, ctx, key)
    if made is None:
        await make(ctx, pieces_of(plan, sources=gathered.sources.values()), prefix=f"{prefix}pieces:")
        made = await ctx.step(f"{prefix}join", _join, ctx, plan, key)
    return made, [*gathered.warnings, *plan.warnings]


async def _kept(ctx: Context, key: str) -> Media | None:
    """What an earlier render left."""
    path = await ctx.files.find(key)
    return None if path is None else await adopt(ctx.files, ctx.scratch, path)


async def _join(ctx: Context, plan: RenderPlan, key: str) -> Media:
    """Join the pieces of an inner timeline and keep the file, under the plan's key and as a source."""
    out = ctx.scratch / "inner.mov"
    parts = await parts_of(ctx.files, plan)
    await engine.finish(plan, parts=parts.segments, audio=parts.audio, scratch=ctx.scratch, out=out)
    await ctx.files.keep(key, out)
    return await adopt(ctx.files, ctx.scratch, await find(ctx.files, key))


def _pointing(error: CutroomError, use: SourceUse) -> CutroomError:
    """The error with pointers that start from the outer document."""
    if not error.details:
        return error.at(use.pointers[0])
    details = [Detail(_outward(detail.pointer, use), detail.code, detail.message) for detail in error.details]
    return type(error)(error.code, error.message, details=details, retryable=error.retryable)


def _outward(pointer: str, use: SourceUse) -> str:
    """Where the outer document says what a pointer into an inner edit means.

    Its output is the outer one, and after its own fonts it has those of the outer timeline (`timeline.inner`).
    """
    number = pointer.removeprefix(_FONTS).partition("/")[0]
    if pointer.startswith(_FONTS) and isinstance(use.asset, TimelineAsset):
        later = int(number) - len(use.asset.timeline.fonts)
        if later >= 0:
            return f"{_FONTS}{later}{pointer.removeprefix(_FONTS + number)}"
    return pointer if pointer.startswith("/output") else f"{use.pointers[0]}{pointer}"
