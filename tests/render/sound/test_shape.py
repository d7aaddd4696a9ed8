"""Volume over time, loops, speed and mixing down, heard in the mix itself."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutroom.render.easing import ease
from cutroom.timeline.resolved import Easing, Keyframe
from tests.render.edits import clip, edit, music
from tests.render.sound.listen import level_db, mixed, pitch, tone, written
from tests.render.studio import RATE, Studio, noise_samples

WAV: dict[str, Any] = {"format": "wav"}


@pytest.mark.parametrize(
    "easing",
    ["linear", "ease", "easeInOutCubic", "easeOutBounce", "easeInExpo", "easeOutElastic", (0.9, 0.1, 0.1, 0.9)],
)
async def test_a_swell_is_followed_sample_by_sample(studio: Studio, tmp_path: Path, easing: Easing) -> None:
    media = await studio.noise("plain.wav")
    keys = (Keyframe(Fraction(1, 3), 0.2, easing), Keyframe(Fraction(5, 3), 1.0, "linear"))
    sound = await mixed(studio, edit(75, clip(15, 75, media, swell=keys), **WAV), tmp_path)
    moments = np.arange(2 * RATE) / RATE
    parts = np.clip((moments - 1 / 3) / (4 / 3), 0, 1)
    wanted = np.array([0.2 + 0.8 * ease(easing, float(part)) for part in parts]) * noise_samples(4)[: 2 * RATE]
    assert level_db((sound[24_000:, 0] - wanted).astype(np.float32)) < level_db(wanted.astype(np.float32)) - 60


async def test_a_hold_jumps_at_its_keyframe(studio: Studio, tmp_path: Path) -> None:
    media = await written(studio, "level.wav", np.full(2 * RATE, 0.5))
    keys = (Keyframe(Fraction(0), 1.0, "hold"), Keyframe(Fraction(1), 0.25, "linear"))
    sound = await mixed(studio, edit(60, clip(0, 60, media, swell=keys), **WAV), tmp_path)
    assert np.abs(sound[:RATE] - 0.5).max() < 1e-3
    assert np.abs(sound[RATE:] - 0.125).max() < 1e-3


async def test_crossing_clips_keep_their_power(studio: Studio, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    one = await written(studio, "cross-a.wav", rng.uniform(-0.5, 0.5, 3 * RATE))
    two = await written(studio, "cross-b.wav", rng.uniform(-0.5, 0.5, 3 * RATE))
    over = {"audio_end": Fraction(2), "audio_fade_out": Fraction(1)}
    clips = clip(0, 60, one, **over), clip(30, 90, two, audio_fade_in=Fraction(1))
    sound = await mixed(studio, edit(90, *clips, **WAV), tmp_path)
    levels = [level_db(sound[n : n + 4800]) for n in range(0, len(sound), 4800)]
    assert max(levels) - min(levels) < 0.6


@pytest.mark.parametrize("seam", [Fraction(0), Fraction(1, 4)])
async def test_a_loop_crosses_over_its_seam(studio: Studio, tmp_path: Path, seam: Fraction) -> None:
    # A tone that ends in the middle of its wave: a plain loop would click.
    media = await written(studio, "loop-tone.wav", tone(441.3, 1.0007))
    track = music(media, Fraction(5), loop=True, seam=seam)
    sound = await mixed(studio, edit(150, soundtrack=track, **WAV), tmp_path)
    jumps = np.abs(np.diff(sound[:, 0]))
    steepest = 0.5 * 2 * np.pi * 441.3 / RATE
    assert np.abs(sound[-9600:]).max() > 0.3
    assert (jumps.max() < 1.5 * steepest) == bool(seam)


async def test_the_seam_of_a_loop_keeps_the_power(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("loop2.wav", 2)
    track = music(media, Fraction(8), loop=True, seam=Fraction(1, 2))
    sound = await mixed(studio, edit(240, soundtrack=track, **WAV), tmp_path)
    levels = [level_db(sound[n : n + 9600]) for n in range(0, len(sound), 9600)]
    assert max(levels) - min(levels) < 2
    period = 3 * RATE // 2
    assert np.abs(sound[2 * period : 2 * period + RATE] - sound[3 * period : 3 * period + RATE]).max() < 1e-6


@pytest.mark.parametrize("speed", [Fraction(1, 10), Fraction(7, 10), Fraction(3, 2), Fraction(4), Fraction(10)])
async def test_speed_keeps_the_pitch_and_the_length(studio: Studio, tmp_path: Path, speed: Fraction) -> None:
    media = await written(studio, "pitch.wav", tone(440, 24))
    length = min(Fraction(22) / speed, Fraction(12))
    frames = int(length * 30)
    sound = await mixed(studio, edit(frames + 15, clip(0, frames, media, speed=speed), **WAV), tmp_path)
    end = frames * 1600
    assert len(sound) == end + 24_000
    assert abs(pitch(sound[4800 : end - 4800]) / 440 - 1) < 0.005
    assert np.abs(sound[end - 480 : end]).max() > 0.2
    assert not sound[end:].any()


async def test_speed_keeps_what_is_said_at_its_time(studio: Studio, tmp_path: Path) -> None:
    # A burst every second of the source; at 1.25 one every 0.8 s, over the edges of the blocks that are stretched.
    source = np.zeros(30 * RATE)
    shape = np.hanning(2400) * tone(1000, 0.05)
    for second in range(1, 30):
        source[second * RATE : second * RATE + 2400] = shape
    media = await written(studio, "bursts.wav", source)
    sound = await mixed(studio, edit(690, clip(0, 690, media, speed=Fraction(5, 4)), **WAV), tmp_path)
    for second in range(1, 28):
        middle = round((second + 0.025) / 1.25 * RATE)
        near = np.square(sound[middle - 4800 : middle + 4800, 0], dtype=np.float64)
        found = (near * np.arange(9600)).sum() / near.sum() - 4800
        assert abs(found) < 0.020 * RATE
        assert near.max() > 0.05


async def test_stretched_blocks_join_without_a_click(studio: Studio, tmp_path: Path) -> None:
    media = await written(studio, "pitch.wav", tone(440, 24))
    sound = await mixed(studio, edit(750, clip(0, 750, media, speed=Fraction(9, 10)), **WAV), tmp_path)
    jumps = np.abs(np.diff(sound[4800 : 24 * RATE, 0]))
    assert jumps.max() < 1.3 * 0.5 * 2 * np.pi * 440 / RATE
    levels = [level_db(sound[n : n + 480]) for n in range(RATE, 24 * RATE, 480)]
    assert max(levels) - min(levels) < 1.5


@pytest.mark.parametrize(
    ("layout", "channels", "gains"),
    [
        ("mono", 1, (1.0,)),
        ("stereo", 2, (1.0, 0.0)),
        ("5.1", 6, (1.0, 0.0, 0.7071, 0.0, 0.7071, 0.0)),
        ("7.1", 8, (1.0, 0.0, 0.7071, 0.0, 0.7071, 0.0, 0.7071, 0.0)),
    ],
)
async def test_channels_are_mixed_down_by_the_book(
    studio: Studio, tmp_path: Path, layout: str, channels: int, gains: tuple[float, ...]
) -> None:
    for channel, gain in enumerate(gains):
        source = np.zeros((RATE, channels))
        source[:, channel] = tone(440, 1)
        options = ("-af", f"aformat=channel_layouts={layout}")
        media = await written(studio, f"{layout}-{channel}.wav", source, *options)
        sound = await mixed(studio, edit(30, clip(0, 30, media), **WAV), tmp_path)
        assert np.abs(sound[:, 0] - gain * source[:, channel]).max() < 1e-3


async def test_all_channels_at_once_are_not_cut_off(studio: Studio, tmp_path: Path) -> None:
    source = np.repeat(tone(440, 1)[:, None] * 1.9, 6, axis=1)
    media = await written(studio, "full51.wav", source, "-af", "aformat=channel_layouts=5.1")
    sound = await mixed(studio, edit(30, clip(0, 30, media), **WAV), tmp_path)
    assert abs(np.abs(sound).max() - 0.95 * (1 + 2 * np.sqrt(0.5))) < 0.01
