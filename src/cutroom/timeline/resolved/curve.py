"""Values that change over the life of a clip."""

from dataclasses import dataclass
from typing import Literal

from cutroom.media.timebase import Rational

EasingName = Literal[
    "linear", "hold",
    "ease", "easeIn", "easeOut", "easeInOut",
    "easeInSine", "easeOutSine", "easeInOutSine",
    "easeInQuad", "easeOutQuad", "easeInOutQuad",
    "easeInCubic", "easeOutCubic", "easeInOutCubic",
    "easeInQuart", "easeOutQuart", "easeInOutQuart",
    "easeInQuint", "easeOutQuint", "easeInOutQuint",
    "easeInExpo", "easeOutExpo", "easeInOutExpo",
    "easeInCirc", "easeOutCirc", "easeInOutCirc",
    "easeInBack", "easeOutBack", "easeInOutBack",
    "easeInElastic", "easeOutElastic", "easeInOutElastic",
    "easeInBounce", "easeOutBounce", "easeInOutBounce",
]  # fmt: skip
Bezier = tuple[float, float, float, float]
"""Control points (x1, y1, x2, y2) of a cubic timing curve from (0, 0) to (1, 1), as in CSS Easing Functions 1."""
Easing = EasingName | Bezier


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A value at a moment: `at` seconds after the clip's start; `easing` leads from here to the next keyframe."""

    at: Rational
    value: float
    easing: Easing = "linear"


Curve = float | tuple[Keyframe, ...]
"""One value for all the time, or keyframes ordered by time; before the first and after the last the value stays."""
