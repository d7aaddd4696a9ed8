"""What the plan says that a film shows, as far as that is known without making it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cutroom.render.plan import (
    CopySegment,
    Layer,
    RenderPlan,
    RepeatSegment,
    Segment,
    SegmentPlan,
    SkipSegment,
    VideoLayer,
)

_THROUGH = 0.02


@dataclass(frozen=True, slots=True)
class Expected:
    """One frame of the plan.

    Args:
        color: what it shows all over, as RGB 0 to 255; None when that is not known.
        pointers: the clips that are in it.
    """

    color: tuple[int, int, int] | None
    pointers: tuple[str, ...]


def expected(plan: RenderPlan, frame: int) -> Expected:
    """What output frame `frame` shows."""
    segment = _at(plan.segments, frame)
    made = _made(segment)
    if made is None:
        return Expected(None, (segment.pointer,) if isinstance(segment, CopySegment) else ())
    inside = (frame - segment.start) % made.frames
    there = [layer for layer in made.layers if layer.first <= inside < layer.last]
    if made.encoder.alpha or there:
        return Expected(None, tuple(layer.pointer for layer in there))
    color = made.canvas.background
    return Expected((color.red, color.green, color.blue), ())


def moves(plan: RenderPlan, first: int, last: int) -> bool:
    """Whether a film that plays all the time fills frames [first, last): nothing there should stand still."""
    start = first
    while start < last:
        segment = _at(plan.segments, start)
        end = min(segment.start + segment.frames, last)
        if not _plays(segment, start - segment.start, end - segment.start, plan.output.fps):
            return False
        start = end
    return True


def _plays(segment: Segment, first: int, last: int, fps: Fraction) -> bool:
    if isinstance(segment, CopySegment):
        return True
    if not isinstance(segment, SegmentPlan):
        return False
    return any(_fills(layer, first, last, fps) for layer in segment.layers)


def _fills(layer: Layer, first: int, last: int, fps: Fraction) -> bool:
    if not isinstance(layer, VideoLayer) or layer.opacity < 1 - _THROUGH or layer.ramps:
        return False
    if layer.first > first or layer.last < last:
        return False
    end = layer.source.duration
    return end is None or layer.at + (last - layer.first) / fps <= end


def _made(segment: Segment) -> SegmentPlan | None:
    if isinstance(segment, RepeatSegment):
        return segment.cycle
    if isinstance(segment, SkipSegment):
        return segment.still
    return segment if isinstance(segment, SegmentPlan) else None


def _at(segments: Sequence[Segment], frame: int) -> Segment:
    place = bisect_right(segments, frame, key=lambda segment: segment.start) - 1
    return segments[max(place, 0)]
