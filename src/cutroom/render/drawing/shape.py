"""Shapes: drawn once, since nothing in them moves."""

import numpy as np

from cutroom.render.artist import Pixels
from cutroom.render.drawing.mask import along, inside
from cutroom.render.drawing.outline import outlines
from cutroom.render.drawing.paints import Field, covered, fill
from cutroom.timeline.resolved import Color, Shape


class ShapeArtist:
    """Draws a shape that fills a box of `width` by `height` pixels."""

    def __init__(self, shape: Shape, width: int, height: int) -> None:
        self.size = (width, height)
        self._picture = draw(shape, width, height)

    @property
    def still(self) -> bool:
        """Always."""
        return True

    def frame(self, number: int) -> Pixels:
        """The one picture."""
        return self._picture

    def close(self) -> None:
        """Nothing is open."""


def draw(shape: Shape, width: int, height: int) -> Pixels:
    """A shape as a picture; its outline lies over its fill and inside of the box."""
    stroke_px = shape.stroke_px if shape.stroke is not None else 0.0
    if shape.form != "path":
        stroke_px = min(stroke_px, width, height)  # one that is thicker fills the shape
    lines = outlines(shape, width, height, stroke_px / 2)
    field: Field = np.zeros((height, width, 4), np.float32)
    if shape.fill is not None and shape.form != "line":
        field = fill(shape.fill, width, height) * inside(lines, width, height)[..., None]
    ink = shape.stroke
    if shape.form == "line" and ink is None and isinstance(shape.fill, Color):
        ink, stroke_px = shape.fill, float(height)
    if ink is not None and stroke_px > 0:
        line = fill(ink, width, height) * along(lines, width, height, stroke_px)[..., None]
        field = (line + field * (1 - line[..., 3:] / 255)).astype(np.float32)
    return covered(field, np.ones((height, width), np.float32))
