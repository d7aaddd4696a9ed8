"""How a crop follows what moves: not at all while it need not, and then as a calm hand would turn a camera."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.media.timebase import Rational

_STEP_S: Final = 0.1
_DEAD: Final = 0.06
"""Share of the crop's side that a subject may be off its middle before the crop follows."""
_CALM_S: Final = 0.35
"""Standard deviation of the smoothing over time: turns take about a second, forth and back in time alike."""
_FASTEST: Final = 1.0
"""Crop sides a second that the crop moves at most, where the subject stays inside with that."""
_ROOM: Final = 0.94
"""Share of the crop's side that a subject may use up, all the shot long, for the crop to stand still."""
_OUTLIERS: Final = 2.0
"""Percent of the pictures, at each end, that may be errors of the detector."""
_COARSE: Final = 0.002
"""How far, as a share of the picture, the path may be off after keyframes that it does not need are left out."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where the middle of the crop is at a second of the recording, in shares of the picture."""

    at: Rational
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Target:
    """Something to keep inside, along one side of the picture, in shares of it.

    Args:
        times: seconds of the recording.
        places: its middle at those.
        extents: how far it reaches to both sides of that.
    """

    times: Floats
    places: Floats
    extents: Floats

    @classmethod
    def of(cls, times: Sequence[Fraction], places: Sequence[float], extents: Sequence[float]) -> "Target":
        """A target, without the trembling of detectors."""
        calm = _median(np.array(places, np.float64))
        return cls(np.array([float(time) for time in times]), calm, _median(np.array(extents, np.float64)))


def steer(target: Target, side: float, start: float, end: float) -> tuple[Floats, Floats]:
    """The path of the crop's middle along one side.

    Args:
        target: what is to be kept inside.
        side: the crop's side, as a share of the picture's.
        start: second at which the shot begins.
        end: second at which it ends.

    Returns:
        Times and places; one of each when the crop need not move.
    """
    standing = _standing(target, side)
    if standing is not None:
        return np.array([start]), np.array([standing])
    times = np.append(np.arange(start, end, _STEP_S), end)
    wanted = np.interp(times, target.times, target.places)
    path = _smooth(_followed(wanted, _DEAD * side))
    limited = _limited(path, _FASTEST * side * _STEP_S)
    reach = np.interp(times, target.times, target.extents)
    if _outside(limited, wanted, reach, side) <= _outside(path, wanted, reach, side):
        path = limited
    return _simplified(times, np.clip(path, side / 2, 1 - side / 2))


def _standing(target: Target, side: float) -> float | None:
    """Where a crop can stand all the time; None when the target leaves every such place."""
    low = float(np.percentile(target.places - target.extents, _OUTLIERS))
    high = float(np.percentile(target.places + target.extents, 100 - _OUTLIERS))
    low, high = max(low, 0.0), min(high, 1.0)
    usual = float(np.median(target.places))
    if high - low > _ROOM * side:
        alike = float(np.ptp(target.places)) <= (1 - _ROOM) * side  # larger than the crop, and stays where it is
        return _within(usual, side) if alike else None
    return _within(min(max(usual, high - side / 2), low + side / 2), side)


def _within(place: float, side: float) -> float:
    return min(max(place, side / 2), 1 - side / 2)


def _followed(wanted: Floats, dead: float) -> Floats:
    """The path that moves only when it must."""
    path = np.empty_like(wanted)
    here = wanted[0]
    for index, place in enumerate(wanted):
        here = min(max(here, place - dead), place + dead)
        path[index] = here
    return path


def _smooth(path: Floats) -> Floats:
    """The path with soft turns: it begins to move before it has to."""
    reach = round(3 * _CALM_S / _STEP_S)
    offsets = np.arange(-reach, reach + 1) * _STEP_S
    weights = np.exp(-0.5 * (offsets / _CALM_S) ** 2)
    return np.convolve(np.pad(path, reach, mode="edge"), weights / weights.sum(), mode="valid")


def _limited(path: Floats, most: float) -> Floats:
    """The path at no more than `most` a step, late and early by the same."""
    late, early = path.copy(), path.copy()
    for index in range(1, len(path)):
        late[index] = late[index - 1] + np.clip(path[index] - late[index - 1], -most, most)
    for index in range(len(path) - 2, -1, -1):
        early[index] = early[index + 1] + np.clip(path[index] - early[index + 1], -most, most)
    return np.asarray((late + early) / 2, np.float64)


def _outside(path: Floats, wanted: Floats, reach: Floats, side: float) -> int:
    return int(np.count_nonzero(np.abs(path - wanted) + reach > side / 2))


def _simplified(times: Floats, path: Floats) -> tuple[Floats, Floats]:
    """The fewest of its points that describe the path (Douglas and Peucker 1973)."""
    kept = np.zeros(len(path), bool)
    kept[[0, -1]] = True
    spans = [(0, len(path) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        line = np.interp(times[first : last + 1], times[[first, last]], path[[first, last]])
        errors = np.abs(path[first : last + 1] - line)
        worst = int(errors.argmax())
        if errors[worst] > _COARSE:
            kept[first + worst] = True
            spans += [(first, first + worst), (first + worst, last)]
    if np.ptp(path[kept]) < _COARSE:
        return times[:1], path[:1]
    return times[kept], path[kept]


def _median(values: Floats) -> Floats:
    """Each value as the median of itself and its two neighbours."""
    if len(values) < 3:
        return values
    padded = np.pad(values, 1, mode="edge")
    return np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
