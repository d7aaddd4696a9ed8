"""What is ground in a segment, and what is laid over it: which frames each layer is needed for.

A layer that fills the canvas is ground while nothing of what lies below it can be seen: clips that follow each other
are played one after the other, and only while one fades is it blended. That gives the same pixels as laying all of them
over each other, for a fifth less work.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cutroom.render.layers import hides
from cutroom.render.painting import PaintedLayer
from cutroom.render.plan import Canvas, Layer, SegmentPlan, TextLayer


@dataclass(frozen=True, slots=True)
class Part:
    """Frames [first, last) of a segment in which a layer is used; the canvas' background has no index."""

    index: int | None
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The parts that follow each other as ground, and those laid over it, from the bottom up."""

    ground: tuple[Part, ...]
    over: tuple[Part, ...]

    def parts(self, index: int) -> list[Part]:
        """Where a layer is used, in the order of time."""
        return sorted((part for part in (*self.ground, *self.over) if part.index == index), key=lambda p: p.first)


def arranged(plan: SegmentPlan) -> Arrangement:
    """Share a segment's frames out among its layers; those of which nothing is seen get no part."""
    layers = plan.layers
    if plan.canvas.alpha:
        return Arrangement((Part(None, 0, plan.frames),), everything(layers))
    solid = [_solid(layer, plan.canvas) for layer in layers]
    edges = {0, plan.frames, *(edge for span in solid for edge in span)}
    ground: list[Part] = []
    for first, last in pairwise(sorted(edge for edge in edges if 0 <= edge <= plan.frames)):
        index = next((n for n in reversed(range(len(layers))) if solid[n][0] <= first and last <= solid[n][1]), None)
        if ground and ground[-1].index == index:
            first = ground.pop().first  # noqa: PLW2901 — the same goes on
        ground.append(Part(index, first, last))
    over = tuple(part for index, layer in enumerate(layers) for part in _seen(index, layer, ground))
    return Arrangement(tuple(ground), over)


def everything(layers: Sequence[Layer]) -> tuple[Part, ...]:
    """All layers, each for as long as it is there."""
    return tuple(Part(index, layer.first, layer.last) for index, layer in enumerate(layers))


def _solid(layer: Layer, canvas: Canvas) -> tuple[int, int]:
    """The frames in which a layer can be ground: it fills the canvas, and does not fade there."""
    if isinstance(layer, TextLayer):
        return 0, 0
    size = layer.window if isinstance(layer, PaintedLayer) else layer.box
    if (size.width, size.height) != (canvas.width, canvas.height) or not hides(layer, canvas, fading=True):
        return 0, 0
    first = max([layer.first, *(ramp.first + ramp.length for ramp in layer.ramps if ramp.rising)])
    last = min([layer.last, *(ramp.first for ramp in layer.ramps if not ramp.rising)])
    return (first, last) if first < last else (0, 0)


def _seen(index: int, layer: Layer, ground: Sequence[Part]) -> Iterator[Part]:
    """Where a layer lies over the ground."""
    found: Part | None = None
    for part in ground:
        first, last = max(part.first, layer.first), min(part.last, layer.last)
        if first >= last or (part.index is not None and part.index >= index):
            continue
        if found is not None and found.last == first:
            found = Part(index, found.first, last)
            continue
        if found is not None:
            yield found
        found = Part(index, first, last)
    if found is not None:
        yield found
