"""What places that show clips take: shape, rate and length.

Lengths as the help pages of the platforms had them in 2025, for what everybody may post; they change. A clip that is
longer is made all the same: whoever asked may have an account that takes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, get_args

Platform = Literal["tiktok", "reels", "shorts", "feed", "x", "linkedin", "youtube"]
PLATFORMS: Final[tuple[Platform, ...]] = get_args(Platform)
Aspect = Literal["9:16", "1:1", "4:5", "16:9"]
ASPECTS: Final[tuple[Aspect, ...]] = get_args(Aspect)

SIZES: Final[Mapping[Aspect, tuple[int, int]]] = {
    "9:16": (1080, 1920),
    "1:1": (1080, 1080),
    "4:5": (1080, 1350),
    "16:9": (1920, 1080),
}
"""Width and height in pixels of each shape: what all platforms ask for, and none shows larger on a phone."""
_USUAL: Final = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")
)
_MOST_FPS: Final = Fraction(60)
_OTHER_FPS: Final = Fraction(30)
_SAME_RATE: Final = Fraction(1, 200)


@dataclass(frozen=True, slots=True)
class Place:
    """Where clips are shown.

    Args:
        name: for people.
        aspect: the shape that fills its screen.
        most_fps: frames a second that it shows.
        most_s: seconds that it takes; None for hours.
    """

    name: str
    aspect: Aspect
    most_fps: Fraction
    most_s: int | None


_SMOOTH, _FILM = Fraction(60), Fraction(30)
PLACES: Final[Mapping[Platform, Place]] = {
    "tiktok": Place("TikTok", "9:16", _SMOOTH, 600),
    "reels": Place("Instagram Reels", "9:16", _FILM, 180),
    "shorts": Place("YouTube Shorts", "9:16", _SMOOTH, 180),
    "feed": Place("the Instagram feed", "4:5", _FILM, 180),
    "x": Place("X", "16:9", _SMOOTH, 140),
    "linkedin": Place("LinkedIn", "4:5", _FILM, 600),
    "youtube": Place("YouTube", "16:9", _SMOOTH, None),
}


def rate_for(source: Fraction | None, platform: Platform | None) -> Fraction:
    """Frames a second of a clip: those of its recording where they are usual, so that no frame is shown twice.

    Args:
        source: those of the recording, on average; None when it has no pictures.
        platform: where the clip goes, if that is known.
    """
    most = PLACES[platform].most_fps if platform is not None else _MOST_FPS
    if source is None:
        return _OTHER_FPS
    rate = min(_USUAL, key=lambda usual: abs(usual - source))
    if abs(rate - source) > rate * _SAME_RATE:
        return _OTHER_FPS if source < _MOST_FPS else min(most, _MOST_FPS)
    return rate if rate <= most else rate / 2
