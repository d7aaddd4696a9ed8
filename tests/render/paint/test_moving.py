"""Where painted clips are, to a fraction of a pixel."""

from fractions import Fraction
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutroom.render.curve import value
from cutroom.timeline.resolved import Crop, Motion, View
from tests.render.edits import clip, edit
from tests.render.paint.gallery import CANVAS, centroid, kept, keys, painted, planned, ramp, smooth
from tests.render.studio import Studio, frames, near

BOX: dict[str, Any] = {"width_px": 60, "height_px": 40}


def test_a_box_follows_its_curves_to_a_tenth_of_a_pixel() -> None:
    across = keys((0, -0.3), (1, 0.3), easing="easeInOutCubic")
    down = keys((0, 0.2), (1, -0.2), easing="easeOutBack")
    moving = clip(0, 31, motion=Motion(move_x=across, move_y=down), **BOX)
    for number, frame in enumerate(painted(moving)):
        at = Fraction(number, 30)
        wanted = (160 + 320 * value(across, at), 90 + 180 * value(down, at))
        assert np.allclose(centroid(frame), wanted, atol=0.1)


def test_a_box_turns_scales_and_leans_around_its_centre() -> None:
    curves = {
        "rotation": keys((0, 0), (1, 200)),
        "scale": keys((0, 0.3), (1, 1.5)),
        "skew_x": keys((0, 0), (1, 30)),
        "skew_y": keys((0, 0), (1, -10)),
    }
    for number, frame in enumerate(painted(clip(0, 31, motion=Motion(**curves), **BOX))):
        assert np.allclose(centroid(frame), (160, 90), atol=0.1)
        scale = value(curves["scale"], Fraction(number, 30))
        lean = 1 - np.tan(radians(number)) * np.tan(radians(-number / 3))
        assert frame[:, :, 3].sum() / 255 == pytest.approx(60 * 40 * scale**2 * lean, rel=0.02)


def test_a_box_without_area_is_not_seen() -> None:
    growing = Motion(scale=keys((0, 0), (1, 2)))
    first, *_, last = painted(clip(0, 31, motion=growing, **BOX))
    assert first.max() == 0
    assert last[:, :, 3].max() == 255
    (lean, *_) = painted(clip(0, 1, motion=Motion(scale=2.0, skew_x=45.0, skew_y=45.0), **BOX))
    assert lean.max() == 0


def test_a_scale_that_swings_below_nothing_shows_no_mirrored_picture() -> None:
    shrinking = Motion(scale=keys((0, 1), (1, -1)))
    frames = painted(clip(0, 31, motion=shrinking, **BOX))
    assert [bool(frame.max()) for frame in frames] == [number < 15 for number in range(len(frames))]


def test_rotation_is_clockwise() -> None:
    (frame, *_) = painted(clip(0, 1, motion=Motion(rotation=30.0), width_px=120, height_px=8))
    for along in (-50, -20, 20, 50):
        x, y = 160 + along * cos(radians(30)), 90 + along * sin(radians(30))
        assert frame[int(y), int(x), 3] == 255
        assert frame[int(180 - y), int(x), 3] == 0


def test_the_window_holds_all_that_is_seen_and_little_more() -> None:
    for motion in (
        Motion(move_x=keys((0, 0), (1, 0.2))),
        Motion(rotation=keys((0, 0), (1, 90), easing="easeOutElastic")),
        Motion(scale=keys((0, 1), (1, 2), easing="easeInOutBack"), skew_x=20.0),
    ):
        moving = clip(0, 30, motion=motion, **BOX)
        window = planned(moving).window
        seen = np.any([frame[:, :, 3] > 0 for frame in painted(moving)], axis=0)
        ys, xs = np.nonzero(seen)
        assert window.x <= xs.min() <= window.x + 5
        assert window.y <= ys.min() <= window.y + 5
        assert window.x + window.width - 5 <= xs.max() + 1 <= window.x + window.width
        assert window.y + window.height - 5 <= ys.max() + 1 <= window.y + window.height
        assert (window.x % 2, window.y % 2, window.width % 2, window.height % 2) == (0, 0, 0, 0)


