from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom.render.lettering import typefaces
from cutroom.render.lettering.layout import Block, Fonts, lay_out, missing
from cutroom.render.lettering.raster import Drawing, draw
from cutroom.render.plan import Canvas, TextLayer
from cutroom.timeline.resolved import Color, Position, TextBackground, TextShadow, TextStroke
from tests.render.edits import style

CANVAS = Canvas(640, 360, Fraction(30), Color(0, 0, 0))
RED, BLACK = Color(255, 0, 0), Color(0, 0, 0)


def block_of(text: str, **look: Any) -> Block:
    wanted = style(text, **look)
    return lay_out(wanted, Fonts(wanted))


def lines_of(text: str, **look: Any) -> list[str]:
    return ["".join(run.text for run in line.runs) for line in block_of(text, **look).lines]


def drawn(text: str, position: Position = "center", x: int = 0, y: int = 0, **look: Any) -> Drawing:
    layer = TextLayer("", 0, 1, (), 1.0, style(text, **look), position, x, y, typefaces.digest())
    drawing = draw(layer, CANVAS)
    assert drawing is not None
    return drawing


def pixels(drawing: Drawing) -> NDArray[np.uint8]:
    """The drawing on the whole canvas, as RGBA."""
    whole = np.zeros((CANVAS.height, CANVAS.width, 4), np.uint8)
    array = np.asarray(drawing.image)
    whole[drawing.y : drawing.y + array.shape[0], drawing.x : drawing.x + array.shape[1]] = array
    return whole


def ink(drawing: Drawing) -> tuple[int, int, int, int]:
    ys, xs = np.nonzero(pixels(drawing)[:, :, 3] > 128)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def test_lines_are_wrapped_at_words_and_kept_where_the_author_broke_them() -> None:
    assert lines_of("one two three", wrap_px=110) == ["one two", "three"]
    assert lines_of("one\n\ntwo", wrap_px=500) == ["one", "", "two"]
    assert lines_of("one\r\ntwo\tthree") == ["one", "two three"]


def test_no_line_is_wider_than_the_box_even_when_a_word_is() -> None:
    block = block_of("a incomprehensibilities b", wrap_px=90)
    assert len(block.lines) > 3
    assert all(line.width <= 90 for line in block.lines)
    assert "".join(lines_of("incomprehensibilities", wrap_px=90)) == "incomprehensibilities"


def test_a_word_is_broken_at_its_soft_hyphens_and_shows_none_elsewhere() -> None:
    word = "super\u00adcali\u00adfragilistic"
    whole, *_ = lines_of(word, wrap_px=1000)
    assert block_of(word, wrap_px=1000).width == pytest.approx(
        block_of(whole.replace("\u00ad", ""), wrap_px=1000).width
    )
    assert [line.replace("\u00ad", "") for line in lines_of(word, wrap_px=130)] == ["supercali-", "fragilistic"]
    assert [line.replace("\u00ad", "") for line in lines_of(f"a {word}", wrap_px=120)] == [
        "a super-",
        "cali-",
        "fragilistic",
    ]
    assert block_of(word, wrap_px=130).width <= 130


def test_a_box_of_one_pixel_still_takes_every_letter() -> None:
    assert lines_of("abc", wrap_px=1) == ["a", "b", "c"]


def test_lines_lie_one_line_height_apart() -> None:
    block = block_of("one\ntwo\nthree", size_px=50, line_height=1.5)
    assert (block.pitch, block.height) == (75, 225)
    assert 40 < block.baseline < 75


def test_letter_spacing_widens_and_keeps_kerning() -> None:
    plain, loose = block_of("AVAV"), block_of("AVAV", letter_spacing_px=10)
    assert loose.width == pytest.approx(plain.width + 40)
    assert plain.width < sum(block_of(letter).width for letter in "AVAV")


def test_heavier_weights_are_heavier() -> None:
    weights = [pixels(drawn("weight", weight=weight))[:, :, 3].sum() for weight in (300, 400, 600, 700, 900)]
    assert weights == sorted(weights)
    assert len(set(weights)) == 5


def test_arabic_is_joined_and_runs_from_the_right() -> None:
    joined = block_of("بب").width
    assert joined < 2 * block_of("ب").width * 0.9
    (line,) = block_of("abc مرحبا").lines
    assert [run.text for run in line.runs] == ["abc ", "مرحبا"]
    (line,) = block_of("مرحبا abc مرحبا").lines
    assert [run.text.strip() for run in line.runs if run.text.strip()] == ["مرحبا", "abc", "مرحبا"]
    assert line.runs[-1].text.startswith("م")


def test_scripts_that_the_family_lacks_come_from_other_fonts() -> None:
    assert missing(style("Grüße, Привет, Ελλάδα, مرحبا, שלום, नमस्ते, สวัสดี, Բարեւ, გამარჯობა, ✔")) == []
    assert missing(style("x\U00012000y\U00012000漢")) == ["\U00012000", "漢"]
    assert lines_of("x漢y") == ["xy"]


def test_marks_and_joiners_are_not_missing() -> None:
    assert missing(style("e\u0301 ❤\ufe0f a\u200db \u00adc")) == []


