"""Time without rounding: seconds as `Fraction`, frames as integers, and the few places where one becomes the other."""

import re
from fractions import Fraction
from math import floor
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_RATIONAL: Final = re.compile(r"-?[0-9]{1,40}/[0-9]{1,40}")


def parse_rational(text: str) -> Fraction:
    """Read "n/d" as `format_rational` writes it.

    Raises:
        ValueError: when `text` is anything else, or d is 0.
    """
    if _RATIONAL.fullmatch(text) is None:
        raise ValueError(f"{text[:60]!r} is not a fraction of the form n/d")
    numerator, denominator = map(int, text.split("/"))
    if denominator == 0:
        raise ValueError("a fraction cannot have 0 below the line")
    return Fraction(numerator, denominator)


def format_rational(value: Fraction) -> str:
    """Write a fraction as "n/d", also when d is 1, so that the form never changes with the value."""
    return f"{value.numerator}/{value.denominator}"


def _read(value: Any) -> Any:
    return parse_rational(value) if isinstance(value, str) else value


Rational = Annotated[
    Fraction,
    BeforeValidator(_read),
    PlainSerializer(format_rational, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^-?[0-9]+/[0-9]+$", "examples": ["30000/1001"]}),
]
"""A `Fraction` that Pydantic writes to JSON as "n/d" and reads back exactly."""


def nearest_frame(seconds: Fraction, fps: Fraction) -> int:
    """The frame edge nearest to a time; a tie goes to the later one."""
    # In whole numbers, for making fractions and shortening them takes ten times as long.
    halves = seconds.denominator * fps.denominator
    return (2 * seconds.numerator * fps.numerator + halves) // (2 * halves)


def frame_showing(seconds: Fraction, fps: Fraction) -> int:
    """The frame that is on the screen at a time: frame n is shown during [n / fps, (n + 1) / fps)."""
    return floor(seconds * fps)


def seconds_at(frame: int, fps: Fraction) -> Fraction:
    """The exact time at which a frame begins."""
    return frame / fps


def to_ticks(seconds: Fraction, time_base: Fraction) -> int:
    """The tick of a time base nearest to a time; a tie goes to the later one."""
    return floor(seconds / time_base + Fraction(1, 2))


def from_ticks(ticks: int, time_base: Fraction) -> Fraction:
    """The exact time of a tick, in seconds."""
    return ticks * time_base


def microseconds(seconds: Fraction) -> str:
    """Decimal seconds with six places, the resolution of ffmpeg's own time options, rounded to the nearest."""
    total = to_ticks(seconds, Fraction(1, 1_000_000))
    sign = "-" if total < 0 else ""
    return f"{sign}{abs(total) // 1_000_000}.{abs(total) % 1_000_000:06d}"
