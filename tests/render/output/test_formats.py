"""Every output, made from two segments, and looked at with a decoder that is not ours."""

import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from cutroom.render import verify
from cutroom.timeline.resolved import Color
from tests.render.output.press import CUT, FRAMES, Pressed, film, press, times
from tests.render.studio import HEIGHT, WIDTH, Studio, counts, lag, noise_samples, samples

MOVING = [
    ("mp4", {"codec": "h264"}, "h264", "yuv420p", "aac"),
    ("mp4", {"codec": "h265"}, "hevc", "yuv420p", "aac"),
    ("mp4", {"codec": "av1"}, "libdav1d", "yuv420p", "aac"),
    ("webm", {"codec": "vp9"}, "vp9", "yuv420p", "opus"),
    ("webm", {"codec": "av1"}, "libdav1d", "yuv420p", "opus"),
    ("mov", {"codec": "h264"}, "h264", "yuv420p", "aac"),
    ("mov", {"codec": "prores"}, "prores", "yuv422p10le", "pcm_s16le"),
    ("hls", {"codec": "h264"}, "h264", "yuv420p", "aac"),
    ("hls", {"codec": "h265"}, "hevc", "yuv420p", "aac"),
]


def names(case: Any) -> str:
    return str(case) if isinstance(case, str) else str(case.get("codec", "")) if isinstance(case, dict) else ""


async def pressed(studio: Studio, folder: Path, format_: str, **output: Any) -> Pressed:
    return await press(studio, await film(studio, format=format_, **output), folder)


@pytest.mark.parametrize(("format_", "asked", "codec", "pixels", "sound"), MOVING, ids=names)
async def test_a_film_has_every_frame_at_its_time_and_every_sample(
    studio: Studio, tmp_path: Path, format_: str, asked: dict[str, str], codec: str, pixels: str, sound: str
) -> None:
    done = await pressed(studio, tmp_path, format_, **asked)
    assert counts(done.film) == list(range(FRAMES))
    tick = Fraction(1, 1000) if format_ == "webm" else Fraction(0)
    assert all(abs(time - Fraction(frame, 30)) <= tick for frame, time in enumerate(times(done.film)))
    with av.open(str(done.film)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == (codec, pixels)
        assert (video.width, video.height) == (WIDTH, HEIGHT)
        assert audio.codec_context.name == sound
        packets = [packet for packet in file.demux(video) if packet.size]
        assert packets[CUT].is_keyframe or codec in {"h264", "hevc"}
    heard = samples(done.film)[: FRAMES * 1600]
    assert len(heard) == FRAMES * 1600
    assert abs(lag(heard[:, 0], noise_samples(4)[: FRAMES * 1600])) <= 1
    report = await verify(done.plan, done.path)
    assert report.frames == FRAMES


@pytest.mark.parametrize(("format_", "tag"), [("mp4", "hvc1"), ("hls", "hvc1")])
async def test_players_of_apple_find_the_headers_of_h265(
    studio: Studio, tmp_path: Path, format_: str, tag: str
) -> None:
    done = await pressed(studio, tmp_path, format_, codec="h265")
    with av.open(str(done.film)) as file:
        assert file.streams.video[0].codec_context.codec_tag == tag


async def test_transparency_of_webm_is_really_there(studio: Studio, tmp_path: Path) -> None:
    done = await pressed(studio, tmp_path, "webm", transparent=True)
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(done.path)) as file:
        shown = [frame for packet in file.demux(file.streams.video[0]) for frame in decoder.decode(packet)]
    assert len(shown) == FRAMES
    for frame in shown:
        assert frame.format.name == "yuva420p"
        alpha = frame.to_ndarray(format="rgba")[:, :, 3]
        assert np.abs(alpha.astype(float) - 0.6 * 255).max() <= 3
    assert (await verify(done.plan, done.path)).frames == FRAMES


async def test_transparency_of_prores_is_really_there(studio: Studio, tmp_path: Path) -> None:
    done = await pressed(studio, tmp_path, "mov", transparent=True)
    with av.open(str(done.path)) as file:
        assert file.streams.video[0].codec_context.codec_tag == "ap4h"
        shown = list(file.decode(video=0))
    assert len(shown) == FRAMES
    alpha = np.stack([frame.to_ndarray(format="rgba")[:, :, 3] for frame in shown]).astype(float)
    assert np.abs(alpha - 0.6 * 255).max() <= 2


async def test_a_gif_shows_every_frame_and_plays_as_often_as_asked(studio: Studio, tmp_path: Path) -> None:
    for repeat, said in ((0, 0), (1, None), (3, 2)):
        done = await pressed(studio, tmp_path / str(repeat), "gif", repeat=repeat)
        assert counts(done.path) == list(range(FRAMES))
        assert all(abs(time - Fraction(frame, 30)) <= Fraction(1, 200) for frame, time in enumerate(times(done.path)))
        with Image.open(done.path) as picture:
            assert picture.size == (WIDTH, HEIGHT)
            assert picture.info.get("loop") == said
            total = sum(frame.info["duration"] for frame in ImageSequence.Iterator(picture))
            assert abs(total - FRAMES * 1000 / 30) <= 10
    assert (await verify(done.plan, done.path)).duration == Fraction(FRAMES, 30)


async def test_a_gif_that_stands_still_lasts_as_long(studio: Studio, tmp_path: Path) -> None:
    from tests.render.edits import clip, edit  # noqa: PLC0415

    done = await press(studio, edit(30, clip(0, 30), format="gif"), tmp_path)
    assert (await verify(done.plan, done.path)).frames == 30


