"""Sound, decided."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.curve import Curve
from cutroom.timeline.resolved.media import Media

SHORTEST_LOOP_S: Final = Fraction(1, 4)
"""A sound shorter than this is not played again and again: it would be a tone, of thousands of voices."""


@dataclass(frozen=True, slots=True)
class Ducking:
    """Music that steps back while somebody speaks.

    The speech is everything that is heard and not ducked itself. `depth_db` (positive) is how far the music goes down
    when speech is heard; `attack_s` and `release_s` how long that takes.
    """

    depth_db: float
    attack_s: float
    release_s: float


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud the whole mix shall be: integrated LUFS and highest true peak in dBTP (EBU R 128, ITU-R BS.1770)."""

    lufs: float
    peak_dbtp: float


@dataclass(frozen=True, slots=True)
class ResolvedSoundtrack:
    """Music under the whole edit: heard from second 0 of the output to `end`, from `trim` of the source on.

    With `loop` the source starts again from its beginning as often as needed, each time crossing over `seam` seconds
    with its own end (0 for none). `fade_out` seconds end at `end`. `swell` is multiplied with `volume`.
    """

    media: Media
    src: str
    volume: float
    loop: bool
    trim: Rational
    end: Rational
    fade_in: Rational
    fade_out: Rational
    seam: Rational = Fraction(0)
    swell: Curve = 1.0
    ducking: Ducking | None = None
