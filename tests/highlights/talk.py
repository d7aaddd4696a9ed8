"""Transcripts for tests: texts spoken at an even pace."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cutroom.highlights.loudness import RATE, Loudness, loudness_of
from cutroom.speech import Engine, Segment, Transcript, Word

WRITES = Engine("faster-whisper", "small", writes_punctuation=True)
BARE = Engine("pocketsphinx", "en-us", writes_punctuation=False)
FILLER = (
    "The chairs are in the room. The table is by the door. The list is on the table. The window is on the left. "
    "The cups are in the cupboard. The paper lies on the shelf. The lamp is above the desk. The key is in the box.\n\n"
)
STORY = (
    "What would you do if you lost everything in one night? I lost eleven million dollars and I was terrified. "
    "Nobody believed that the firm could survive. But the secret was to call every customer and tell the truth. "
    "Forty customers cried with me on the phone. That is why our firm became the biggest of all.\n\n"
)


def transcript(
    text: str | Sequence[tuple[str | None, str]],
    *,
    engine: Engine = WRITES,
    language: str = "en",
    word_ms: int = 320,
    pause_ms: int = 600,
) -> Transcript:
    """A text, or texts with their speakers; silence after each sentence, twice as long after each paragraph."""
    turns = [(None, text)] if isinstance(text, str) else text
    now = 1_000
    words: list[Word] = []
    for speaker, said in turns:
        for paragraph in said.split("\n\n"):
            for one in paragraph.split():
                words.append(Word(one, now, now + word_ms, 0.9, speaker))
                now += word_ms + (pause_ms if re.search(r"[.?!]$", one) else 0)
            now += pause_ms
    if not engine.writes_punctuation:
        words = [
            Word(re.sub(r"[^\w']", "", one.text).lower() or "a", one.start_ms, one.end_ms, one.confidence, one.speaker)
            for one in words
        ]
    return Transcript(language, now + 1_000, engine, (Segment(tuple(words)),) if words else ())


def said(transcript: Transcript, first_word: int, last_word: int) -> str:
    """The words from one number to another."""
    return " ".join(word.text for word in list(transcript.words())[first_word : last_word + 1])


def sound(
    folder: Path, of: Transcript, *, loud: Sequence[tuple[int, int]] = (), laughter: Sequence[tuple[int, int]] = ()
) -> Loudness:
    """The loudness of noise where words are: 10 dB louder within `loud`, and noise without words within `laughter`."""
    chance = np.random.default_rng(7)
    samples = chance.normal(0, 10, of.duration_ms * RATE // 1000)
    for word in of.words():
        level = 6_000 if any(start <= word.start_ms < end for start, end in loud) else 1_900
        put(samples, word.start_ms, word.end_ms, level, chance)
    for start, end in laughter:
        put(samples, start, end, 2_500, chance)
    path = folder / "sound.pcm"
    path.write_bytes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
    return loudness_of(path)


def put(
    samples: "np.typing.NDArray[np.float64]", start_ms: int, end_ms: int, level: int, chance: np.random.Generator
) -> None:
    """Add noise."""
    span = slice(start_ms * RATE // 1000, end_ms * RATE // 1000)
    samples[span] += chance.normal(0, level, len(samples[span]))
