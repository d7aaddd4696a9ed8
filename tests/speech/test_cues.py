"""Words become cues that people can read."""

import itertools
import time
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.cues import Cue, cues_of
from cutroom.speech.limits import CHAIN_MS, EARLIEST_MS, LATEST_MS, CueLimits, limits_for
from cutroom.speech.measures import measure
from tests.speech.told import LECTURE, told

_HAND = Engine("hand", "", writes_punctuation=True)


def cues_and_faults(transcript: Transcript, limits: CueLimits | None = None) -> list[Cue]:
    limits = limits or CueLimits()
    cues = cues_of(transcript, limits)
    assert measure(cues, limits, transcript).faults == ()
    return cues


@pytest.mark.parametrize("punctuated", [True, False])
@pytest.mark.parametrize("pace", [10, 15, 18, 19.5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_lecture_keeps_to_every_limit(*, pace: float, seed: int, punctuated: bool) -> None:
    transcript = told(LECTURE, pace=pace, seed=seed, punctuated=punctuated)
    cues = cues_of(transcript)
    found = measure(cues, CueLimits(), transcript)
    assert found.faults == ()
    assert found.splits == 0
    assert found.in_offset_ms <= 40


def test_lines_end_where_people_breathe() -> None:
    texts = [cue.texts for cue in cues_and_faults(told(LECTURE))]
    assert ("Good morning, everyone,", "and welcome to the show.") in texts
    assert ("In the year 1608, a maker of spectacles", "in the Netherlands asked for a patent,") in texts
    assert ("Why did it take so long?",) in texts


def test_what_fits_in_one_line_stays_in_one_line() -> None:
    [cue] = cues_and_faults(told("We went to the market, and it rained."))
    assert len(cue.lines) == 1


def test_the_lower_line_is_the_longer_one_where_both_would_do() -> None:
    [cue] = cues_and_faults(told("aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk."))
    above, below = cue.texts
    assert len(above) < len(below)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("We all saw that the very old and quite heavy telescope stood beside the window.", ("the", "window")),
        ("Everybody in the whole village had already heard about the work of Maria Lopez.", ("Maria", "Lopez")),
        ("After all those long discussions the committee paid us no less than 20 dollars.", ("20", "dollars")),
        ("They have been looking around the neighbourhood for days with Dr. Lopez herself.", ("Dr.", "Lopez")),
        ("Wir haben gestern Abend lange miteinander gesprochen und dann noch den Film gesehen.", ("den", "Film")),
        ("Nous avons longuement parlé hier soir de toutes ces choses avec le directeur.", ("le", "directeur")),
    ],
)
def test_what_belongs_together_stays_in_one_line(text: str, pair: tuple[str, str]) -> None:
    language = "de" if text.startswith("Wir") else "fr" if text.startswith("Nous") else "en"
    for characters in range(24, 43):
        limits = CueLimits(characters=characters)
        lines = [line for cue in cues_of(told(text, language=language), limits) for line in cue.texts]
        assert any(" ".join(pair) in line for line in lines), (characters, lines)


def test_cues_come_with_their_first_word_and_stay_at_most_half_a_second_longer() -> None:
    for cue in cues_and_faults(told(LECTURE)):
        assert cue.start_ms == cue.words[0].start_ms
        assert cue.end_ms <= max(cue.words[-1].end_ms + 500, cue.start_ms + CueLimits().reading_ms(len(cue.text)))


def test_gaps_are_two_frames_or_half_a_second() -> None:
    cues = cues_and_faults(told(LECTURE, seed=5))
    gaps = {two.start_ms - one.end_ms for one, two in itertools.pairwise(cues)}
    assert all(gap == CueLimits().gap_ms or gap >= CHAIN_MS for gap in gaps)


def test_two_frames_are_longer_where_frames_are() -> None:
    film = CueLimits(fps=Fraction(24000, 1001))
    assert film.gap_ms == 84
    assert CueLimits(fps=Fraction(60)).gap_ms == 34
    transcript = told(LECTURE)
    assert measure(cues_of(transcript, film), film, transcript).least_gap_ms == 84


