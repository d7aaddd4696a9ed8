"""Where sentences begin and end, with and without full stops."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.sentences import sentences

WRITES = Engine("faster-whisper", "small", writes_punctuation=True)
BARE = Engine("pocketsphinx", "en-us", writes_punctuation=False)


def spoken(text: str, *, pauses_ms: dict[int, int] | None = None, word_ms: int = 300) -> list[Word]:
    """Words of a text, 300 ms each and 50 ms apart; after those of these numbers a longer silence."""
    now = 0
    found: list[Word] = []
    for number, word in enumerate(text.split()):
        found.append(Word(word, now, now + word_ms))
        now += word_ms + (pauses_ms or {}).get(number, 50)
    return found


def transcript(words: Sequence[Word], engine: Engine = WRITES) -> Transcript:
    segments = (Segment(tuple(words)),) if words else ()
    return Transcript("en", words[-1].end_ms + 500 if words else 1000, engine, segments)


def texts(words: Sequence[Word], engine: Engine = WRITES) -> list[str]:
    return [sentence.text for sentence in sentences(transcript(words, engine))]


def test_nothing_has_no_sentences() -> None:
    assert sentences(transcript([])) == []


def test_full_stops_end_sentences_and_abbreviations_do_not() -> None:
    told = spoken("Dr. Smith came at 5 p.m. today. Why? He was late!")
    assert texts(told) == ["Dr. Smith came at 5 p.m. today.", "Why?", "He was late!"]


def test_no_is_an_answer_unless_a_number_follows() -> None:
    assert texts(spoken("Is it far? No. We walked to house No. 5 again.")) == [
        "Is it far?",
        "No.",
        "We walked to house No. 5 again.",
    ]


@pytest.mark.parametrize("text", ["你好。", "क्या हुआ।", "ماذا حدث؟", '"Really?"', "(Yes.)"])
def test_stops_of_other_scripts_and_behind_quotes_end_sentences(text: str) -> None:
    assert len(texts(spoken(f"{text} more words"))) == 2


def test_a_question_is_one_by_its_mark() -> None:
    found = sentences(transcript(spoken("Is it? It is. Réellement ? Oui.")))
    assert [one.asks for one in found] == [True, False, True, False]


def test_another_speaker_begins_another_sentence() -> None:
    words = [Word("well", 0, 300, None, "A"), Word("no", 320, 500, None, "B")]
    assert texts(words) == ["well", "no"]


def test_without_full_stops_long_pauses_end_sentences() -> None:
    told = spoken("we went home it was late", pauses_ms={2: 700, 4: 200})
    assert texts(told, BARE) == ["we went home", "it was late"]


def test_people_who_pause_briefly_have_sentences_too() -> None:
    words = spoken(" ".join(["word"] * 120), pauses_ms=dict.fromkeys(range(11, 120, 12), 350))
    assert {len(one.words) for one in sentences(transcript(words, BARE))} == {12}


def test_people_who_stop_and_think_are_not_cut_to_pieces() -> None:
    pauses = {number: 900 if number % 12 == 11 else 550 for number in range(2, 120, 3)}
    words = spoken(" ".join(["word"] * 120), pauses_ms=pauses)
    assert {len(one.words) for one in sentences(transcript(words, BARE))} == {12}


def test_without_pauses_nothing_lasts_longer_than_fifteen_seconds() -> None:
    found = sentences(transcript(spoken(" ".join(["word"] * 400)), BARE))
    assert all(one.end_ms - one.start_ms <= 15_000 for one in found)
    assert min(len(one.words) for one in found) > 10


def test_an_engine_that_stopped_writing_full_stops_is_helped() -> None:
    words = spoken("It began. " + " ".join(["word"] * 400))
    found = sentences(transcript(words))
    assert found[0].text == "It began."
    assert max(one.end_ms - one.start_ms for one in found) <= 45_000


def test_a_very_long_recording_without_any_pause_is_no_trouble() -> None:
    assert sum(len(one.words) for one in sentences(transcript(spoken("word " * 20_000), BARE))) == 20_000


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["word", "end.", "why?", "Dr.", "No.", "7", "…", "-"]),
            st.integers(0, 20_000),
            st.integers(0, 4_000),
            st.sampled_from([None, "A", "B"]),
        ),
        max_size=200,
    ),
    st.sampled_from([WRITES, BARE]),
)
def test_together_sentences_hold_every_word_once_and_in_order(
    told: list[tuple[str, int, int, str | None]], engine: Engine
) -> None:
    now = 0
    words: list[Word] = []
    for text, length, silence, speaker in told:
        words.append(Word(text, now, now + length, None, speaker))
        now += length + silence
    found = sentences(transcript(words, engine))
    assert [word for sentence in found for word in sentence.words] == words
    assert [sentence.first for sentence in found] == [
        0,
        *itertools.accumulate(len(sentence.words) for sentence in found[:-1]),
    ][: len(found)]
    assert all(sentence.words for sentence in found)
