"""The value of a curve at a moment of a clip."""

from fractions import Fraction

from cutroom.render.easing import ease
from cutroom.timeline.resolved.curve import Curve


def value(curve: Curve, at: Fraction) -> float:
    """What a curve says `at` seconds after the clip's start; exactly the keyframe's value at a keyframe's time.

    Before the first keyframe and after the last one the value stays. Of several keyframes at one time the last counts.
    """
    if not isinstance(curve, tuple):
        return float(curve)
    if not curve:
        raise ValueError("a curve without keyframes has no value")
    if at < curve[0].at:
        return curve[0].value
    before = max(index for index, key in enumerate(curve) if key.at <= at)
    key = curve[before]
    if before + 1 == len(curve) or key.at == at:
        return key.value
    after = curve[before + 1]
    part = ease(key.easing, float((at - key.at) / (after.at - key.at)))
    return key.value + (after.value - key.value) * part


def steady(curve: Curve) -> bool:
    """Whether a curve has one value for all the time."""
    return not isinstance(curve, tuple) or len({key.value for key in curve}) == 1


def highest(curve: Curve, moments: list[Fraction]) -> float:
    """The largest value that a curve has at any of the moments."""
    return value(curve, moments[0]) if steady(curve) else max(value(curve, at) for at in moments)