def test_no_cue_stays_over_a_cut_of_the_pictures() -> None:
    transcript = told(LECTURE)
    words = list(transcript.words())
    # In the middle of words, between words, and far from all of them.
    cuts = [words[20].start_ms + 30, words[52].end_ms - 20, words[90].end_ms + 5, words[118].end_ms + 400]
    cues = cues_of(transcript, cuts_ms=cuts)
    found = measure(cues, CueLimits(), transcript, cuts_ms=cuts)
    assert found.over_cuts == 0
    assert found.faults == ()
    assert measure(cues_of(transcript), CueLimits(), transcript, cuts_ms=cuts).over_cuts > 0


def test_a_cue_ends_two_frames_before_a_cut() -> None:
    words = (Word("Here", 1000, 1400), Word("it", 1420, 1600), Word("ends.", 1620, 2300))
    transcript = Transcript("en", 9000, _HAND, (Segment(words),))
    [cue] = cues_of(transcript, cuts_ms=[2500])
    assert (cue.start_ms, cue.end_ms) == (1000, 2420)


def test_two_speakers_have_cues_of_their_own() -> None:
    transcript = told(LECTURE, speakers=("A", "B"), seed=3, pace=12)
    cues = cues_and_faults(transcript)
    assert len([cue for cue in cues if len({word.speaker for word in cue.words}) > 1]) <= 2


def test_two_who_speak_fast_share_a_cue_with_dashes() -> None:
    words = [
        Word("No.", 1000, 1200, speaker="A"),
        Word("Yes.", 1250, 1450, speaker="B"),
        Word("Then", 1500, 1700, speaker="A"),
        Word("let", 1700, 1900, speaker="A"),
        Word("us", 1900, 2000, speaker="A"),
        Word("all", 2000, 2200, speaker="A"),
        Word("go", 2200, 2400, speaker="A"),
        Word("home.", 2400, 2800, speaker="A"),
    ]
    transcript = Transcript("en", 2900, _HAND, (Segment(tuple(words)),))
    cues = cues_and_faults(transcript)
    assert [cue.texts for cue in cues] == [("-No.", "-Yes."), ("Then let us all go home.",)]


def test_speech_that_is_too_fast_for_a_moment_is_caught_up_with() -> None:
    transcript = told(LECTURE, pace=23)
    cues = cues_and_faults(transcript)
    assert max(abs(cue.start_ms - cue.words[0].start_ms) for cue in cues) <= LATEST_MS


def test_speech_that_stays_too_fast_is_said_to_be() -> None:
    transcript = told(LECTURE.replace(".", "").replace(",", ""), pace=32)
    limits = CueLimits()
    cues = cues_of(transcript, limits)
    found = measure(cues, limits, transcript)
    assert {fault.kind for fault in found.faults} <= {"fast", "short"}
    assert found.fastest > 20
    assert max(abs(cue.start_ms - cue.words[0].start_ms) for cue in cues) <= LATEST_MS + 1
    assert found.least_gap_ms == limits.gap_ms


def test_a_cue_comes_a_little_early_where_the_recording_ends_too_soon() -> None:
    words = (Word("Goodbye", 5000, 5200), Word("everyone.", 5200, 5400))
    transcript = Transcript("en", 5500, _HAND, (Segment(words),))
    [cue] = cues_and_faults(transcript)
    assert cue.end_ms == 5500
    assert cue.start_ms == 5500 - 850  # 17 characters


def test_a_word_that_fits_no_line_is_torn() -> None:
    address = "https://example.com/" + "a" * 100
    cues = cues_of(told(f"See {address} for more."))
    assert max(len(line) for cue in cues for line in cue.texts) <= 42
    assert "".join(word.text for cue in cues for word in cue.words) == f"See{address}formore."


def test_signs_that_are_no_text_are_left_out() -> None:
    words = (Word("a\x00b", 0, 400), Word("\u202e", 500, 600), Word("c\u2028d", 700, 1500))
    [cue] = cues_of(Transcript("en", 3000, _HAND, (Segment(words),)))
    assert cue.texts == ("ab cd",)


def test_nothing_said_is_no_cue() -> None:
    assert cues_of(Transcript("en", 3000, _HAND, ())) == []


