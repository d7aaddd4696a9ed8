"""Which picture of a source an output frame shows, in whole numbers.

Output frame n shows the picture that its source shows at the frame's time, with a tolerance of three eighths of a
frame of the faster of the two: sources whose timestamps are rounded to milliseconds would flicker without one, and
with one half those of 24 frames a second would, since at 30 they often lie just there. Times are kept as integers in a
time base in which frames of source and output are whole numbers, so that a frame does not depend on where a segment
starts. The filter graph (`video.py`) and the painter (`paint/films.py`) count in the same way.

Of an interlaced source, the first field of each picture is made whole where an output frame shows every picture, or
every n-th. Else every field is, so that what was filmed at 50 moments a second moves as smoothly as the output can.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Final

from cutroom.media.timebase import to_ticks
from cutroom.render.parts import VideoSource

_FINEST: Final = (1 << 31) - 1  # an AVRational holds two ints
_TOLERANCE: Final = Fraction(3, 8)
_SAME: Final = Fraction(1, 100)
"""By how much rates may differ that count as the same, as 29.97 and 30 do."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the pictures of a source fall on output frames.

    Args:
        ticks: ticks in a second of output.
        shift: the tick of frame 0, tolerance included: a picture is shown from frame n on when its own tick, divided
            by `speed` and rounded, is at most `shift` plus n frames.
        speed: seconds of source in a second of output.
    """

    ticks: int
    shift: int
    speed: Fraction


def sampling(source: VideoSource, at: Fraction, speed: Fraction, fps: Fraction) -> Sampling:
    """The sampling of a source whose second `at` is shown at output frame 0."""
    ticks = lcm(shown_base(source).denominator, fps.numerator)
    if ticks > _FINEST:
        ticks = fps.numerator * (_FINEST // fps.numerator)
    pictures = source.fps * (2 if fielded(source, speed, fps) else 1)
    tolerance = min(1 / (pictures * speed), 1 / fps) * _TOLERANCE
    shift = to_ticks((source.zero + at) / speed + tolerance, Fraction(1, ticks))
    return Sampling(ticks, shift, speed)


def fielded(source: VideoSource, speed: Fraction, fps: Fraction) -> bool:
    """Whether every field of a source is made a picture, instead of every two."""
    pictures = source.fps * speed / fps
    return source.interlaced and abs(pictures - max(1, round(pictures))) > _SAME


def shown_base(source: VideoSource) -> Fraction:
    """Seconds of one tick of the pictures that are sampled: a field may lie between two ticks of its file."""
    return source.time_base / 2 if source.interlaced else source.time_base


def tick(pts: int, time_base: Fraction, rule: Sampling) -> int:
    """The tick of a picture: its timestamp divided by the speed, each time rounded to the nearest as FFmpeg does it."""
    exact = _nearest(pts * time_base * rule.ticks)
    return exact if rule.speed == 1 else _nearest(exact / rule.speed)


def due(frame: int, fps: Fraction, rule: Sampling) -> int:
    """The last tick at which a picture is in time for an output frame."""
    return rule.shift + int(Fraction(frame * rule.ticks) / fps)


def _nearest(value: Fraction) -> int:
    """A tie goes away from zero (libavutil/mathematics.h, AV_ROUND_NEAR_INF; C's round)."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole
