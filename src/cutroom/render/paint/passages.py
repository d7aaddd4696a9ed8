"""How a clip comes and goes: for each passage, what is done to the picture when so much of it is there.

A passage is a pure function of presence, 0 (nothing is seen) to 1 (the picture is as it will be). Words for sides say
where the movement goes: `slide-left` comes in from the right edge of the canvas, and goes out over the left one; a
wipe's edge keeps its direction in the same way, so that a clip that goes and one that comes share one edge. All others
go as they came, backwards. In detail:

- `wipe-*`, `diagonal`, `clock`, `circle`, `iris` (six blades), `barn-door` (from the middle line), `blinds` (ten slats)
  uncover the box; `reveal` is a wipe to the right with a wide soft edge.
- `slide-*` moves the whole box in from outside the canvas. `carousel-*` does so too, as on a turning wheel: the box is
  a fifth smaller and dim when it is outside. Both brake without overshoot.
- `shuffle-A-B` is a card dealt from side A: it starts outside, half a box towards side B and turned by 20 degrees.
- `zoom` grows from the centre, `spin` does so with half a turn, `pop` springs a little too far; `flip` turns the box
  around its upright middle line, without perspective.
- `blur` and `pixelate` come into focus while they fade in; `glitch` appears in torn stripes with colours apart, the
  same ones in every render.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, pi
from typing import Final

from cutroom.render.easing import ease
from cutroom.timeline.resolved.curve import EasingName
from cutroom.timeline.resolved.picture import PassageName

MASKED: Final[Mapping[PassageName, EasingName]] = {
    "reveal": "easeInOutSine",
    "wipe-left": "easeInOutSine",
    "wipe-right": "easeInOutSine",
    "wipe-up": "easeInOutSine",
    "wipe-down": "easeInOutSine",
    "diagonal": "easeInOutSine",
    "clock": "easeInOutSine",
    "circle": "easeInOutQuad",
    "iris": "easeInOutQuad",
    "barn-door": "easeInOutQuad",
    "blinds": "easeInOutQuad",
    "glitch": "linear",
}
"""Passages that uncover the box, and their timing."""
DIRECTED: Final = frozenset({"reveal", "wipe-left", "wipe-right", "wipe-up", "wipe-down", "diagonal", "clock"})
"""Those of them whose edge moves on when the clip goes."""
_TURN: Final = 20.0  # degrees that a shuffled card is turned by
_SMALLER: Final = 0.2  # by how much a box on the carousel is smaller when it is outside
_SIDES: Final[Mapping[str, tuple[int, int]]] = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}
_MOVES: Final[Mapping[str, tuple[int, int]]] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@dataclass(frozen=True, slots=True)
class Room:
    """Pixels from a resting box to where it is just outside the canvas, and the size of the box."""

    left: float
    top: float
    right: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Stage:
    """What a passage does to the box at one moment.

    Args:
        move_x: pixels to the right.
        move_y: pixels down.
        scale_x: size, around the centre.
        scale_y: the same, upright.
        rotation: degrees clockwise.
        opacity: 0 to 1.
        mask: name of a field of `masks`, or None.
        edge: how much of the mask's field is uncovered, 0 to 1.
        onward: whether the field runs the other way round.
        effect: "blur", "pixelate", "glitch" or None.
        strength: of the effect; 1 the most, 0 none.
    """

    move_x: float = 0.0
    move_y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    rotation: float = 0.0
    opacity: float = 1.0
    mask: PassageName | None = None
    edge: float = 1.0
    onward: bool = False
    effect: PassageName | None = None
    strength: float = 0.0


REST: Final = Stage()


def stage(name: PassageName, presence: float, room: Room, *, entering: bool) -> Stage:
    """What a passage does when `presence` (0 to 1) of it is there."""
    presence = min(max(presence, 0.0), 1.0)
    if presence >= 1:
        return REST
    if name in MASKED:
        effect: PassageName | None = "glitch" if name == "glitch" else None
        onward = name in DIRECTED and not entering
        edge = ease(MASKED[name], presence)
        return Stage(mask=name, edge=edge, onward=onward, effect=effect, strength=1 - presence)
    family, _, rest = name.partition("-")
    if family in _WHOLE:
        return _WHOLE[family](presence)
    return _TRAVELS[family](rest, presence, room, entering)


def _slide(side: str, presence: float, room: Room, entering: bool) -> Stage:  # noqa: FBT001 — one shape for all
    away = 1 - ease("easeOutCubic", presence)
    x, y = _outside(_MOVES[side], room, back=entering)
    return Stage(move_x=x * away, move_y=y * away)


def _carousel(side: str, presence: float, room: Room, entering: bool) -> Stage:  # noqa: FBT001
    away = 1 - ease("easeInOutCubic", presence)
    x, y = _outside(_MOVES[side], room, back=entering)
    scale = 1 - _SMALLER * away
    return Stage(x * away, y * away, scale, scale, opacity=1 - away**2)


def _shuffle(sides: str, presence: float, room: Room, _entering: bool) -> Stage:  # noqa: FBT001
    first, second = sides.split("-")
    away = 1 - ease("easeOutQuart", presence)
    x, y = _outside(_SIDES[first], room, back=False)
    aside_x, aside_y = _SIDES[second]
    # A turned box reaches further than a straight one: it starts a quarter of its size further out.
    x += _SIDES[first][0] * room.width / 4 + aside_x * room.width / 2
    y += _SIDES[first][1] * room.height / 4 + aside_y * room.height / 2
    turn = _TURN if (_SIDES[first][0] * aside_y - _SIDES[first][1] * aside_x) > 0 else -_TURN
    opacity = min(presence * 8, 1.0)
    return Stage(x * away, y * away, rotation=turn * away, opacity=opacity)


def _outside(direction: tuple[int, int], room: Room, *, back: bool) -> tuple[float, float]:
    """The way that takes the box off the canvas in a direction, or against it."""
    x, y = (-direction[0], -direction[1]) if back else direction
    return (room.right if x > 0 else -room.left if x < 0 else 0.0), (room.bottom if y > 0 else -room.top if y else 0.0)


def _zoom(presence: float) -> Stage:
    scale = ease("easeOutCubic", presence)
    return Stage(scale_x=scale, scale_y=scale, opacity=min(presence * 4, 1.0))


def _spin(presence: float) -> Stage:
    scale = ease("easeOutCubic", presence)
    return Stage(scale_x=scale, scale_y=scale, rotation=-180 * (1 - scale), opacity=min(presence * 4, 1.0))


def _pop(presence: float) -> Stage:
    scale = ease("easeOutBack", presence)
    return Stage(scale_x=scale, scale_y=scale, opacity=min(presence * 4, 1.0))


def _flip(presence: float) -> Stage:
    return Stage(scale_x=cos((1 - ease("easeOutCubic", presence)) * pi / 2))


def _blur(presence: float) -> Stage:
    done = ease("easeOutQuad", presence)
    return Stage(opacity=done, effect="blur", strength=1 - done)


def _pixelate(presence: float) -> Stage:
    return Stage(opacity=min(presence * 2, 1.0), effect="pixelate", strength=1 - presence)


_WHOLE: Final[Mapping[str, Callable[[float], Stage]]] = {
    "zoom": _zoom,
    "spin": _spin,
    "pop": _pop,
    "flip": _flip,
    "blur": _blur,
    "pixelate": _pixelate,
}
_TRAVELS: Final[Mapping[str, Callable[[str, float, Room, bool], Stage]]] = {
    "slide": _slide,
    "carousel": _carousel,
    "shuffle": _shuffle,
}
