"""How a value gets from 0 to 1: the timing of keyframes and passages.

Names and formulas: `ease`, `easeIn`, `easeOut`, `easeInOut` and curves of four numbers are those of CSS Easing
Functions 1, section 2.3; the others are Robert Penner's ("Programming Macromedia Flash MX", 2002, chapter 7), in the
form of easings.net, whose constants are the same.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import cos, pi, sin, sqrt
from typing import Final

from cutroom.timeline.resolved.curve import Bezier, Easing

Timing = Callable[[float], float]

_CSS: Final[Mapping[str, Bezier]] = {
    "ease": (0.25, 0.1, 0.25, 1.0),
    "easeIn": (0.42, 0.0, 1.0, 1.0),
    "easeOut": (0.0, 0.0, 0.58, 1.0),
    "easeInOut": (0.42, 0.0, 0.58, 1.0),
}
_BACK: Final = 1.70158  # goes 10 % beyond
_BACK_TWICE: Final = _BACK * 1.525
_NEWTON_STEPS: Final = 8
_BISECTIONS: Final = 60
_CLOSE: Final = 1e-12


def ease(easing: Easing, part: float) -> float:  # noqa: PLR0911 — one for each kind
    """How far a value has come when `part` (0 to 1) of the time has passed; 0 at 0 and 1 at 1, whatever lies between.

    `hold` stays at 0 until the very end.

    Raises:
        ValueError: when there is no easing of that name.
    """
    if part <= 0:
        return 0.0
    if part >= 1:
        return 1.0
    if easing == "hold":
        return 0.0
    if easing == "linear":
        return part
    if not isinstance(easing, str):
        return bezier(easing, part)
    if easing in _CSS:
        return bezier(_CSS[easing], part)
    return penner(easing)(part)


def bezier(points: Bezier, part: float) -> float:
    """The height at `part` of a cubic Bezier curve from (0, 0) to (1, 1) with control points (x1, y1) and (x2, y2)."""
    x1, y1, x2, y2 = points
    return _cubic(y1, y2, _parameter(min(max(x1, 0.0), 1.0), min(max(x2, 0.0), 1.0), part))


@lru_cache(maxsize=64)
def penner(name: str) -> Timing:
    """One of Penner's curves by its name, such as `easeInOutCubic`."""
    for prefix, made in (("easeInOut", _both), ("easeIn", _alone), ("easeOut", _mirrored)):
        family = name.removeprefix(prefix)
        if family != name and family in _FAMILIES:
            own = _IN_OUT.get(family) if prefix == "easeInOut" else None
            return own or made(_FAMILIES[family])
    raise ValueError(f"there is no easing named {name[:40]!r}")


def _cubic(first: float, second: float, t: float) -> float:
    return ((1 + 3 * first - 3 * second) * t + (3 * second - 6 * first)) * t * t + 3 * first * t


def _parameter(x1: float, x2: float, part: float) -> float:
    """The t at which the curve's x is `part`: Newton's method, and halving where that does not settle."""
    t = part
    for _ in range(_NEWTON_STEPS):
        miss = _cubic(x1, x2, t) - part
        if abs(miss) < _CLOSE:
            return t
        slope = (3 * (1 + 3 * x1 - 3 * x2) * t + 2 * (3 * x2 - 6 * x1)) * t + 3 * x1
        if abs(slope) < 1e-6:
            break
        t -= miss / slope
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        t = (low + high) / 2
        low, high = (t, high) if _cubic(x1, x2, t) < part else (low, t)
    return t


def _alone(rise: Timing) -> Timing:
    return rise


def _mirrored(rise: Timing) -> Timing:
    return lambda part: 1 - rise(1 - part)


def _both(rise: Timing) -> Timing:
    return lambda part: rise(2 * part) / 2 if part < 0.5 else 1 - rise(2 - 2 * part) / 2


def _elastic(part: float) -> float:
    return -(2 ** (10 * part - 10)) * sin((part * 10 - 10.75) * 2 * pi / 3)


def _elastic_both(part: float) -> float:
    wave = sin((20 * part - 11.125) * 2 * pi / 4.5) / 2
    return -(2 ** (20 * part - 10)) * wave if part < 0.5 else 2 ** (10 - 20 * part) * wave + 1


def _bounce_out(part: float) -> float:
    if part < 1 / 2.75:
        return 7.5625 * part * part
    if part < 2 / 2.75:
        start, height = 1.5, 0.75
    elif part < 2.5 / 2.75:
        start, height = 2.25, 0.9375
    else:
        start, height = 2.625, 0.984375
    return 7.5625 * (part - start / 2.75) ** 2 + height


_FAMILIES: Final[Mapping[str, Timing]] = {
    "Sine": lambda part: 1 - cos(part * pi / 2),
    "Quad": lambda part: part**2,
    "Cubic": lambda part: part**3,
    "Quart": lambda part: part**4,
    "Quint": lambda part: part**5,
    "Expo": lambda part: 2 ** (10 * part - 10),
    "Circ": lambda part: 1 - sqrt(max(1 - part * part, 0.0)),
    "Back": lambda part: (_BACK + 1) * part**3 - _BACK * part**2,
    "Elastic": _elastic,
    "Bounce": lambda part: 1 - _bounce_out(1 - part),
}
_IN_OUT: Final[Mapping[str, Timing]] = {
    # These two have constants of their own where they go both ways.
    "Back": lambda part: (
        (2 * part) ** 2 * ((_BACK_TWICE + 1) * 2 * part - _BACK_TWICE) / 2
        if part < 0.5
        else ((2 * part - 2) ** 2 * ((_BACK_TWICE + 1) * (2 * part - 2) + _BACK_TWICE) + 2) / 2
    ),
    "Elastic": _elastic_both,
}