@pytest.mark.parametrize(
    ("position", "sides"),
    [
        ("top-left", "left top"),
        ("top-right", "right top"),
        ("bottom-left", "left bottom"),
        ("bottom-right", "right bottom"),
    ],
)
def test_a_block_stands_in_its_corner(position: Position, sides: str) -> None:
    left, top, right, bottom = ink(drawn("HHH", position))
    assert (left < 8) == ("left" in sides)
    assert (right > CANVAS.width - 8) == ("right" in sides)
    assert (top < 14) == ("top" in sides)
    assert (bottom > CANVAS.height - 14) == ("bottom" in sides)


def test_a_centred_block_is_in_the_middle_and_moves_with_its_offsets() -> None:
    left, top, right, bottom = ink(drawn("HHH"))
    assert abs((left + right) / 2 - 320) <= 1
    assert abs((top + bottom) / 2 - 180) <= 2
    moved = ink(drawn("HHH", x=100, y=-50))
    assert (moved[0] - left, moved[1] - top) == (100, -50)


def test_the_corner_of_a_drawing_is_even() -> None:
    for x in range(4):
        drawing = drawn("odd", x=2 * x, size_px=23 + x)
        assert (drawing.x % 2, drawing.y % 2, drawing.image.width % 2, drawing.image.height % 2) == (0, 0, 0, 0)


def test_lines_are_aligned_to_each_other() -> None:
    starts = {}
    for align in ("left", "center", "right"):
        array = pixels(drawn("HHHHHH\nH", align=align))[:, :, 3]
        long = np.nonzero(array[: CANVAS.height // 2 - 4].max(axis=0) > 128)[0]
        short = np.nonzero(array[CANVAS.height // 2 + 4 :].max(axis=0) > 128)[0]
        starts[align] = (short.min() - long.min(), long.max() - short.max())
    assert abs(starts["left"][0]) <= 1
    assert abs(starts["right"][1]) <= 1
    assert abs(starts["center"][0] - starts["center"][1]) <= 2


def test_a_background_surrounds_the_text_with_padding_and_round_corners() -> None:
    box = TextBackground(RED, padding_x_px=30, padding_y_px=20, radius_px=16)
    drawing = drawn("HHH", background=box)
    left, top, right, bottom = ink(drawing)
    width = block_of("HHH").width
    assert right - left == pytest.approx(width + 60, abs=2)
    assert bottom - top == pytest.approx(24 * 1.2 + 40, abs=2)
    array = pixels(drawing)
    assert array[top + 1, left + 1, 3] < 50
    assert tuple(array[top + 2, (left + right) // 2]) == (255, 0, 0, 255)


def test_a_transparent_background_stays_transparent() -> None:
    box = TextBackground(Color(255, 0, 0, 0.5), padding_x_px=30, padding_y_px=20, radius_px=0)
    drawing = drawn("HHH", background=box)
    array = pixels(drawing)
    assert abs(int(array[drawing.y + 3, drawing.x + 3, 3]) - 128) <= 1


def test_a_stroke_lies_around_the_letters() -> None:
    plain, stroked = drawn("HHH"), drawn("HHH", stroke=TextStroke(RED, 4))
    inner, outer = ink(plain), ink(stroked)
    assert [abs(a - b) for a, b in zip(inner, outer, strict=True)] == pytest.approx([4] * 4, abs=1)
    array = pixels(stroked)
    assert tuple(array[180, outer[0] + 1, :3]) == (255, 0, 0)
    assert (array[:, :, :3].min(axis=2) > 250).any()


def test_a_shadow_lies_below_moved_and_soft() -> None:
    hard = pixels(drawn("HHH", shadow=TextShadow(RED, 6, 8, 0)))
    red = (hard[:, :, 0] > 200) & (hard[:, :, 1] < 50) & (hard[:, :, 3] > 200)
    letters = (hard[:, :, 1] > 200) & (hard[:, :, 3] > 200)
    assert np.nonzero(red)[0].max() - np.nonzero(letters)[0].max() == 8
    assert np.nonzero(red)[1].max() - np.nonzero(letters)[1].max() == 6
    soft = pixels(drawn("HHH", shadow=TextShadow(RED, 0, 0, 5)))[:, :, 3]
    assert 0 < soft[180, ink(drawn("HHH"))[0] - 6] < 200


def test_text_with_nothing_on_the_canvas_is_not_drawn() -> None:
    layer = TextLayer("", 0, 1, (), 1.0, style("far"), "center", 4000, 0, typefaces.digest())
    assert draw(layer, CANVAS) is None
    blank = TextLayer("", 0, 1, (), 1.0, style(" \n "), "center", 0, 0, typefaces.digest())
    assert draw(blank, CANVAS) is None


def test_the_colour_under_transparent_pixels_is_that_of_the_letters() -> None:
    array = np.asarray(drawn("OO", color=RED).image)
    clear = array[array[:, :, 3] == 0]
    assert len(clear) > 0
    assert (clear[:, :3] == (255, 0, 0)).all()


def test_drawing_is_the_same_every_time() -> None:
    one, two = drawn("same", shadow=TextShadow(BLACK, 2, 2, 3)), drawn("same", shadow=TextShadow(BLACK, 2, 2, 3))
    assert one.image.tobytes() == two.image.tobytes()
