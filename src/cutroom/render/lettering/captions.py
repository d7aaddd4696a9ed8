"""The artist of captions: the words of the moment, the spoken one marked."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Final, Literal

import numpy as np

from cutroom.render.artist import Pixels
from cutroom.render.lettering.caption_moves import Look, Stage, cue_pose, look
from cutroom.render.lettering.caption_parts import Word, line_text, overflowing, parts_of
from cutroom.render.lettering.clusters import clusters
from cutroom.render.lettering.ink import Mask, Rect, draw_background, draw_box
from cutroom.render.lettering.layout import Block, Fonts, lay_out, missing
from cutroom.render.lettering.pieces import Piece, Unit, check_size, draw_piece, margin, unit_of
from cutroom.render.lettering.scene import Pose, flatten, gradient_sheet, lay, middle, over, paint
from cutroom.render.lettering.typefaces import NO_FILES
from cutroom.timeline.cuesheet import gap
from cutroom.timeline.resolved import Captions, Color

_KEPT: Final = 6  # pictures, for moments that come again
_SPREAD_X, _SPREAD_Y = 0.16, 0.02
"""How far the box behind a word reaches beyond it, in units of the type size."""
_BOX_RADIUS: Final = 0.18
Vertical = Literal["top", "center", "bottom"]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A part, laid out and rasterised; the corner of its block in the artist's block is (x, y)."""

    block: Block
    words: tuple[tuple[Word, Unit, Piece], ...]
    room: Rect
    background: Mask | None
    colors: Pixels | None


