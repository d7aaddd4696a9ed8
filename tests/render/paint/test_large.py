"""Boxes that are much larger than the canvas: little is painted which nobody sees, and what is seen stays the same."""

import tracemalloc
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.render.paint import patch as patches
from cutroom.render.paint.patch import patch
from cutroom.render.paint.pose import pose, window
from cutroom.timeline.resolved import ChromaKey, Color, Crop, Look, Matte, Motion, Passage, Shape, View
from cutroom.timeline.resolved.text import TextAnimation
from tests.render.edits import clip, style
from tests.render.paint.gallery import CANVAS, Frame, kept, keys, painted, planned, ramp
from tests.render.studio import Studio

PIXELS = CANVAS.width * CANVAS.height
STAR = Shape("star", Color(255, 0, 0), Color(255, 255, 255), 6.0, 0.0, 5, None, None)
WHOLE = 10**6
"""So many canvases that every box is painted whole."""


@pytest.mark.parametrize(
    "asked",
    [
        {"motion": Motion(scale=50.0)},
        {"motion": Motion(scale=keys((0, 1), (1, 50)), rotation=keys((0, 0), (1, 90)))},
        {"motion": Motion(rotation=keys((0, 0), (1, 45))), "width_px": 16_000, "height_px": 9000},
        {"motion": Motion(skew_x=80.0), "width_px": 8000, "height_px": 16_000, "fit": "blur"},
        {"width_px": 16_000, "height_px": 16_000, "radius_px": 4000.0},
        {"motion": Motion(scale=50.0), "looks": (Look("blur", 0.5), Look("sharpen", 1.0), Look("grain", 0.5))},
        {"motion": Motion(scale=50.0), "enter": Passage("glitch", 5), "leave": Passage("iris", 5)},
        {"width_px": 16_000, "height_px": 9000},
        {"shape": STAR, "kind": "shape", "width_px": 16_000, "height_px": 9000},
        {"shape": STAR, "kind": "shape", "motion": Motion(scale=keys((0, 0), (1, 100)))},
    ],
)
async def test_what_is_painted_is_bounded_by_the_canvas(studio: Studio, asked: dict[str, Any]) -> None:
    media = None if "shape" in asked else await kept(studio, "ramp.png", ramp())
    large = clip(0, 16, media, **asked)
    painted(large, studio)  # what is loaded once is not counted
    tracemalloc.start()
    painted(clip(0, 16, media, **asked), studio)
    most = tracemalloc.get_traced_memory()[1] - 16 * 4 * PIXELS
    tracemalloc.stop()
    assert most < 600 * PIXELS


