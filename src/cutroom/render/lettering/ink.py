"""Letters as masks: what of a picture is covered by ink, and what is coloured by the font itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, radians, tan
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cutroom.kit.later import later
from cutroom.render.artist import Pixels
from cutroom.render.lettering.clusters import clusters
from cutroom.render.lettering.layout import Block, Fonts, Run
from cutroom.render.lettering.typefaces import Typeface
from cutroom.timeline.resolved import TextBackground, TextStyle

if TYPE_CHECKING:
    import cv2
else:
    cv2 = later("cv2")

Mask = NDArray[np.uint8]
"""(height, width): 0 no ink, 255 all ink."""
Rect = tuple[int, int, int, int]
"""Left, top, right, bottom in whole pixels of the block, whose own corner is (0, 0); right and bottom lie outside."""

_SLANT: Final = tan(radians(11))
"""How far a slanted letter leans; what most italics have."""
_SMOOTH: Final = 4  # samples in each direction for the edge of a box


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of a run to be drawn on its own.

    Args:
        text: its letters.
        face: the font.
        rtl: whether it runs from right to left.
        x: left end, from the block's left.
        y: baseline, from the block's top.
        width: how far the pen moves.
    """

    text: str
    face: Typeface
    rtl: bool
    x: float
    y: float
    width: float


def line_left(block: Block, style: TextStyle, number: int) -> float:
    """Where a line starts, from the block's left."""
    loose = {"left": 0.0, "center": 0.5, "right": 1.0}[style.align]
    return (block.width - block.lines[number].width) * loose


def slice_of(run: Run, start: int, end: int, fonts: Fonts, at: tuple[float, float]) -> Slice:
    """The letters [start, end) of a run whose line starts at `at` on its baseline.

    Places are measured over the letters so far, so that kerning is kept.
    """
    text = run.text[start:end]
    upto = fonts.width(run.text[:end], run.face, rtl=run.rtl)
    before = upto - fonts.width(text, run.face, rtl=run.rtl)
    x = run.width - upto if run.rtl else before
    return Slice(text, run.face, run.rtl, at[0] + run.x + x, at[1], fonts.width(text, run.face, rtl=run.rtl))


def draw_ink(
    slices: Iterable[Slice], fonts: Fonts, style: TextStyle, rect: Rect, stroke_px: float
) -> tuple[Mask, Pixels | None]:
    """The ink of slices within a part of the block, `stroke_px` thicker on every side; and coloured letters.

    Lines under or through the letters count as ink. Coloured letters (premultiplied) are ink as well when there is a
    stroke, so that they get one too.
    """
    size = (rect[2] - rect[0], rect[3] - rect[1])
    mask = Image.new("L", size, 0)
    pen = ImageDraw.Draw(mask)
    colors: Image.Image | None = None
    leaning: list[Slice] = []
    for one in slices:
        if one.face.color:
            colors = colors or Image.new("RGBA", size, (0, 0, 0, 0))
            _draw_slice(ImageDraw.Draw(colors), one, fonts, rect, 0.0, color=True)
        elif one.face.slanted:
            leaning.append(one)
        else:
            _draw_slice(pen, one, fonts, rect, stroke_px, color=False)
    ink: Mask = np.array(mask)
    for one in leaning:
        np.maximum(ink, _slanted(one, fonts, rect, stroke_px), out=ink)
    if style.decoration != "none":
        for one in slices:
            _draw_line(ink, one, fonts, style, rect, stroke_px)
    if colors is None:
        return ink, None
    painted: Pixels = np.array(colors)
    if stroke_px > 0:
        np.maximum(ink, _thicker(painted[:, :, 3], stroke_px), out=ink)
    return ink, painted


def _draw_slice(
    pen: ImageDraw.ImageDraw, one: Slice, fonts: Fonts, rect: Rect, stroke_px: float, *, color: bool
) -> None:
    font, features = fonts.font(one.face), fonts.features(one.text)
    direction = "rtl" if one.rtl else "ltr"
    spacing = fonts.spacing_px(one.text)
    parts = clusters(one.text) if spacing else [one.text]
    before = ""
    whole = fonts.width(one.text, one.face, rtl=one.rtl)
    for part in parts:
        before += part
        upto = fonts.width(before, one.face, rtl=one.rtl)
        x = whole - upto if one.rtl else upto - fonts.width(part, one.face, rtl=one.rtl)
        pen.text(
            (one.x + x - rect[0], one.y - rect[1]),
            part,
            fill=(255, 255, 255, 255) if color else 255,
            font=font,
            anchor="ls",
            stroke_width=stroke_px,
            features=features,
            direction=direction,
            embedded_color=color,
        )


