"""Outlines of shapes: closed or open lines of points in pixels."""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any, Final

import numpy as np
from fontTools.pens.basePen import BasePen
from fontTools.svgLib.path import parse_path
from numpy.typing import NDArray

from cutroom.timeline.resolved import Shape

Points = NDArray[np.float64]
"""(n, 2): x to the right, y down."""
_STEPS: Final = 24
"""Straight pieces for a curve of a path."""
_ROUND: Final = 256
"""Straight pieces for a whole ellipse: at 1000 px across less than 0.1 px from the curve."""
_INNER: Final = 0.45
"""Radius of the notches of a star, as a share of that of its points."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One line; `closed` when its end is joined to its start."""

    points: Points
    closed: bool


def outlines(shape: Shape, width: float, height: float, inset: float) -> list[Outline]:
    """The lines of a shape that fills a box of `width` and `height` pixels, `inset` pixels away from its sides."""
    if shape.form == "path":
        return _path(shape, width, height)
    left, top, right, bottom = inset, inset, max(width - inset, inset), max(height - inset, inset)
    if shape.form == "line":
        middle = height / 2
        return [Outline(np.array([[left, middle], [right, middle]]), closed=False)]
    if shape.form == "rectangle":
        return [Outline(_rectangle(left, top, right, bottom, max(shape.radius_px - inset, 0)), closed=True)]
    points = {"polygon": shape.points, "star": 2 * shape.points}.get(shape.form, _ROUND)
    turns = -pi / 2 + np.arange(points) * (2 * pi / points)
    reach = np.ones(points)
    if shape.form == "star":
        reach[1::2] = _INNER
    x = (left + right) / 2 + (right - left) / 2 * reach * np.cos(turns)
    y = (top + bottom) / 2 + (bottom - top) / 2 * reach * np.sin(turns)
    return [Outline(np.stack([x, y], axis=1), closed=True)]


def _rectangle(left: float, top: float, right: float, bottom: float, radius: float) -> Points:
    radius = min(radius, (right - left) / 2, (bottom - top) / 2)
    corners = [(right - radius, top + radius), (right - radius, bottom - radius)]
    corners += [(left + radius, bottom - radius), (left + radius, top + radius)]
    quarter = _ROUND // 4 if radius > 0 else 0
    points: list[tuple[float, float]] = []
    for number, (x, y) in enumerate(corners):
        for step in range(quarter + 1):
            turn = (number - 1 + (step / quarter if quarter else 0)) * pi / 2
            points.append((x + radius * cos(turn), y + radius * sin(turn)))
    return np.array(points)


def _path(shape: Shape, width: float, height: float) -> list[Outline]:
    """SVG path data, stretched from its view to the box."""
    pen = _Flattening()
    parse_path(shape.path or "", pen)
    view = shape.view or (width, height)
    scale = np.array([width / view[0], height / view[1]])
    return [Outline(np.array(points) * scale, closed) for points, closed in pen.lines if len(points) > 1]


class _Flattening(BasePen):  # type: ignore[misc]  # fontTools has no types
    """A pen that turns curves into straight pieces."""

    def __init__(self) -> None:
        super().__init__(None)
        self.lines: list[tuple[list[tuple[float, float]], bool]] = []

    def _moveTo(self, pt: Any) -> None:  # noqa: N802 — fontTools' name
        self.lines.append(([pt], False))

    def _lineTo(self, pt: Any) -> None:  # noqa: N802
        self.lines[-1][0].append(pt)

    def _curveToOne(self, pt1: Any, pt2: Any, pt3: Any) -> None:  # noqa: N802
        start = np.array(self.lines[-1][0][-1])
        for step in range(1, _STEPS + 1):
            t = step / _STEPS
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            point = sum(w * np.array(p) for w, p in zip(weights, (start, pt1, pt2, pt3), strict=True))
            self.lines[-1][0].append((float(point[0]), float(point[1])))  # type: ignore[index]  # not 0: four summands

    def _closePath(self) -> None:  # noqa: N802
        self.lines[-1] = (self.lines[-1][0], True)

    def _endPath(self) -> None:  # noqa: N802
        """An open line stays open."""
