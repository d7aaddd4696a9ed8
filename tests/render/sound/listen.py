"""What tests of sound share: sources made of given samples, and the samples of a mix before it is encoded."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutroom.render.output.encode import audio_encoder
from cutroom.render.sound.compile import compile_audio, compile_mix
from cutroom.render.sound.execute import render_audio
from cutroom.render.sound.mix import render_mix
from cutroom.render.sound.pieces import read
from cutroom.render.sound.plan import MixPlan, pieces
from cutroom.timeline.resolved import Media, ResolvedEdit
from tests.render.studio import RATE, Samples, Studio, ignore


async def written(studio: Studio, name: str, sound: NDArray[np.float64], *options: str, rate: int = RATE) -> Media:
    """A source of these samples, (n,) or (n, channels); other than as a WAV of 16 bits when the name says so."""
    path = studio.folder / name
    if not path.exists():
        raw = path.with_suffix(".raw.wav")
        channels = 1 if sound.ndim == 1 else sound.shape[1]
        with wave.open(str(raw), "wb") as file:
            file.setparams((channels, 2, rate, 0, "NONE", ""))
            file.writeframes(np.rint(sound * 32767).astype("<i2").tobytes())
        studio.ffmpeg("-i", str(raw), *options, str(path))
    return await studio.take(path)


async def mixed(studio: Studio, wanted: ResolvedEdit | MixPlan, folder: Path) -> Samples:
    """The mix of an edit."""
    plan = wanted if isinstance(wanted, MixPlan) else compile_mix(wanted, "test")
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "mix.flac"
    await render_mix(plan, inputs=studio.paths, scratch=folder, out=out, progress=ignore)
    return read(out, plan.bits)


async def encoded(studio: Studio, wanted: ResolvedEdit, folder: Path, *, apart: bool = False) -> Path:
    """The sound of an edit as it is written; mixed in pieces of their own when `apart`."""
    plan = compile_audio(wanted, audio_encoder(wanted.output), "test")
    assert plan is not None
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"sound.{plan.extension}"
    made: list[Path] = []
    for piece in pieces(plan.mix, "test") if apart else ():
        made.append(folder / f"{piece.key}.flac")
        await render_mix(piece, inputs=studio.paths, scratch=folder, out=made[-1], progress=ignore)
    inputs = {} if apart else studio.paths
    mixed = made if apart else None
    await render_audio(plan, inputs=inputs, scratch=folder, out=out, progress=ignore, mixed=mixed)
    return out


def clicks(seconds: float, *at: int, rate: int = RATE) -> NDArray[np.float64]:
    """Silence with one full sample at each of these."""
    sound = np.zeros(round(seconds * rate))
    sound[list(at)] = 0.9
    return sound


def tone(hertz: float, seconds: float, rate: int = RATE) -> NDArray[np.float64]:
    """A sine with an amplitude of 0.5."""
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def level_db(sound: Samples) -> float:
    """RMS of all channels together, in dBFS."""
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20))


def pitch(sound: Samples) -> float:
    """The frequency that is strongest, in hertz, between two lines of the spectrum."""
    mono = sound[:, 0] * np.hanning(len(sound))
    lines = np.abs(np.fft.rfft(mono))
    top = int(lines.argmax())
    low, here, high = np.log(lines[top - 1 : top + 2] + 1e-12)
    return float((top + (low - high) / (2 * (low - 2 * here + high))) * RATE / len(sound))
