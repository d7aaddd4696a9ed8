"""What apps leave free of a video."""

import pytest

from cutroom.speech.safe_areas import PLATFORMS, Platform, safe_area


def test_margins_of_upright_videos_are_those_of_the_apps() -> None:
    assert safe_area("tiktok", (1080, 1920)).pixels((1080, 1920)) == (60, 130, 916, 1570)
    assert safe_area("reels", (1080, 1920)).pixels((1080, 1920)) == (60, 220, 960, 1470)
    assert safe_area("tiktok", (720, 1280)).pixels((720, 1280)) == (40, 87, 610, 1046)


@pytest.mark.parametrize("platform", ["tiktok", "reels", "shorts"])
def test_where_no_app_is_named_the_picture_is_safe_on_all(platform: Platform) -> None:
    canvas = (1080, 1920)
    left, top, right, bottom = safe_area(None, canvas).pixels(canvas)
    one = safe_area(platform, canvas).pixels(canvas)
    assert left >= one[0]
    assert top >= one[1]
    assert right <= one[2]
    assert bottom <= one[3]


@pytest.mark.parametrize("canvas", [(1920, 1080), (1080, 1080), (1080, 1350)])
def test_pictures_that_are_not_upright_keep_off_their_edges(canvas: tuple[int, int]) -> None:
    for platform in (*PLATFORMS, None):
        left, top, right, bottom = safe_area(platform, canvas).pixels(canvas)
        assert (left, top) == (canvas[0] // 20, -(-canvas[1] // 20))
        assert (right, bottom) == (canvas[0] - left, canvas[1] - top)
