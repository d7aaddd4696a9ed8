"""Frames of painted clips do not depend on where the edit is cut."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutroom.timeline.resolved import Color, Look, Matte, Motion, Passage, View
from tests.render.edits import clip, edit
from tests.render.paint.gallery import kept, keys, ramp
from tests.render.studio import HEIGHT, WIDTH, Studio, counts, expected_counts, frames, hashes

SIZE = (WIDTH, HEIGHT)


async def test_where_an_edit_is_cut_changes_no_painted_frame(studio: Studio, tmp_path: Path) -> None:
    first, second = await studio.counter("double.mp4", "60"), await studio.counter("film.mkv", "24000/1001")
    still = await kept(studio, "ramp.png", ramp())
    turning = Motion(rotation=keys((0, 0), (2, 90)), opacity=keys((0, 0.4), (1, 1)), scale=0.6)
    box: dict[str, Any] = {"width_px": 120, "height_px": 80}
    clips = [
        clip(0, 40, first, trim=Fraction(1, 7), tail=10, speed=Fraction(3, 2), motion=turning, fade_in=9),
        clip(40, 70, second, fade_in=10, looks=(Look("grain", 0.4),), matte=Matte(first, "luma", Fraction(1, 2))),
        clip(5, 65, still, view=View(keys((0, 1), (2, 2)), 0.3, 0.7), position="right", **box, fade_out=7),
        clip(12, 60, color=Color(255, 200, 0), enter=Passage("glitch", 11), leave=Passage("iris", 13), **box),
        clip(20, 55, second, blend="hue", position="left", speed=Fraction(2, 3), **box),
        clip(20, 50, still, blend="overlay", position="top", **box, radius_px=20),
    ]
    wanted = edit(70, *clips, size=SIZE)
    whole = hashes(await studio.film(wanted, tmp_path / "whole", edges=[0, 70], lossless=True))
    assert len(set(whole)) > 55
    for number, edges in enumerate(([0, 1, 13, 37, 38, 61, 70], [0, 21, 44, 70])):
        parts = await studio.film(wanted, tmp_path / str(number), edges=edges, lossless=True)
        assert hashes(parts) == whole


@pytest.mark.parametrize("speed", ["1", "2", "1/2", "7/5"])
@pytest.mark.parametrize("drawn", ["plain", "painted"])
async def test_a_clip_plays_at_its_speed(studio: Studio, tmp_path: Path, speed: str, drawn: str) -> None:
    media, factor = await studio.counter("steady.mp4"), Fraction(speed)
    view = View(1.0, 0.0, 0.0) if drawn == "painted" else None
    wanted = edit(60, clip(0, 60, media, trim=Fraction(1, 2), speed=factor, view=view), size=SIZE)
    found = []
    for number, edges in enumerate(([0, 60], [0, 7, 31, 60])):
        found.append(counts(await studio.film(wanted, tmp_path / str(number), edges=edges)))
    assert found[0] == found[1]
    tolerance = Fraction(3, 8) * min(1 / (30 * factor), Fraction(1, 30))
    exact = [int((Fraction(1, 2) + factor * (Fraction(n, 30) + tolerance)) * 30) for n in range(60)]
    assert found[0] == [min(n, 119) for n in exact]


@pytest.mark.parametrize("name", ["steady.mp4", "film.mkv", "broadcast.ts", "ntsc.avi", "web.webm"])
async def test_a_painted_video_shows_the_frames_that_a_plain_one_does(
    studio: Studio, tmp_path: Path, name: str
) -> None:
    options = {
        "film.mkv": ("24000/1001",),
        "broadcast.ts": ("25", "-g", "25"),
        "ntsc.avi": ("30000/1001", "-c:v", "mpeg4", "-q:v", "2", "-bf", "0"),
        "web.webm": ("30", "-c:v", "libvpx", "-b:v", "2M", "-g", "20"),
    }.get(name, ("30",))
    media = await studio.counter(name, options[0], 4, *options[1:])
    trim = Fraction(61, 50)
    wanted = edit(100, clip(0, 100, media, trim=trim, view=View(1.0, 0.5, 0.5)), size=SIZE)
    out = await studio.film(wanted, tmp_path, edges=[0, 33, 100])
    assert counts(out) == expected_counts(media, Fraction(30), trim, 100)


async def test_a_phone_video_is_painted_upright_and_fades_as_plain_ones_do(studio: Studio, tmp_path: Path) -> None:
    await kept(studio, "ramp.png", ramp())
    flat, turned = studio.folder / "level.mp4", studio.folder / "upright.mp4"
    source = str(studio.folder / "ramp.png")
    studio.ffmpeg("-loop", "1", "-t", "0.4", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264", str(flat))
    studio.ffmpeg("-display_rotation", "-90", "-i", str(flat), "-c", "copy", str(turned))
    media = await studio.take(turned)
    films = []
    for number, view in enumerate((None, View(1.0, 0.5, 0.5))):
        one = clip(0, 8, media, fit="contain", view=view, fade_in=6, opacity=0.8)
        films.append(frames(await studio.film(edit(8, one, size=SIZE), tmp_path / str(number), lossless=True)))
    for plain, painted in zip(*films, strict=True):
        assert np.abs(plain - painted).mean() < 1
        assert np.percentile(np.abs(plain - painted), 99) < 6


async def test_a_still_that_is_painted_is_painted_once(studio: Studio, tmp_path: Path) -> None:
    still = await kept(studio, "ramp.png", ramp())
    shown = clip(0, 40, still, radius_px=40, looks=(Look("sepia", 1.0),))
    out = await studio.film(edit(40, shown, size=SIZE), tmp_path, edges=[0, 11, 40], lossless=True)
    assert len(set(hashes(out))) == 1


async def test_a_moving_gif_goes_round(studio: Studio, tmp_path: Path) -> None:
    path = studio.folder / "round.gif"
    parts = [Image.new("RGB", (64, 36), color) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    parts[0].save(path, save_all=True, append_images=parts[1:], duration=[100, 200, 100], loop=0)
    media = await studio.take(path)
    out = await studio.film(edit(30, clip(0, 30, media, kind="image"), size=SIZE), tmp_path, edges=[0, 17, 30])
    order = [int(np.argmax(frame[100, 100])) for frame in frames(out)]
    assert order == [[0, 1, 1, 2][n // 3 % 4] for n in range(30)]
