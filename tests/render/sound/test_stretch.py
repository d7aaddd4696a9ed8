"""Sound at other speeds: in step with its picture to less than a frame, at its level, exactly as long as asked."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.sound.compile import compile_mix
from cutroom.render.sound.heard import Sound
from cutroom.render.sound.stretch import edges, stretched
from tests.render.edits import clip, edit, sound
from tests.render.sound.listen import clicks, level_db, mixed, written
from tests.render.studio import RATE, Studio

WAV: dict[str, Any] = {"format": "wav"}
HALF = RATE // 2


def gated(halves: int) -> NDArray[np.float64]:
    """Noise for half a second, silence for half a second, and so on."""
    source = np.random.default_rng(1).normal(0, 0.2, halves * HALF).clip(-0.9, 0.9)
    source.reshape(halves, HALF)[1::2] = 0
    return source


def both(source: NDArray[Any]) -> Sound:
    return np.repeat(source.astype(np.float32)[:, None], 2, axis=1)


def off_ms(heard: Sound, speed: Fraction, trim: Fraction, halves: int) -> list[float]:
    """By how much each edge of a gate is late: where sound first rises above a quarter of its level, or last falls."""
    strength = np.sqrt(np.convolve(np.square(heard[:, 0], dtype=np.float64), np.ones(48) / 48, "same")) > 0.05
    found: list[float] = []
    for half in range(1, halves):
        place = round((Fraction(half, 2) - trim) / speed * RATE)
        near = round(min(Fraction(1, 5) / speed, Fraction(2, 5)) * RATE)
        loud = np.flatnonzero(strength[max(place - near, 0) : place + near])
        if place >= near and place + near <= len(heard):
            found.append((int(loud[0 if half % 2 == 0 else -1]) - near) / RATE * 1000)
    return found


@pytest.mark.parametrize(
    ("speed", "seconds", "within_ms"),
    [
        (Fraction(1, 10), 24, 8),
        (Fraction(1, 4), 14, 4),
        (Fraction(1, 2), 8, 3),
        (Fraction(3, 4), 6, 3),
        (Fraction(3, 2), 6, 30),
        (Fraction(3), 6, 30),
        (Fraction(10), 2, 33),
    ],
)
async def test_what_is_heard_stays_in_step_at_any_speed(
    studio: Studio, tmp_path: Path, speed: Fraction, seconds: int, within_ms: float
) -> None:
    media = await written(studio, "gated.wav", gated(44))
    trim = Fraction(1, 4)
    wanted = edit(seconds * 30, clip(0, seconds * 30, media, trim=trim, speed=speed), **WAV)
    heard = await mixed(studio, wanted, tmp_path)
    assert len(heard) == seconds * RATE
    off = off_ms(heard, speed, trim, 44)
    assert len(off) >= 4
    assert np.abs(off).max() < within_ms


@pytest.mark.parametrize("speed", [Fraction(1, 10), Fraction(2, 5), Fraction(19, 20)])
async def test_a_click_is_heard_once_at_its_sample(studio: Studio, tmp_path: Path, speed: Fraction) -> None:
    media = await written(studio, "click-slow.wav", clicks(2, 30_000, 70_000))
    heard = await mixed(studio, edit(240, clip(0, 240, media, speed=speed), **WAV), tmp_path)
    loud = np.flatnonzero(np.abs(heard[:, 0]) > 0.2)
    wanted = [place for at in (30_000, 70_000) if (place := round(at / speed)) < len(heard)]
    assert len(loud) == len(wanted)
    assert np.abs(loud - wanted).max() < RATE // 100


@pytest.mark.parametrize("speed", [Fraction(1, 10), Fraction(1, 3), Fraction(9, 10)])
def test_slow_noise_is_as_loud_as_its_source_all_along(speed: Fraction) -> None:
    source = np.random.default_rng(2).normal(0, 0.1, 4 * RATE)
    heard = stretched(both(source), speed, round(4 * RATE / speed))
    levels = [level_db(part) for part in np.split(heard, range(4800, len(heard), 4800))[:-1]]
    assert abs(level_db(heard) - level_db(both(source))) < 0.1
    assert max(levels) - min(levels) < 1.5


def test_sound_that_cancels_out_between_its_channels_is_stretched_like_any_other() -> None:
    source = both(0.5 * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)) * np.array([1, -1], np.float32)
    heard = stretched(source, Fraction(1, 2), 2 * RATE)
    assert np.abs(np.diff(heard[:, 0])).max() < 1.1 * np.abs(np.diff(source[:, 0])).max()
    assert abs(level_db(heard) - level_db(source)) < 0.1


@pytest.mark.parametrize("length", [1, 3, 37, 1000, 4801])
@pytest.mark.parametrize("speed", [Fraction(1, 10), Fraction(1, 2), Fraction(99, 100)])
def test_it_is_as_long_as_asked_however_short(length: int, speed: Fraction) -> None:
    source = both(np.random.default_rng(3).normal(0, 0.1, 600))
    heard = stretched(source, speed, length)
    assert heard.shape == (length, 2)
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() <= 1


def test_edges_are_where_sound_begins_and_ends_and_nowhere_else() -> None:
    found = edges(both(gated(8)))
    assert len(found) == 7
    assert np.abs(np.array(found) - np.arange(HALF, 8 * HALF, HALF)).max() <= SAMPLE_RATE // 1000
    moments = np.arange(4 * RATE) / RATE
    low = 0.4 * np.cos(2 * np.pi * 40 * moments)
    voice = sum(np.cos(2 * np.pi * 90 * n * moments + n) / n for n in range(1, 30)) * 0.1
    for steady in (low, np.asarray(voice), np.random.default_rng(4).normal(0, 0.1, 4 * RATE)):
        assert [edge for edge in edges(both(steady)) if 1000 < edge < 4 * RATE - 1000] == []


def test_only_sound_that_is_made_slow_is_made_anew_when_its_maker_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys() -> list[str]:
        speeds = (Fraction(1, 2), Fraction(1), Fraction(2))
        return [compile_mix(edit(60, clip(0, 60, sound(), speed=speed)), "test").key for speed in speeds]

    before = keys()
    monkeypatch.setattr("cutroom.render.sound.plan._STRETCHER", "stretch 99")
    assert [now == old for now, old in zip(keys(), before, strict=True)] == [False, True, True]
