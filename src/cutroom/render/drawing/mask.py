"""How much of each pixel lies inside of an outline, or under a line drawn along it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from cutroom.kit.later import later
from cutroom.render.drawing.outline import Outline, Points
from cutroom.render.drawing.paints import Field

if TYPE_CHECKING:
    import cv2
else:
    cv2 = later("cv2")

_FINE: Final = 4  # samples in each direction of a pixel
_SHIFT: Final = 4  # bits of a coordinate after the point: a sixteenth of a sample


def inside(outlines: Sequence[Outline], width: int, height: int) -> Field:
    """Coverage of the area that the outlines enclose, from 0 to 1.

    Where outlines overlap the rule is SVG's "nonzero": two that run in the same direction add up, two in opposite ones
    leave a hole.
    """
    turns = np.zeros((height * _FINE, width * _FINE), np.int16)
    for outline in outlines:
        if len(outline.points) > 2:
            drawn = np.zeros(turns.shape, np.uint8)
            cv2.fillPoly(drawn, [_fine(outline.points)], 1, shift=_SHIFT)
            turns += drawn.astype(np.int16) * (1 if _area(outline.points) >= 0 else -1)
    return _coarse((turns != 0).astype(np.uint8) * 255, width, height)


def along(outlines: Sequence[Outline], width: int, height: int, thickness_px: float) -> Field:
    """Coverage of lines `thickness_px` wide drawn along the outlines, with round joints, from 0 to 1."""
    drawn = np.zeros((height * _FINE, width * _FINE), np.uint8)
    thickness = max(1, round(thickness_px * _FINE))
    for outline in outlines:
        cv2.polylines(drawn, [_fine(outline.points)], outline.closed, 255, thickness, shift=_SHIFT)
    return _coarse(drawn, width, height)


def _fine(points: Points) -> "cv2.typing.MatLike":
    # OpenCV's coordinates count from the middle of the first sample.
    return np.round((points * _FINE - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _coarse(drawn: "cv2.typing.MatLike", width: int, height: int) -> Field:
    return (cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)).astype(np.float32)


def _area(points: Points) -> float:
    x, y = points[:, 0], points[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