def test_chinese_is_measured_in_full_width_signs() -> None:
    limits = limits_for("zh-Hans")
    said = "今天我们来谈谈望远镜的历史、它改变了我们看夜空的方式。很久以前、没有人知道那些光点是什么。"
    now, words = 0, []
    for start in range(0, len(said), 2):
        part = said[start : start + 2]
        words.append(Word(part, now, now + 400))
        now += 420
    transcript = Transcript("zh", now + 1000, _HAND, (Segment(tuple(words)),))
    cues = cues_and_faults(transcript, limits)
    assert max(len(line) for cue in cues for line in cue.texts) <= 16
    assert "".join(cue.text for cue in cues) == said


def test_one_to_five_words_a_card_when_that_is_asked_for() -> None:
    limits = CueLimits(characters=24, lines=1, words=4, reading_speed=30, shortest_ms=300)
    cues = cues_and_faults(told(LECTURE, pace=14), limits)
    assert max(len(cue.words) for cue in cues) <= 4


def test_three_lines_when_that_is_asked_for() -> None:
    cues = cues_and_faults(told(LECTURE), CueLimits(characters=20, lines=3))
    assert max(len(cue.lines) for cue in cues) == 3


def test_ten_hours_take_seconds() -> None:
    long = told(" ".join([LECTURE] * 760))
    assert long.duration_ms > 10 * 3_600_000
    began = time.process_time()
    cues_of(long)
    assert time.process_time() - began < 6  # about 1.5 on an idle machine


def test_long_recordings_are_divided_as_well_as_short_ones() -> None:
    long = told(" ".join([LECTURE] * 90))
    assert sum(1 for _ in long.words()) > 10_000  # more than are looked at together
    found = measure(cues_of(long), CueLimits(), long)
    assert (found.faults, found.splits) == ((), 0)


_WORDS = st.tuples(
    st.text("abcdefgh.,", min_size=1, max_size=14) | st.sampled_from(["the", "and", "of", "I", "No.", "Dr.", "世界"]),
    st.integers(0, 900),
    st.integers(0, 300) | st.integers(0, 4000),
    st.sampled_from([None, "A", "B"]),
)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    now = draw(st.integers(0, 3000))
    words = []
    for text, length, pause, speaker in draw(st.lists(_WORDS, min_size=1, max_size=60)):
        words.append(Word(text, now, now + length, speaker=speaker))
        now += length + pause
    engine = replace(_HAND, writes_punctuation=draw(st.booleans()))
    return Transcript("en", now + draw(st.integers(0, 2000)), engine, (Segment(tuple(words)),))


@settings(max_examples=150, deadline=None)
@given(
    transcript=transcripts(),
    limits=st.builds(
        CueLimits,
        characters=st.integers(14, 60),
        lines=st.integers(1, 3),
        reading_speed=st.floats(8, 40),
        words=st.none() | st.integers(1, 6),
        fps=st.sampled_from([Fraction(25), Fraction(24000, 1001), Fraction(60)]),
    ),
    cuts=st.lists(st.integers(0, 40_000), max_size=8, unique=True).map(sorted),
)
def test_whatever_is_said_cues_hold_every_word_once_and_never_overlap(
    transcript: Transcript, limits: CueLimits, cuts: list[int]
) -> None:
    cues = cues_of(transcript, limits, cuts_ms=cuts)
    said = "".join(word.text for word in transcript.words())
    shown = "".join(word.text for cue in cues for word in cue.words)
    assert shown.replace("-", "") == said
    found = measure(cues, limits, transcript, cuts_ms=cuts)
    assert {fault.kind for fault in found.faults} <= {"fast", "short"}
    for cue in cues:
        assert 0 <= cue.start_ms < cue.end_ms
        assert -EARLIEST_MS <= cue.start_ms - cue.words[0].start_ms <= LATEST_MS + 900
        shown_cue = cue.shown()
        assert all(shown_cue.start <= word.start <= word.end <= shown_cue.end for word in shown_cue.words)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10_000), pace=st.floats(6, 17), punctuated=st.booleans())
def test_whoever_speaks_at_a_human_pace_gets_cues_without_a_fault(*, seed: int, pace: float, punctuated: bool) -> None:
    transcript = told(LECTURE, pace=pace, seed=seed, punctuated=punctuated)
    assert measure(cues_of(transcript), CueLimits(), transcript).faults == ()
