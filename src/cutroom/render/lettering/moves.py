"""How units of text come: each movement as poses over time, in proportion to the type size.

A movement goes from hidden (0) to rest (1); going is the same, backwards. Curves are those of easings.net (Penner).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, exp, pi, sin
from typing import Final, Literal

from cutroom.render.lettering.scene import HIDDEN, REST, Pose
from cutroom.timeline.resolved import TextAnimationName

Direction = Literal["left", "right", "up", "down"]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mover:
    """A unit that moves: what a movement may know of it.

    Args:
        box: left, top, right and bottom, at rest.
        line: the same of its line.
        em: the type size in pixels.
        direction: where it comes from.
        spread: how far its middle lies right of its line's middle, in pixels.
        ink: how far ink may reach outside of its box, in pixels.
    """

    box: Box
    line: Box
    em: float
    direction: Direction
    spread: float
    ink: float


Move = Callable[[float, Mover], Pose]


def move(name: TextAnimationName, progress: float, mover: Mover) -> Pose:
    """The pose of a unit at `progress` of a movement, 0 to 1."""
    if progress <= 0:
        return HIDDEN
    if progress >= 1:
        return REST
    return _MOVES[name](progress, mover)


def _out(p: float, power: float = 3) -> float:
    return float(1 - (1 - p) ** power)


def _back(p: float, over: float = 1.4) -> float:
    return float(1 + (over + 1) * (p - 1) ** 3 + over * (p - 1) ** 2)


def _bouncing(p: float) -> float:
    n, d = 7.5625, 2.75
    for limit, at, rest in ((1.0, 0.0, 0.0), (2.0, 1.5, 0.75), (2.5, 2.25, 0.9375), (2.76, 2.625, 0.984375)):
        if p < limit / d:
            return n * (p - at / d) ** 2 + rest
    return 1.0


def _shown(p: float, by: float = 0.55) -> float:
    """Opacity that is full at `by` of the way."""
    return min(1.0, _out(min(1.0, p / by), 1.6))


def _away(direction: Direction, far: float) -> tuple[float, float]:
    """How far off a unit stands that comes from a side."""
    return {"left": (-far, 0.0), "right": (far, 0.0), "up": (0.0, -far), "down": (0.0, far)}[direction]


def _fade(p: float, mover: Mover) -> Pose:
    return Pose(opacity=0.5 - 0.5 * cos(pi * p))


def _slide(p: float, mover: Mover) -> Pose:
    left = 1 - _out(p, 4)
    dx, dy = _away(mover.direction, 1.4 * mover.em * left)
    return Pose(dx, dy, opacity=_shown(p, 0.6))


def _shift(p: float, mover: Mover) -> Pose:
    left = 1 - _out(p, 5)
    dx, dy = _away(mover.direction, 0.42 * mover.em * left)
    return Pose(dx, dy, opacity=_shown(p, 0.7), blur=0.05 * mover.em * max(0.0, left - 0.05))


def _rise(p: float, mover: Mover) -> Pose:
    """Out of the foot of its line, as if from behind an edge."""
    left, top, right, bottom = mover.line
    far = bottom - top + mover.ink
    window = (left - 4 * mover.em, top - 4 * mover.em, right + 4 * mover.em, bottom + 0.06 * mover.em)
    closing = mover.ink * max(0.0, p - 0.85) / 0.15  # lets out what hangs lower
    return Pose(dy=far * (1 - _out(p, 4)), window=(window[0], window[1], window[2], window[3] + closing))


def _ascend(p: float, mover: Mover) -> Pose:
    left = 1 - _out(p, 4)
    return Pose(dy=0.7 * mover.em * left, scale=1 - 0.06 * left, rotation=5 * left, opacity=_shown(p, 0.65))


def _drop(p: float, mover: Mover) -> Pose:
    return Pose(dy=-0.85 * mover.em * (1 - _back(p, 1.5)), opacity=_shown(p, 0.4))


def _bounce(p: float, mover: Mover) -> Pose:
    return Pose(dy=-1.1 * mover.em * (1 - _bouncing(p)), opacity=_shown(p, 0.25))


def _pop(p: float, mover: Mover) -> Pose:
    return Pose(scale=max(0.02, 0.35 + 0.65 * _back(p, 1.9)), opacity=_shown(p, 0.35))


def _zoom(p: float, mover: Mover) -> Pose:
    left = 1 - _out(p, 4)
    return Pose(scale=1 + 0.5 * left, opacity=_shown(p, 0.7), blur=0.08 * mover.em * max(0.0, left - 0.02))


def _spin(p: float, mover: Mover) -> Pose:
    left = 1 - _back(p, 1.3)
    return Pose(rotation=-110 * left, scale=max(0.05, 1 - 0.6 * max(0.0, left)), opacity=_shown(p, 0.5))


def _blur(p: float, mover: Mover) -> Pose:
    left = 1 - _out(p, 2.2)
    return Pose(scale=1 + 0.05 * left, opacity=_shown(p, 0.9), blur=0.32 * mover.em * left if left > 0.01 else 0.0)


def _wave(p: float, mover: Mover) -> Pose:
    swing = exp(-3.2 * p) * cos(2.2 * pi * p) * (1 - p)
    return Pose(
        dy=0.55 * mover.em * swing, rotation=7 * exp(-3.2 * p) * sin(2.2 * pi * p) * (1 - p), opacity=_shown(p, 0.35)
    )


def _reveal(p: float, mover: Mover) -> Pose:
    """A soft edge that wipes over it, from the side it comes from."""
    left, top, right, bottom = mover.box
    left, top, right, bottom = left - mover.ink, top - mover.ink, right + mover.ink, bottom + mover.ink
    soft = min(0.5 * mover.em, (right - left) / 2)
    done = 1 - (1 - p) ** 2 if p < 0.5 else 0.75 + (p - 0.5) * 0.5
    across, down = (right - left + soft) * done, (bottom - top) * done
    window = {
        "left": (left - soft, top, left + across - soft / 2, bottom),
        "right": (right - across + soft / 2, top, right + soft, bottom),
        "up": (left - soft, top, right + soft, top + down),
        "down": (left - soft, bottom - down, right + soft, bottom),
    }[mover.direction]
    return Pose(window=window, soft_px=soft)


def _typewriter(p: float, mover: Mover) -> Pose:
    return REST


def _tracking(p: float, mover: Mover) -> Pose:
    """Letters that stand far apart draw together."""
    left = 1 - _out(p, 3.5)
    return Pose(dx=mover.spread * 0.45 * left, opacity=_shown(p, 0.75), blur=0.06 * mover.em * max(0.0, left - 0.02))


_MOVES: Final[dict[TextAnimationName, Move]] = {
    "fade": _fade,
    "slide": _slide,
    "rise": _rise,
    "drop": _drop,
    "pop": _pop,
    "typewriter": _typewriter,
    "blur": _blur,
    "wave": _wave,
    "bounce": _bounce,
    "zoom": _zoom,
    "spin": _spin,
    "reveal": _reveal,
    "tracking": _tracking,
    "shift": _shift,
    "ascend": _ascend,
}
