"""Cues as files: read back by our own readers and by others, and harmless whatever was said."""

from collections.abc import Callable
from fractions import Fraction

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.ass import to_ass
from cutroom.speech.cues import Cue, cues_of
from cutroom.speech.formats import to_srt, to_text, to_timed_vtt, to_vtt
from cutroom.speech.limits import CueLimits
from cutroom.speech.measures import measure
from cutroom.speech.subtitles import LimitsDocument, LimitsWish, SubtitlesDocument, warnings_of
from cutroom.timeline import parse_cues
from cutroom.timeline.assets.presets import PRESET_NAMES, PresetName
from tests.speech.told import LECTURE, told

CUES = cues_of(told(LECTURE))
HOSTILE = [
    r"{\an8}", r"{\p1}", "<script>alert(1)</script>", "-->", "00:00:01,000", "<b>", "</i>", "{\\k9}", r"\N", r"C:\new",
    "&lt;", "&", "{", "}", "<c.red>", "NOTE", "STYLE", "WEBVTT", "1", "\\", "{}", "Dialogue:", "[Events]",
    "<00:00:01.000>",
]  # fmt: skip


def one_cue(*texts: str) -> list[Cue]:
    words = tuple(Word(text, 1000 + 100 * at, 1090 + 100 * at) for at, text in enumerate(texts))
    return [Cue(1000, 5000, (words,))]


def shown(text: str) -> list[str]:
    """What our own reader finds in a file, without signs that are not seen."""
    found = parse_cues(text).cues
    return [word.text.replace("\u200b", "").replace("\u2060", "") for cue in found for word in cue.words]


@pytest.mark.parametrize("write", [to_srt, to_vtt, to_timed_vtt, to_ass])
def test_cues_come_back_with_times_and_lines(write: Callable[[list[Cue]], str]) -> None:
    found = parse_cues(write(CUES)).cues
    assert len(found) == len(CUES)
    for cue, back in zip(CUES, found, strict=True):
        assert abs(float(back.start) * 1000 - cue.start_ms) <= 10
        assert abs(float(back.end) * 1000 - cue.end_ms) <= 10
        assert [word.text for word in back.words] == [word.text for word in cue.words]
        assert (back.lines or (len(back.words),)) == tuple(map(len, cue.lines))


@pytest.mark.parametrize("write", [to_timed_vtt, lambda cues: to_ass(cues, style="karaoke")])
def test_words_come_back_with_their_times(write: Callable[[list[Cue]], str]) -> None:
    for cue, back in zip(CUES, parse_cues(write(CUES)).cues, strict=True):
        for word, spoken in zip(cue.words, back.words, strict=True):
            assert abs(float(spoken.start) * 1000 - word.start_ms) <= 30


@pytest.mark.parametrize("write", [to_srt, to_vtt, to_ass])
def test_other_readers_find_the_same_text(write: Callable[[list[Cue]], str]) -> None:
    found = pysubs2.SSAFile.from_string(write(CUES))
    assert [event.plaintext.split("\n") for event in found] == [list(cue.texts) for cue in CUES]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_said_is_text_and_nothing_else(text: str) -> None:
    for write in (to_srt, to_vtt, to_timed_vtt):
        said = shown(write(one_cue("before", text, "after")))
        expected = text.replace("-->", "→") if write is to_srt else text
        assert said == ["before", expected, "after"], write
    braceless = text.replace("{", "(").replace("}", ")")
    assert shown(to_ass(one_cue("before", text, "after"))) == ["before", braceless, "after"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_script_no_tag_and_no_code_reaches_a_player(text: str) -> None:
    assert "<" not in to_vtt(one_cue(text))
    assert to_vtt(one_cue(text)).count("-->") == 1
    assert to_srt(one_cue(text)).count("-->") == 1
    event = pysubs2.SSAFile.from_string(to_ass(one_cue(text))).events
    assert len(event) == 1
    assert event[0].text.count("{") == 0
    assert not event[0].text.startswith(r"\N")


@settings(max_examples=100, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), min_size=1, max_size=6)
)
def test_whatever_is_said_every_file_can_be_read(texts: list[str]) -> None:
    words = tuple(Word(text, 1000 * at, 1000 * at + 900) for at, text in enumerate(texts))
    cues = cues_of(Transcript("en", 60_000, Engine("hand", "", writes_punctuation=True), (Segment(words),)))
    if not cues:
        return
    for write in (to_srt, to_vtt, to_timed_vtt, to_ass):
        starts = [cue.start for cue in parse_cues(write(cues)).cues] if any(c.text.strip() for c in cues) else []
        assert len(starts) <= len(cues)
        assert starts == sorted(starts)


