"""Still and moving text, looked at as pixels."""

from fractions import Fraction
from typing import Any, get_args

import numpy as np
import pytest

from cutroom.kit.errors import Invalid
from cutroom.render.artist import Pixels
from cutroom.render.lettering import TextArtist
from cutroom.timeline.resolved import (
    Color,
    ColorStop,
    Gradient,
    TextAnimation,
    TextAnimationName,
    TextBackground,
    TextShadow,
    TextStroke,
    TextUnit,
)
from tests.render.edits import style

FPS = Fraction(30)
RED, BLUE, BLACK = Color(255, 0, 0), Color(0, 0, 255), Color(0, 0, 0)
NAMES: tuple[TextAnimationName, ...] = get_args(TextAnimationName)
UNITS: tuple[TextUnit, ...] = get_args(TextUnit)


def artist(text: str = "Move it\nwell", frames: int = 90, **look: Any) -> TextArtist:
    return TextArtist(style(text, **{"size_px": 40, **look}), frames=frames, fps=FPS)


def moving(
    enter: TextAnimationName | None, leave: TextAnimationName | None = None, unit: TextUnit = "letter", **look: Any
) -> TextArtist:
    return artist(animation=TextAnimation(enter, leave, unit, Fraction(1), 0.7, "left"), **look)


def ink(picture: Pixels) -> int:
    return int(picture[:, :, 3].astype(np.int64).sum())


def test_still_text_is_one_picture() -> None:
    drawn = artist()
    assert drawn.still
    assert drawn.frame(0) is drawn.frame(50)
    assert drawn.frame(0).shape == (drawn.size[1], drawn.size[0], 4)
    assert drawn.size[0] % 2 == drawn.size[1] % 2 == 0


def test_the_block_lies_at_its_origin() -> None:
    box = TextBackground(RED, padding_x_px=20, padding_y_px=10, radius_px=0)
    drawn = artist("HHH", background=box)
    red = np.nonzero((drawn.frame(0)[:, :, 0] > 128) & (drawn.frame(0)[:, :, 3] > 128))
    assert (red[1].min(), red[0].min()) == pytest.approx(drawn.origin, abs=1)
    assert red[1].max() - red[1].min() + 1 == pytest.approx(drawn.block[0], abs=1)
    assert red[0].max() - red[0].min() + 1 == pytest.approx(drawn.block[1], abs=1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", UNITS)
def test_an_animation_starts_with_nothing_and_ends_as_the_still_text(name: TextAnimationName, unit: TextUnit) -> None:
    drawn = moving(name, unit=unit, shadow=TextShadow(BLACK, 2, 2, 3))
    assert not drawn.still
    whole = drawn.frame(60)
    assert ink(drawn.frame(0)) < 0.05 * ink(whole)
    middle = drawn.frame(15)
    assert ink(middle) > 0
    assert not np.array_equal(middle, whole)
    assert np.array_equal(drawn.frame(30), whole)
    rest = artist(shadow=TextShadow(BLACK, 2, 2, 3)).frame(0)
    assert abs(ink(whole) - ink(rest)) <= 2
    late = drawn.frame(29).astype(int)
    assert np.abs(late - whole).mean() < 6


@pytest.mark.parametrize("name", NAMES)
def test_a_leaving_text_is_gone_at_the_end(name: TextAnimationName) -> None:
    drawn = moving(None, name, unit="word")
    whole = drawn.frame(0)
    assert np.array_equal(drawn.frame(59), whole)
    assert not np.array_equal(drawn.frame(75), whole)
    assert ink(drawn.frame(89)) < 0.5 * ink(whole)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_by_the_edge_of_the_picture(name: TextAnimationName) -> None:
    drawn = moving(name, unit="word", stroke=TextStroke(BLACK, 3), shadow=TextShadow(BLACK, 4, 4, 5))
    for number in range(0, 31, 3):
        alpha = drawn.frame(number)[:, :, 3]
        assert max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()) <= 24


def test_letters_come_one_after_the_other() -> None:
    drawn = moving("fade")
    seen = [ink(drawn.frame(number)) for number in range(31)]
    assert seen == sorted(seen)
    columns = np.nonzero(drawn.frame(8)[:, :, 3].max(axis=0) > 60)[0]
    whole = np.nonzero(drawn.frame(40)[:, :, 3].max(axis=0) > 60)[0]
    assert columns.max() < whole.max() - 40


def test_a_typewriter_writes_whole_letters() -> None:
    drawn = moving("typewriter", shadow=None)
    whole = drawn.frame(60)
    for number in (5, 12, 20):
        part = drawn.frame(number)
        there = part[:, :, 3] > 0
        assert np.abs(part.astype(int) - whole)[there].max() <= 1
    assert ink(drawn.frame(5)) < ink(drawn.frame(12)) < ink(drawn.frame(20)) < ink(whole)


