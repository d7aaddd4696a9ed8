"""Where captions may stand: what apps lay over a video covers the rest.

Shares of a picture, from the margins that are published for 1080 x 1920 (trade guides; the apps publish none for what
is not advertising, and change them): the largest that we found, so that captions are free on every phone.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, get_args

Platform = Literal["tiktok", "reels", "shorts", "youtube"]
PLATFORMS: Final[tuple[Platform, ...]] = get_args(Platform)


@dataclass(frozen=True, slots=True)
class SafeArea:
    """What is to be kept free at each side, as shares of the picture's height (top, bottom) and width (right, left)."""

    top: Fraction
    right: Fraction
    bottom: Fraction
    left: Fraction

    def pixels(self, canvas: tuple[int, int]) -> tuple[int, int, int, int]:
        """Left, top, right and bottom edge of what is free, in a picture of `canvas` (width, height)."""
        width, height = canvas
        return (
            _up(width * self.left),
            _up(height * self.top),
            width - _up(width * self.right),
            height - _up(height * self.bottom),
        )


def _up(pixels: Fraction) -> int:
    return -int(-pixels // 1)


def _upright(top: int, right: int, bottom: int, left: int) -> SafeArea:
    return SafeArea(Fraction(top, 1920), Fraction(right, 1080), Fraction(bottom, 1920), Fraction(left, 1080))


EDGES: Final = SafeArea(Fraction(5, 100), Fraction(5, 100), Fraction(5, 100), Fraction(5, 100))
"""Of a picture that lies: what televisions may not show (EBU R 95: 5 % for text)."""
_UPRIGHT: Final[dict[Platform, SafeArea]] = {
    "tiktok": _upright(130, 164, 350, 60),
    "reels": _upright(220, 120, 450, 60),
    "shorts": _upright(200, 140, 380, 60),
}


def safe_area(platform: Platform | None, canvas: tuple[int, int]) -> SafeArea:
    """The safe area of a platform in a picture of `canvas` (width, height).

    Without a platform, an upright picture gets what is free on all of them. Apps show square and lying pictures with
    room around, where their buttons stand: there only the edges count, as they do on YouTube.
    """
    if canvas[1] * 4 <= canvas[0] * 5:
        return EDGES
    if platform is not None:
        return _UPRIGHT.get(platform, EDGES)
    areas = list(_UPRIGHT.values())
    return SafeArea(
        max(area.top for area in areas),
        max(area.right for area in areas),
        max(area.bottom for area in areas),
        max(area.left for area in areas),
    )
