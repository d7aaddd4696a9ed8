"""Recordings of speech with true word times: several voices, pauses, numbers, noise and music; the same every time."""

import hashlib
import itertools
import json
import random
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.quality.corpus import flite, prose
from bench.quality.corpus.flite import SaidToken, SaidWord, say
from cutroom.speech.pcm import SAMPLE_RATE

Samples = NDArray[np.float32]
_LEVEL: Final = 3000.0
"""Root mean square of speech, of 32,768: about -21 dBFS, as recordings of talk have it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a recording is made of.

    Args:
        seconds: about how long it is; it ends with a whole sentence.
        voices: who speaks, by turns.
        seed: of pauses, order and noise.
        numbers: of so many sentences, the last has numbers in digits; 0 for none.
        pauses_s: shortest and longest silence between sentences.
        turn: sentences until the next voice speaks.
        noise_db: level of the noise against speech; None for none.
        music_db: level of the music against speech; None for none.
        lead_s: silence before the first word.
    """

    seconds: float
    voices: tuple[str, ...] = ("slt",)
    seed: int = 5
    numbers: int = 0
    pauses_s: tuple[float, float] = (0.3, 1.2)
    turn: int = 6
    noise_db: float | None = None
    music_db: float | None = None
    lead_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording and its truth.

    Args:
        wav: 16 kHz, mono, 16 bits.
        tokens: every written word with what was said, in order, times in milliseconds of the recording.
    """

    wav: Path
    tokens: tuple[SaidToken, ...]

    @property
    def words(self) -> list[SaidWord]:
        """Every word that was said."""
        return [word for token in self.tokens for word in token.words]

    @property
    def pcm(self) -> Path:
        """The samples without a header."""
        return self.wav.with_suffix(".pcm")

    @property
    def duration_ms(self) -> float:
        """How long it is."""
        return self.pcm.stat().st_size / 2 / SAMPLE_RATE * 1000


def recording(recipe: Recipe) -> Recording:
    """The recording of a recipe; made once, and found in the folder for temporary files afterwards."""
    made_by = Path(__file__).read_bytes() + Path(flite.__file__).read_bytes() + Path(prose.__file__).read_bytes()
    name = hashlib.sha256(made_by + json.dumps(asdict(recipe)).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / "cutroom-quality"
    folder.mkdir(exist_ok=True)
    wav, truth = folder / f"{name}.wav", folder / f"{name}.json"
    if not truth.exists():
        samples, tokens = _made(recipe)
        write(wav, samples)
        draft = truth.with_suffix(".part")
        draft.write_text(json.dumps([asdict(token) for token in tokens]))
        draft.replace(truth)
    return Recording(wav, tuple(_token(data) for data in json.loads(truth.read_text())))


def write(wav: Path, samples: Samples) -> None:
    """Write samples as a WAV file, and beside it without a header (`.pcm`)."""
    data = np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()
    wav.with_suffix(".pcm").write_bytes(data)
    with wave.open(str(wav), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        file.writeframes(data)


def noise(count: int, seed: int) -> Samples:
    """Noise that falls off towards high pitches, as rooms and traffic sound; root mean square 1."""
    white = np.random.default_rng(seed).standard_normal(count)
    spectrum = np.fft.rfft(white)
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)) / len(spectrum) * 8000, 50))
    return _leveled(np.fft.irfft(spectrum, count))


def music(count: int, seed: int) -> Samples:
    """Chords with a beat, two seconds each; root mean square 1."""
    picks = random.Random(seed)
    time = np.arange(SAMPLE_RATE * 2) / SAMPLE_RATE
    parts: list[NDArray[np.float64]] = []
    while len(parts) * len(time) < count:
        root = 110 * 2 ** (picks.choice((0, 3, 5, 7, 8, 10)) / 12)
        notes = [root * 2 ** (step / 12) for step in (0, 7, 12, picks.choice((15, 16)))]
        waves = [np.sin(2 * np.pi * note * k * time) / k for note in notes for k in (1, 2, 3)]
        parts.append(np.sum(waves, axis=0) * (0.4 + 0.6 * np.exp(-4 * (time % 0.5))))
    return _leveled(np.concatenate(parts)[:count])


def _made(recipe: Recipe) -> tuple[Samples, list[SaidToken]]:
    picks = random.Random(recipe.seed)
    parts: list[Samples] = [np.zeros(round(recipe.lead_s * SAMPLE_RATE), np.float32)]
    tokens: list[SaidToken] = []
    at = len(parts[0])
    for number, sentence in enumerate(_sentences(recipe, picks)):
        if at >= recipe.seconds * SAMPLE_RATE:
            break
        said = say(sentence, recipe.voices[number // recipe.turn % len(recipe.voices)])
        samples = said.samples.astype(np.float32)
        samples *= _LEVEL / np.sqrt(np.mean(samples[np.abs(samples) > 100] ** 2))
        tokens += _later(said.tokens, 1000 * at / SAMPLE_RATE)
        pause = np.zeros(round(picks.uniform(*recipe.pauses_s) * SAMPLE_RATE), np.float32)
        parts += [samples, pause]
        at += len(samples) + len(pause)
    whole = np.concatenate(parts)
    if recipe.noise_db is not None:
        whole += _LEVEL * 10 ** (recipe.noise_db / 20) * noise(len(whole), recipe.seed)
    if recipe.music_db is not None:
        whole += _LEVEL * 10 ** (recipe.music_db / 20) * music(len(whole), recipe.seed)
    return whole, tokens


def _sentences(recipe: Recipe, picks: random.Random) -> Iterator[str]:
    """Without end: every sentence once, in another order each time round."""
    numbers = itertools.cycle(prose.NUMBERS)
    while True:
        for place, sentence in enumerate(picks.sample(prose.SENTENCES, len(prose.SENTENCES))):
            if recipe.numbers and place % recipe.numbers == recipe.numbers - 1:
                yield next(numbers)
            yield sentence


def _later(tokens: Sequence[SaidToken], by_ms: float) -> list[SaidToken]:
    return [
        SaidToken(
            token.text, tuple(SaidWord(word.text, word.start_ms + by_ms, word.end_ms + by_ms) for word in token.words)
        )
        for token in tokens
    ]


def _leveled(samples: NDArray[np.float64]) -> Samples:
    level = float(np.sqrt(np.mean(samples**2)))
    return (samples / level).astype(np.float32)


def _token(data: dict[str, object]) -> SaidToken:
    words = data["words"]
    assert isinstance(words, list)
    return SaidToken(str(data["text"]), tuple(SaidWord(**word) for word in words))
