"""What of a box is seen: fields that passages uncover, and round corners.

A field gives every pixel a number from 0 to 1; a passage uncovers pixels in that order.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import pi
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from cutroom.render.paint.patch import Patch
from cutroom.timeline.resolved.picture import PassageName

Field = NDArray[np.float32]
Place = NDArray[np.float64]
Mask = NDArray[np.uint8]
"""(height, width) bytes, 255 where all is seen."""
Floating = TypeVar("Floating", np.float32, np.float64)

_SLATS: Final = 10
_BLADES: Final = 6
_REVEAL: Final = 0.35  # share of the box over which a reveal fades in
_EDGE_PX: Final = 1.5  # of all others
_STRIPES: Final = 24
_SEED: Final = 20_240_601


def uncovered(name: PassageName, edge: float, part: Patch, *, onward: bool) -> Mask:
    """The mask of a passage.

    Args:
        name: one of `passages.MASKED`.
        edge: how much is uncovered: nothing at 0, everything at 1.
        part: of the box.
        onward: whether the field runs the other way round.
    """
    field, softness = _field(name, part)
    # Softness is what the field changes by from nothing to all; the edge begins that far before the field.
    level = edge * (1 + softness)
    order = 1 - field if onward else field
    return np.asarray(np.clip((level - order) * (255 / softness), 0, 255) + 0.5, np.uint8)


def corners(part: Patch, radius: float) -> Mask:
    """A rectangle with round corners; each pixel's value is the share of it that lies inside, to the first order."""
    width, height = part.whole
    radius = min(radius, width / 2, height / 2)
    across, down = _middles(part, np.float32)
    x = np.maximum(np.abs(across - width / 2) - (width / 2 - radius), 0)
    y = np.maximum(np.abs(down - height / 2) - (height / 2 - radius), 0)
    distance = np.hypot(x[None, :], y[:, None])
    return np.asarray(np.clip(radius - distance + 0.5, 0, 1) * 255 + 0.5, np.uint8)


@lru_cache(maxsize=4)
def _field(name: PassageName, part: Patch) -> tuple[Field, float]:
    width, height = part.whole
    across, down = _middles(part, np.float64)
    order = _order(name, (across / width)[None, :], (down / height)[:, None], width / height)
    made = np.ascontiguousarray(np.broadcast_to(order, (part.height, part.width)), np.float32)
    if name == "reveal":
        return made, _REVEAL
    if name == "glitch":
        return made, 1e-3
    return made, float(min(_EDGE_PX * _slope(name, width, height), 0.5))


def _middles(part: Patch, kind: type[Floating]) -> tuple[NDArray[Floating], NDArray[Floating]]:
    """Where the middles of a part's pixels lie in the box: across, and down."""
    across = np.arange(part.left, part.left + part.width, dtype=kind) + kind(0.5)
    return across, np.arange(part.top, part.top + part.height, dtype=kind) + kind(0.5)


def _order(name: PassageName, x: Place, y: Place, aspect: float) -> Place:
    """When a place is uncovered; `x` and `y` go from 0 to 1 over the box, `aspect` is its width over its height."""
    if name in _STRAIGHT:
        return _STRAIGHT[name](x, y)
    if name == "glitch":
        return _stripes(x, y)
    across, down = (x - 0.5) * aspect, y - 0.5
    if name == "clock":
        return np.asarray(np.arctan2(across, -down) / (2 * pi) % 1)
    distance = np.hypot(across, down) / np.hypot(aspect / 2, 0.5)
    if name == "circle":
        return np.asarray(distance)
    # The iris: distance from the middle as a regular polygon has it.
    angle = np.arctan2(down, across) % (2 * pi / _BLADES) - pi / _BLADES
    return np.asarray(distance * np.cos(angle))


def _stripes(x: Place, y: Place) -> Place:
    """A number for each quarter of each stripe; the same in every render."""
    order = np.random.default_rng(_SEED).random((_STRIPES, 4)) * 0.8 + 0.05
    rows = np.minimum((y * _STRIPES).astype(int), _STRIPES - 1)
    columns = np.minimum((x * 4).astype(int), 3)
    return np.asarray(order[rows, columns])


def _slope(name: PassageName, width: int, height: int) -> float:
    """What the field changes by from one pixel to the next, across the edge; halfway out, for a clock's hand."""
    if name in {"circle", "iris", "diagonal"}:
        return float(np.hypot(1 / width, 1 / height) / 2 if name == "diagonal" else 2 / np.hypot(width, height))
    return {
        "wipe-up": 1 / height,
        "wipe-down": 1 / height,
        "barn-door": 2 / width,
        "blinds": _SLATS / height,
        "clock": 2 / (pi * min(width, height)),
    }.get(name, 1 / width)


_STRAIGHT: Final[Mapping[PassageName, Callable[[Place, Place], Place]]] = {
    "reveal": lambda x, _: x,
    "wipe-right": lambda x, _: x,
    "wipe-left": lambda x, _: 1 - x,
    "wipe-down": lambda _, y: y,
    "wipe-up": lambda _, y: 1 - y,
    "diagonal": lambda x, y: (x + y) / 2,
    "barn-door": lambda x, _: np.abs(2 * x - 1),
    "blinds": lambda _, y: (y * _SLATS) % 1,
}
