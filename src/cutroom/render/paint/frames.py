"""What a picture is set into: a line along its edges, a shadow below it."""

import cv2
import numpy as np

from cutroom.render.paint.key import masked
from cutroom.render.paint.masks import Mask, corners
from cutroom.render.paint.patch import entire
from cutroom.render.paint.warp import Picture
from cutroom.timeline.resolved import Border, Color, Shadow


class Edging:
    """A line inside of a picture, along its edges and corners.

    Args:
        border: the line.
        size: width and height of the pictures.
        radius: of their corners, before scaling.
        scale: pixels of these pictures for each pixel of the output.
    """

    def __init__(self, border: Border, size: tuple[int, int], radius: float, scale: float) -> None:
        width = max(1, round(border.width_px * scale))
        self._line = masked(_plane(border.color, size), _ring(size, radius * scale, width))

    def laid_on(self, picture: Picture) -> Picture:
        """The picture with the line on it."""
        return over(self._line, picture)


class Shade:
    """The shadow of pictures, which lie in the middle of what comes out; it is made again when their outline changes.

    Args:
        shadow: what it looks like.
        size: width and height of what comes out.
        scale: pixels of it for each pixel of the output.
    """

    def __init__(self, shadow: Shadow, size: tuple[int, int], scale: float) -> None:
        self._color, self._size = shadow.color, size
        self._move = np.array([[1, 0, shadow.dx_px * scale], [0, 1, shadow.dy_px * scale]], np.float32)
        self._sigma = shadow.blur_px * scale
        self._made: tuple[Mask, Picture] | None = None

    def below(self, picture: Picture) -> Picture:
        """The picture with its shadow."""
        whole = np.zeros((self._size[1], self._size[0], 4), np.uint8)
        height, width = picture.shape[:2]
        left, top = (self._size[0] - width) // 2, (self._size[1] - height) // 2
        whole[top : top + height, left : left + width] = picture
        outline = np.ascontiguousarray(whole[:, :, 3])
        if self._made is None or not np.array_equal(self._made[0], outline):
            self._made = (outline, self._cast(outline))
        return over(whole, self._made[1])

    def _cast(self, outline: Mask) -> Picture:
        moved = np.asarray(cv2.warpAffine(outline, self._move, self._size, flags=cv2.INTER_LINEAR), np.uint8)
        if self._sigma > 0:
            moved = np.asarray(cv2.GaussianBlur(moved, (0, 0), self._sigma, borderType=cv2.BORDER_CONSTANT), np.uint8)
        return masked(_plane(self._color, self._size), moved)


def over(upper: Picture, lower: Picture) -> Picture:
    """One picture with alpha laid on another."""
    left = cv2.merge([np.asarray(255 - upper[:, :, 3], np.uint8)] * 4)
    return np.asarray(cv2.add(upper, cv2.multiply(lower, left, scale=1 / 255)), np.uint8)


def _plane(color: Color, size: tuple[int, int]) -> Picture:
    """A plane of one colour, multiplied by its alpha."""
    pixel = [color.red * color.alpha, color.green * color.alpha, color.blue * color.alpha, 255 * color.alpha]
    return np.full((size[1], size[0], 4), np.rint(pixel), np.uint8)


def _ring(size: tuple[int, int], radius: float, width: int) -> Mask:
    """How much of each pixel the line covers: all of the shape but what lies `width` pixels further inside."""
    ring = _shape(size, radius)
    inner = (size[0] - 2 * width, size[1] - 2 * width)
    if min(inner) > 0:
        inside = ring[width : width + inner[1], width : width + inner[0]]
        inside[:] = cv2.subtract(inside, _shape(inner, radius - width))
    return ring


def _shape(size: tuple[int, int], radius: float) -> Mask:
    return corners(entire(size), radius) if radius > 0 else np.full((size[1], size[0]), 255, np.uint8)
