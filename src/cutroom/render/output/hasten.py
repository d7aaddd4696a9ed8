"""Moving a plan's encoding to the graphics card, where that is better and nothing forbids it."""

from collections.abc import Mapping
from dataclasses import replace

from cutroom.render.encoders import VideoCodec
from cutroom.render.keys import segment_key
from cutroom.render.output.encode import on_hardware
from cutroom.render.plan import RenderPlan, SegmentPlan


def hasten(plan: RenderPlan, chosen: Mapping[VideoCodec, str]) -> RenderPlan:
    """The same plan with the encoders that `Hardware.chosen` names; the keys of its segments name them too.

    A plan stays as it is when its pixels are more than a card takes (transparency, full chroma), or when it has
    segments whose packets must fit those of our own encoder: copied and skipped ones.
    """
    segments: list[SegmentPlan] = []
    for segment in plan.segments:
        if not isinstance(segment, SegmentPlan) or segment.encoder.pixels != "yuv420p":
            return plan
        name = chosen.get(segment.encoder.codec)
        if name is None:
            return plan
        moved = replace(segment, encoder=on_hardware(segment.encoder, name))
        segments.append(replace(moved, key=segment_key(moved, plan.engine)))
    return replace(plan, segments=tuple(segments))
