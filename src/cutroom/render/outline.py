"""A plan as data for people and programs that want to know what will be done, not how to do it."""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cutroom.render.painting import PaintedLayer, VideoSubject
from cutroom.render.plan import Layer, RenderPlan, Segment, SegmentPlan, VideoLayer
from cutroom.render.repeat import made_for
from cutroom.render.sampling import fielded


@dataclass(frozen=True, slots=True)
class LayerOutline:
    """One clip's part in a segment, from second `start` to `end` of the output."""

    kind: str
    pointer: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SegmentOutline:
    """A span of the output that is made, or found, on its own.

    Args:
        kind: `encode`, `copy` (packets of a source), `repeat` (of one cycle) or `skip` (a frozen picture).
        start: seconds.
        end: seconds.
        reused: whether its bytes are kept from before.
        reason: why it is made this way.
        layers: bottom to top.
    """

    index: int
    kind: Literal["encode", "copy", "repeat", "skip"]
    start: float
    end: float
    frames: int
    key: str
    reused: bool
    reason: str
    layers: tuple[LayerOutline, ...]


def outline(plan: RenderPlan, kept: Collection[str] = frozenset()) -> list[SegmentOutline]:
    """Every segment of a plan; `kept` are the keys whose bytes are there already."""
    fps = plan.output.fps
    found: list[SegmentOutline] = []
    for segment in plan.segments:
        reused = segment.kind != "copy" and segment.key in kept
        found.append(
            SegmentOutline(
                index=segment.index,
                kind=segment.kind,
                start=_seconds(segment.start, plan),
                end=_seconds(segment.start + segment.frames, plan),
                frames=segment.frames,
                key=segment.key,
                reused=reused,
                reason=_reason(segment, reused=reused),
                layers=_layers(segment, float(fps)),
            )
        )
    return found


def _seconds(frame: int, plan: RenderPlan) -> float:
    return round(float(frame / plan.output.fps), 6)


def _reason(segment: Segment, *, reused: bool) -> str:
    if segment.kind == "copy":
        return "The source already has the output's parameters, and nothing lies on it."
    if reused:
        return "It was made before, and nothing in it has changed."
    if segment.kind == "repeat":
        return f"The same {segment.cycle.frames} frames come again and again: they are encoded once."
    if segment.kind == "skip":
        return "The picture stands still: it is encoded once."
    whole = {fields for layer in segment.layers if (fields := made_whole(layer, segment.canvas.fps))}
    interlaced = [f"Of the interlaced, a picture is made of {fields}." for fields in sorted(whole)]
    return " ".join([_encoded(segment), *interlaced])


def _encoded(segment: SegmentPlan) -> str:
    painted = sum(layer.kind == "painted" for layer in segment.layers)
    if painted:
        return f"Of its layers ({len(segment.layers)}), {painted} have to be painted frame by frame."
    return f"Its layers ({len(segment.layers)}) are drawn over each other and encoded."


def made_whole(layer: Layer, fps: Fraction) -> Literal["every field", "every two fields"] | None:
    """Which fields of an interlaced source become a picture; None for all else."""
    shown = layer.painting.subject if isinstance(layer, PaintedLayer) else layer
    if not isinstance(shown, VideoLayer | VideoSubject) or not shown.source.interlaced:
        return None
    return "every field" if fielded(shown.source, shown.speed, fps) else "every two fields"


def _layers(segment: Segment, fps: float) -> tuple[LayerOutline, ...]:
    if segment.kind == "copy":
        end = round((segment.start + segment.frames) / fps, 6)
        return (LayerOutline("video", segment.pointer, round(segment.start / fps, 6), end),)
    inner = made_for(segment)
    zero = segment.start
    return tuple(
        LayerOutline(
            layer.kind,
            layer.pointer,
            round((zero + max(layer.first, 0)) / fps, 6),
            round((zero + min(layer.last, inner.frames)) / fps, 6),
        )
        for layer in inner.layers
    )
