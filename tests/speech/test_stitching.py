from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cutroom.speech.chunks import Piece
from cutroom.speech.pcm import Span
from cutroom.speech.stitching import regrouped, stitch
from cutroom.speech.transcript import Segment, Word

OVERLAPPING = [Piece(Span(0, 12_000), Span(0, 10_000)), Piece(Span(8_000, 20_000), Span(10_000, 20_000))]


def segment(*words: tuple[str, int, int]) -> Segment:
    return Segment(tuple(Word(text, start, end) for text, start, end in words))


def texts(segments: list[Segment]) -> list[str]:
    return [word.text for segment in segments for word in segment.words]


def test_pieces_with_a_gap_between_them_are_laid_end_to_end() -> None:
    pieces = [Piece(Span(0, 5_000), Span(0, 5_500)), Piece(Span(6_000, 9_000), Span(5_500, 9_000))]
    left, right = segment(("one", 100, 400)), segment(("two", 6_200, 6_500))
    assert stitch(pieces, [[left], [right]]) == [left, right]


def test_what_was_heard_twice_is_written_once() -> None:
    left = segment(("a", 7_000, 7_500), ("b", 8_200, 9_000), ("c", 9_200, 9_900), ("d", 10_300, 11_000))
    right = segment(("b", 8_210, 9_010), ("c", 9_190, 9_890), ("d", 10_310, 11_010), ("e", 12_500, 13_000))
    assert texts(stitch(OVERLAPPING, [[left], [right]])) == ["a", "b", "c", "d", "e"]


def test_a_word_across_the_middle_is_neither_lost_nor_doubled() -> None:
    for early in (0, 40):
        left = segment(("b", 9_000, 9_600), ("middle", 9_700 - early, 10_250 - early), ("d", 10_400, 11_000))
        right = segment(("b", 9_010, 9_610), ("middle", 9_740, 10_330), ("d", 10_410, 11_010))
        assert texts(stitch(OVERLAPPING, [[left], [right]])) == ["b", "middle", "d"]


def test_words_that_both_sides_cut_differently_do_not_double() -> None:
    left = segment(("well", 9_500, 9_980), ("known", 9_980, 10_700))
    right = segment(("known", 10_020, 10_690), ("man", 10_700, 11_300))
    assert texts(stitch(OVERLAPPING, [[left], [right]])) == ["well", "known", "man"]


def test_a_side_may_hear_nothing() -> None:
    right = segment(("d", 10_310, 11_010))
    assert texts(stitch(OVERLAPPING, [[], [right]])) == ["d"]
    assert stitch(OVERLAPPING, [[], []]) == []
    assert stitch([], []) == []


@given(
    st.lists(st.tuples(st.integers(80, 700), st.integers(0, 400)), min_size=60, max_size=60),
    st.lists(st.integers(-30, 30), min_size=240, max_size=240),
)
def test_any_speech_cut_anywhere_comes_out_as_it_was(lengths: list[tuple[int, int]], errors: list[int]) -> None:
    words: list[Word] = []
    at = 0
    for number, (length, gap) in enumerate(lengths):
        words.append(Word(f"w{number}", at, at + length))
        at += length + gap
    pieces = [
        Piece(Span(max(0, low - 2_000), min(at, high + 2_000)), Span(low, high))
        for low, high in pairwise([*range(0, at, 6_000), at])
    ]
    moves = iter(errors * 40)
    heard = []
    for piece in pieces:
        inside = [w for w in words if piece.heard.start_ms <= w.start_ms and w.end_ms <= piece.heard.end_ms]
        jittered = [Word(w.text, max(0, w.start_ms + next(moves)), w.end_ms + next(moves)) for w in inside]
        heard.append(
            [Segment(tuple(Word(w.text, w.start_ms, max(w.start_ms, w.end_ms)) for w in jittered))] if inside else []
        )
    stitched = stitch(pieces, heard)
    assert texts(stitched) == [word.text for word in words]
    found = [word for segment in stitched for word in segment.words]
    assert all(left.end_ms <= right.start_ms and left.start_ms <= left.end_ms for left, right in pairwise(found))


def test_words_without_punctuation_are_grouped_by_pauses_and_speakers() -> None:
    words = [Word("a", 0, 100), Word("b", 200, 300), Word("c", 900, 1_000), Word("d", 1_000, 1_100, speaker="S2")]
    segments = [Segment((words[0],)), Segment(tuple(words[1:]))]
    assert [segment.text for segment in regrouped(segments, punctuated=False)] == ["a b", "c", "d"]
    assert [segment.text for segment in regrouped(segments, punctuated=True)] == ["a", "b c", "d"]
