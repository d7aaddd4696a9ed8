"""Corrections of a transcript: what is not touched keeps its times, and words stay in order whatever is done."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.kit.errors import Invalid
from cutroom.speech import Engine, Segment, Transcript, Word, editing
from cutroom.speech.document import TranscriptDocument

ENGINE = Engine("pocketsphinx", "en-us", writes_punctuation=False)


def transcript(*segments: str, pause_ms: int = 0) -> Transcript:
    """Words of 100 ms for each letter, segments a second apart; the speakers are S0, S1…"""
    at = 1000
    made = []
    for number, text in enumerate(segments):
        words = []
        for word in text.split():
            words.append(Word(word, at, at + 100 * len(word), 0.9, f"S{number}"))
            at += 100 * len(word) + pause_ms
        made.append(Segment(tuple(words)))
        at += 1000
    return Transcript("en", at, ENGINE, tuple(made))


def timed(found: Transcript) -> list[tuple[str, int, int]]:
    return [(word.text, word.start_ms, word.end_ms) for word in found.words()]


def in_order(found: Transcript) -> bool:
    """As `TranscriptDocument` asks for it, and no segment without words."""
    words = list(found.words())
    following = all(left.end_ms <= right.start_ms for left, right in itertools.pairwise(words))
    return (
        following and all(word.start_ms <= word.end_ms for word in words) and all(part.words for part in found.segments)
    )


def test_a_word_that_is_corrected_keeps_its_times_and_loses_its_confidence() -> None:
    said = transcript("i scream for ice")
    made = editing.replace_text(said, 0, "I dream for ice.")
    assert timed(made) == [("I", 1000, 1100), ("dream", 1100, 1700), ("for", 1700, 2000), ("ice.", 2000, 2300)]
    assert [word.confidence for word in made.words()] == [0.9, None, 0.9, 0.9]


def test_words_in_the_place_of_fewer_share_their_time_by_their_letters() -> None:
    made = editing.replace_text(transcript("go tomorrow then"), 0, "go to Morrow now then")
    shared = [("to", 1200, 1345), ("Morrow", 1345, 1781), ("now", 1781, 2000)]
    assert timed(made) == [("go", 1000, 1200), *shared, ("then", 2000, 2400)]


def test_words_in_the_place_of_more_take_all_of_their_time() -> None:
    made = editing.replace_text(transcript("the u s a won"), 0, "the USA won")
    assert timed(made) == [("the", 1000, 1300), ("USA", 1300, 1600), ("won", 1600, 1900)]


def test_words_that_are_put_in_lie_in_the_silence_and_no_longer_than_they_need() -> None:
    said = transcript("one two", pause_ms=900)
    assert timed(said) == [("one", 1000, 1300), ("two", 2200, 2500)]
    assert timed(editing.replace_text(said, 0, "one and two"))[1] == ("and", 1300, 1540)
    assert timed(editing.replace_text(said, 0, "well one two"))[0] == ("well", 680, 1000)
    assert timed(editing.replace_text(said, 0, "one two three"))[2] == ("three", 2500, 2900)


def test_without_any_silence_a_word_that_is_put_in_takes_nothing_from_others() -> None:
    made = editing.replace_text(transcript("one two"), 0, "one and two")
    assert timed(made) == [("one", 1000, 1300), ("and", 1300, 1300), ("two", 1300, 1600)]


def test_a_segment_without_words_is_gone() -> None:
    assert [part.text for part in editing.replace_text(transcript("a b", "c d"), 0, " ").segments] == ["c d"]


def test_words_are_replaced_put_in_and_taken_out_by_number() -> None:
    said = transcript("alpha beta gamma", "delta")
    assert [part.text for part in editing.replace_words(said, 1, 1, "BETA two").segments] == [
        "alpha BETA two gamma",
        "delta",
    ]
    assert [part.text for part in editing.replace_words(said, 1, 1, "").segments] == ["alpha gamma", "delta"]
    assert [part.text for part in editing.replace_words(said, 3, 0, "new").segments] == [
        "alpha beta gamma",
        "new delta",
    ]
    assert [part.text for part in editing.replace_words(said, 4, 0, "new").segments] == [
        "alpha beta gamma",
        "delta new",
    ]
    assert [part.text for part in editing.replace_words(said, 0, 0, "new").segments] == [
        "new alpha beta gamma",
        "delta",
    ]
    assert [part.text for part in editing.replace_words(said, 2, 2, "end").segments] == ["alpha beta end"]
    assert editing.replace_words(said, 0, 4, "").segments == ()


def test_new_words_are_said_by_who_says_those_beside_them() -> None:
    said = transcript("a b", "c d")
    assert [word.speaker for word in editing.replace_words(said, 2, 0, "new").words()] == ["S0", "S0", "S1", "S1", "S1"]
    assert [word.speaker for word in editing.replace_words(said, 4, 0, "new").words()][-1] == "S1"
    assert [word.speaker for word in editing.replace_text(said, 0, "a x y b").words()][:4] == ["S0"] * 4


def texts(made: Transcript) -> list[str]:
    return [part.text for part in made.segments]


def unspaced() -> Transcript:
    """Three words of two signs each, as engines tell them where no spaces are written."""
    words = (Word("你好", 0, 400, 0.9), Word("世界", 3000, 3400, 0.9), Word("再见", 8000, 8600, 0.9))
    return Transcript("zh", 9000, ENGINE, (Segment(words),))


@pytest.mark.parametrize(
    ("correct", "found"),
    [
        (lambda said: editing.replace_text(said, 0, "你好地球再见"), "你好地球再见"),
        (lambda said: editing.replace_text(said, 0, "你好世界再见!"), "你好世界再见!"),
        (lambda said: editing.replace_all(said, "世界", "地球"), "你好地球再见"),
        (lambda said: editing.replace_all(said, "世界", "地球", whole_words=False), "你好地球再见"),
        (lambda said: editing.replace_words(said, 1, 1, "地球"), "你好地球再见"),
    ],
)
def test_a_sign_that_is_corrected_moves_no_other_where_no_spaces_are_written(
    correct: Callable[[Transcript], Transcript], found: str
) -> None:
    made = correct(unspaced())
    assert made.segments[0].text == found
    moments = {at for word in made.words() for at in (word.start_ms, word.end_ms)}
    assert {0, 400, 3000, 3200, 3400, 8000, 8600} <= moments <= {0, 200, 400, 3000, 3200, 3400, 8000, 8300, 8600}


def test_text_is_found_and_replaced_with_regard_to_words_and_capitals() -> None:
    said = transcript("the art of starting art", "Art again")
    assert texts(editing.replace_all(said, "art", "ART")) == ["the ART of starting ART", "ART again"]
    assert texts(editing.replace_all(said, "art", "x", match_case=True)) == ["the x of starting x", "Art again"]
    assert texts(editing.replace_all(said, "art", "X", whole_words=False, match_case=True))[0] == "the X of stXing X"
    assert texts(editing.replace_all(said, "art  of", "a\\1")) == ["the a\\1 starting art", "Art again"]
    assert texts(editing.replace_all(said, "art again", "")) == ["the art of starting art"]
    assert editing.replace_all(said, "nothing", "x") == said


def test_speakers_are_renamed_and_told() -> None:
    said = transcript("a b", "c", "d")
    assert [w.speaker for w in editing.rename_speaker(said, "S1", "Anna").words()] == ["S0", "S0", "Anna", "S2"]
    assert [w.speaker for w in editing.set_speaker(said, 0, None).words()] == [None, None, "S1", "S2"]
    assert [w.speaker for w in editing.rename_speaker(editing.set_speaker(said, 0, None), None, "B").words()][:2] == [
        "B",
        "B",
    ]


def test_segments_are_merged_and_split_without_a_change_of_words() -> None:
    said = transcript("a b", "c", "d e")
    merged = editing.merge_segments(said, 0, 2)
    assert [part.text for part in merged.segments] == ["a b c", "d e"]
    split = editing.split_segment(merged, 0, 1)
    assert [part.text for part in split.segments] == ["a", "b c", "d e"]
    assert list(split.words()) == list(said.words())


def test_a_word_is_moved_between_its_neighbours() -> None:
    said = transcript("one two", "three", pause_ms=100)
    assert timed(editing.set_times(said, 1, 1300, 1350))[1] == ("two", 1300, 1350)
    assert timed(editing.set_times(said, 0, 0, 1400))[0] == ("one", 0, 1400)
    assert timed(editing.set_times(said, 2, 3500, said.duration_ms))[2] == ("three", 3500, said.duration_ms)
    for start, end in ((1299, 1350), (1400, 2801), (1500, 1400)):
        with pytest.raises(Invalid, match=r"lies between 1\.3 and 2\.8 seconds"):
            editing.set_times(said, 1, start, end)


@pytest.mark.parametrize(
    ("do", "code"),
    [
        (lambda said: editing.replace_text(said, 2, "x"), "no_such_segment"),
        (lambda said: editing.replace_text(said, -1, "x"), "no_such_segment"),
        (lambda said: editing.replace_text(said, 0, "x" * 201), "word_too_long"),
        (lambda said: editing.replace_words(said, 3, 1, "x"), "no_such_word"),
        (lambda said: editing.replace_words(said, -1, 1, "x"), "no_such_word"),
        (lambda said: editing.replace_words(said, 1, -1, "x"), "no_such_word"),
        (lambda said: editing.rename_speaker(said, "nobody", "x"), "no_such_speaker"),
        (lambda said: editing.set_speaker(said, 9, "x"), "no_such_segment"),
        (lambda said: editing.merge_segments(said, 1, 2), "no_such_segment"),
        (lambda said: editing.split_segment(said, 0, 0), "no_such_word"),
        (lambda said: editing.split_segment(said, 0, 2), "no_such_word"),
        (lambda said: editing.set_times(said, 3, 0, 0), "no_such_word"),
    ],
)
def test_what_is_not_there_cannot_be_corrected(do: Callable[[Transcript], Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        do(transcript("a b", "c"))
    assert caught.value.code == code


WORD = st.text("abcABC,.", min_size=1, max_size=6)


@st.composite
def said(draw: st.DrawFn) -> Transcript:
    """Up to three segments of words that follow each other with any pauses, or none."""
    at, segments = 0, []
    for _ in range(draw(st.integers(1, 3))):
        words = []
        for text in draw(st.lists(WORD, min_size=1, max_size=6)):
            start = at + draw(st.sampled_from([0, 0, 7, 400]))
            at = start + draw(st.sampled_from([0, 1, 90, 500]))
            words.append(Word(text, start, at, 0.5, draw(st.sampled_from(["A", "B", None]))))
        segments.append(Segment(tuple(words)))
    return Transcript("en", at + draw(st.sampled_from([0, 300])), ENGINE, tuple(segments))


@given(said(), st.data())
def test_replacing_a_text_keeps_order_and_the_times_of_what_is_not_touched(
    before: Transcript, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(before.segments) - 1))
    old = before.segments[number].words
    low = data.draw(st.integers(0, len(old)))
    high = data.draw(st.integers(low, len(old)))
    new = data.draw(st.lists(WORD, max_size=5))
    text = " ".join([*(w.text for w in old[:low]), *new, *(w.text for w in old[high:])])
    after = editing.replace_text(before, number, text)
    assert in_order(after)
    assert " ".join(w.text for w in after.words()).split() == [
        *(w.text for part in before.segments[:number] for w in part.words),
        *text.split(),
        *(w.text for part in before.segments[number + 1 :] for w in part.words),
    ]
    kept = {(w.start_ms, w.end_ms) for w in after.words()}
    untouched = [w for at, part in enumerate(before.segments) if at != number for w in part.words]
    assert all((w.start_ms, w.end_ms) in kept for w in untouched)
    if not new and low == high:
        assert after == before


@given(said(), st.data())
def test_replacing_words_leaves_every_other_word_as_it_was(before: Transcript, data: st.DataObject) -> None:
    words = list(before.words())
    first = data.draw(st.integers(0, len(words)))
    count = data.draw(st.integers(0, len(words) - first))
    new = data.draw(st.lists(WORD, max_size=5))
    after = editing.replace_words(before, first, count, " ".join(new))
    found = list(after.words())
    assert in_order(after)
    assert found[:first] == words[:first]
    assert found[first + len(new) :] == words[first + count :]
    assert [w.text for w in found[first : first + len(new)]] == new
    assert all(w.start_ms >= 0 for w in found)
    assert not found or found[-1].end_ms <= max(before.duration_ms, words[-1].end_ms)


@given(said(), st.data())
def test_any_corrections_one_after_another_make_a_transcript_that_can_be_kept(
    before: Transcript, data: st.DataObject
) -> None:
    after = before
    for _ in range(data.draw(st.integers(1, 5))):
        if not after.segments:
            break
        segment = data.draw(st.integers(0, len(after.segments) - 1))
        total = sum(len(part.words) for part in after.segments)
        match data.draw(st.sampled_from(["text", "words", "all", "merge", "split", "times"])):
            case "text":
                after = editing.replace_text(after, segment, " ".join(data.draw(st.lists(WORD, max_size=8))))
            case "words":
                first = data.draw(st.integers(0, total))
                count = data.draw(st.integers(0, total - first))
                after = editing.replace_words(after, first, count, " ".join(data.draw(st.lists(WORD, max_size=3))))
            case "all":
                after = editing.replace_all(after, data.draw(WORD), data.draw(WORD), whole_words=False)
            case "merge":
                after = editing.merge_segments(after, segment, len(after.segments) - segment)
            case "split" if len(after.segments[segment].words) > 1:
                after = editing.split_segment(after, segment, 1)
            case _:
                word = data.draw(st.integers(0, total - 1))
                kept = list(after.words())[word]
                after = editing.set_times(after, word, kept.start_ms, kept.end_ms)
        assert in_order(after)
    document = TranscriptDocument.of(after, source="asset:x", sha256="0")
    assert TranscriptDocument.model_validate_json(document.model_dump_json()).transcript() == after
