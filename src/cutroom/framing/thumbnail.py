"""Which picture of a clip stands for it: sharp, with a face that looks at us, and not between two shots."""

from fractions import Fraction
from statistics import median
from typing import Final

from cutroom.framing.crops import Crop
from cutroom.framing.pictures import window
from cutroom.framing.sight import Face, Seen, Sight

_EDGE_S: Final = Fraction(1, 4)
"""Seconds around a cut that may show a dissolve, or somebody who has just begun to move."""
_FACE, _LARGE, _EYES, _SHARP, _CALM = 2.0, 3.0, 1.0, 1.0, 0.5
"""Points for: a face, its share of what is shown, open eyes, being twice as sharp as usual, nothing that moves."""
_MOST_SHARP: Final = 2.0


def best_moment(seen: Seen, crops: list[Crop]) -> Fraction | None:
    """The second of the recording whose picture is best; None when there was nothing to see."""
    usual = median(sight.sharp for sight in seen.sights) if seen.sights else 0.0
    scored = [
        (_score(sight, crop, usual), -sight.at)
        for crop in crops
        for sight in seen.within(crop.shot)
        if min(sight.at - crop.shot.start, crop.shot.end - sight.at) >= _EDGE_S
    ]
    return -max(scored)[1] if scored else None


def _score(sight: Sight, crop: Crop, usual: float) -> float:
    score = _SHARP * min(_MOST_SHARP, sight.sharp / usual) if usual else 0.0
    score -= _CALM * min(1.0, 10 * sight.motion.share) if sight.motion is not None else 0.0
    left, top, width, height = window(crop, sight.at)
    shown = [face for face in sight.faces if face.found and _is_in(face, left, top, width, height)]
    if shown:
        face = max(shown, key=lambda one: one.width)
        score += _FACE + _LARGE * min(1.0, face.width / width)
        score += _EYES * min(2, face.eyes or 0) / 2
    return score


def _is_in(face: Face, left: float, top: float, width: float, height: float) -> bool:
    across = left <= face.left and face.left + face.width <= left + width
    return across and top <= face.top and face.top + face.height <= top + height