def _slanted(one: Slice, fonts: Fonts, rect: Rect, stroke_px: float) -> Mask:
    """Upright ink, leaned over around its baseline."""
    mask = Image.new("L", (rect[2] - rect[0], rect[3] - rect[1]), 0)
    _draw_slice(ImageDraw.Draw(mask), one, fonts, rect, stroke_px, color=False)
    lean = np.array([[1, -_SLANT, _SLANT * (one.y - rect[1])], [0, 1, 0]], np.float64)
    return np.asarray(cv2.warpAffine(np.array(mask), lean, mask.size, flags=cv2.INTER_LINEAR), np.uint8)


def _draw_line(ink: Mask, one: Slice, fonts: Fonts, style: TextStyle, rect: Rect, stroke_px: float) -> None:
    """A line under or through a slice, as thick as a stem and within reach of the next slice's."""
    ascent, _ = fonts.metrics()
    thick = max(1.0, style.size_px * (0.055 + 0.00004 * max(0, style.weight - 400)))
    y = one.y + style.size_px * 0.13 if style.decoration == "underline" else one.y - ascent * 0.3
    edges = (one.x - stroke_px, y - thick / 2 - stroke_px, one.x + one.width + stroke_px, y + thick / 2 + stroke_px)
    line = draw_box(edges, 0.0, rect)
    cv2.add(ink, line, dst=ink) if stroke_px == 0 else np.maximum(ink, line, out=ink)


def _thicker(mask: Mask, by_px: float) -> Mask:
    """A mask grown by a disc."""
    reach = ceil(by_px)
    far = cv2.distanceTransform(255 - np.where(mask > 127, np.uint8(255), np.uint8(0)), cv2.DIST_L2, 5)
    return np.asarray(np.clip(255 * (by_px + 0.5 - far), 0, 255) if reach else mask, np.uint8)


def soft(mask: Mask, sigma: float) -> Mask:
    """A mask blurred by a Gaussian; a wide one is blurred small, which looks the same."""
    if sigma <= 0:
        return mask
    shrink = max(1, int(sigma / 2.5))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT), np.uint8)
    height, width = mask.shape
    small = cv2.resize(mask, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def draw_box(edges: tuple[float, float, float, float], radius: float, rect: Rect) -> Mask:
    """A mask of a rectangle with round corners and soft edges, within `rect` of the block."""
    mask: Mask = np.zeros((rect[3] - rect[1], rect[2] - rect[0]), np.uint8)
    left, top = max(floor(edges[0]), rect[0]), max(floor(edges[1]), rect[1])
    right, bottom = min(ceil(edges[2]), rect[2]), min(ceil(edges[3]), rect[3])
    if right <= left or bottom <= top:
        return mask
    fine = Image.new("L", ((right - left) * _SMOOTH, (bottom - top) * _SMOOTH), 0)
    x0, y0 = (edges[0] - left) * _SMOOTH, (edges[1] - top) * _SMOOTH
    x1, y1 = (edges[2] - left) * _SMOOTH, (edges[3] - top) * _SMOOTH
    round_px = min(radius * _SMOOTH, (x1 - x0) / 2, (y1 - y0) / 2)
    ImageDraw.Draw(fine).rounded_rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), round_px, fill=255)
    mask[top - rect[1] : bottom - rect[1], left - rect[0] : right - rect[0]] = np.asarray(fine.reduce(_SMOOTH))
    return mask


def draw_background(style: TextStyle, block: Block, box: TextBackground, rect: Rect) -> Mask:
    """The mask of the box behind a block, or of one behind each of its lines."""
    if not box.per_line:
        edges = (-box.padding_x_px, -box.padding_y_px, block.width + box.padding_x_px, block.height + box.padding_y_px)
        return draw_box(edges, box.radius_px, rect)
    mask: Mask = np.zeros((rect[3] - rect[1], rect[2] - rect[0]), np.uint8)
    for number in range(len(block.lines)):
        np.maximum(mask, draw_line_background(style, block, box, number, rect), out=mask)
    return mask


def draw_line_background(style: TextStyle, block: Block, box: TextBackground, number: int, rect: Rect) -> Mask:
    """The mask of the box behind one line."""
    line = block.lines[number]
    if not line.width:
        return np.zeros((rect[3] - rect[1], rect[2] - rect[0]), np.uint8)
    left, top = line_left(block, style, number), number * block.pitch
    edges = (
        left - box.padding_x_px,
        top - box.padding_y_px,
        left + line.width + box.padding_x_px,
        top + block.pitch + box.padding_y_px,
    )
    return draw_box(edges, box.radius_px, rect)