async def test_a_webp_in_which_nothing_moves_is_a_still_picture(studio: Studio, tmp_path: Path) -> None:
    from tests.render.edits import clip, edit  # noqa: PLC0415

    done = await press(studio, edit(30, clip(0, 30), format="webp"), tmp_path)
    with Image.open(done.path) as picture:
        assert getattr(picture, "n_frames", 1) == 1
    assert (await verify(done.plan, done.path)).frames == 1


async def test_a_webp_keeps_what_moves_more_faintly_than_its_quality_shows(studio: Studio, tmp_path: Path) -> None:
    from tests.render.edits import clip, edit  # noqa: PLC0415

    grays = [(0, 10, 100), (10, 20, 104), (20, 30, 100)]
    faint = [clip(start, end, color=Color(gray, gray, gray)) for start, end, gray in grays]
    done = await press(studio, edit(30, *faint, format="webp", quality="lowest"), tmp_path)
    with Image.open(done.path) as picture:
        shown = [int(np.asarray(frame.convert("L"))[0, 0]) for frame in ImageSequence.Iterator(picture)]
    assert len(shown) == 3
    assert abs(shown[1] - shown[0] - 4) <= 1
    assert (await verify(done.plan, done.path)).frames == 30


async def test_a_webp_shows_what_was_made_for_as_long(studio: Studio, tmp_path: Path) -> None:
    done = await pressed(studio, tmp_path, "webp", repeat=2)
    data = done.path.read_bytes()
    assert data[data.index(b"ANIM") + 12 : data.index(b"ANIM") + 14] == b"\x02\x00"
    with Image.open(done.path) as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == ((WIDTH, HEIGHT), FRAMES)
        picture.seek(20)
        row = np.asarray(picture.convert("L"))[HEIGHT // 5]
        pitch = WIDTH / 12
        assert sum(int(row[int((bar + 0.5) * pitch)] > 128) << bar for bar in range(12)) == 20
    assert (await verify(done.plan, done.path)).duration == Fraction(FRAMES, 30)


async def test_transparency_of_webp_and_png_is_really_there(studio: Studio, tmp_path: Path) -> None:
    moving = await pressed(studio, tmp_path / "a", "webp", transparent=True)
    with Image.open(moving.path) as picture:
        assert picture.mode == "RGBA"
        alpha = np.asarray(picture)[:, :, 3].astype(float)
        assert np.abs(alpha - 0.6 * 255).max() <= 2
    still = await pressed(studio, tmp_path / "b", "png", transparent=True, first=3, frames=1)
    with Image.open(still.path) as picture:
        assert picture.mode == "RGBA"
        alpha = np.asarray(picture)[:, :, 3].astype(float)
        assert np.abs(alpha - 0.6 * 255).max() <= 1


@pytest.mark.parametrize("format_", ["png", "jpg"])
async def test_a_still_is_the_one_frame_that_was_asked_for(studio: Studio, tmp_path: Path, format_: str) -> None:
    done = await pressed(studio, tmp_path, format_, first=21, frames=1)
    assert [segment.frames for segment in done.plan.segments] == [1]
    assert done.plan.audio is None
    assert counts(done.path) == [21]
    assert (await verify(done.plan, done.path)).frames == 1


async def test_a_range_begins_at_its_own_first_frame(studio: Studio, tmp_path: Path) -> None:
    done = await pressed(studio, tmp_path, "mp4", first=10, frames=25)
    assert counts(done.path) == list(range(10, 35))
    assert times(done.path)[0] == 0
    heard = samples(done.path)
    assert len(heard) == 25 * 1600
    assert abs(lag(heard[:, 0], noise_samples(4)[16_000 : 16_000 + 25 * 1600])) <= 1


@pytest.mark.parametrize(("format_", "codec"), [("mp3", "mp3float"), ("m4a", "aac"), ("wav", "pcm_s16le")])
async def test_a_sound_has_exactly_its_samples(studio: Studio, tmp_path: Path, format_: str, codec: str) -> None:
    done = await pressed(studio, tmp_path, format_)
    assert done.plan.segments == ()
    with av.open(str(done.path)) as file:
        assert file.streams.audio[0].codec_context.name == codec
        assert not file.streams.video
    heard = samples(done.path)
    assert len(heard) == FRAMES * 1600
    assert abs(lag(heard[:, 0], noise_samples(4)[: FRAMES * 1600])) <= 1
    assert (await verify(done.plan, done.path)).audio_duration == Fraction(FRAMES, 30)


async def test_a_wav_says_how_much_is_in_it(studio: Studio, tmp_path: Path) -> None:
    done = await pressed(studio, tmp_path, "wav")
    with wave.open(str(done.path)) as file:
        assert (file.getnframes(), file.getnchannels(), file.getframerate()) == (FRAMES * 1600, 2, 48_000)


@pytest.mark.parametrize(
    ("format_", "asked"),
    [
        ("mp4", {"codec": "h265"}),
        ("mp4", {"codec": "av1"}),
        ("webm", {"codec": "vp9"}),
        ("webm", {"transparent": True}),
        ("mov", {"codec": "prores"}),
        ("gif", {}),
        ("webp", {}),
        ("hls", {}),
        ("jpg", {"frames": 1}),
        ("m4a", {}),
        ("wav", {}),
    ],
    ids=names,
)
async def test_the_same_input_gives_the_same_bytes(
    studio: Studio, tmp_path: Path, format_: str, asked: dict[str, Any]
) -> None:
    one = await pressed(studio, tmp_path / "one", format_, **asked)
    other = await pressed(studio, tmp_path / "other", format_, **asked)
    assert [made.name for made in one.made] == [made.name for made in other.made]
    for first, second in zip(one.made, other.made, strict=True):
        assert first.path.read_bytes() == second.path.read_bytes(), first.name
