"""Mixes made as loud as wanted; measured by FFmpeg's own meter, which is not ours."""

import re
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom.kit.errors import Internal
from cutroom.media.ffmpeg import find
from cutroom.render.output.encode import audio_encoder
from cutroom.render.sound.compile import compile_audio, compile_mix
from cutroom.render.sound.execute import render_audio
from cutroom.render.sound.loudness import LEAD, between, integrated, powers
from cutroom.render.sound.mix import render_mix
from cutroom.render.sound.plan import pieces
from cutroom.timeline.resolved import Loudness, ResolvedEdit
from tests.render.edits import clip, edit
from tests.render.sound.listen import encoded, tone, written
from tests.render.studio import RATE, Studio, ignore, noise_samples, samples


def meter(path: Path) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP."""
    measuring = ("-nostdin", "-hide_banner", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-")
    argv = [str(find().path), *measuring]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stderr.rpartition("Summary:")[2]
    loudness, peak = re.search(r"I:\s+(-?[\d.]+) LUFS", said), re.search(r"Peak:\s+(-?[\d.]+) dBFS", said)
    assert loudness is not None
    assert peak is not None
    return float(loudness.group(1)), float(peak.group(1))


def program() -> NDArray[np.float64]:
    """Speech-like noise over a quiet bed, with loud moments: a dynamic range like that of television."""
    rng = np.random.default_rng(11)
    noise = noise_samples(20).astype(np.float64)
    words = np.repeat(rng.choice([0.03, 0.3, 0.9], 100, p=[0.3, 0.5, 0.2]), RATE // 5)
    smooth = np.convolve(words, np.ones(2400) / 2400, "same")
    return noise * smooth


def sparse() -> NDArray[np.float64]:
    """A short knock every two seconds, and next to nothing in between."""
    sound = 0.001 * noise_samples(20).astype(np.float64)
    for second in range(1, 20, 2):
        sound[second * RATE : second * RATE + 9600] += 0.7 * tone(300, 0.2) * np.hanning(9600)
    return sound


SIGNALS = {"program": program, "quiet": lambda: program() * 0.01, "sparse": sparse}


async def loud(studio: Studio, name: str, wanted: Loudness, **output: Any) -> ResolvedEdit:
    media = await written(studio, f"loud-{name}.wav", SIGNALS[name](), "-c:a", "pcm_s16le")
    return replace(edit(600, clip(0, 600, media), **output), loudness=wanted)


@pytest.mark.parametrize("name", list(SIGNALS))
@pytest.mark.parametrize(("lufs", "peak", "form"), [(-14, -1, "wav"), (-16, -1.5, "m4a"), (-23, -2, "mp3")])
async def test_a_mix_becomes_as_loud_as_wanted(
    studio: Studio, tmp_path: Path, name: str, lufs: float, peak: float, form: str
) -> None:
    wanted = await loud(studio, name, Loudness(lufs, peak), format=form, quality="high")
    found, reached = meter(await encoded(studio, wanted, tmp_path))
    assert abs(found - lufs) <= 0.5
    assert reached <= peak + 0.05  # the meter shows one decimal


@pytest.mark.parametrize("quality", ["low", "medium"])
async def test_an_mp3_is_as_loud_as_what_goes_into_it(studio: Studio, tmp_path: Path, quality: Any) -> None:
    wanted = await loud(studio, "sparse", Loudness(-16, -1), format="mp3", quality=quality)
    found, reached = meter(await encoded(studio, wanted, tmp_path))
    assert abs(found + 16) <= 0.1
    assert reached <= -0.95


async def test_pieces_of_their_own_give_the_same_bytes(studio: Studio, tmp_path: Path) -> None:
    wanted = await loud(studio, "program", Loudness(-14, -1), format="m4a")
    here = await encoded(studio, wanted, tmp_path / "here")
    apart = await encoded(studio, wanted, tmp_path / "apart", apart=True)
    assert here.read_bytes() == apart.read_bytes()


async def test_silence_stays_silent(studio: Studio, tmp_path: Path) -> None:
    media = await written(studio, "silence.wav", np.zeros(2 * RATE))
    wanted = replace(edit(60, clip(0, 60, media), format="wav"), loudness=Loudness(-14, -1))
    assert not samples(await encoded(studio, wanted, tmp_path)).any()


async def test_a_mix_that_is_too_loud_is_held_below_full_scale(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("plain.wav")
    wanted = edit(90, *(clip(0, 90, media, volume=0.9) for _ in range(4)), format="wav")
    sound = samples(await encoded(studio, wanted, tmp_path))
    source = noise_samples(4)[: 3 * RATE] * 3.6
    assert 0.9 < np.abs(sound).max() <= 0.971
    quiet = np.abs(source) < 0.1
    assert np.all(np.abs(sound[quiet, 0]) <= 0.1)
    assert np.corrcoef(sound[:, 0], source)[0, 1] > 0.95


@pytest.mark.parametrize("hertz", [100, 997, 5000])
def test_our_meter_reads_what_the_standard_says(hertz: int) -> None:
    # BS.1770-5, annex 1: 997 Hz at 0 dBFS in one of two channels reads -3.01 LUFS, other tones less or more.
    wave = (2 * tone(hertz, 10)).astype(np.float32)
    sound = np.zeros((LEAD + len(wave), 2), np.float32)
    sound[LEAD:, 0] = wave
    expected = {100: -5.0, 997: -3.01, 5000: 0.3}[hertz]
    assert abs(integrated(powers(sound)) - expected) < (0.02 if hertz == 997 else 0.4)


def test_the_peak_between_samples_is_found() -> None:
    # A quarter of the sample rate, in the middle between two samples at its top: they show 0.707 of it.
    wave = np.sin(2 * np.pi * np.arange(4800) / 4 + np.pi / 4).astype(np.float32)
    assert abs(between(np.stack([wave, wave], axis=1))[1000:-1000].max() - 1) < 0.02


async def test_a_mix_longer_than_a_span_is_mastered_without_a_seam(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("forty.wav", 40, rate=44_100)
    plain = edit(1080, clip(0, 1080, media, trim=Fraction(1)), format="wav")
    reference = samples(await encoded(studio, plain, tmp_path / "plain"))
    sound = samples(await encoded(studio, replace(plain, loudness=Loudness(-24, -6)), tmp_path / "loud"))
    ratio = sound[:, 0] @ reference[:, 0] / (reference[:, 0] @ reference[:, 0])
    assert np.abs(sound - ratio * reference).max() < 2e-4


async def test_a_part_of_a_mix_that_is_not_whole_is_refused_by_name(studio: Studio, tmp_path: Path) -> None:
    wanted = edit(60, clip(0, 60, await studio.noise("plain.wav")), format="wav")
    plan = compile_audio(wanted, audio_encoder(wanted.output), "test")
    assert plan is not None
    (piece,) = pieces(compile_mix(edit(30, *wanted.clips, format="wav"), "test"), "test")
    made, out = tmp_path / "short.flac", tmp_path / "sound.wav"
    await render_mix(piece, inputs=studio.paths, scratch=tmp_path, out=made, progress=ignore)
    with pytest.raises(Internal) as refused:
        await render_audio(plan, inputs={}, scratch=tmp_path, out=out, progress=ignore, mixed=[made])
    assert refused.value.code == "mix_incomplete"
    assert not out.exists()
