"""From an edit whose sources are at hand to the plans of its outputs."""

import asyncio
from collections.abc import Mapping
from fractions import Fraction

from cutroom import render as engine
from cutroom import timeline
from cutroom.jobs import Context
from cutroom.render import RenderPlan
from cutroom.render.scaling import resized
from cutroom.timeline import CueSheet, Edit, Limits, Media, ResolvedEdit
from cutroom.timeline.output import Output
from cutroom.timeline.resolved import SOUNDS
from cutroom.workflows.blobs import locate


async def plans_of(
    ctx: Context, edit: Edit, sources: Mapping[str, Media | CueSheet], limits: Limits
) -> list[RenderPlan]:
    """The plans of all outputs, in the order of the document."""
    outputs = (edit.output, *edit.outputs)
    # Pure work, but of seconds for ten thousand clips: heartbeats must go on.
    return [await planned(ctx, await asyncio.to_thread(decided, edit, sources, limits, output)) for output in outputs]


def decided(edit: Edit, sources: Mapping[str, Media | CueSheet], limits: Limits, output: Output) -> ResolvedEdit:
    """An edit, decided for one of its outputs.

    Pixels in the document are those of `edit.output`. In another output they grow or shrink with its shorter side, so
    that a title which fills half of one fills half of all.
    """
    size, first = output.size, edit.output.size
    if output.format in SOUNDS or edit.output.format in SOUNDS or min(size) == min(first):
        return timeline.resolve(edit, sources, limits, output=output)
    factor = Fraction(min(first), min(size))
    sides = {"width": _even(size[0] * factor), "height": _even(size[1] * factor)}
    alike = output.model_copy(update={**sides, "resolution": None, "aspect_ratio": None})
    return resized(timeline.resolve(edit, sources, limits, output=alike), size)


async def planned(ctx: Context, edit: ResolvedEdit) -> RenderPlan:
    """Plan a render.

    What may be copied is looked up anew in each attempt: lists of packets are long, and soon made again.
    """
    inputs = await locate(ctx.files, engine.copy_sources(edit))
    indexes = await engine.index_copies(edit, inputs)
    return await asyncio.to_thread(engine.compile_plan, edit, indexes=indexes)


def _even(side: Fraction) -> int:
    return 2 * round(side / 2)