def test_joined_scripts_move_by_words() -> None:
    drawn = artist("مرحبا بكم", animation=TextAnimation("typewriter", None, "letter", Fraction(1), 0, "left"))
    pictures = {drawn.frame(number).tobytes() for number in range(31)}
    assert len(pictures) == 3


def test_it_comes_from_the_side_that_is_asked_for() -> None:
    def middle(direction: Any) -> float:
        animation = TextAnimation("slide", None, "block", Fraction(1), 0, direction)
        drawn = artist("HHH", animation=animation)
        columns = drawn.frame(6)[:, :, 3].sum(axis=0)
        rest = drawn.frame(60)[:, :, 3].sum(axis=0)
        places = np.arange(len(columns))
        return float((places * columns).sum() / columns.sum() - (places * rest).sum() / rest.sum())

    assert middle("left") < -5
    assert middle("right") > 5
    assert abs(middle("up")) < 1


def test_short_clips_share_their_time_between_coming_and_going() -> None:
    animation = TextAnimation("fade", "fade", "block", Fraction(2), 0, "left")
    drawn = TextArtist(style("HHH", animation=animation), frames=20, fps=FPS)
    assert ink(drawn.frame(0)) == 0
    assert ink(drawn.frame(10)) > 0.95 * ink(artist("HHH", size_px=24).frame(0))
    assert ink(drawn.frame(19)) < 0.2 * ink(drawn.frame(10))


def test_a_frame_does_not_depend_on_those_before() -> None:
    one, two = moving("wave"), moving("wave")
    for number in range(17):
        one.frame(number)
    assert np.array_equal(one.frame(17), two.frame(17))


def test_a_gradient_runs_over_the_letters() -> None:
    gradient = Gradient("linear", 0, (ColorStop(0, RED), ColorStop(1, BLUE)))
    picture = artist("HHHHHH", gradient=gradient).frame(0)
    solid = picture[:, :, 3] == 255
    columns = np.nonzero(solid.any(axis=0))[0]
    first, last = (picture[:, at][solid[:, at]][0] for at in (columns[0] + 1, columns[-1] - 1))
    assert first[0] > 230
    assert first[2] < 25
    assert last[2] > 230
    assert last[0] < 25


def test_an_upright_gradient_runs_down() -> None:
    gradient = Gradient("linear", 90, (ColorStop(0, RED), ColorStop(1, BLUE)))
    picture = artist("HHHH", size_px=80, gradient=gradient).frame(0)
    rows = np.nonzero((picture[:, :, 3] == 255).any(axis=1))[0]
    assert picture[rows[0]][:, 0].max() > picture[rows[-1]][:, 0].max() + 60


@pytest.mark.parametrize(("decoration", "low", "high"), [("underline", 0.05, 0.3), ("line-through", -0.45, -0.15)])
def test_a_line_is_drawn_under_or_through(decoration: str, low: float, high: float) -> None:
    """`low` and `high` are where it lies below the baseline, in units of the type size."""
    plain, lined = artist("H H", size_px=80).frame(0), artist("H H", size_px=80, decoration=decoration).frame(0)
    drawn = artist("H H", size_px=80)
    baseline = np.nonzero(plain[:, :, 3].max(axis=1) > 128)[0].max() + 1
    gap = drawn.size[0] // 2  # between the letters
    rows = np.nonzero((lined[:, gap, 3] > 128) & (plain[:, gap, 3] < 10))[0]
    assert len(rows) > 2
    assert low * 80 <= rows.mean() - baseline <= high * 80


def test_each_line_may_have_its_own_box() -> None:
    box = TextBackground(RED, padding_x_px=10, padding_y_px=2, radius_px=6, per_line=True)
    drawn = artist("a long first line\nshort", background=box, color=Color(255, 255, 255))
    red = drawn.frame(0)[:, :, 3] == 255
    top, bottom = red[drawn.origin[1] + 12].sum(), red[drawn.origin[1] + drawn.block[1] - 12].sum()
    assert bottom < 0.6 * top


def test_italic_letters_lean() -> None:
    for family in ("Inter", "Anton"):
        looks: list[dict[str, Any]] = [{"family": family, "italic": italic} for italic in (False, True)]
        upright, leaning = (artist("I", size_px=90, **look).frame(0)[:, :, 3] for look in looks)
        assert np.ptp(np.nonzero(leaning > 128)[1]) > np.ptp(np.nonzero(upright > 128)[1]) + 8


def test_a_text_that_nobody_could_see_whole_is_refused() -> None:
    with pytest.raises(Invalid) as error:
        artist("word " * 300, size_px=1000, wrap_px=8000)
    assert error.value.code == "text_too_large"


def test_colours_are_premultiplied() -> None:
    picture = artist("OOO", color=Color(200, 100, 50)).frame(0)
    alpha = picture[:, :, 3:].astype(int)
    assert (picture[:, :, :3] <= alpha + 1).all()
    half = (picture[:, :, 3] > 100) & (picture[:, :, 3] < 150)
    assert np.abs(picture[half][:, 0].astype(int) - picture[half][:, 3].astype(int) * 200 / 255).max() <= 2