class CaptionArtist:
    """Draws captions for the frames of one clip.

    Every picture has the same size: the block is as wide as a line may be and as high as the highest cue.

    Args:
        captions: the cues and their looks.
        width: of the canvas, in pixels.
        height: of the canvas.
        fps: frames a second.
        vertical: where a cue stands that is lower than the block.
        files: as of `faces_of`.

    Raises:
        Invalid: `text_too_large`.
    """

    def __init__(
        self,
        captions: Captions,
        *,
        width: int,
        height: int,
        fps: Fraction,
        vertical: Vertical = "bottom",
        files: Mapping[str, str] = NO_FILES,
    ) -> None:
        self._captions, self._fps = captions, fps
        self._style = replace(captions.style, text="", fit_px=None, animation=None)
        self._canvas = (width, height)
        self._vertical: Vertical = vertical
        self._fonts = Fonts(self._style, files)
        self._parts = parts_of(captions, self._fonts)
        self._starts = [part.start for part in self._parts]
        lines = max((len(part.lines) for part in self._parts), default=1)
        box = self._style.background
        pad_x, pad_y = (box.padding_x_px, box.padding_y_px) if box is not None else (0.0, 0.0)
        self._pad = (pad_x, pad_y)
        high = lines * self._style.line_height * self._style.size_px
        self.block = (ceil(self._style.wrap_px + 2 * pad_x), ceil(high + 2 * pad_y))
        """Width and height of the room that the cues share, with their background."""
        reach = self._reach()
        self.origin = (reach[0], reach[1])
        """Where the block's top left corner lies in the picture."""
        wide, tall = self.block[0] + reach[0] + reach[2], self.block[1] + reach[1] + reach[3]
        self.size = (wide + wide % 2, tall + tall % 2)
        """Width and height of every picture."""
        check_size(*self.size)
        self._nothing: Pixels = np.zeros((self.size[1], self.size[0], 4), np.uint8)
        self._nothing.flags.writeable = False
        self._drawn: OrderedDict[int, _Drawn] = OrderedDict()
        self._made: OrderedDict[tuple[int, Pose, tuple[Look, ...]], Pixels] = OrderedDict()

    @property
    def still(self) -> bool:
        """Captions come and go."""
        return False

    def frame(self, number: int) -> Pixels:
        """The picture of a frame of the clip; the same array as long as nothing changes."""
        now = number / self._fps
        index = self._showing(now)
        if index is None:
            return self._nothing
        part = self._parts[index]
        whole = cue_pose(
            self._captions.animation, part, float(now - part.start), float(part.end - now), self._style.size_px
        )
        stage = Stage(self._captions, self._style.size_px)
        looks = tuple(look(stage, part.words, at, float(now)) for at in range(len(part.words)))
        key = (index, whole, looks)
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        picture = self._draw(index, whole, looks)
        picture.flags.writeable = False
        self._made[key] = picture
        while len(self._made) > _KEPT:
            self._made.popitem(last=False)
        return picture

    def close(self) -> None:
        """Let go of the pictures."""
        self._made.clear()
        self._drawn.clear()

    def overflow(self) -> list[tuple[int, str]]:
        """The cues that do not fit: a word is wider than a line, or the lines are higher than the canvas."""
        return overflowing(self._captions, self._parts, self._canvas[1])

    def _showing(self, now: Fraction) -> int | None:
        """The part that came last and is still there."""
        at = bisect_right(self._starts, now) - 1
        for index in range(at, max(-1, at - 8), -1):
            if now < self._parts[index].end:
                return index
        return None

    def _reach(self) -> tuple[int, int, int, int]:
        """Room around the block for ink, growth and movement: left, top, right, bottom."""
        left, top, right, bottom = margin(self._style)
        grown = max(0.0, self._captions.active_scale - 1) * self._style.wrap_px / 4
        moved = ceil(0.6 * self._style.size_px)
        side = ceil(grown + _SPREAD_X * self._style.size_px)
        return left + side, top + moved, right + side, bottom + moved

    def _layout(self, index: int) -> _Drawn:
        if index in self._drawn:
            self._drawn.move_to_end(index)
            return self._drawn[index]
        part = self._parts[index]
        style = replace(self._style, text=part.text, case="none", wrap_px=1_000_000)
        block = lay_out(style, self._fonts)
        x = self._pad[0] + (self._style.wrap_px - block.width) * {"left": 0.0, "center": 0.5, "right": 1.0}[style.align]
        spare = self.block[1] - 2 * self._pad[1] - block.height
        y = self._pad[1] + spare * {"top": 0.0, "center": 0.5, "bottom": 1.0}[self._vertical]
        left, top = -floor(x) - self.origin[0], -floor(y) - self.origin[1]
        room: Rect = (left, top, left + self.size[0], top + self.size[1])
        found: list[tuple[Word, Unit, Piece]] = []
        for number, line in enumerate(part.lines):
            place = 0
            said = ""
            for word in line:
                place += len(gap(said, word.text)) if said else 0
                unit = unit_of(style, self._fonts, block, number, place, place + len(word.text))
                piece = draw_piece(unit, style, self._fonts) if unit is not None else None
                if unit is not None and piece is not None:
                    found.append((word, unit, piece))
                place += len(word.text)
                said = line_text((Word(said, word.start, word.end), word)) if said else word.text
        box = style.background
        drawn = _Drawn(
            block,
            tuple(found),
            room,
            draw_background(style, block, box, room) if box is not None else None,
            gradient_sheet(style.gradient, (block.width, block.height), room) if style.gradient is not None else None,
        )
        self._drawn[index] = drawn
        while len(self._drawn) > _KEPT:
            self._drawn.popitem(last=False)
        return drawn

    def _draw(self, index: int, whole: Pose, looks: tuple[Look, ...]) -> Pixels:
        drawn = self._layout(index)
        room, style = drawn.room, self._style
        size = (self.size[1], self.size[0])
        pivot = (drawn.block.width / 2, drawn.block.height / 2)
        by_word = dict(zip(self._parts[index].words, looks, strict=True))
        shown = _apart([(unit, piece, by_word[word]) for word, unit, piece in drawn.words])
        layers: list[tuple[Mask, Color]] = []
        if style.background is not None and drawn.background is not None:
            plane = self._plane()
            lay(plane, drawn.background, room[:2], pivot, whole, room)
            layers.append((plane, style.background.color))
        layers += self._marks(shown, whole, room)
        if style.shadow is not None:
            masks = [(p.shadow, p, s, s.pose) for _, p, s in shown]
            layers.append((self._laid(masks, whole, room), style.shadow.color))
        if style.stroke is not None and style.stroke.width_px > 0:
            masks = [(p.stroke, p, s, s.pose) for _, p, s in shown]
            layers.append((self._laid(masks, whole, room), style.stroke.color))
        rest = [(u, p, s) for u, p, s in shown if s.done < 1 or s.color is None]
        letters = self._laid([(p.fill, p, s, self._window(u, s, done=False)) for u, p, s in rest], whole, room)
        if drawn.colors is not None:
            sheet = flatten(layers, size)
            paint(sheet, letters, drawn.colors)
            layers = []
        else:
            layers.append((letters, style.color))
        for color in dict.fromkeys(s.color for _, _, s in shown if s.color is not None and s.done > 0):
            spoken = [(u, p, s) for u, p, s in shown if s.color == color and s.done > 0]
            inked = [(p.fill, p, s, self._window(u, s, done=True)) for u, p, s in spoken]
            layers.append((self._laid(inked, whole, room), color))
        if drawn.colors is None:
            sheet = flatten(layers, size)
        else:
            over(sheet, flatten(layers, size))
        for _, piece, state in shown:
            if piece.colors is not None:
                lay(sheet, piece.colors, (piece.x, piece.y), middle(piece), _both(state.pose, whole), room)
        return sheet

    def _marks(self, shown: list[tuple[Unit, Piece, Look]], whole: Pose, room: Rect) -> Iterator[tuple[Mask, Color]]:
        """The box behind the spoken word."""
        em = self._style.size_px
        for unit, _, state in shown:
            if state.box is None or state.boxed <= 0:
                continue
            ascent, descent = self._fonts.metrics()
            center = (unit.top + unit.bottom) / 2
            edges = (
                unit.left - _SPREAD_X * em,
                center - (ascent + descent) / 2 - _SPREAD_Y * em,
                unit.right + _SPREAD_X * em,
                center + (ascent + descent) / 2 + _SPREAD_Y * em,
            )
            rect = (floor(edges[0]) - 1, floor(edges[1]) - 1, ceil(edges[2]) + 1, ceil(edges[3]) + 1)
            mask = draw_box(edges, _BOX_RADIUS * em, rect)
            pose = replace(
                state.pose, scale=state.pose.scale * (0.85 + 0.15 * state.boxed), opacity=state.boxed, window=None
            )
            plane = self._plane()
            lay(plane, mask, rect[:2], ((unit.left + unit.right) / 2, center), _both(pose, whole), room)
            yield plane, state.box

    def _window(self, unit: Unit, state: Look, *, done: bool) -> Pose:
        """The pose of the part of a word that is spoken already, or of the rest of it."""
        if state.color is None or not 0 < state.done < 1:
            return state.pose
        far = margin(self._style)[0] + self._style.size_px
        rtl = unit.slices[0].rtl
        edge = unit.left + (unit.right - unit.left) * (1 - state.done if rtl else state.done)
        low, high = (unit.left - far, edge) if done != rtl else (edge, unit.right + far)
        return replace(state.pose, window=(low, unit.top - far, high, unit.bottom + far), soft_px=1.0)

    def _laid(self, masks: Sequence[tuple[Mask | None, Piece, Look, Pose]], whole: Pose, room: Rect) -> Mask:
        plane = self._plane()
        for mask, piece, state, pose in masks:
            if mask is not None:
                typed = self._typed(piece.unit, state, pose)
                lay(plane, mask, (piece.x, piece.y), middle(piece), _both(typed, whole), room)
        return plane

    def _typed(self, unit: Unit, state: Look, pose: Pose) -> Pose:
        """A word of which only the first letters are written."""
        if state.typed >= 1:
            return pose
        text = "".join(one.text for one in unit.slices)
        parts = clusters(text)
        count = int(state.typed * len(parts))
        if not count:
            return replace(pose, opacity=0.0)
        first = unit.slices[0]
        upto = self._fonts.width("".join(parts[:count]), first.face, rtl=first.rtl) if len(unit.slices) == 1 else None
        width = upto if upto is not None else (unit.right - unit.left) * count / len(parts)
        far = float(max(margin(self._style)))
        low, high = (unit.right - width, unit.right + far) if first.rtl else (unit.left - far, unit.left + width)
        return replace(pose, window=(low, unit.top - far, high, unit.bottom + far))

    def _plane(self) -> Mask:
        return np.zeros((self.size[1], self.size[0]), np.uint8)


