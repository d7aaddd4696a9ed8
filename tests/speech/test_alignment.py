from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.quality.corpus.speech import Recording, write
from cutroom.speech import sphinx
from cutroom.speech.alignment import Passage, align, spread
from cutroom.speech.pcm import Span
from tests.speech.talk import talk


@pytest.fixture(scope="module")
def recording() -> Recording:
    return talk(20.0, numbers=3, seed=3)


def whole(recording: Recording) -> Span:
    return Span(0, int(recording.duration_ms))


async def test_written_words_get_the_times_at_which_they_are_said(recording: Recording) -> None:
    passage = Passage(whole(recording), tuple(token.text for token in recording.tokens))
    [times] = await align(recording.pcm, [passage], "en-GB")
    starts = [start - token.words[0].start_ms for (start, _), token in zip(times, recording.tokens, strict=True)]
    ends = [end - token.words[-1].end_ms for (_, end), token in zip(times, recording.tokens, strict=True)]
    assert np.mean(np.abs(starts)) < 40
    assert np.mean(np.abs(ends)) < 40
    numbers = [number for number, token in enumerate(recording.tokens) if token.text[0].isdigit()]
    assert numbers
    assert max(abs(ends[number]) for number in numbers) < 120


async def test_several_passages_are_aligned_by_one_child(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    place = next(number for number, token in enumerate(recording.tokens, 1) if token.text.endswith("."))
    first, rest = recording.tokens[:place], recording.tokens[place:]
    cut = int((first[-1].words[-1].end_ms + rest[0].words[0].start_ms) / 2)
    asked: list[int] = []
    ask = sphinx.ask

    async def counting(*arguments: object, **named: object) -> list[object]:
        asked.append(1)
        return await ask(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(sphinx, "ask", counting)
    passages = [
        Passage(Span(0, cut), tuple(token.text for token in first)),
        Passage(Span(cut, int(recording.duration_ms)), tuple(token.text for token in rest)),
    ]
    found = await align(recording.pcm, passages, "en")
    assert len(asked) == 1
    assert abs(found[1][0][0] - rest[0].words[0].start_ms) < 120


async def test_what_does_not_fit_its_sound_still_gets_times_in_order(recording: Recording) -> None:
    span = Span(1_000, 4_000)
    words = ("Supercalifragilistic", "\u2014", "zqx", "42", "\u4f60\u597d", *["constitutional"] * 40)
    [times] = await align(recording.pcm, [Passage(span, words)], "en")
    assert len(times) == len(words)
    for (start, end), (following, _) in pairwise([*times, (span.end_ms, span.end_ms)]):
        assert span.start_ms <= start <= end <= following + 10


async def test_what_is_not_english_is_spread_over_what_is_loud(recording: Recording) -> None:
    [times] = await align(recording.pcm, [Passage(Span(0, 6_000), ("Guten", "Tag", "zusammen"))], "de")
    first = recording.words[0].start_ms
    assert abs(times[0][0] - first) < 150
    assert all(end > start for start, end in times)
    assert times[2][1] <= 6_000


async def test_nothing_to_align_starts_nothing(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sphinx, "CHILD", Path("/nowhere/at/all.py"))
    assert await align(recording.pcm, [], "en") == []
    assert await align(recording.pcm, [Passage(Span(0, 1_000), ())], "en") == [[]]


def test_words_are_spread_over_silence_too(tmp_path: Path) -> None:
    write(tmp_path / "quiet.wav", np.zeros(16_000, np.float32))
    times = spread(tmp_path / "quiet.pcm", Passage(Span(0, 1_000), ("ab", "abab")))
    assert times == [(0, 330), (330, 1_000)]
    assert spread(tmp_path / "quiet.pcm", Passage(Span(2_000, 2_000), ("late",))) == [(2_000, 2_000)]


async def test_marks_of_punctuation_fall_on_pauses(tmp_path: Path) -> None:
    tone = 3_000 * np.sin(np.arange(16_000 * 10) * 0.3)
    tone[16_000 * 4 : 16_000 * 6] = 0  # somebody speaks for 4 s, pauses for 2 s, speaks for 4 s
    write(tmp_path / "tone.wav", tone.astype(np.float32))
    words: tuple[str, ...] = ("Erstens,", "zweitens", "drittens", "viertens")
    [times] = await align(tmp_path / "tone.pcm", [Passage(Span(0, 10_000), words)], "de")
    assert times[0][1] == pytest.approx(2_000, abs=400)  # the pause is too far off to be that comma's
    words = ("Ja", "so", "ist's", "eben.", "Und", "nun", "also", "da")
    [times] = await align(tmp_path / "tone.pcm", [Passage(Span(0, 10_000), words)], "de")
    assert (times[3][1], times[4][0]) == (4_000, 6_000)
