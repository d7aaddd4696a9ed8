from fractions import Fraction
from typing import Any

import pytest

from cutroom.kit.errors import Invalid
from cutroom.timeline import Limits, parse
from cutroom.timeline.rate import exact_rate


def output(**fields: Any) -> Any:
    return parse({"output": fields, "timeline": {"duration": 1}}, Limits(long_side_px=8192, short_side_px=8192)).output


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (1280, 720)),
        ({"width": 640, "height": 480}, (640, 480)),
        ({"resolution": "1080p"}, (1920, 1080)),
        ({"resolution": "1080p", "aspectRatio": "9:16"}, (1080, 1920)),
        ({"resolution": "480p"}, (854, 480)),
        ({"resolution": "720p", "aspectRatio": "1:1"}, (720, 720)),
        ({"aspectRatio": "4:5"}, (720, 900)),
        ({"resolution": "2160p"}, (3840, 2160)),
    ],
)
def test_a_size_is_given_or_follows_from_a_resolution(fields: dict[str, Any], size: tuple[int, int]) -> None:
    assert output(**fields).size == size


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        (30, Fraction(30)),
        (12.5, Fraction(25, 2)),
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("25", Fraction(25)),
        (60, Fraction(60)),
        (1, Fraction(1)),
    ],
)
def test_a_frame_rate_is_exact(written: float | str, rate: Fraction) -> None:
    assert output(fps=written).rate == rate


@pytest.mark.parametrize("written", ["a", "30.0", "-30", "1/0", "30/", "", "30000 / 1001", 30.123456])
def test_a_frame_rate_that_cannot_be_exact_is_refused(written: float | str) -> None:
    with pytest.raises(ValueError):
        exact_rate(written)
    with pytest.raises(Invalid, match="30000/1001"):
        output(fps=written)


def test_a_portrait_picture_has_the_same_limit_as_a_landscape_one() -> None:
    for width, height in ((1920, 1080), (1080, 1920)):
        document = {"output": {"width": width, "height": height}, "timeline": {"duration": 1}}
        assert parse(document).output.size == (width, height)


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"width": 1922, "height": 1080}, ["/output/width"]),
        ({"width": 1080, "height": 1922}, ["/output/height"]),
        ({"width": 1920, "height": 1082}, ["/output/height"]),
        ({"resolution": "2160p"}, ["/output/resolution"]),
        ({"resolution": "1080p", "aspectRatio": "21:9"}, ["/output/resolution"]),
    ],
)
def test_a_picture_beyond_the_limit_is_refused_where_it_is_written(fields: dict[str, Any], pointers: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        parse({"output": fields, "timeline": {"duration": 1}})
    assert [detail.pointer for detail in caught.value.details] == pointers


def test_an_mp3_has_no_size_to_refuse() -> None:
    document = {
        "output": {"format": "mp3", "resolution": "2160p"},
        "timeline": {"soundtrack": {"src": "asset:a"}, "duration": 1},
    }
    assert parse(document).output.format == "mp3"
