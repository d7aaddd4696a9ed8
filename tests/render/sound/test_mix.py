"""What is heard when, and how loud."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutroom.kit.errors import Invalid
from cutroom.render.sound.compile import compile_mix
from cutroom.render.sound.mix import render_mix
from cutroom.render.sound.plan import AudioSpan
from cutroom.timeline.resolved import ResolvedEdit
from tests.render.edits import clip, edit, music
from tests.render.sound.listen import mixed
from tests.render.studio import RATE, Samples, Studio, ignore, lag, noise_samples, samples

NOISE = noise_samples(4)
WAV_ONLY: dict[str, Any] = {"format": "wav"}
MP3_ONLY: dict[str, Any] = {"format": "mp3", "quality": "high"}


async def heard(studio: Studio, wanted: ResolvedEdit, folder: Path) -> Samples:
    return samples(await studio.film(wanted, folder))


def level(sound: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def placed(at: int, source: Samples, length: int) -> Samples:
    whole = np.zeros(length, np.float32)
    whole[at : at + len(source)] = source[: length - at]
    return whole


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain.wav", ()),
        ("fm.mp3", ("-c:a", "libmp3lame", "-b:a", "192k")),
        ("phone.m4a", ("-c:a", "aac", "-b:a", "192k")),
        ("free.ogg", ("-c:a", "libvorbis", "-q:a", "6")),
        ("call.flac", ()),
        ("memo.caf", ("-c:a", "alac")),
        ("apple.aiff", ()),
    ],
)
@pytest.mark.parametrize("rate", [48_000, 44_100])
async def test_a_clip_is_heard_at_its_sample(
    studio: Studio, tmp_path: Path, name: str, options: tuple[str, ...], rate: int
) -> None:
    media = await studio.noise(f"{rate}-{name}", 4, *options, rate=rate)
    wanted = edit(90, clip(15, 75, media, trim=Fraction(7, 5)), quality="high")
    sound = await heard(studio, wanted, tmp_path)
    source = NOISE[round(1.4 * RATE) : round(1.4 * RATE) + 96_000]
    assert len(sound) == 144_000
    assert abs(lag(sound[:, 0], placed(24_000, source, 144_000))) <= 1
    assert level(sound[:23_000]) < 0.002
    assert level(sound[121_000:]) < 0.002
    assert abs(level(sound[25_000:119_000]) / level(source) - 1) < 0.1


async def test_sound_and_pictures_stay_together_over_many_cuts(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("long.m4a", 12, "-c:a", "aac", "-b:a", "192k")
    source = noise_samples(12)
    fps = Fraction(30_000, 1001)
    clips = [
        clip(
            7 * n,
            7 * n + 7,
            media,
            trim=Fraction(n, 10),
            audio_start=7 * n / fps,
            audio_end=(7 * n + 7) / fps,
        )
        for n in range(100)
    ]
    sound = await heard(studio, edit(700, *clips, fps=fps, quality="high"), tmp_path)
    for n in (0, 1, 37, 63, 98, 99):
        first, last = round(7 * n / fps * RATE), round((7 * n + 7) / fps * RATE)
        part = source[n * RATE // 10 :][: last - first]
        assert abs(lag(sound[first:last, 0], part)) <= 1
    assert len(sound) == round(700 / fps * RATE)


@pytest.mark.parametrize("name", ["forty.mp3", "forty.m4a", "forty.wav", "forty.mkv"])
async def test_spans_join_without_a_seam(studio: Studio, tmp_path: Path, name: str) -> None:
    media = await studio.noise(name, 40, rate=44_100)
    wanted = edit(1200, clip(0, 1200, media, trim=Fraction(1, 7)), **WAV_ONLY)
    mix = compile_mix(wanted, "test")
    assert len(mix.spans) == 2
    one = replace(mix, spans=(AudioSpan(0, mix.samples, (0,)),))
    sounds = [await mixed(studio, plan, tmp_path) for plan in (mix, one)]
    assert np.abs(sounds[0] - sounds[1]).max() < 1e-6


async def test_a_loop_has_no_seam(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("loop.wav", 1)
    track = music(media, Fraction(10, 3), loop=True, trim=Fraction(1, 4))
    sound = await heard(studio, edit(100, soundtrack=track, **MP3_ONLY), tmp_path)
    wanted = np.concatenate([noise_samples(1)[RATE // 4 :], *[noise_samples(1)] * 3])[: len(sound)]
    assert abs(lag(sound[:, 0], wanted)) <= 1
    assert np.corrcoef(sound[:, 0], wanted)[0, 1] > 0.99


async def test_volumes_and_fades_shape_the_sound(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("plain.wav")
    fades = {"audio_fade_in": Fraction(1), "audio_fade_out": Fraction(1, 2)}
    sound = await heard(studio, edit(90, clip(0, 90, media, volume=0.5, **fades), **MP3_ONLY), tmp_path)
    part = RATE // 10
    loud = [level(sound[n * part : n * part + part]) / level(NOISE[n * part : n * part + part]) for n in range(30)]
    rise = [0.5 * np.sin((n + 0.5) / 10 * np.pi / 2) for n in range(10)]
    fall = [0.5 * np.cos((n + 0.5) / 5 * np.pi / 2) for n in range(5)]
    assert np.abs(np.array(loud) - np.array([*rise, *[0.5] * 15, *fall])).max() < 0.03


async def test_a_fade_that_spans_several_loops_goes_on_through_them(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("loop.wav", 1)
    track = music(media, Fraction(4), loop=True, fade_in=Fraction(4))
    sound = await heard(studio, edit(120, soundtrack=track, **MP3_ONLY), tmp_path)
    levels = [level(sound[n * RATE : n * RATE + RATE]) / level(noise_samples(1)) for n in range(4)]
    wanted = [np.sqrt(np.mean(np.sin((np.arange(n, n + 1, 0.01)) / 4 * np.pi / 2) ** 2)) for n in range(4)]
    assert np.abs(np.array(levels) - wanted).max() < 0.04


@pytest.mark.parametrize("channels", [1, 2])
async def test_one_channel_is_as_loud_as_two(studio: Studio, tmp_path: Path, channels: int) -> None:
    media = await studio.noise(f"channels{channels}.wav", 2, channels=channels)
    sound = await heard(studio, edit(60, clip(0, 60, media), **MP3_ONLY), tmp_path)
    assert abs(level(sound) / level(noise_samples(2)) - 1) < 0.03
    assert np.abs(sound[:, 0] - sound[:, 1]).max() < 0.01


async def test_surround_is_mixed_down_with_its_centre(studio: Studio, tmp_path: Path) -> None:
    path = studio.folder / "surround.wav"
    centre = "aevalsrc=0|0|0.4*sin(2*PI*440*t)|0|0|0:c=5.1:s=48000:d=2"
    studio.ffmpeg("-f", "lavfi", "-i", centre, str(path))
    sound = await heard(studio, edit(60, clip(0, 60, await studio.take(path)), **MP3_ONLY), tmp_path)
    assert abs(level(sound[9600:-9600]) - 0.4 / np.sqrt(2) / np.sqrt(2)) < 0.01


async def test_a_mix_that_is_too_loud_is_limited_and_one_that_is_not_is_left_alone(
    studio: Studio, tmp_path: Path
) -> None:
    media = await studio.noise("plain.wav")
    loud = edit(60, *(clip(0, 60, media, volume=2.0) for _ in range(3)), **MP3_ONLY)
    sound = await heard(studio, loud, tmp_path / "loud")
    assert 0.8 < np.abs(sound).max() < 1.1
    assert abs(lag(sound[:, 0], NOISE[: len(sound)])) <= 1
    quiet = edit(60, *(clip(0, 60, media, volume=0.6) for _ in range(2)), **MP3_ONLY)
    twice = await heard(studio, quiet, tmp_path / "quiet")
    assert abs(level(twice) / level(NOISE[: len(twice)]) - 1.2) < 0.03


async def test_a_source_that_ends_early_is_followed_by_silence(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("loop.wav", 1)
    sound = await heard(studio, edit(90, clip(0, 90, media), **MP3_ONLY), tmp_path)
    assert len(sound) == 144_000
    assert level(sound[:RATE]) > 0.05
    assert level(sound[RATE + 2000 :]) < 0.001


async def test_sound_that_starts_late_in_its_file_stays_late(studio: Studio, tmp_path: Path) -> None:
    noise, video = await studio.noise("plain.wav"), await studio.counter("steady.mp4")
    path = studio.folder / "late.mkv"
    source = str(studio.paths[video.sha256])
    delayed = ("-itsoffset", "0.5", "-i", str(studio.paths[noise.sha256]), "-map", "0:v", "-map", "1:a")
    studio.ffmpeg("-i", source, *delayed, "-c:v", "copy", "-c:a", "pcm_s16le", str(path))
    media = await studio.take(path)
    for trim in (Fraction(0), Fraction(1)):
        sound = await heard(studio, edit(60, clip(0, 60, media, trim=trim), **MP3_ONLY), tmp_path / str(trim))
        whole = placed(RATE // 2, NOISE, 4 * RATE)[round(trim * RATE) :][: len(sound)]
        assert abs(lag(sound[:, 0], whole)) <= 48  # Matroska counts milliseconds


@pytest.mark.parametrize("frames", [1, 7, 31])
async def test_an_mp3_is_as_long_as_its_edit(studio: Studio, tmp_path: Path, frames: int) -> None:
    media = await studio.noise("plain.wav")
    sound = await heard(studio, edit(frames, clip(0, frames, media), **MP3_ONLY), tmp_path)
    assert len(sound) == frames * RATE // 30


async def test_more_voices_than_files_can_be_open_are_mixed(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("loop.wav", 1)
    voices = [clip(0, 15, media, volume=0.1, trim=Fraction(n, 500)) for n in range(100)]
    sound = await mixed(studio, edit(15, *voices, **WAV_ONLY), tmp_path)
    source = noise_samples(1)
    wanted = sum(0.1 * source[n * 96 : n * 96 + 24_000] for n in range(100))
    assert np.abs(sound[:, 0] - wanted).max() < 0.001


async def test_a_clip_from_beyond_the_end_of_its_source_is_silence(studio: Studio, tmp_path: Path) -> None:
    short, other = await studio.noise("loop.wav", 1), await studio.noise("plain.wav")
    beyond = clip(0, 60, short, trim=Fraction(3)), clip(0, 60, short, trim=Fraction(5), speed=Fraction(2))
    sound = await mixed(studio, edit(60, *beyond, clip(0, 60, other), **WAV_ONLY), tmp_path)
    assert np.abs(sound[:, 0] - NOISE[: 2 * RATE]).max() < 0.001


async def test_what_is_no_number_is_silence(studio: Studio, tmp_path: Path) -> None:
    broken = np.full((RATE, 2), 0.25, "<f4")
    broken[1000:2000] = np.nan
    broken[3000] = np.inf
    raw = studio.folder / "broken.f32"
    raw.write_bytes(broken.tobytes())
    path = studio.folder / "broken.wav"
    studio.ffmpeg("-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", str(raw), "-c:a", "pcm_f32le", str(path))
    sound = await mixed(studio, edit(30, clip(0, 30, await studio.take(path)), **WAV_ONLY), tmp_path)
    assert np.abs(sound[4000:] - 0.25).max() < 1e-5
    assert np.isfinite(sound).all()


async def test_a_damaged_source_is_named_by_its_clip(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("to-break.m4a")
    path = tmp_path / "broken.m4a"
    path.write_bytes(b"no sound at all" * 500)
    good = await studio.noise("plain.wav")
    wanted = edit(60, clip(0, 60, good), clip(0, 60, replace(media, sha256="f" * 64), pointer="/timeline/tracks/1"))
    plan = compile_mix(wanted, "test")
    paths = {**studio.paths, "f" * 64: path}
    with pytest.raises(Invalid) as refused:
        await render_mix(plan, inputs=paths, scratch=tmp_path, out=tmp_path / "o.flac", progress=ignore)
    assert refused.value.code == "source_damaged"
    assert [detail.pointer for detail in refused.value.details] == ["/timeline/tracks/1"]
