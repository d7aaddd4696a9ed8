"""What of a box is seen: fields that passages uncover, and round corners.

A field gives every pixel a number from 0 to 1; a passage uncovers pixels in that order.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.timeline.resolved.picture import PassageName

Field = NDArray[np.float32]
Place = NDArray[np.float64]
Mask = NDArray[np.uint8]
"""(height, width) bytes, 255 where all is seen."""

_SLATS: Final = 10
_BLADES: Final = 6
_REVEAL: Final = 0.35  # share of the box over which a reveal fades in
_EDGE_PX: Final = 1.5  # of all others
_STRIPES: Final = 24
_SEED: Final = 20_240_601


def uncovered(name: PassageName, edge: float, size: tuple[int, int], *, onward: bool) -> Mask:
    """The mask of a passage.

    Args:
        name: one of `passages.MASKED`.
        edge: how much is uncovered: nothing at 0, everything at 1.
        size: width and height of the box.
        onward: whether the field runs the other way round.
    """
    field, softness = _field(name, size)
    # Softness is what the field changes by from nothing to all; the edge begins that far before the field.
    level = edge * (1 + softness)
    order = 1 - field if onward else field
    return np.asarray(np.clip((level - order) * (255 / softness), 0, 255) + 0.5, np.uint8)


def corners(size: tuple[int, int], radius: float) -> Mask:
    """A rectangle with round corners; each pixel's value is the share of it that lies inside, to the first order."""
    width, height = size
    radius = min(radius, width / 2, height / 2)
    x = np.maximum(np.abs(np.arange(width, dtype=np.float32) + 0.5 - width / 2) - (width / 2 - radius), 0)
    y = np.maximum(np.abs(np.arange(height, dtype=np.float32) + 0.5 - height / 2) - (height / 2 - radius), 0)
    distance = np.hypot(x[None, :], y[:, None])
    return np.asarray(np.clip(radius - distance + 0.5, 0, 1) * 255 + 0.5, np.uint8)


@lru_cache(maxsize=4)
def _field(name: PassageName, size: tuple[int, int]) -> tuple[Field, float]:
    width, height = size
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    order = _order(name, x[None, :], y[:, None], width / height)
    made = np.ascontiguousarray(np.broadcast_to(order, (height, width)), np.float32)
    if name == "reveal":
        return made, _REVEAL
    if name == "glitch":
        return made, 1e-3
    slope = _SLATS / height if name == "blinds" else 2 / min(width, height)
    return made, float(min(_EDGE_PX * slope, 0.5))


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
