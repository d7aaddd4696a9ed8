"""Word times: against the truth, after silences, of numbers; and no words where nobody speaks."""

import asyncio
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np

from bench.quality.corpus.speech import Recipe, Recording, music, noise, recording, write
from bench.quality.hearing import compare, transcribed, truth_of, words_of
from bench.quality.table import Row
from cutroom.speech.alignment import Passage, align
from cutroom.speech.pcm import SAMPLE_RATE, Span

RECIPE = Recipe(180, ("slt", "rms", "kal16"), seed=9, numbers=6, pauses_s=(0.3, 4.0), turn=3)


def measure() -> list[Row]:
    """The rows of the table."""
    return asyncio.run(_measured(recording(RECIPE)))


async def _measured(talk: Recording) -> list[Row]:
    words = words_of(await transcribed(talk.wav))
    found = compare(truth_of(talk), words)
    ends = [abs(heard.end_ms - true.end_ms) for true, heard in found.found]
    first = found.first_errors_ms()
    timeless = sum(word.end_ms <= word.start_ms for word in words)
    back = sum(following.start_ms < one.end_ms for one, following in pairwise(words))
    rows = [
        Row("words: end", "mean < 30 ms", f"{_told(ends)}, {len(ends)} words", bool(np.mean(ends) < 30)),
        Row(
            "words: first after silence",
            "mean < 100 ms",
            f"{_told(first)}, {len(first)} words",
            bool(np.mean(first) < 100),
        ),
        Row("words: without time, out of order", "0 and 0", f"{timeless} and {back}", timeless == back == 0),
    ]
    return [*rows, *await _aligned(talk), *await _silence()]


async def _aligned(talk: Recording) -> list[Row]:
    """Times of text that has none, sentence after sentence, numbers in digits among it."""
    passages: list[Passage] = []
    tokens = list(talk.tokens)
    groups = [tokens[at : at + 30] for at in range(0, len(tokens), 30)]
    for number, group in enumerate(groups):
        start = 0 if number == 0 else (groups[number - 1][-1].words[-1].end_ms + group[0].words[0].start_ms) / 2
        last = number + 1 == len(groups)
        end = talk.duration_ms if last else (group[-1].words[-1].end_ms + groups[number + 1][0].words[0].start_ms) / 2
        passages.append(Passage(Span(int(start), int(end)), tuple(token.text for token in group)))
    times = [span for spans in await align(talk.pcm, passages, "en") for span in spans]
    ends = [abs(end - token.words[-1].end_ms) for (_, end), token in zip(times, tokens, strict=True)]
    digits = [error for error, token in zip(ends, tokens, strict=True) if any(char.isdigit() for char in token.text)]
    return [
        Row("alignment: end of words without times", "mean < 30 ms", _told(ends), bool(np.mean(ends) < 30)),
        Row(
            "alignment: end of numbers",
            "mean < 30 ms",
            f"{_told(digits)}, {len(digits)} numbers",
            bool(np.mean(digits) < 30),
        ),
    ]


async def _silence() -> list[Row]:
    """Thirty seconds each of digital silence, of a quiet room, of a loud one, and of music."""
    count = 30 * SAMPLE_RATE
    sounds = {
        "silence": np.zeros(count, np.float32),
        "a quiet room": 10 * noise(count, 1),
        "loud noise": 1_000 * noise(count, 2),
        "music": 2_000 * music(count, 3),
    }
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, samples) in enumerate(sounds.items()):
            path = Path(folder) / f"{number}.wav"
            write(path, samples)
            words = words_of(await transcribed(path))
            rows.append(Row(f"words: in 30 s of {name}", "0", str(len(words)), not words))
    return rows


def _told(errors: list[float]) -> str:
    return f"mean {np.mean(errors):.0f} ms, p95 {np.percentile(errors, 95):.0f}, worst {max(errors):.0f}"


if __name__ == "__main__":
    from bench.quality.table import print_table

    print_table(measure())
