"""To the sample: clicks land where the document puts them, however they are trimmed, resampled, cut and encoded."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutroom.render.sound.compile import compile_mix
from cutroom.render.sound.plan import AudioSpan, pieces
from tests.render.edits import clip, edit
from tests.render.sound.listen import clicks, encoded, mixed, tone, written
from tests.render.studio import RATE, Studio, samples

WAV: dict[str, Any] = {"format": "wav"}


def loud(sound: Any, least: float = 0.3) -> list[int]:
    """Samples that stick out."""
    mono = np.abs(sound[:, 0])
    return [int(n) for n in np.flatnonzero((mono > least) & (mono >= np.roll(mono, 1)) & (mono > np.roll(mono, -1)))]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.fractions(0, 2, max_denominator=9999), st.fractions(0, 1, max_denominator=9999))
async def test_a_click_lands_at_its_sample_whatever_the_trim(
    studio: Studio, tmp_path: Path, trim: Fraction, start: Fraction
) -> None:
    media = await written(studio, "clicks.wav", clicks(4, 100_000, 130_000))
    wanted = edit(120, clip(0, 120, media, trim=trim, audio_start=start, audio_end=Fraction(4)), **WAV)
    moved = round(start * RATE) - round(trim * RATE)
    found = loud(await mixed(studio, wanted, tmp_path))
    assert len(found) == 2
    assert all(abs(n - (at + moved)) <= 1 for n, at in zip(found, (100_000, 130_000), strict=True))


async def test_whole_samples_are_not_touched_at_all(studio: Studio, tmp_path: Path) -> None:
    source = np.random.default_rng(3).uniform(-0.5, 0.5, (2 * RATE, 2))
    media = await written(studio, "noise-exact.wav", source)
    sound = await mixed(studio, edit(30, clip(3, 30, media, trim=Fraction(1, 4)), **WAV), tmp_path)
    wanted = np.rint(source * 32767)[12_000 : 12_000 + 27 * 1600] / 32768
    assert not sound[:4800].any()
    assert np.abs(sound[4800:] - wanted).max() < 1e-6


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 32_000, 44_100, 88_200, 96_000, 192_000])
async def test_other_rates_are_resampled_in_their_place(studio: Studio, tmp_path: Path, rate: int) -> None:
    # A burst of a tone that every rate can hold, around second 1.
    moments = np.arange(2 * rate) / rate - 1
    burst = 0.8 * np.cos(2 * np.pi * 1000 * moments) * np.exp(-((moments * 400) ** 2))
    media = await written(studio, f"burst-{rate}.wav", burst, rate=rate)
    sound = await mixed(studio, edit(60, clip(0, 60, media, trim=Fraction(1, 3)), **WAV), tmp_path)
    assert abs(int(np.abs(sound[:, 0]).argmax()) - 32_000) <= 1


@pytest.mark.parametrize("form", ["mp4", "m4a", "mp3", "wav", "webm"])
async def test_clicks_stay_in_place_when_encoded(studio: Studio, tmp_path: Path, form: str) -> None:
    media = await written(studio, "clicks.wav", clicks(4, 100_000, 130_000))
    wanted = edit(90, clip(0, 90, media, trim=Fraction(1)), format=form, quality="high", size=(64, 36))
    if form == "mp4":
        sound = samples(await studio.film(wanted, tmp_path))
    else:
        sound = samples(await encoded(studio, wanted, tmp_path))
    assert len(sound) == 144_000
    mono = np.abs(sound[:, 0])
    assert abs(int(mono[:60_000].argmax()) - 52_000) <= 1
    assert abs(int(mono[60_000:].argmax()) + 60_000 - 82_000) <= 1


@pytest.mark.parametrize("form", ["mp4", "mkv"])
async def test_sound_keeps_its_place_where_the_pictures_of_its_file_begin_later(
    studio: Studio, tmp_path: Path, form: str
) -> None:
    await written(studio, "clicks.wav", clicks(4, 100_000, 130_000))
    await studio.counter("steady.mp4")
    path = studio.folder / f"late-pictures.{form}"
    if not path.exists():
        pictures = ("-itsoffset", "1.5", "-i", str(studio.place("steady.mp4", "30", 4)))
        sound = ("-i", str(studio.folder / "clicks.wav"), "-map", "0:v", "-map", "1:a", "-c:v", "copy")
        studio.ffmpeg(*pictures, *sound, "-c:a", "flac", "-strict", "-2", str(path))
    wanted = edit(30, clip(0, 30, await studio.take(path), trim=Fraction(6, 5), audio_end=Fraction(2)), **WAV)
    assert loud(await mixed(studio, wanted, tmp_path)) == [100_000 - 57_600]


async def test_sound_whose_decoder_keeps_its_first_samples_is_the_same_wherever_it_is_trimmed(
    studio: Studio, tmp_path: Path
) -> None:
    media = await written(studio, "clicks.wma", clicks(4, 100_000, 130_000), "-c:a", "wmav2", "-b:a", "192k")
    places = []
    for trim in (Fraction(0), Fraction(6, 5)):
        sound = await mixed(studio, edit(75, clip(0, 75, media, trim=trim), **WAV), tmp_path)
        mono = np.abs(sound[: 110_000 - round(trim * RATE), 0])
        places.append(int(mono.argmax()) + round(trim * RATE))
    assert abs(places[0] - places[1]) <= 1


async def test_a_hole_in_a_source_is_silence(studio: Studio, tmp_path: Path) -> None:
    media = await written(studio, "whole.m4a", tone(440, 4), "-c:a", "aac", "-b:a", "128k")
    path = studio.folder / "hole.mkv"
    keep = "between(t,0,1.2)+gt(t,2.4)"
    source = str(studio.paths[media.sha256])
    studio.ffmpeg("-i", source, "-af", f"aselect='{keep}'", "-c:a", "pcm_s16le", str(path))
    sound = await mixed(studio, edit(120, clip(0, 120, await studio.take(path)), **WAV), tmp_path)
    assert np.abs(sound[RATE // 2 : RATE]).max() > 0.4
    assert np.abs(sound[round(1.4 * RATE) : round(2.3 * RATE)]).max() < 0.01
    assert np.abs(sound[round(2.6 * RATE) : 3 * RATE]).max() > 0.4


@pytest.mark.parametrize(("first", "count"), [(7, 31), (0, 45), (20, None)])
async def test_a_range_of_an_edit_is_that_part_of_its_sound(
    studio: Studio, tmp_path: Path, first: int, count: int | None
) -> None:
    media = await studio.noise("plain.wav")
    faded = clip(5, 85, media, audio_fade_in=Fraction(1), audio_fade_out=Fraction(1, 3))
    fps = Fraction(30_000, 1001)
    whole = await mixed(studio, edit(90, faded, fps=fps, **WAV), tmp_path / "whole")
    cut = edit(90, faded, fps=fps, **WAV)
    cut = replace(cut, output=replace(cut.output, first=first, frames=count))
    part = await mixed(studio, cut, tmp_path / "part")
    begin = round(first / fps * RATE)
    end = len(whole) if count is None else round((first + count) / fps * RATE)
    assert len(part) == end - begin
    assert np.abs(part - whole[begin:end]).max() < 1e-6


async def test_a_mix_is_the_same_in_one_go_in_spans_and_in_pieces(studio: Studio, tmp_path: Path) -> None:
    one = await studio.noise("plain.wav")
    two = await studio.noise("other.mp3", 4, rate=44_100)
    slow = clip(10, 90, two, trim=Fraction(1, 2), speed=Fraction(3, 5))
    mix = compile_mix(edit(90, clip(0, 80, one, audio_fade_in=Fraction(2)), slow, **WAV), "test")
    edges = [0, 30_720, 76_800, 90_240, mix.samples]
    spans = tuple(AudioSpan(a, b, (0, 1)) for a, b in pairwise(edges))
    cut = replace(mix, spans=spans)
    whole = await mixed(studio, mix, tmp_path / "whole")
    assert np.abs(await mixed(studio, cut, tmp_path / "cut") - whole).max() < 1e-5
    made = [await mixed(studio, piece, tmp_path / piece.key) for piece in pieces(cut, "test")]
    assert np.abs(np.concatenate(made) - whole).max() < 1e-5


def test_pieces_with_the_same_sound_have_the_same_key() -> None:
    silent = compile_mix(edit(9000, **WAV), "test")
    keys = [piece.key for piece in pieces(silent, "test")]
    assert len(keys) == 10
    assert len(set(keys[:-1])) == 1
