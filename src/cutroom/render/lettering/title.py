"""The artist of text: still, or coming and going in pieces."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Final

import numpy as np

from cutroom.render.artist import Pixels
from cutroom.render.lettering.ink import Mask, Rect, draw_background, draw_line_background
from cutroom.render.lettering.layout import Block, typeset
from cutroom.render.lettering.moves import Mover, move
from cutroom.render.lettering.pieces import Piece, Unit, check_size, draw_pieces, margin, units
from cutroom.render.lettering.scene import HIDDEN, REST, Pose, compose, gradient_sheet, reach
from cutroom.render.lettering.typefaces import NO_FILES
from cutroom.timeline.resolved import TextAnimation, TextAnimationName, TextStyle, TextUnit

_SAMPLES: Final = 24  # moments of a movement at which its reach is measured
_BOX_SHARE: Final = 0.4
"""Of the time of a movement, in which a background comes that does not belong to one of its units."""
_APART: Final = frozenset({"typewriter", "tracking", "wave"})
"""Movements that mean nothing for a whole block or line: their letters move."""


class TextArtist:
    """Draws one text for the frames of one clip.

    Args:
        style: the text.
        frames: how many frames the clip has; a leaving text is gone after the last.
        fps: frames a second.
        files: as of `faces_of`.

    Raises:
        Invalid: `text_too_large`.
    """

    def __init__(self, style: TextStyle, *, frames: int, fps: Fraction, files: Mapping[str, str] = NO_FILES) -> None:
        self._style, self._fonts, self._layout = typeset(style, files)
        self._frames, self._fps = frames, fps
        self._animation = (
            style.animation if style.animation and (style.animation.enter or style.animation.leave) else None
        )
        box = self._style.background
        self._pad = (box.padding_x_px, box.padding_y_px) if box is not None else (0.0, 0.0)
        self.block = (ceil(self._layout.width + 2 * self._pad[0]), ceil(self._layout.height + 2 * self._pad[1]))
        """Width and height of the text with its background."""
        plain = units(self._style, self._fonts, self._layout, "block")
        self._units = units(self._style, self._fonts, self._layout, self._kind()) if self._animation else plain
        self._movers = [self._mover(unit) for unit in self._units]
        self._room = self._roomy()
        self.size = (self._room[2] - self._room[0], self._room[3] - self._room[1])
        """Width and height of every picture."""
        self.origin = (floor(-self._pad[0]) - self._room[0], floor(-self._pad[1]) - self._room[1])
        """Where the block's top left corner lies in the picture."""
        check_size(*self.size)
        self._colors = (
            gradient_sheet(self._style.gradient, (self._layout.width, self._layout.height), self._room)
            if self._style.gradient is not None
            else None
        )
        whole = draw_pieces(plain, self._style, self._fonts)
        self._boxes = [(draw_background(self._style, self._layout, box, self._room), -1)] if box is not None else []
        self._still = self._compose(whole, [REST] * len(whole), [REST] * len(self._boxes))
        self._still.flags.writeable = False
        self._nothing: Pixels = np.zeros_like(self._still)
        self._nothing.flags.writeable = False
        self._pieces: list[Piece] = []
        if self._animation is not None:
            self._pieces = draw_pieces(self._units, self._style, self._fonts)
            if box is not None and box.per_line and self._animation.unit == "line":
                lines = {unit.line for unit in self._units}
                self._boxes = [
                    (draw_line_background(self._style, self._layout, box, line, self._room), line)
                    for line in sorted(lines)
                ]
        self._last: tuple[tuple[tuple[Pose, ...], tuple[Pose, ...]], Pixels] | None = None

    @property
    def still(self) -> bool:
        """Whether all frames are the same picture."""
        return self._animation is None

    def frame(self, number: int) -> Pixels:
        """The picture of a frame of the clip; the same array when nothing has changed."""
        if self._animation is None:
            return self._still
        poses, boxes = self._poses(number, self._animation)
        if all(pose == REST for pose in (*poses, *boxes)):
            return self._still
        if all(pose.opacity <= 0 for pose in (*poses, *boxes)):
            return self._nothing
        key = (tuple(poses), tuple(boxes))
        if self._last is None or self._last[0] != key:
            picture = self._compose(self._pieces, poses, boxes)
            picture.flags.writeable = False
            self._last = (key, picture)
        return self._last[1]

    def close(self) -> None:
        """Nothing is held open."""

    def _compose(self, pieces: list[Piece], poses: list[Pose], boxes: list[Pose]) -> Pixels:
        corner, pivot = self._room[:2], (self._layout.width / 2, self._layout.height / 2)
        laid: list[tuple[Mask, tuple[int, int], tuple[float, float], Pose]] = [
            (mask, corner, self._box_pivot(line, pivot), pose)
            for (mask, line), pose in zip(self._boxes, boxes, strict=True)
        ]
        return compose(self._style, pieces, poses, self._room, boxes=laid, colors=self._colors)

    def _box_pivot(self, line: int, otherwise: tuple[float, float]) -> tuple[float, float]:
        unit = next((unit for unit in self._units if unit.line == line), None) if line >= 0 else None
        return otherwise if unit is None else ((unit.left + unit.right) / 2, (unit.top + unit.bottom) / 2)

    def _kind(self) -> TextUnit:
        animation = self._animation
        if animation is None:
            return "block"
        names = {animation.enter, animation.leave}
        return "letter" if animation.unit in {"block", "line"} and names & _APART else animation.unit

    def _mover(self, unit: Unit) -> Mover:
        block: Block = self._layout
        box = (unit.left, unit.top, unit.right, unit.bottom)
        line = (0.0, unit.top, block.width, unit.bottom)
        direction = self._animation.direction if self._animation else "left"
        spread = (unit.left + unit.right) / 2 - block.width / 2
        return Mover(box, line, self._style.size_px, direction, spread, float(max(margin(self._style))))

    def _roomy(self) -> Rect:
        """The part of the block that can ever show something: ink, background and all movements, to even sizes."""
        left, top, right, bottom = margin(self._style)
        rect = (-left, -top, ceil(self._layout.width) + right, ceil(self._layout.height) + bottom)
        rect = _around(
            rect,
            (
                floor(-self._pad[0]) - 1,
                floor(-self._pad[1]) - 1,
                ceil(self._layout.width + self._pad[0]) + 1,
                ceil(self._layout.height + self._pad[1]) + 1,
            ),
        )
        for reached in self._reached():
            rect = _around(rect, reached)
        wide, high = rect[2] - rect[0], rect[3] - rect[1]
        return (rect[0], rect[1], rect[2] + wide % 2, rect[3] + high % 2)

    def _reached(self) -> Iterator[Rect]:
        if self._animation is None:
            return
        left, top, right, bottom = margin(self._style)
        pad_x, pad_y = (ceil(pad) for pad in self._pad)
        for name in {self._animation.enter, self._animation.leave} - {None}:
            for unit, mover in zip(self._units, self._movers, strict=True):
                box = self._animation.unit in {"block", "line"}
                rect = (
                    floor(unit.left) - max(left, pad_x * box),
                    floor(unit.top) - max(top, pad_y * box),
                    ceil(unit.right) + max(right, pad_x * box),
                    ceil(unit.bottom) + max(bottom, pad_y * box),
                )
                pivot = ((unit.left + unit.right) / 2, (unit.top + unit.bottom) / 2)
                for step in range(1, _SAMPLES):
                    pose = move(_named(name), step / _SAMPLES, mover)
                    if pose.window is None:
                        yield reach(rect, pivot, pose)

    def _poses(self, number: int, animation: TextAnimation) -> tuple[list[Pose], list[Pose]]:
        """How the pieces stand at a frame, and the boxes behind them."""
        length = Fraction(self._frames) / self._fps
        sides = (animation.enter is not None) + (animation.leave is not None)
        span = float(min(animation.seconds, length / sides))
        now, left = float(number / self._fps), float(length - number / self._fps)
        count = len(self._pieces)
        if animation.leave is not None and left < span:
            name, passed, leaving = animation.leave, span - left, True
        elif animation.enter is not None and now < span:
            name, passed, leaving = animation.enter, now, False
        else:
            return [REST] * count, [REST] * len(self._boxes)
        # Letters stand in for a block only where they must; whatever else moves the block moves it at once.
        together = (
            animation.unit in {"block", "line"} and self._kind() == "letter" and name not in {"typewriter", "wave"}
        )
        overlap = 1.0 if together else animation.overlap
        each = span / ((count - 1) * (1 - overlap) + 1) if count else span
        poses: list[Pose] = []
        for index, mover in enumerate(self._movers):
            done = (passed - index * each * (1 - overlap)) / each if each else 1.0
            if name == "typewriter":  # written from the first letter on, taken back from the last
                turn = count - 1 - index if leaving else index
                done = 1.0 if passed > 0 and passed >= span * turn / max(count, 1) else 0.0
            poses.append(move(_named(name), 1 - done if leaving else done, mover))
        share = (
            min(1.0, passed / (span * _BOX_SHARE)) if not leaving else min(1.0, (span - passed) / (span * _BOX_SHARE))
        )
        return poses, self._box_poses(poses, share)

    def _box_poses(self, poses: list[Pose], share: float) -> list[Pose]:
        """A box moves with the unit that it belongs to, else it fades."""
        found: list[Pose] = []
        for _, line in self._boxes:
            own = [pose for unit, pose in zip(self._units, poses, strict=True) if unit.line == line]
            if len(own) == 1 and own[0].window is None:
                found.append(own[0])
            elif share >= 1:
                found.append(REST)
            else:
                found.append(Pose(opacity=share * share * (3 - 2 * share)) if share > 0 else HIDDEN)
        return found


def _named(name: TextAnimationName | None) -> TextAnimationName:
    return name or "fade"


def _around(one: Rect, other: Rect) -> Rect:
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))
