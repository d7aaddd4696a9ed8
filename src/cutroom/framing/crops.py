"""What of each shot is shown in a picture of another shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Final, Literal, get_args

import numpy as np

from cutroom.framing.people import Person, people
from cutroom.framing.shot import Shot
from cutroom.framing.sight import Seen, Sight
from cutroom.framing.steering import Floats, Target, Waypoint, steer

Reframe = Literal["auto", "faces", "motion", "pad", "center"]
REFRAMES: Final[tuple[Reframe, ...]] = get_args(Reframe)
Reason = Literal["face", "faces", "motion", "pad", "center", "whole"]

_ALIKE: Final = 0.99
"""A crop that leaves this much of the picture is none."""
_SHOULDERS: Final = 0.75
"""How far a person is kept inside to each side of the middle of the face, in widths of it."""
_HEAD: Final = 0.8
"""The same up and down, in heights."""
_HEADROOM: Final = 0.1
"""Share of the crop's height by which faces stand above its middle, as people are framed."""
_LEAST_MOTION: Final = 0.002
_MOST_MOTION: Final = 0.35
"""Share of the picture that moves: less is noise, more is the camera."""
_OFTEN: Final = 0.4
"""Share of the shot's pictures in which something has to move for the shot to be about that."""
_GATHERED: Final = 1.6
"""Standard deviations to each side of its middle that have to fit the crop for motion to be in one place."""


@dataclass(frozen=True, slots=True)
class Crop:
    """What of a shot is shown.

    Args:
        shot: the shot.
        reason: what it was chosen for; `pad`: all of the picture is shown, over a blurred copy of it; `whole`: the
            shapes are the same.
        width: share of the picture's width that is shown.
        height: share of its height.
        path: the middle of what is shown; a single point when it does not move.
    """

    shot: Shot
    reason: Reason
    width: float
    height: float
    path: tuple[Waypoint, ...]

    @property
    def moves(self) -> bool:
        """Whether what is shown changes during the shot."""
        return len(self.path) > 1


@dataclass(frozen=True, slots=True)
class _Shape:
    """The part of a picture that a crop leaves, as shares."""

    width: float
    height: float


def crop_shots(seen: Seen, size: tuple[int, int], aspect: Fraction, how: Reframe = "auto") -> list[Crop]:
    """Choose what is shown of each shot.

    Args:
        seen: the shots, and what is to be seen in them.
        size: width and height of the recording's pictures, as displayed.
        aspect: width of the wanted picture divided by its height.
        how: `auto` looks for faces, then for motion, and shows all of the picture when there are neither; `faces` and
            `motion` look for one of these alone; `pad` always shows all; `center` always the middle.
    """
    has = Fraction(size[0], size[1])
    shape = _Shape(min(1.0, float(aspect / has)), min(1.0, float(has / aspect)))
    return [_cropped(shot, seen.within(shot), shape, how) for shot in seen.shots]


def _cropped(shot: Shot, sights: Sequence[Sight], shape: _Shape, how: Reframe) -> Crop:
    middle = (Waypoint(shot.start, 0.5, 0.5),)
    if min(shape.width, shape.height) >= _ALIKE:
        return Crop(shot, "whole", shape.width, shape.height, middle)
    if how == "center":
        return Crop(shot, "center", shape.width, shape.height, middle)
    if how in {"auto", "faces"}:
        found = people(sights)
        if found:
            return _of_people(shot, sights, found, shape)
    if how in {"auto", "motion"}:
        moving = _of_motion(shot, sights, shape)
        if moving is not None:
            return moving
    return Crop(shot, "pad", 1.0, 1.0, middle)


def _of_people(shot: Shot, sights: Sequence[Sight], found: Sequence[Person], shape: _Shape) -> Crop:
    """All people, if they fit together; else the one whom the shot is about."""
    if len(found) > 1:
        across = _hull([(one.left, one.left + one.width) for person in found for one in person.faces])
        down = _hull([(one.top, one.top + one.height) for person in found for one in person.faces])
        if across[1] - across[0] <= shape.width and down[1] - down[0] <= shape.height:
            x, y = sum(across) / 2, sum(down) / 2 + _HEADROOM * shape.height
            place = Waypoint(shot.start, _inside(x, shape.width), _inside(y, shape.height))
            return Crop(shot, "faces", shape.width, shape.height, (place,))
    main = found[0]
    times = [sights[place].at for place in main.places]
    across_ = Target.of(times, [one.x for one in main.faces], [_SHOULDERS * one.width for one in main.faces])
    down_ = Target.of(
        times,
        [one.y + _HEADROOM * shape.height for one in main.faces],
        [_HEAD * one.height for one in main.faces],
    )
    return Crop(shot, "face", shape.width, shape.height, _path(shot, across_, down_, shape))


def _of_motion(shot: Shot, sights: Sequence[Sight], shape: _Shape) -> Crop | None:
    """Where something moves, if that is one place."""
    moving = [
        (sight.at, sight.motion)
        for sight in sights
        if sight.motion is not None and _LEAST_MOTION <= sight.motion.share <= _MOST_MOTION
    ]
    if not moving or len(moving) < _OFTEN * (len(sights) - 1):
        return None
    spread_x = median(motion.spread_x for _, motion in moving)
    spread_y = median(motion.spread_y for _, motion in moving)
    if 2 * _GATHERED * spread_x > shape.width or 2 * _GATHERED * spread_y > shape.height:
        return None
    times = [at for at, _ in moving]
    across = Target.of(times, [one.x for _, one in moving], [_GATHERED * one.spread_x for _, one in moving])
    down = Target.of(times, [one.y for _, one in moving], [_GATHERED * one.spread_y for _, one in moving])
    return Crop(shot, "motion", shape.width, shape.height, _path(shot, across, down, shape))


def _path(shot: Shot, across: Target, down: Target, shape: _Shape) -> tuple[Waypoint, ...]:
    """The way of the crop's middle in both directions; a direction in which nothing is left out does not move."""
    start, end = float(shot.start), float(shot.end)
    still = (np.array([start]), np.array([0.5]))
    x = steer(across, shape.width, start, end) if shape.width < _ALIKE else still
    y = steer(down, shape.height, start, end) if shape.height < _ALIKE else still
    times = x[0] if len(x[0]) >= len(y[0]) else y[0]
    return tuple(
        Waypoint(Fraction(round(float(at) * 1000), 1000), _at(x, float(at)), _at(y, float(at))) for at in times
    )


def _at(path: tuple[Floats, Floats], time: float) -> float:
    return round(float(np.interp(time, path[0], path[1])), 5)


def _hull(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """From where to where several spans reach, those at the ends that are errors left out, and some room around."""
    low, high = np.percentile([low for low, _ in spans], 2), np.percentile([high for _, high in spans], 98)
    room = 0.25 * median(high - low for low, high in spans)
    return max(0.0, float(low) - room), min(1.0, float(high) + room)


def _inside(middle: float, side: float) -> float:
    return min(max(middle, side / 2), 1 - side / 2)


def speed(crop: Crop) -> float:
    """How fast a crop moves at most, in widths (or heights) of itself a second."""
    steps = (
        max(abs(two.x - one.x) / crop.width, abs(two.y - one.y) / crop.height) / max(float(two.at - one.at), 1e-3)
        for one, two in pairwise(crop.path)
    )
    return max(steps, default=0.0)
