"""Where the box of a painting is at a frame, and what it may ever cover. Pure numbers."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, cos, floor, hypot, radians, sin, tan
from typing import Final

from cutroom.render.curve import steady, value
from cutroom.render.paint.passages import REST, Room, Stage, stage
from cutroom.render.painting import Painting, Window
from cutroom.timeline.resolved.curve import Curve
from cutroom.timeline.resolved.picture import View

Matrix = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): the point (x, y) goes to (a x + b y + c, d x + e y + f). Edges of pixels are whole numbers."""

_MARGIN: Final = 2.0  # pixels around the box into which soft edges reach
_MOST: Final = 6000
"""Frames that are looked at to find out what a painting covers; one that moves for longer may cover the canvas."""


@dataclass(frozen=True, slots=True)
class Pose:
    """The box at one frame.

    Args:
        matrix: takes points of the box, whose top left corner is (0, 0), to the canvas, in pixels.
        opacity: 0 to 1, without the clip's own opacity and fades.
        stages: what passages do besides: none, one, or two where coming and going overlap.
    """

    matrix: Matrix
    opacity: float
    stages: tuple[Stage, ...]


def pose(painting: Painting, frame: int) -> Pose:
    """The pose at a frame of the clip."""
    box, at = painting.box, Fraction(frame) / painting.fps
    stages = _stages(painting, frame)
    move_x, move_y = sum(one.move_x for one in stages), sum(one.move_y for one in stages)
    scale_x = scale_y = opacity = 1.0
    for one in stages:
        scale_x, scale_y, opacity = scale_x * one.scale_x, scale_y * one.scale_y, opacity * one.opacity
    turn, skew_x, skew_y = sum(one.rotation for one in stages), 0.0, 0.0
    if (motion := painting.motion) is not None:
        scale = _scale(motion.scale, at)
        scale_x, scale_y = scale_x * scale, scale_y * scale
        turn += value(motion.rotation, at)
        skew_x, skew_y = value(motion.skew_x, at), value(motion.skew_y, at)
        move_x += value(motion.move_x, at) * painting.width
        move_y += value(motion.move_y, at) * painting.height
        opacity *= min(max(value(motion.opacity, at), 0.0), 1.0)
    middle = (box.width / 2, box.height / 2)
    matrix = _placed(middle, (box.x + middle[0] + move_x, box.y + middle[1] + move_y), (scale_x, scale_y), turn)
    if skew_x or skew_y:
        matrix = _skewed(matrix, middle, tan(radians(skew_x)), tan(radians(skew_y)))
    return Pose(matrix, opacity, stages)


def stands(view: View | None) -> bool:
    """Whether the same part of the subject is seen all the time."""
    return view is None or (steady(view.zoom) and steady(view.x) and steady(view.y))


def moves(painting: Painting) -> bool:
    """Whether the box changes its place, form or opacity."""
    motion = painting.motion
    if motion is None:
        return painting.enter is not None or painting.leave is not None
    curves = (motion.scale, motion.rotation, motion.skew_x, motion.skew_y, motion.move_x, motion.move_y, motion.opacity)
    return painting.enter is not None or painting.leave is not None or not all(map(steady, curves))