@pytest.mark.parametrize("scale", [3.0, 4.5])
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"flip_x": True, "crop": Crop(Fraction(0), Fraction(0), Fraction(0), Fraction(1, 5))},
        {"looks": (Look("vignette", 1.0),)},
        {"looks": (Look("grain", 0.3),)},
        {"looks": (Look("sharpen", 1.0),)},
        {"looks": (Look("sepia", 1.0), Look("blur", 0.3))},
        {"radius_px": 60.0},
        {"fit": "blur", "width_px": 320, "height_px": 320},
        {"view": View(zoom=keys((0, 1), (0.2, 2)), x=0.3, y=0.7)},
        {"enter": Passage("circle", 5)},
        {"enter": Passage("clock", 5), "leave": Passage("blinds", 5)},
        {"enter": Passage("reveal", 9)},
        {"chroma": ChromaKey(Color(0, 0, 255), threshold=0.2, softness=0.3, despill=True)},
    ],
)
async def test_a_part_shows_what_the_whole_would_show(
    studio: Studio, asked: dict[str, Any], scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = await kept(studio, "ramp.png", ramp())
    shown = clip(0, 8, media, motion=Motion(scale=scale, rotation=3.0, move_x=keys((0, 0), (0.2, 1))), **asked)
    parts = painted(shown, studio)
    monkeypatch.setattr(patches, "_WHOLE", WHOLE)
    for part, whole in zip(parts, painted(shown, studio), strict=True):
        assert np.abs(part.astype(int) - whole).mean() < 1.5


async def test_a_matte_is_stretched_over_a_large_box(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    media = await kept(studio, "ramp.png", ramp())
    shown = clip(0, 1, media, matte=Matte(media, "luma", Fraction(0)), motion=Motion(scale=5.0))
    (part,) = painted(shown, studio)
    monkeypatch.setattr(patches, "_WHOLE", WHOLE)
    (whole,) = painted(shown, studio)
    assert np.abs(part.astype(int) - whole).mean() < 1.5
    assert part[:, :, 3].std() > 3


@given(
    st.floats(0, 60),
    st.floats(-180, 180),
    st.floats(-75, 75),
    st.floats(-2, 2),
    st.integers(1, 8000),
    st.integers(1, 8000),
)
def test_a_patch_holds_what_is_seen_and_little_else(
    scale: float, turn: float, lean: float, move: float, width: int, height: int
) -> None:
    motion = Motion(scale=scale, rotation=turn, skew_x=lean, move_x=move)
    whole: dict[str, Any] = {"color": Color(0, 0, 0), "width_px": 2 * width, "height_px": 2 * height}
    painting = replace(planned(clip(0, 1, motion=Motion(rotation=1.0), **whole)).painting, motion=motion)
    seen = window(painting)
    if seen is None:
        return
    now, box = pose(painting, 0).matrix, painting.box
    found = patch(painting, patches.raster(painting), now, seen, 0.0)
    if found is None:
        return
    assert found.width * found.height <= 8 * PIXELS + 256**2
    a, b, c, d, e, f = now
    for x, y in ((seen.x, seen.y), (seen.x + seen.width, seen.y + seen.height / 2)):
        if abs(a * e - b * d) < 1e-6:
            continue
        across = (e * (x - c) - b * (y - f)) / (a * e - b * d) / box.width
        down = (a * (y - f) - d * (x - c)) / (a * e - b * d) / box.height
        if 0 <= across <= 1 and 0 <= down <= 1:
            assert found.left - 1 <= across * found.whole[0] <= found.left + found.width + 1
            assert found.top - 1 <= down * found.whole[1] <= found.top + found.height + 1


async def test_a_plain_picture_much_larger_than_the_canvas_is_painted(studio: Studio) -> None:
    media = await kept(studio, "ramp.png", ramp())
    (frame,) = painted(clip(0, 1, media, width_px=3200, height_px=1800, offset_x=2.5), studio)
    # Of the picture, ten times as large, the part from 20 % to 30 % of its width is left.
    assert np.allclose(frame[90, [0, -1], 0], [0.2 * 255, 0.3 * 255], atol=2)


def test_the_lines_of_a_shape_grow_with_it() -> None:
    square = Shape("rectangle", None, Color(255, 255, 255), 4.0, 0.0, 0, None, None)
    for scale in (0.5, 1.0, 2.0):
        shape = clip(0, 1, kind="shape", shape=square, width_px=60, height_px=40, motion=Motion(scale=scale))
        (frame,) = painted(shape)
        row = frame[90, :, 3].astype(float).sum() / 255
        assert row == pytest.approx(2 * 4 * scale, abs=0.3)
        assert frame[90, 160 - round(30 * scale) + 1, 3] > 0


@pytest.mark.parametrize("animation", [None, TextAnimation("rise", None, "letter", Fraction(1, 10), 0.5, "up")])
def test_letters_that_are_enlarged_are_as_sharp_as_large_ones(animation: TextAnimation | None) -> None:
    def edges(size_px: float, scale: float) -> tuple[float, Frame]:
        words = style("Sharp", size_px=size_px, animation=animation)
        frame = painted(clip(0, 12, kind="text", text=words, motion=Motion(scale=scale)))[-1]
        alpha = frame[:, :, 3].astype(float)
        return float(((alpha > 20) & (alpha < 235)).sum()), frame

    large, wanted = edges(80, 1.0001)
    enlarged, found = edges(20, 4)
    assert enlarged < 1.6 * large
    assert np.abs(found.astype(int) - wanted)[:, :, 3].mean() < 4


def test_lines_break_where_they_did_when_letters_are_enlarged() -> None:
    for wrap_px in range(100, 140, 3):
        words = style("Words that fill their lines to the last", size_px=13, wrap_px=float(wrap_px))
        plain, enlarged = (
            painted(clip(0, 1, kind="text", text=words, motion=Motion(scale=scale)))[0] for scale in (1.0, 2.0)
        )
        shrunk = plain[:, :, 3].astype(float).sum() * 4
        assert enlarged[:, :, 3].astype(float).sum() == pytest.approx(shrunk, rel=0.1)
