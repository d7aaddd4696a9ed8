from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cutroom.render.segments import Live, cuts

FPS = Fraction(30)
SHORTEST, LONGEST = 60, 300


@st.composite
def pictures(draw: st.DrawFn) -> tuple[int, list[Live]]:
    frames = draw(st.integers(1, 3000))
    found = []
    for _ in range(draw(st.integers(0, 12))):
        first = draw(st.integers(0, frames - 1))
        last = draw(st.integers(first + 1, frames + 50))
        inner = draw(st.lists(st.integers(first, last), max_size=2))
        keys = draw(st.sets(st.integers(first + 1, last), max_size=20))
        found.append(Live(first, last, draw(st.booleans()), tuple(inner), tuple(sorted(keys))))
    return frames, found


@given(pictures())
def test_segments_cover_every_frame_once_and_are_neither_short_nor_long(case: tuple[int, list[Live]]) -> None:
    frames, found = case
    edges = cuts((0, frames), found, FPS)
    assert (edges[0], edges[-1]) == (0, frames)
    lengths = [last - first for first, last in pairwise(edges)]
    assert all(0 < length <= LONGEST for length in lengths)
    assert len(lengths) == 1 or min(lengths) >= SHORTEST


@given(st.integers(0, 2900), st.integers(1, 200))
def test_a_title_moves_no_cut_far_from_it(first: int, length: int) -> None:
    base, last = Live(0, 3000), min(first + length, 3000)
    near = range(first - LONGEST, last + LONGEST)
    before, after = cuts((0, 3000), [base], FPS), cuts((0, 3000), [base, Live(first, last)], FPS)
    assert [cut for cut in before if cut not in near] == [cut for cut in after if cut not in near]


def test_cuts_go_where_clips_start_and_end() -> None:
    assert cuts((0, 450), [Live(0, 150), Live(150, 300), Live(300, 450)], FPS) == [0, 150, 300, 450]


def test_clips_shorter_than_a_segment_are_made_together() -> None:
    assert cuts((0, 300), [Live(first, first + 15) for first in range(0, 300, 15)], FPS) == [0, 60, 120, 180, 240, 300]


def test_the_edges_of_pictures_that_cover_the_canvas_come_before_those_of_titles() -> None:
    titles = [Live(10, 80, covers=False), Live(100, 170, covers=False)]
    assert cuts((0, 180), [Live(0, 90), Live(90, 180), *titles], FPS) == [0, 90, 180]
    assert cuts((0, 600), [Live(0, 600), Live(200, 290, covers=False)], FPS) == [0, 200, 290, 360, 540, 600]


def test_a_long_clip_is_cut_on_a_grid_that_starts_with_it() -> None:
    assert cuts((0, 1000), [Live(100, 1000)], FPS) == [0, 100, 280, 460, 640, 820, 1000]


def test_a_film_is_cut_at_its_key_frames() -> None:
    keys = tuple(range(140, 2000, 250))
    assert cuts((0, 1700), [Live(0, 1700, keys=keys)], FPS) == [0, 140, 390, 640, 890, 1140, 1390, 1640, 1700]
    many = tuple(range(10, 2000, 20))
    assert cuts((0, 500), [Live(0, 500, keys=many)], FPS) == [0, 90, 170, 250, 330, 410, 500]


def test_where_key_frames_are_far_apart_the_grid_goes_on() -> None:
    film = Live(0, 1500, keys=(700, 1400))
    assert cuts((0, 1500), [film], FPS) == [0, 180, 360, 540, 700, 880, 1060, 1240, 1400, 1500]


def test_a_film_that_is_too_short_for_two_segments_is_not_cut_at_key_frames() -> None:
    assert cuts((0, 230), [Live(0, 230, keys=(50, 200))], FPS) == [0, 230]
    assert cuts((0, 140), [Live(0, 140, keys=(70,))], FPS) == [0, 140]


def test_key_frames_of_what_lies_above_a_still_count() -> None:
    still, film = Live(0, 1000), Live(0, 1000, keys=(250, 500, 750))
    assert cuts((0, 1000), [still, film], FPS) == [0, 250, 500, 750, 1000]


def test_transitions_get_segments_of_their_own_when_they_are_long_enough() -> None:
    assert cuts((0, 400), [Live(0, 260), Live(200, 400, transitions=(260,))], FPS) == [0, 200, 260, 400]
    assert cuts((0, 400), [Live(0, 215), Live(200, 400, transitions=(215,))], FPS) == [0, 200, 400]


def test_an_edit_far_away_and_later_clips_keep_their_cuts() -> None:
    clips = [Live(first, first + 100) for first in range(0, 1000, 100)]
    changed = [*clips[:2], Live(200, 250), Live(250, 300), *clips[3:]]
    assert cuts((0, 1000), clips, FPS)[4:] == cuts((0, 1000), changed, FPS)[-7:]


def test_where_very_many_clips_follow_each_other_segments_are_short() -> None:
    clips = [Live(0, 600), *(Live(300 + n, 301 + n) for n in range(60)), Live(400, 600, covers=False)]
    edges = cuts((0, 600), clips, FPS)
    counts = [sum(live.first < b and live.last > a for live in clips) for a, b in pairwise(edges)]
    assert max(counts) <= 24
    assert min(b - a for a, b in pairwise(edges)) >= 8


def test_ten_thousand_clips_are_cut_in_linear_memory() -> None:
    edges = cuts((0, 300_000), [Live(30 * n, 30 * n + 30) for n in range(10_000)], FPS)
    assert len(edges) == 5001
