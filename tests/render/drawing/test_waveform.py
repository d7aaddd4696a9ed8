import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutroom.media.probe import probe
from cutroom.render.drawing import WaveformArtist
from cutroom.timeline.resolved import Color, Media, Waveform
from cutroom.timeline.resolved.shapes import WaveformStyle
from tests.media.sources import make_audio

FPS = Fraction(25)


@pytest.fixture(scope="session")
async def half(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Media]:
    """A tone of 440 Hz that lasts 2 s, then 2 s of nothing."""
    path = tmp_path_factory.mktemp("waveform") / "tone.wav"
    make_audio(path, 2)
    with wave.open(str(path)) as file:
        parameters, sound = file.getparams(), file.readframes(file.getnframes())
    with wave.open(str(path), "wb") as file:
        file.setparams(parameters)
        file.writeframes(sound + bytes(len(sound)))
    return path, Media("0" * 64, await probe(path))


def artist(half: tuple[Path, Media], style: WaveformStyle, **changes: Any) -> WaveformArtist:
    path, media = half
    fields: dict[str, Any] = {
        "trim": Fraction(0), "paint": Color(255, 0, 0), "bars": 24, "gap": 0.4, "rounded": True, "smoothing": 0.3,
    }  # fmt: skip
    waveform = Waveform(media=media, style=style, **{**fields, **changes})
    return WaveformArtist(waveform, path=path, width=240, height=80, fps=FPS)


def ink(picture: np.ndarray[Any, Any]) -> float:
    return float(picture[..., 3].sum() / 255)


@pytest.mark.parametrize("style", ["bars", "mirror", "dots", "line", "spectrum", "circle"])
def test_sound_is_seen_and_silence_is_nearly_not(half: tuple[Path, Media], style: WaveformStyle) -> None:
    drawn = artist(half, style)
    loud, quiet = drawn.frame(25), drawn.frame(98)
    assert not drawn.still
    assert loud.shape == (80, 240, 4)
    assert ink(loud) > 1.2 * ink(quiet)
    assert (loud != quiet).any()


def test_the_present_is_in_the_middle(half: tuple[Path, Media]) -> None:
    columns = (artist(half, "bars").frame(50)[..., 3] > 127).sum(axis=0)
    assert columns[:100].max() > 30  # the tone, just past
    assert columns[140:].max() < 8  # the silence to come


def test_a_tone_is_one_band_of_the_spectrum(half: tuple[Path, Media]) -> None:
    columns = (artist(half, "spectrum", rounded=False).frame(25)[..., 3] > 127).sum(axis=0).reshape(24, 10).max(axis=1)
    octaves = np.log2(16_000 / 50)
    band = int(np.log2(440 / 50) / octaves * 24)
    assert abs(int(columns.argmax()) - band) <= 1


def test_a_frame_depends_on_its_number_alone(half: tuple[Path, Media]) -> None:
    rising, alone = artist(half, "mirror"), artist(half, "mirror")
    for number in range(40):
        last = rising.frame(number)
    assert (last == alone.frame(39)).all()


def test_a_trim_moves_the_sound(half: tuple[Path, Media]) -> None:
    later = artist(half, "bars", trim=Fraction(1)).frame(10)
    assert (later == artist(half, "bars").frame(35)).all()