def caption_missing(captions: Captions, files: Mapping[str, str] = NO_FILES) -> list[str]:
    """Characters of all cues that no font can draw, each once."""
    text = " ".join(dict.fromkeys(word.text for cue in captions.cues for word in cue.words))
    return missing(replace(captions.style, text=text), files)


def _apart(shown: list[tuple[Unit, Piece, Look]]) -> list[tuple[Unit, Piece, Look]]:
    """A word that has grown moves the others of its line aside, by whole pixels, so that they stay sharp."""
    found: list[tuple[Unit, Piece, Look]] = []
    for unit, piece, state in shown:
        push = 0.0
        for other, _, grown in shown:
            if other is not unit and other.line == unit.line and grown.pose.scale > 1 and grown.pose.opacity > 0:
                by = (grown.pose.scale - 1) * (other.right - other.left) / 2
                push += by if unit.left >= other.right - 1 else -by
        moved = state if not push else replace(state, pose=replace(state.pose, dx=state.pose.dx + round(push)))
        found.append((unit, piece, moved))
    return found


def _both(pose: Pose, whole: Pose) -> Pose:
    """A word's pose within a cue that moves as a whole; cues are only moved, faded and grown a little."""
    if whole.dx == 0 and whole.dy == 0 and whole.opacity == 1:
        return pose
    window = pose.window
    if window is not None:
        window = (window[0] + whole.dx, window[1] + whole.dy, window[2] + whole.dx, window[3] + whole.dy)
    return replace(
        pose, dx=pose.dx + whole.dx, dy=pose.dy + whole.dy, opacity=pose.opacity * whole.opacity, window=window
    )