def largest_scale(painting: Painting) -> float:
    """How much larger than the box its picture is ever seen, in either direction; the frames are sampled."""
    if painting.motion is None or steady(painting.motion.scale):
        scales = [_scale(painting.motion.scale, Fraction(0))] if painting.motion is not None else [1.0]
    else:
        step = max(1, painting.frames // _MOST)
        scales = [_scale(painting.motion.scale, n / painting.fps) for n in range(0, painting.frames, step)]
    return max(scales)


def _scale(curve: Curve, at: Fraction) -> float:
    """The scale at a second; easings that swing below nothing stay there, for less would be a mirror's picture."""
    return max(value(curve, at), 0.0)


def window(painting: Painting) -> Window | None:
    """The smallest even rectangle of the canvas that holds the box in every frame; None when none of it is seen."""
    if moves(painting) and painting.frames > _MOST:
        return Window(0, 0, painting.width, painting.height)
    frames = range(painting.frames) if moves(painting) else range(1)
    edges = [edge for frame in frames if (edge := _bounds(painting, frame)) is not None]
    if not edges:
        return None
    left, top = max(min(edge[0] for edge in edges), 0.0), max(min(edge[1] for edge in edges), 0.0)
    right = min(max(edge[2] for edge in edges), float(painting.width))
    bottom = min(max(edge[3] for edge in edges), float(painting.height))
    x, y = floor(left / 2) * 2, floor(top / 2) * 2
    width, height = ceil(right / 2) * 2 - x, ceil(bottom / 2) * 2 - y
    return Window(x, y, width, height) if width > 0 and height > 0 else None


def upright(matrix: Matrix) -> tuple[int, int] | None:
    """Where the box stands when it is neither scaled nor turned and lies on whole pixels; None otherwise."""
    a, b, c, d, e, f = matrix
    straight = a == e == 1 and b == d == 0 and c == round(c) and f == round(f)
    return (round(c), round(f)) if straight else None


def scale_of(matrix: Matrix) -> float:
    """The smaller of the two factors by which lengths along the axes change."""
    a, b, _, d, e, _ = matrix
    return min(hypot(a, d), hypot(b, e))


def _stages(painting: Painting, frame: int) -> tuple[Stage, ...]:
    found: list[Stage] = []
    box = painting.box
    room = Room(
        left=box.x + box.width,
        top=box.y + box.height,
        right=painting.width - box.x,
        bottom=painting.height - box.y,
        width=box.width,
        height=box.height,
    )
    if (enter := painting.enter) is not None and frame < enter.frames:
        found.append(stage(enter.name, (frame + 0.5) / enter.frames, room, entering=True))
    if (leave := painting.leave) is not None and (left := painting.frames - 1 - frame) < leave.frames:
        found.append(stage(leave.name, (left + 0.5) / leave.frames, room, entering=False))
    return tuple(one for one in found if one is not REST)


def _placed(middle: tuple[float, float], to: tuple[float, float], scale: tuple[float, float], degrees: float) -> Matrix:
    turn = radians(degrees)
    a, b = (cos(turn) * scale[0], -sin(turn) * scale[1]) if degrees else (scale[0], 0.0)
    d, e = (sin(turn) * scale[0], cos(turn) * scale[1]) if degrees else (0.0, scale[1])
    return a, b, to[0] - a * middle[0] - b * middle[1], d, e, to[1] - d * middle[0] - e * middle[1]


def _skewed(matrix: Matrix, middle: tuple[float, float], along: float, down: float) -> Matrix:
    """The matrix after a shear around the middle of the box: `along` to the right for each pixel down, `down` down."""
    a, b, c, d, e, f = matrix
    x, y = middle
    # The shear is (x, y) -> (x + along (y - my), y + down (x - mx)).
    return (
        a + b * down,
        a * along + b,
        c - a * along * y - b * down * x,
        d + e * down,
        d * along + e,
        f - d * along * y - e * down * x,
    )


def _bounds(painting: Painting, frame: int) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of the box on the canvas, soft edges included; None when nothing is seen."""
    now = pose(painting, frame)
    if now.opacity <= 0:
        return None
    a, b, c, d, e, f = now.matrix
    width, height = painting.box.width, painting.box.height
    margin = 0.0 if upright(now.matrix) is not None else _MARGIN
    xs = [a * x + b * y + c for x in (0, width) for y in (0, height)]
    ys = [d * x + e * y + f for x in (0, width) for y in (0, height)]
    edges = (min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin)
    outside = edges[2] <= 0 or edges[3] <= 0 or edges[0] >= painting.width or edges[1] >= painting.height
    return None if outside else edges
