"""Levels and bands of files, bucket by bucket."""

import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.info import AudioStream
from cutroom.media.origin import zero
from cutroom.render.sound.levels import Levels, levels, spectrum
from cutroom.timeline.resolved import Media
from tests.render.studio import RATE, Studio, noise_samples

WHOLE: dict[str, Any] = {"start": Fraction(0), "seconds": Fraction(4), "per_second": 50}


def measured(studio: Studio, media: Media, **part: Any) -> Levels:
    stream = media.info.audio
    assert isinstance(stream, AudioStream)
    wanted = {**WHOLE, **part}
    measure = spectrum if "bands" in wanted else levels
    return measure(studio.paths[media.sha256], media.info.format, stream.index, zero=zero(media.info), **wanted)


async def test_each_bucket_has_the_peak_and_the_power_of_its_samples(studio: Studio) -> None:
    found = measured(studio, await studio.noise("plain.wav"))
    parts = noise_samples(4).reshape(200, -1)
    assert found.shape == (200, 2)
    assert np.abs(found[:, 0] - np.abs(parts).max(axis=1)).max() < 1e-4
    assert np.abs(found[:, 1] - np.sqrt(np.mean(parts**2, axis=1))).max() < 1e-4


@pytest.mark.parametrize("name", ["plain.wav", "levels.mp3", "levels.m4a", "levels.ogg", "levels.flac"])
async def test_a_part_has_the_levels_that_it_has_in_the_whole(studio: Studio, name: str) -> None:
    media = await studio.noise(name)
    whole = measured(studio, media)
    part = measured(studio, media, start=Fraction(51, 20), seconds=Fraction(1))
    assert part.shape == (51, 2)
    assert np.abs(part[1:] - whole[128:178]).max() < 0.01


async def test_after_the_end_there_is_silence(studio: Studio) -> None:
    found = measured(studio, await studio.noise("plain.wav"), start=Fraction(3), seconds=Fraction(2))
    assert found[:49].min() > 0
    assert not found[51:].any()


async def test_a_tone_stands_in_its_band(studio: Studio) -> None:
    path = studio.folder / "tone.wav"
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    found = measured(studio, await studio.take(path), seconds=Fraction(2), bands=16)
    edges = np.geomspace(50, 16_000, 17)
    assert found.shape == (100, 16)
    assert set(found[5:-5].argmax(axis=1)) == {int(np.searchsorted(edges, 1000)) - 1}
    assert np.all(found[5:-5].max(axis=1) > 0.95)
    assert found[5:-5, -1].max() < 0.1


def test_what_is_no_sound_is_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF not really")
    with pytest.raises(Invalid, match="damaged"):
        levels(broken, "wav", 0, zero=Fraction(0), **WHOLE)
