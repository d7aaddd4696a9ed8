"""Where clips begin and end."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.framing.timing import Spoken, settle

FPS = Fraction(30)
WORDS = [(1000, 1400), (1450, 1800), (2500, 2900)]


def inside(moment: Fraction, words: list[Spoken]) -> bool:
    return any(start < moment * 1000 < end for start, end in words)


def test_edges_in_silence_stay_where_they_are_but_on_frames() -> None:
    cut = settle(Fraction(2), Fraction(33, 10), WORDS, fps=FPS, duration=Fraction(10))
    assert (cut.start, cut.frames) == (Fraction(2), 39)
    assert not cut.moved_start
    assert not cut.moved_end


def test_a_start_inside_of_a_word_moves_before_it() -> None:
    cut = settle(Fraction(27, 10), Fraction(33, 10), WORDS, fps=FPS, duration=Fraction(10))
    assert cut.moved_start
    assert Fraction(2400, 1000) <= cut.start <= Fraction(2500, 1000)


def test_an_end_inside_of_a_word_moves_after_it() -> None:
    cut = settle(Fraction(2), Fraction(27, 10), WORDS, fps=FPS, duration=Fraction(10))
    assert cut.moved_end
    assert Fraction(2900, 1000) <= cut.start + cut.frames / FPS <= Fraction(3050, 1000)


def test_between_words_that_nearly_touch_the_cut_is_made_between_them() -> None:
    cut = settle(Fraction(16, 10), Fraction(3), WORDS, fps=FPS, duration=Fraction(10))
    assert Fraction(1400, 1000) <= cut.start <= Fraction(1450, 1000)


def test_nothing_is_shown_that_the_recording_does_not_have() -> None:
    cut = settle(Fraction(2), Fraction(100), [], fps=FPS, duration=Fraction(31, 10))
    assert cut.frames == 33


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(24000, 1001), Fraction(25)])
@given(
    gaps=st.lists(st.tuples(st.integers(0, 900), st.integers(60, 800)), min_size=1, max_size=12),
    start=st.integers(0, 5000),
    length=st.integers(300, 6000),
)
def test_no_edge_is_ever_inside_of_a_word(fps: Fraction, gaps: list[tuple[int, int]], start: int, length: int) -> None:
    words: list[Spoken] = []
    at = 0
    for silence, said in gaps:
        words.append((at + silence, at + silence + said))
        at += silence + said
    cut = settle(Fraction(start, 1000), Fraction(start + length, 1000), words, fps=fps, duration=Fraction(60))
    assert cut.frames > 0
    assert not inside(cut.start, words)
    assert cut.frames / fps - 1 / fps < cut.heard <= cut.frames / fps
    assert not inside(cut.start + cut.heard, words)
