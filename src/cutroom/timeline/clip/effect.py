"""Slow moves over a picture (Ken Burns): the clip's whole life long, gently eased."""

from fractions import Fraction
from typing import Final

from cutroom.timeline.resolved import Curve, Keyframe, View

_REACH: Final = {"": 1.25, "Slow": 1.1, "Fast": 1.5}
"""How far the picture is enlarged, and with it how far it can move, at each pace."""
_MOVES: Final = ("zoomIn", "zoomOut", "slideLeft", "slideRight", "slideUp", "slideDown")
EFFECTS: Final = tuple(f"{move}{pace}" for move in _MOVES for pace in _REACH)
_MIDDLE: Final = 0.5


def view_of(effect: str, seconds: Fraction) -> View:
    """The window of an effect over a clip of `seconds`.

    A slide names the way the picture moves; the window moves the other way.
    """
    move = next(move for move in _MOVES if effect.startswith(move))
    reach = _REACH[effect.removeprefix(move)]
    if move in {"zoomIn", "zoomOut"}:
        first, last = (1.0, reach) if move == "zoomIn" else (reach, 1.0)
        return View(_from_to(first, last, seconds), _MIDDLE, _MIDDLE)
    ways = {"slideLeft": (0.0, 1.0), "slideUp": (0.0, 1.0), "slideRight": (1.0, 0.0), "slideDown": (1.0, 0.0)}
    path = _from_to(*ways[move], seconds)
    if move in {"slideLeft", "slideRight"}:
        return View(reach, path, _MIDDLE)
    return View(reach, _MIDDLE, path)


def _from_to(first: float, last: float, seconds: Fraction) -> Curve:
    return Keyframe(Fraction(0), first, "easeInOutSine"), Keyframe(seconds, last)
