from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cutroom.speech.chunks import OVERLAP_MS, SILENCE_MS, chunks_of, pieces_of
from cutroom.speech.pcm import Span
from cutroom.speech.transcriber import Pace

PACE = Pace(span_ms=10_000, longest_ms=20_000, chunk_ms=30_000)


def speech(*lengths: tuple[int, int]) -> tuple[list[Span], int]:
    """Spans of speech from their lengths and the gaps after them; and where all of it ends."""
    spans: list[Span] = []
    at = 0
    for length, gap in lengths:
        spans.append(Span(at, at + length))
        at += length + gap
    return spans, at


def test_nobody_who_speaks_makes_no_piece() -> None:
    assert pieces_of([], 30_000, PACE) == []
    assert chunks_of([], PACE) == []


def test_speech_is_cut_at_its_longest_gap() -> None:
    spans, end = speech((6_000, 200), (3_000, 900), (3_000, 300), (6_000, 100))
    pieces = pieces_of(spans, end, PACE)
    assert [piece.heard.end_ms for piece in pieces[:-1]] == [9_200 + 240]
    assert pieces[1].heard.start_ms == 10_100 - 240


def test_pads_stay_in_their_gap() -> None:
    spans, end = speech((12_000, 200), (12_000, 0))
    first, second = pieces_of(spans, end, PACE)
    assert first.heard.end_ms == second.heard.start_ms == 12_100


def test_long_silences_are_heard_by_nobody() -> None:
    spans, end = speech((2_000, SILENCE_MS), (2_000, 60_000), (2_000, 0))
    pieces = pieces_of(spans, end, PACE)
    assert len(pieces) == 3
    assert sum(piece.heard.length_ms for piece in pieces) < 6_000 + 6 * 240


def test_speech_without_gaps_is_cut_with_an_overlap() -> None:
    pieces = pieces_of([Span(0, 100_000)], 100_000, PACE)
    for left, right in pairwise(pieces):
        assert left.heard.end_ms - right.heard.start_ms == OVERLAP_MS
        assert left.kept.end_ms == right.kept.start_ms == (left.heard.end_ms + right.heard.start_ms) // 2
    assert max(piece.heard.length_ms for piece in pieces) <= PACE.longest_ms
    assert (pieces[0].heard.start_ms, pieces[-1].heard.end_ms) == (0, 100_000)


@given(st.lists(st.tuples(st.integers(96, 50_000), st.integers(96, 5_000)), min_size=1, max_size=40))
def test_all_speech_is_heard_and_kept_once(lengths: list[tuple[int, int]]) -> None:
    spans, end = speech(*lengths)
    pieces = pieces_of(spans, end, PACE)
    for span in spans:
        at = span.start_ms
        for piece in pieces:
            if piece.heard.start_ms <= at < piece.heard.end_ms:
                at = piece.heard.end_ms
        assert at >= span.end_ms
    assert (pieces[0].kept.start_ms, pieces[-1].kept.end_ms) == (0, end)
    for left, right in pairwise(pieces):
        assert left.kept.end_ms == right.kept.start_ms
        assert left.heard.start_ms < right.heard.start_ms
    for piece in pieces:
        assert 0 <= piece.heard.start_ms < piece.heard.end_ms <= end
        assert piece.heard.length_ms <= PACE.longest_ms + 2 * 240
    assert [piece for chunk in chunks_of(pieces, PACE) for piece in chunk] == pieces


def test_chunks_are_about_equal() -> None:
    spans, end = speech(*[(9_000, 1_000)] * 60)
    chunks = chunks_of(pieces_of(spans, end, PACE), PACE)
    lengths = [sum(piece.heard.length_ms for piece in chunk) for chunk in chunks]
    assert len(chunks) == 19
    assert max(lengths) < 1.4 * PACE.chunk_ms
    assert min(lengths) > 0.6 * PACE.chunk_ms
