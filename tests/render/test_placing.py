from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.render.geometry import covers, place, visible
from cutroom.render.plan import Box, Canvas
from cutroom.timeline.resolved import Color, Fit, Position
from tests.render.edits import clip, video

CANVAS = Canvas(1280, 720, Fraction(30), Color(0, 0, 0))


def put(size: tuple[int, int], **changes: object) -> Box:
    return place(clip(0, 1, video(), **changes), CANVAS, size)


def test_cover_fills_the_canvas_and_cuts_off_what_is_too_much() -> None:
    box = put((1000, 1000), fit="cover")
    assert (box.x, box.y, box.width, box.height) == (0, 0, 1280, 720)
    assert (box.crop_width, box.crop_height) == (Fraction(1), Fraction(9, 16))
    assert box.crop_y == Fraction(7, 32)
    assert covers(box, CANVAS)


def test_contain_shows_all_and_leaves_bars() -> None:
    box = put((1000, 1000), fit="contain")
    assert (box.x, box.y, box.width, box.height) == (280, 0, 720, 720)
    assert (box.crop_width, box.crop_height) == (Fraction(1), Fraction(1))
    assert not covers(box, CANVAS)


def test_fill_stretches() -> None:
    box = put((1000, 1000), fit="fill", width_px=400, height_px=100)
    assert (box.width, box.height, box.crop_width) == (400, 100, Fraction(1))


def test_none_keeps_the_size_and_shows_the_side_that_is_asked_for() -> None:
    small = put((200, 100), fit="none", position="bottom-right")
    assert (small.x, small.y, small.width, small.height) == (1080, 620, 200, 100)
    large = put((2560, 720), fit="none", position="left")
    assert (large.crop_x, large.crop_width, large.width) == (Fraction(0), Fraction(1, 2), 1280)
    assert put((2560, 720), fit="none", position="right").crop_x == Fraction(1, 2)


@pytest.mark.parametrize(
    ("position", "corner"),
    [
        ("top-left", (0, 0)),
        ("top", (540, 0)),
        ("top-right", (1080, 0)),
        ("left", (0, 310)),
        ("center", (540, 310)),
        ("right", (1080, 310)),
        ("bottom-left", (0, 620)),
        ("bottom", (540, 620)),
        ("bottom-right", (1080, 620)),
    ],
)
def test_positions_put_a_box_at_nine_places(position: Position, corner: tuple[int, int]) -> None:
    box = put((200, 100), fit="fill", width_px=200, height_px=100, position=position)
    assert (box.x, box.y) == corner


def test_offsets_are_shares_of_the_canvas_right_and_down() -> None:
    box = put((200, 100), fit="none", position="top-left", offset_x=Fraction(1, 4), offset_y=Fraction(1, 2))
    assert (box.x, box.y) == (320, 360)


def test_what_lies_beside_the_canvas_is_not_visible() -> None:
    inside = put((200, 100), fit="none", position="left", offset_x=Fraction(-1, 10))
    outside = put((200, 100), fit="none", position="left", offset_x=Fraction(-1, 2))
    assert visible(inside, CANVAS)
    assert not visible(outside, CANVAS)


@given(
    st.integers(1, 4000),
    st.integers(1, 4000),
    st.sampled_from(["cover", "contain", "fill", "none"]),
    st.none() | st.integers(1, 2000),
    st.none() | st.integers(1, 2000),
)
def test_every_box_is_even_and_shows_a_part_of_its_picture(
    width: int, height: int, fit: Fit, box_width: int | None, box_height: int | None
) -> None:
    box = put((width, height), fit=fit, width_px=box_width, height_px=box_height)
    assert all(value % 2 == 0 for value in (box.x, box.y, box.width, box.height))
    assert box.width >= 2
    assert box.height >= 2
    for offset, length in ((box.crop_x, box.crop_width), (box.crop_y, box.crop_height)):
        assert offset >= 0
        assert 0 < length <= 1
        assert offset + length <= 1