async def test_ken_burns_is_smooth(studio: Studio) -> None:
    spot = np.zeros((720, 1280, 3))
    y, x = np.mgrid[0:720, 0:1280]
    spot[np.hypot(x - 500, y - 300) < 60] = 255
    media = await kept(studio, "spot.png", spot)
    view = View(zoom=keys((0, 1), (2, 1.4)), x=keys((0, 0.2), (2, 0.8)), y=0.5)
    places = []
    for frame in painted(clip(0, 60, media, view=view), studio):
        light = frame[:, :, :1].astype(float)
        places.append(centroid(np.concatenate([frame[:, :, :3], light], axis=2)))
    assert smooth([place[0] for place in places]) < 0.15
    assert smooth([place[1] for place in places]) < 0.15
    zoom, along = 1.4 - 0.4 / 60, 0.8 - 0.6 / 60
    assert places[-1][0] == pytest.approx((500.5 / 4) * zoom - along * (zoom - 1) * 320, abs=0.1)


async def test_a_view_shows_its_part_of_the_picture(studio: Studio) -> None:
    media = await kept(studio, "ramp.png", ramp())
    (frame, *_) = painted(clip(0, 1, media, view=View(zoom=2.0, x=1.0, y=0.0)), studio)
    assert near(frame[2, 318, :3], ramp()[1, 319], 3)
    assert near(frame[2, 1, :3], ramp()[1, 160], 3)
    assert near(frame[177, 318, :3], ramp()[88, 319], 3)


async def test_flips_mirror_and_crops_cut_first(studio: Studio) -> None:
    media = await kept(studio, "ramp.png", ramp())
    (plain, *_) = painted(clip(0, 1, media, view=View(1.0, 0.0, 0.0)), studio)
    (flipped, *_) = painted(clip(0, 1, media, flip_x=True, flip_y=True), studio)
    assert np.abs(plain[::-1, ::-1].astype(int) - flipped).max() <= 1
    crop = Crop(Fraction(0), Fraction(1, 4), Fraction(0), Fraction(1, 4))
    (cut, *_) = painted(clip(0, 1, media, flip_x=True, crop=crop, fit="fill"), studio)
    assert near(cut[90, 1, :3], ramp()[90, 239], 4)
    assert near(cut[90, 318, :3], ramp()[90, 80], 4)


async def test_painting_changes_no_colour(studio: Studio, tmp_path: Path) -> None:
    """A painted clip looks like a plain one: same colours, same place, same scaling.

    The video needs no conversion in the plain path, where FFmpeg's, from BT.601 or full range, is 1 to 2 levels dark.
    """
    still, path = await kept(studio, "ramp.png", ramp()), studio.folder / "smooth.mp4"
    looped = ("-loop", "1", "-t", "0.4", "-i", str(studio.folder / "ramp.png"))
    studio.ffmpeg(
        *looped,
        "-vf",
        "scale=1280:720:out_color_matrix=bt709",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-crf",
        "8",
        str(path),
    )
    moving = await studio.take(path)
    for media in (still, moving):
        plain, through = clip(0, 3, media), clip(0, 3, media, view=View(1.0, 0.0, 0.0))
        films = []
        for number, one in enumerate((plain, through)):
            wanted = edit(3, one, quality="highest")
            films.append(frames(await studio.film(wanted, tmp_path / str(number), lossless=True)))
        for one, other in zip(*films, strict=True):
            assert np.abs((one - other).mean(axis=(0, 1))).max() < 0.3
            assert np.percentile(np.abs(one - other), 99) <= 3


def test_a_moving_box_beside_the_canvas_is_nothing() -> None:
    from cutroom.render.layers import picture  # noqa: PLC0415 — only here

    assert picture(clip(0, 10, offset_x=Fraction(2), motion=Motion(scale=0.5)), CANVAS) is None
