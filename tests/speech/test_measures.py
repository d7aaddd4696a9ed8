"""What is wrong with cues is found, whoever made them."""

import pytest

from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.cues import Cue
from cutroom.speech.limits import CueLimits
from cutroom.speech.measures import measure

_LIMITS = CueLimits()


def said(*texts: str, start: int = 1000) -> tuple[Word, ...]:
    return tuple(Word(text, start + 100 * at, start + 100 * at + 90) for at, text in enumerate(texts))


def around(*cues: Cue) -> Transcript:
    words = tuple(word for cue in cues for word in cue.words)
    return Transcript("en", 60_000, Engine("hand", "", writes_punctuation=True), (Segment(words),))


GOOD = Cue(1000, 3000, (said("All", "is", "well."),))


def test_good_cues_break_nothing() -> None:
    later = Cue(3080, 5000, (said("Still", "well.", start=3080),))
    found = measure([GOOD, later], _LIMITS, around(GOOD, later))
    assert (found.within, found.faults, found.least_gap_ms, found.splits) == (1.0, (), 80, 0)


@pytest.mark.parametrize(
    ("cue", "kind", "figure"),
    [
        (Cue(0, 4000, (said("a" * 43),)), "line_long", 43),
        (Cue(0, 4000, (said("a"), said("b"), said("c"))), "lines_many", 3),
        (Cue(0, 1000, (said("a" * 21),)), "fast", 21.0),
        (Cue(0, 833, (said("a"),)), "short", 833),
        (Cue(0, 7001, (said("a"),)), "long", 7001),
    ],
)
def test_each_limit_is_told_by_its_name(cue: Cue, kind: str, figure: float) -> None:
    [fault] = measure([cue], _LIMITS, around(cue)).faults
    assert (fault.cue, fault.kind, fault.figure) == (0, kind, figure)


@pytest.mark.parametrize(("start", "kind", "figure"), [(3079, "gap", 79), (2999, "overlap", -1)])
def test_gaps_and_overlaps_are_told_of_the_later_cue(start: int, kind: str, figure: int) -> None:
    later = Cue(start, 5000, (said("Yes.", start=start),))
    [fault] = measure([GOOD, later], _LIMITS, around(GOOD, later)).faults
    assert (fault.cue, fault.kind, fault.figure) == (1, kind, figure)


def test_too_many_words_are_told_when_words_are_counted() -> None:
    [fault] = measure([GOOD], CueLimits(words=2), around(GOOD)).faults
    assert (fault.kind, fault.figure) == ("words_many", 3)


def test_breaks_behind_articles_are_counted() -> None:
    torn = Cue(1000, 4000, (said("I", "see", "the"), said("moon.", start=1300)))
    assert measure([torn], _LIMITS, around(torn)).splits == 1


def test_cues_over_a_cut_are_counted_but_not_for_less_than_a_frame() -> None:
    transcript = around(GOOD)
    assert measure([GOOD], _LIMITS, transcript, cuts_ms=[2000]).over_cuts == 1
    assert measure([GOOD], _LIMITS, transcript, cuts_ms=[1000, 2970, 3000]).over_cuts == 0


def test_of_no_cues_nothing_is_wrong() -> None:
    assert measure([], _LIMITS, around()).within == 1.0