@pytest.mark.parametrize("style", PRESET_NAMES)
def test_every_style_is_an_ass_file_with_every_word(style: PresetName) -> None:
    file = pysubs2.SSAFile.from_string(to_ass(CUES, style=style, canvas=(1080, 1920), title="A {talk}\nabout"))
    assert (file.info["PlayResX"], file.info["PlayResY"], file.info["Title"]) == ("1080", "1920", "A (talk) about")
    said = " ".join(event.plaintext for event in file).replace("\n", " ").lower()
    assert said == " ".join(cue.text for cue in CUES).lower()
    assert all(event.start < event.end for event in file)


def test_karaoke_fills_words_and_pop_grows_them() -> None:
    karaoke = pysubs2.SSAFile.from_string(to_ass(CUES, style="karaoke")).events[0].text
    assert karaoke.count(r"\kf") == len(CUES[0].words)
    pop = pysubs2.SSAFile.from_string(to_ass(CUES, style="pop")).events[0].text
    assert pop.count(r"\fscx112") == len(CUES[0].words)


def test_plain_text_has_paragraphs_and_speakers() -> None:
    words = (
        Word("Hello.", 0, 400, speaker="Ann"),
        Word("Hi.", 500, 800, speaker="Bo"),
        Word("Well.", 900, 1200, speaker="Bo"),
        Word("Later.", 4000, 4300, speaker="Bo"),
    )
    transcript = Transcript("en", 5000, Engine("hand", "", writes_punctuation=True), (Segment(words),))
    assert to_text(transcript) == "Ann: Hello.\n\nBo: Hi. Well.\n\nBo: Later.\n"


def test_a_document_holds_cues_and_is_a_source_of_captions() -> None:
    transcript, limits = told(LECTURE), CueLimits(fps=Fraction(30000, 1001))
    cues = cues_of(transcript, limits)
    document = SubtitlesDocument.of(
        cues,
        source="asset:ast_1",
        sha256="0" * 64,
        language="en",
        duration_ms=transcript.duration_ms,
        limits=limits,
        measures=measure(cues, limits, transcript),
    )
    again = SubtitlesDocument.model_validate_json(document.model_dump_json())
    assert again.as_cues() == cues
    assert again.limits.limits() == limits
    captions = parse_cues(document.model_dump_json()).cues
    assert list(captions) == [cue.shown() for cue in cues]


def test_wishes_change_the_usual_limits() -> None:
    usual = CueLimits()
    assert LimitsWish().applied(usual) == usual
    wished = LimitsWish(characters=20, lines=1, reading_speed=15, shortest=0.5, longest=4, words=3).applied(usual)
    assert wished == CueLimits(20, 1, 15, 500, 4000, words=3)
    assert LimitsDocument.of(wished).limits() == wished


def test_a_warning_says_what_is_wrong_and_by_how_much() -> None:
    transcript = told(LECTURE.replace(".", "").replace(",", ""), pace=40)
    cues, limits = cues_of(transcript), CueLimits()
    warnings = warnings_of(measure(cues, limits, transcript), limits)
    assert warnings[0].code == "cue_fast"
    assert "characters a second" in warnings[0].message
    assert warnings[0].message.startswith(f"Cue {warnings[0].cue} ")


@pytest.mark.parametrize("wish", [{"shortest": 8}, {"shortest": 3, "longest": 2}, {"characters": 3}, {"lines": 0}])
def test_wishes_that_contradict_themselves_are_refused(wish: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        LimitsWish.model_validate(wish)
