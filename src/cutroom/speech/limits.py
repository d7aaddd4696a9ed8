"""How much a cue may say, and for how long: the measures of subtitles that people can read.

Sources: Netflix, Timed Text Style Guides (general requirements, English, Chinese, Japanese, Korean; the rates are those
of subtitles for the deaf and hard of hearing, which say everything that is said); BBC, Subtitle Guidelines 1.2.
"""

import math
import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

CHAIN_MS: Final = 500
"""Gaps shorter than this are closed to the smallest one: half a second, 12 frames at 24 a second (Netflix)."""
LINGER_MS: Final = 500
"""How long a cue may stay after its last word, when nothing needs the room (Netflix)."""
LATEST_MS: Final = 1500
"""How far a cue may be from its speech at all (BBC: "no more than 1.5 seconds")."""
EARLIEST_MS: Final = 500
"""How much earlier than its first word a cue may come, where there is no other way to read it in time."""
FPS: Final = Fraction(25)
"""Frames a second where there are no pictures."""


@dataclass(frozen=True, slots=True)
class CueLimits:
    """What every cue keeps to.

    Args:
        characters: in a line. Where signs are full-width (Chinese, Japanese, Korean), of those; others are halves.
        lines: in a cue.
        reading_speed: characters a second, spaces and punctuation among them.
        shortest_ms: how long a cue is shown at least; five sixths of a second.
        longest_ms: how long it is shown at most.
        gap_frames: frames without any cue between two.
        fps: frames a second of the pictures.
        words: in a cue; None for any number.
        full_width: whether signs are measured as full-width ones.
    """

    characters: int = 42
    lines: int = 2
    reading_speed: float = 20.0
    shortest_ms: int = 834
    longest_ms: int = 7000
    gap_frames: int = 2
    fps: Fraction = FPS
    words: int | None = None
    full_width: bool = False

    @property
    def gap_ms(self) -> int:
        """The smallest gap, in whole milliseconds."""
        return math.ceil(self.gap_frames * 1000 / self.fps)

    def width(self, text: str) -> float:
        """How much of a line a text takes, in characters; marks above and below letters take nothing."""
        if text.isascii():
            return len(text) * (0.5 if self.full_width else 1.0)
        return sum(map(self._width, text))

    def _width(self, char: str) -> float:
        if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
            return 0.0
        wide = unicodedata.east_asian_width(char) in {"W", "F"}
        return (1.0 if wide else 0.5) if self.full_width else (2.0 if wide else 1.0)

    def reading_ms(self, width: float) -> int:
        """How long a text of this width is shown at least."""
        return max(self.shortest_ms, math.ceil(1000 * width / self.reading_speed))


_LATIN: Final = CueLimits()
_BY_LANGUAGE: Final = {
    "zh": replace(_LATIN, characters=16, reading_speed=11.0, full_width=True),
    "yue": replace(_LATIN, characters=16, reading_speed=11.0, full_width=True),
    "ja": replace(_LATIN, characters=16, reading_speed=7.0, full_width=True),
    "ko": replace(_LATIN, characters=16, reading_speed=14.0, full_width=True),
}


def limits_for(language: str) -> CueLimits:
    """The usual limits of a language, by its BCP 47 tag."""
    return _BY_LANGUAGE.get(language.lower().replace("_", "-").split("-")[0], _LATIN)
