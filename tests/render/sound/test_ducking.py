"""Music that steps back while somebody speaks."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutroom.render.sound.compile import SPAN, compile_mix
from cutroom.render.sound.plan import AudioSpan, pieces
from cutroom.timeline.resolved import Ducking, Media, ResolvedEdit
from tests.render.edits import clip, edit, music
from tests.render.sound.listen import mixed, tone, written
from tests.render.studio import RATE, Samples, Studio, noise_samples

WAV: dict[str, Any] = {"format": "wav"}
DEEP = Ducking(12.0, 0.2, 0.5)
WORDS = ((2.0, 2.6), (2.75, 3.5), (3.7, 4.0))
"""Seconds at which somebody speaks, with pauses shorter than a breath."""


def speech() -> NDArray[np.float64]:
    """Noise below 1 kHz in words, eight seconds long."""
    sound = np.zeros(8 * RATE)
    voice = np.convolve(noise_samples(8), np.ones(48) / 48, "same")
    for first, last in WORDS:
        sound[round(first * RATE) : round(last * RATE)] = voice[round(first * RATE) : round(last * RATE)]
    sound *= 0.4 / np.abs(sound).max()
    return sound


def music_level(sound: Samples, first: float, last: float) -> float:
    """Level of the 5 kHz that only the music has, in decibels."""
    part = sound[round(first * RATE) : round(last * RATE), 0].astype(np.float64)
    wave = np.exp(-2j * np.pi * 5000 * np.arange(len(part)) / RATE)
    return float(20 * np.log10(2 * abs((part * wave * np.hanning(len(part))).sum()) / np.hanning(len(part)).sum()))


async def sources(studio: Studio) -> tuple[Media, Media]:
    return await written(studio, "speech.wav", speech()), await written(studio, "music5k.wav", tone(5000, 60))


async def spoken_over(studio: Studio, ducking: Ducking | None) -> ResolvedEdit:
    voice, tune = await sources(studio)
    return edit(240, clip(0, 240, voice), soundtrack=music(tune, Fraction(8), ducking=ducking), **WAV)


async def test_music_goes_down_under_speech_by_the_depth_and_comes_back(studio: Studio, tmp_path: Path) -> None:
    sound = await mixed(studio, await spoken_over(studio, DEEP), tmp_path)
    plain = await mixed(studio, await spoken_over(studio, None), tmp_path)
    for first, last, wanted in ((0.2, 1.6, 0), (2.1, 2.5, -12), (2.6, 2.75, -12), (3.0, 3.9, -12), (4.7, 7.9, 0)):
        change = music_level(sound, first, last) - music_level(plain, first, last)
        assert abs(change - wanted) < 1


async def test_the_way_down_takes_the_attack_and_the_way_back_the_release(studio: Studio, tmp_path: Path) -> None:
    sound = await mixed(studio, await spoken_over(studio, DEEP), tmp_path)
    top = music_level(sound, 0.2, 1.6)
    down = music_level(sound, 1.86, 1.9) - top
    back = music_level(sound, 4.23, 4.31) - top
    assert -9 < down < -4
    assert -9 < back < -3


async def test_ducking_does_not_click(studio: Studio, tmp_path: Path) -> None:
    _, tune = await sources(studio)
    low = await written(studio, "music80.wav", tone(80, 8))
    voice = clip(0, 240, (await sources(studio))[0], volume=0.02)
    del tune
    track = music(low, Fraction(8), ducking=Ducking(24, 0.05, 0.05))
    sound = await mixed(studio, edit(240, voice, soundtrack=track, **WAV), tmp_path)
    quiet = sound[: round(1.9 * RATE), 0]
    assert np.abs(np.diff(quiet)).max() < 1.5 * 0.5 * 2 * np.pi * 80 / RATE


async def test_clips_are_ducked_too_and_do_not_duck_each_other(studio: Studio, tmp_path: Path) -> None:
    voice, tune = await sources(studio)
    both = [clip(0, 240, tune, volume=0.4, ducking=DEEP), clip(0, 240, tune, volume=0.4, ducking=DEEP)]
    alone = await mixed(studio, edit(240, *both, **WAV), tmp_path)
    under = await mixed(studio, edit(240, *both, clip(0, 240, voice), **WAV), tmp_path)
    assert abs(music_level(alone, 2.8, 3.4) - music_level(alone, 0.2, 1.6)) < 0.1
    assert abs(music_level(under, 2.8, 3.4) - music_level(alone, 2.8, 3.4) + 12) < 1


async def test_what_cannot_be_heard_ducks_nothing(studio: Studio, tmp_path: Path) -> None:
    voice, tune = await sources(studio)
    whisper = clip(0, 240, voice, volume=0.005)
    wanted = edit(240, whisper, soundtrack=music(tune, Fraction(8), ducking=DEEP), **WAV)
    sound = await mixed(studio, wanted, tmp_path)
    assert abs(music_level(sound, 2.8, 3.4) - music_level(sound, 0.2, 1.6)) < 0.1


async def test_ducking_does_not_depend_on_where_the_mix_is_cut(studio: Studio, tmp_path: Path) -> None:
    mix = compile_mix(await spoken_over(studio, DEEP), "test")
    edges = [0, 86_400, 96_000, 182_400, 201_600, mix.samples]
    cut = replace(mix, spans=tuple(AudioSpan(a, b, (0, 1)) for a, b in pairwise(edges)))
    whole = await mixed(studio, mix, tmp_path)
    made = [await mixed(studio, piece, tmp_path) for piece in pieces(cut, "test")]
    assert np.abs(np.concatenate(made) - whole).max() < 1e-5


async def test_speech_just_after_a_span_is_known_in_it(studio: Studio, tmp_path: Path) -> None:
    voice, tune = await sources(studio)
    frames = round(SPAN / 1600)
    late = clip(frames, frames + 60, voice, trim=Fraction(2))
    wanted = edit(frames + 90, late, soundtrack=music(tune, Fraction(frames + 90, 30), ducking=DEEP), **WAV)
    mix = compile_mix(wanted, "test")
    assert [span.voices for span in mix.spans] == [(0, 1), (0, 1)]
    sound = await mixed(studio, mix, tmp_path)
    edge = SPAN / RATE
    assert abs(music_level(sound, edge - 0.03, edge) - music_level(sound, 1, 2) + 11) < 1.5
