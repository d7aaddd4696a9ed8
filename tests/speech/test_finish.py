from dataclasses import replace
from itertools import pairwise

from cutroom.speech.finish import finish
from cutroom.speech.pcm import Span
from cutroom.speech.transcriber import Heard, Listening, Spoken, Utterance
from cutroom.speech.transcript import Word
from tests.speech.talk import talk

WHOLE = Span(0, 20_000)


async def finished(words: list[Spoken], speech: list[Span], span: Span = WHOLE, language: str = "en") -> list[Word]:
    recording = talk(20.0, numbers=3, seed=3)
    heard = Heard(language, ((Utterance(span, tuple(words)),),))
    [segments] = await finish(Listening(recording.pcm, (span,), language), heard, speech)
    return [word for segment in segments for word in segment.words]


async def test_a_word_that_begins_in_a_silence_is_moved_to_the_speech_after_it() -> None:
    speech = [Span(1_000, 3_000), Span(8_000, 9_000)]
    words = await finished([Spoken("a", 900, 1_500), Spoken("b", 7_400, 8_300), Spoken("c", 8_300, 8_900)], speech)
    assert [(word.start_ms, word.end_ms) for word in words] == [(900, 1_500), (7_980, 8_300), (8_300, 8_900)]


async def test_a_word_that_lies_in_a_silence_as_a_whole_keeps_its_length_if_there_is_room() -> None:
    speech = [Span(1_000, 3_000), Span(8_000, 9_000)]
    words = await finished([Spoken("b", 7_000, 7_300), Spoken("c", 8_200, 8_900)], speech)
    assert [(word.start_ms, word.end_ms) for word in words] == [(7_980, 8_200), (8_200, 8_900)]


async def test_a_word_that_lasts_into_a_silence_ends_with_the_speech() -> None:
    words = await finished([Spoken("a", 2_500, 4_000)], [Span(1_000, 3_000), Span(8_000, 9_000)])
    assert (words[0].start_ms, words[0].end_ms) == (2_500, 3_000)


async def test_numbers_without_times_get_them_between_their_neighbours() -> None:
    recording = talk(20.0, numbers=3, seed=3)
    place = next(number for number, token in enumerate(recording.tokens) if token.text[0].isdigit())
    tokens = recording.tokens[place - 2 : place + 3]
    spoken = [
        Spoken(token.text)
        if token.text[0].isdigit()
        else Spoken(token.text, round(token.words[0].start_ms), round(token.words[-1].end_ms), 0.9)
        for token in tokens
    ]
    words = await finished(spoken, [Span(0, 20_000)])
    assert [word.text for word in words] == [token.text for token in tokens]
    number = words[2]
    assert abs(number.start_ms - tokens[2].words[0].start_ms) < 100
    assert abs(number.end_ms - tokens[2].words[-1].end_ms) < 100
    assert words[1].confidence == 0.9
    assert number.confidence is None


async def test_text_without_any_times_is_aligned_and_words_with_spaces_are_taken_apart() -> None:
    recording = talk(20.0, numbers=3, seed=3)
    first = [token for token in recording.tokens if token.words[-1].end_ms < 5_500]
    text = " ".join(token.text for token in first)
    words = await finished([Spoken(f" {text} ")], [Span(0, 20_000)], Span(0, 5_800))
    assert [word.text for word in words] == text.split()
    for word, token in zip(words, first, strict=True):
        assert abs(word.start_ms - token.words[0].start_ms) < 160


async def test_a_number_without_room_is_aligned_together_with_its_neighbours() -> None:
    recording = talk(20.0, numbers=3, seed=3)
    place = next(number for number, token in enumerate(recording.tokens) if token.text[0].isdigit())
    before, number, after = recording.tokens[place - 1 : place + 2]
    words = await finished(
        [
            Spoken(before.text, round(before.words[0].start_ms), round(number.words[-1].end_ms)),
            Spoken(number.text),
            Spoken(after.text, round(number.words[-1].end_ms), round(after.words[-1].end_ms)),
        ],
        [Span(0, 20_000)],
    )
    assert abs(words[1].start_ms - number.words[0].start_ms) < 150
    assert abs(words[1].end_ms - number.words[-1].end_ms) < 150


async def test_a_sign_without_sound_leaves_the_times_of_the_words_behind_it() -> None:
    recording = talk(20.0, numbers=3, seed=3)
    place = next(number for number, token in enumerate(recording.tokens) if token.text[0].isdigit())
    first, before, number, after, last = recording.tokens[place - 2 : place + 3]
    told = [
        Spoken(token.text, round(token.words[0].start_ms), round(token.words[-1].end_ms))
        for token in (first, before, after, last)
    ]
    joined = replace(told[1], start_ms=told[0].end_ms)
    words = await finished([told[0], Spoken("\u2013"), joined, Spoken(number.text), *told[2:]], [Span(0, 20_000)])
    assert [word.text for word in words] == [first.text, "\u2013", before.text, number.text, after.text, last.text]
    assert abs(words[2].start_ms - before.words[0].start_ms) < 150
    assert abs(words[3].start_ms - number.words[0].start_ms) < 150
    assert [(word.start_ms, word.end_ms) for word in words[4:]] == [(one.start_ms, one.end_ms) for one in told[2:]]


async def test_times_that_cannot_be_are_put_in_order() -> None:
    words = await finished(
        [
            Spoken("a", 100, 900),
            Spoken("b", 500, 700),
            Spoken("c", 1_200, 1_100),
            Spoken("d", 30_000, 31_000),
            Spoken("e", 1_500, 1_900),
        ],
        [Span(0, 20_000)],
        Span(0, 2_000),
    )
    assert [word.text for word in words] == ["a", "b", "c", "d", "e"]
    for left, right in pairwise(words):
        assert left.start_ms <= left.end_ms <= right.start_ms
    assert words[-1].end_ms <= 2_000


async def test_an_utterance_of_nothing_makes_no_segment() -> None:
    assert await finished([Spoken("  ")], [Span(0, 20_000)]) == []
