"""From fit, position and box to pixels.

Sizes and places are rounded to even numbers: the output has one colour sample for two pixels in each direction.
"""

from fractions import Fraction
from math import floor
from typing import Final

from cutroom.render.plan import Box, Canvas
from cutroom.timeline.resolved import Crop, Fit, Position, ResolvedClip

_LESS: Final = Fraction(0)
_HALF: Final = Fraction(1, 2)
_MORE: Final = Fraction(1)
ANCHORS: Final[dict[Position, tuple[Fraction, Fraction]]] = {
    "top-left": (_LESS, _LESS),
    "top": (_HALF, _LESS),
    "top-right": (_MORE, _LESS),
    "left": (_LESS, _HALF),
    "center": (_HALF, _HALF),
    "right": (_MORE, _HALF),
    "bottom-left": (_LESS, _MORE),
    "bottom": (_HALF, _MORE),
    "bottom-right": (_MORE, _MORE),
}
"""Fractions of the canvas, from the left and from the top."""


def place(clip: ResolvedClip, canvas: Canvas, size: tuple[int, int] | None) -> Box:
    """Fit a picture into the clip's box and put it on the canvas.

    Args:
        clip: names fit, box, position and offsets.
        canvas: what it is drawn on.
        size: width and height of the picture as displayed, in pixels; None for a plain colour, which fills its box.
    """
    box = (clip.width_px or canvas.width, clip.height_px or canvas.height)
    left, top, part_x, part_y = _part(clip.crop)
    shown = (size[0] * part_x, size[1] * part_y) if size else box
    width, height, crop_width, crop_height = _fit(clip.fit if size else "fill", shown, box)
    anchor_x, anchor_y = ANCHORS[clip.position]
    return Box(
        crop_x=left + (1 - crop_width) * anchor_x * part_x,
        crop_y=top + (1 - crop_height) * anchor_y * part_y,
        crop_width=crop_width * part_x,
        crop_height=crop_height * part_y,
        x=even((canvas.width - width) * anchor_x + clip.offset_x * canvas.width),
        y=even((canvas.height - height) * anchor_y + clip.offset_y * canvas.height),
        width=width,
        height=height,
    )


def covers(box: Box, canvas: Canvas) -> bool:
    """Whether no pixel of the canvas is left free."""
    return box.x <= 0 and box.y <= 0 and box.x + box.width >= canvas.width and box.y + box.height >= canvas.height


def around(box: Box, canvas: Canvas) -> list[tuple[int, int, int, int]]:
    """What a box leaves free of a canvas, as rectangles: left edge, top edge, width, height."""
    left, right = max(box.x, 0), min(box.x + box.width, canvas.width)
    top, bottom = max(box.y, 0), min(box.y + box.height, canvas.height)
    found = [
        (0, 0, left, canvas.height),
        (right, 0, canvas.width - right, canvas.height),
        (left, 0, right - left, top),
        (left, bottom, right - left, canvas.height - bottom),
    ]
    return [one for one in found if one[2] > 0 and one[3] > 0]


def visible(box: Box, canvas: Canvas) -> bool:
    """Whether any pixel lies on the canvas."""
    return -box.width < box.x < canvas.width and -box.height < box.y < canvas.height


def even(value: Fraction) -> int:
    """The nearest even number; the upper one when two are."""
    return 2 * floor(value / 2 + _HALF)


def _part(crop: Crop | None) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Left, top, width and height of what a crop leaves, as fractions of the picture."""
    if crop is None:
        return _LESS, _LESS, _MORE, _MORE
    return crop.left, crop.top, 1 - crop.left - crop.right, 1 - crop.top - crop.bottom


def _fit(
    fit: Fit, size: tuple[int | Fraction, int | Fraction], box: tuple[int, int]
) -> tuple[int, int, Fraction, Fraction]:
    """Size on the canvas, and the part of the picture that is shown: width, height, crop width, crop height."""
    scale_x, scale_y = Fraction(box[0]) / size[0], Fraction(box[1]) / size[1]
    if fit in {"fill", "blur"}:  # what is blurred fills the box
        return _size(box[0]), _size(box[1]), _MORE, _MORE
    if fit == "contain":
        scale = min(scale_x, scale_y)
    elif fit == "cover":
        scale = max(scale_x, scale_y)
    else:
        scale = _MORE
    crop_width, crop_height = min(_MORE, scale_x / scale), min(_MORE, scale_y / scale)
    return _size(size[0] * scale * crop_width), _size(size[1] * scale * crop_height), crop_width, crop_height


def _size(pixels: Fraction | int) -> int:
    return max(2, even(Fraction(pixels)))
