"""From an edit whose sources are at hand to the plans of its outputs."""

import asyncio
from collections.abc import Mapping, Sequence
from fractions import Fraction

from cutroom import render as engine
from cutroom import timeline
from cutroom.jobs import Context, Files
from cutroom.kit.errors import CutroomError
from cutroom.render import RenderPlan
from cutroom.render.encoders import VideoCodec
from cutroom.render.scaling import resized
from cutroom.timeline import CueSheet, Edit, Limits, Media, ResolvedEdit, SourceUse
from cutroom.timeline.output import Output
from cutroom.timeline.resolved import SOUNDS
from cutroom.workflows.blobs import locate

Encoders = Mapping[VideoCodec, str]
"""FFmpeg's encoders to use instead of the software ones."""


async def cards_encoders(ctx: Context) -> Encoders:
    """The encoders of a graphics card that are better than ours, on the machine where the job began."""
    return await ctx.step("hardware", _cards_encoders)


async def _cards_encoders() -> dict[VideoCodec, str]:
    return dict((await engine.hardware()).chosen)


async def plans_of(
    ctx: Context, edit: Edit, sources: Mapping[str, Media | CueSheet], limits: Limits, card: Encoders
) -> list[RenderPlan]:
    """The plans of all outputs, in the order of the document; `card` is used where the output allows it."""
    edits: list[ResolvedEdit] = []
    places = ["/output", *(f"/outputs/{number}" for number in range(len(edit.outputs)))]
    for place, output in zip(places, (edit.output, *edit.outputs), strict=True):
        # Pure work, but of seconds for ten thousand clips: heartbeats must go on.
        edits.append(await asyncio.to_thread(decided, edit, sources, limits, output, place))
    plans: list[RenderPlan] = []
    for one in await measured(ctx.files, edits):
        plan = await _compiled(ctx, one, shared=bool(edit.outputs))
        plans.append(engine.hasten(plan, card) if one.output.hardware else plan)
    return plans


def blamed(error: CutroomError, edit: Edit) -> CutroomError:
    """What a piece failed of, with the name of the source that its detail points at."""
    return engine.blame(error, {place: use.src for use in timeline.sources(edit) for place in _clips(use)})


def _clips(use: SourceUse) -> list[str]:
    """Pointers of the clips, or the soundtrack, that name a source."""
    return [place.removesuffix("/src").removesuffix("/asset").removesuffix("/matte") for place in use.pointers]


def decided(
    edit: Edit, sources: Mapping[str, Media | CueSheet], limits: Limits, output: Output, place: str = "/output"
) -> ResolvedEdit:
    """An edit, decided for one of its outputs, whose JSON pointer is `place`.

    Pixels in the document are those of `edit.output`. In another output they grow or shrink with its shorter side, so
    that a title which fills half of one fills half of all.
    """
    size, first = output.size, edit.output.size
    if output.format in SOUNDS or edit.output.format in SOUNDS or min(size) == min(first):
        return timeline.resolve(edit, sources, limits, output=output, place=place)
    factor = Fraction(min(first), min(size))
    sides = {"width": _even(size[0] * factor), "height": _even(size[1] * factor)}
    alike = output.model_copy(update={**sides, "resolution": None, "aspect_ratio": None})
    return resized(timeline.resolve(edit, sources, limits, output=alike, place=place), size)


async def planned(ctx: Context, edit: ResolvedEdit) -> RenderPlan:
    """Plan a render of one output."""
    (edit,) = await measured(ctx.files, [edit])
    return await _compiled(ctx, edit, shared=False)


async def _compiled(ctx: Context, edit: ResolvedEdit, *, shared: bool) -> RenderPlan:
    """The plan of an edit whose letters are measured; `shared` when other outputs are made of the same edit.

    What may be copied is looked up anew in each attempt: lists of packets are long, and soon made again.
    """
    inputs = await locate(ctx.files, engine.copy_sources(edit))
    indexes = await engine.index_copies(edit, inputs)
    sounds = await asyncio.to_thread(engine.index_sounds, edit, inputs) if indexes else {}
    keyed = await locate(ctx.files, engine.key_sources(edit))
    keys = await asyncio.to_thread(engine.index_keys, edit, keyed)
    return await asyncio.to_thread(engine.compile_plan, edit, indexes=indexes, keys=keys, sounds=sounds, shared=shared)


async def measured(files: Files, edits: Sequence[ResolvedEdit]) -> list[ResolvedEdit]:
    """The edits with their letters measured that are in fonts which the document brings."""
    return await engine.measure_letters(edits, await locate(files, engine.letter_sources(edits)))


def _even(side: Fraction) -> int:
    return 2 * round(side / 2)
