"""Shapes, rates and lengths of platforms."""

from fractions import Fraction

import pytest

from cutroom.framing.platforms import ASPECTS, PLACES, PLATFORMS, SIZES, Platform, rate_for


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_shape_has_an_even_size_of_just_that_shape(aspect: str) -> None:
    width, height = next(size for name, size in SIZES.items() if name == aspect)
    across, down = map(int, aspect.split(":"))
    assert Fraction(width, height) == Fraction(across, down)
    assert width % 2 == height % 2 == 0


def test_every_platform_is_described() -> None:
    assert set(PLACES) == set(PLATFORMS)


@pytest.mark.parametrize(
    ("source", "platform", "rate"),
    [
        ("30", None, "30"),
        ("30000/1001", None, "30000/1001"),
        ("25", "tiktok", "25"),
        ("60", "tiktok", "60"),
        ("60", "reels", "30"),
        ("60000/1001", "feed", "30000/1001"),
        ("50", "reels", "25"),
        ("2997/100", None, "30000/1001"),
        ("17", None, "30"),
        ("120", None, "60"),
        (None, None, "30"),
    ],
)
def test_clips_keep_the_rate_of_their_recording_where_it_is_usual(
    source: str | None, platform: Platform | None, rate: str
) -> None:
    assert rate_for(None if source is None else Fraction(source), platform) == Fraction(rate)
