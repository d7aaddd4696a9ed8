"""A block of text in pieces that move on their own: all of it, lines, words or letters, each rasterised once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Final

import numpy as np

from cutroom.kit.errors import Invalid
from cutroom.kit.later import later
from cutroom.render.artist import Pixels
from cutroom.render.lettering.clusters import clusters, joined
from cutroom.render.lettering.ink import Mask, Rect, Slice, draw_ink, line_left, slice_of, soft
from cutroom.render.lettering.layout import Block, Fonts, Line
from cutroom.timeline.resolved import TextStyle, TextUnit

if TYPE_CHECKING:
    import cv2
else:
    cv2 = later("cv2")

MOST_PIXELS: Final = 64_000_000
"""Of one picture of text: eight times 4K. More is a mistake, and would not be seen anyway."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What moves on its own, before it is drawn.

    Args:
        slices: its letters, in visual order.
        line: number of its line; -1 for the whole block.
        left, top, right, bottom: its box: the pen's way, and the height of its lines.
    """

    slices: tuple[Slice, ...]
    line: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit as masks of one size, whose corner is (x, y) in the block.

    Args:
        fill: the letters.
        stroke: the letters with the outline around them; None for none.
        shadow: the soft shadow in its place; None for none.
        colors: letters that bring their colours, premultiplied; None for none.
    """

    unit: Unit
    x: int
    y: int
    fill: Mask
    stroke: Mask | None
    shadow: Mask | None
    colors: Pixels | None


def margin(style: TextStyle) -> tuple[int, int, int, int]:
    """How far ink, outline and shadow may lie outside of the pen's way: left, top, right, bottom."""
    overhang = style.size_px * 0.35  # italics, swashes, marks above capitals
    around = overhang + (style.stroke.width_px if style.stroke else 0.0)
    left = top = right = bottom = around
    if style.shadow is not None:
        reach = around + 3 * style.shadow.blur_px + 1
        left, right = max(left, reach - style.shadow.dx_px), max(right, reach + style.shadow.dx_px)
        top, bottom = max(top, reach - style.shadow.dy_px), max(bottom, reach + style.shadow.dy_px)
    return ceil(left), ceil(top), ceil(right), ceil(bottom)


def units(style: TextStyle, fonts: Fonts, block: Block, kind: TextUnit) -> list[Unit]:
    """The units of a block, in reading order. Where letters hang together a word is the smallest."""
    found: list[Unit] = []
    for number, line in enumerate(block.lines):
        spans = [(0, len(line.text))] if kind in {"block", "line"} else _spans(line, kind)
        for start, end in spans:
            if (unit := unit_of(style, fonts, block, number, start, end)) is not None:
                found.append(unit)
    if kind != "block" or not found:
        return found
    whole = tuple(one for unit in found for one in unit.slices)
    return [Unit(whole, -1, 0.0, 0.0, block.width, block.height)]


def unit_of(style: TextStyle, fonts: Fonts, block: Block, number: int, start: int, end: int) -> Unit | None:
    """The characters [start, end) of a line; None when the pen has nothing to draw there."""
    at = (line_left(block, style, number), block.baseline + number * block.pitch)
    slices = _slices(block.lines[number], start, end, fonts, at)
    if not slices:
        return None
    left, right = min(one.x for one in slices), max(one.x + one.width for one in slices)
    return Unit(slices, number, left, number * block.pitch, right, (number + 1) * block.pitch)


def _spans(line: Line, kind: TextUnit) -> Iterator[tuple[int, int]]:
    """Words, or letters of the words that may be taken apart."""
    place = 0
    for part in _words(line.text):
        if part.strip():
            if kind == "word" or joined(part):
                yield place, place + len(part)
            else:
                at = place
                for cluster in clusters(part):
                    yield at, at + len(cluster)
                    at += len(cluster)
        place += len(part)


def _words(text: str) -> list[str]:
    """Words and the spaces between them."""
    parts: list[str] = []
    for char in text:
        if parts and parts[-1].isspace() == char.isspace():
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def _slices(line: Line, start: int, end: int, fonts: Fonts, at: tuple[float, float]) -> tuple[Slice, ...]:
    found: list[Slice] = []
    for run in line.runs:
        first, last = max(start - run.start, 0), min(end - run.start, len(run.text))
        if last > first:
            found.append(slice_of(run, first, last, fonts, at))
    return tuple(found)


def draw_piece(unit: Unit, style: TextStyle, fonts: Fonts, room: Rect | None = None) -> Piece | None:
    """Rasterise a unit; None when nothing of it lies in the `room` (all there is when None).

    Raises:
        Invalid: `text_too_large`.
    """
    left, top, right, bottom = margin(style)
    rect = (
        floor(unit.left) - left,
        floor(unit.top) - top,
        ceil(unit.right) + right,
        ceil(unit.bottom) + bottom,
    )
    if room is not None:
        rect = (max(rect[0], room[0]), max(rect[1], room[1]), min(rect[2], room[2]), min(rect[3], room[3]))
        if rect[2] <= rect[0] or rect[3] <= rect[1]:
            return None
    check_size(rect[2] - rect[0], rect[3] - rect[1])
    stroke_px = style.stroke.width_px if style.stroke is not None else 0.0
    fill, colors = draw_ink(unit.slices, fonts, style, rect, 0.0)
    stroke = draw_ink(unit.slices, fonts, style, rect, stroke_px)[0] if stroke_px > 0 else None
    shadow: Mask | None = None
    if style.shadow is not None:
        shadow = stroke if stroke is not None else fill
        if stroke is None and colors is not None:
            shadow = np.maximum(fill, colors[:, :, 3])
        # Moved first and blurred then, by whole pixels as ever: a shadow has no edge that would tell.
        shift = np.array([[1, 0, round(style.shadow.dx_px)], [0, 1, round(style.shadow.dy_px)]], np.float64)
        size = (rect[2] - rect[0], rect[3] - rect[1])
        shadow = soft(
            np.asarray(cv2.warpAffine(shadow, shift, size, flags=cv2.INTER_NEAREST), np.uint8), style.shadow.blur_px
        )
    return Piece(unit, rect[0], rect[1], fill, stroke, shadow, colors)


def draw_pieces(found: Sequence[Unit], style: TextStyle, fonts: Fonts, room: Rect | None = None) -> list[Piece]:
    """All units, rasterised; without those that are not in the `room`."""
    return [piece for unit in found if (piece := draw_piece(unit, style, fonts, room)) is not None]


def check_size(width: int, height: int) -> None:
    """Refuse pictures that nobody can see whole.

    Raises:
        Invalid: `text_too_large`.
    """
    if width * height > MOST_PIXELS or max(width, height) > 30_000:
        sentence = f"This text would take {width} by {height} pixels; make the letters smaller, or the text shorter."
        raise Invalid("text_too_large", sentence)
