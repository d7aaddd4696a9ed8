"""How layers meet: every blend mode against its formula, and canvases that stay transparent."""

from pathlib import Path
from typing import Any, get_args

import av
import numpy as np
import pytest
from PIL import Image

from cutroom.render import compile_plan, render_segment
from cutroom.render.paint.meeting import mixed
from cutroom.timeline.resolved import BlendMode, Color, Media, Motion
from tests.render.edits import clip, edit
from tests.render.paint.gallery import kept, keys
from tests.render.studio import Pixels, Studio, frames, ignore

TILE = 20
SIZE = (320, 180)
MODES: tuple[BlendMode, ...] = get_args(BlendMode)


async def tiles(studio: Studio, name: str, seed: int, *, alpha: bool = False) -> Media:
    """Tiles of random colours, black and white among them."""
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (SIZE[1] // TILE, SIZE[0] // TILE, 4 if alpha else 3))
    colors[0, :3, :3], colors[1, :3, :3] = 0, 255
    if alpha:
        colors[:, :, 3] = rng.choice([0, 64, 128, 255], colors.shape[:2])
    return await kept(studio, name, np.kron(colors, np.ones((TILE, TILE, 1), int)))


def middles(frame: Pixels) -> Pixels:
    """The mean colour of each tile's inner half."""
    rows = frame.reshape(SIZE[1] // TILE, TILE, SIZE[0] // TILE, TILE, -1)[:, 5:15, :, 5:15]
    made: Pixels = rows.mean(axis=(1, 3))
    return made


def pixels(studio: Studio, media: Media) -> Pixels:
    """What a picture's file holds."""
    return np.asarray(Image.open(studio.paths[media.sha256]), float)


def separate(mode: BlendMode, b: Any, s: Any) -> Any:
    """W3C Compositing and Blending 1, 9.1, written anew."""
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
        return {
            "normal": s,
            "multiply": b * s,
            "screen": b + s - b * s,
            "overlay": np.where(b <= 0.5, 2 * b * s, 1 - 2 * (1 - b) * (1 - s)),
            "darken": np.minimum(b, s),
            "lighten": np.maximum(b, s),
            "color-dodge": np.where(b == 0, 0, np.where(s >= 1, 1, np.minimum(1, b / (1 - s)))),
            "color-burn": np.where(b >= 1, 1, np.where(s <= 0, 0, 1 - np.minimum(1, (1 - b) / s))),
            "hard-light": np.where(s <= 0.5, 2 * b * s, 1 - 2 * (1 - b) * (1 - s)),
            "soft-light": np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (root - b)),
            "difference": np.abs(b - s),
            "exclusion": b + s - 2 * b * s,
            "add": np.minimum(b + s, 1),
            "subtract": np.maximum(b - s, 0),
            "divide": np.where(s <= 0, 1, np.minimum(b / np.where(s <= 0, 1, s), 1)),
        }[mode]


def lum(c: Any) -> Any:
    return c @ np.array([0.3, 0.59, 0.11])


def set_lum(color: Any, luminosity: float) -> Any:
    c = color + (luminosity - lum(color))
    level, low, high = lum(c), c.min(), c.max()
    if low < 0:
        c = level + (c - level) * level / (level - low)
    if high > 1:
        c = level + (c - level) * (1 - level) / (high - level)
    return c


def set_sat(color: Any, saturation: float) -> Any:
    order = np.argsort(color)
    made = np.zeros(3)
    if color[order[2]] > color[order[0]]:
        made[order[1]] = (color[order[1]] - color[order[0]]) * saturation / (color[order[2]] - color[order[0]])
        made[order[2]] = saturation
    return made


def together(mode: BlendMode, b: Any, s: Any) -> Any:
    """The same, 9.2, for one pixel at a time, as the specification writes it."""

    def one(cb: Any, cs: Any) -> Any:
        return {
            "hue": lambda: set_lum(set_sat(cs, np.ptp(cb)), lum(cb)),
            "saturation": lambda: set_lum(set_sat(cb, np.ptp(cs)), lum(cb)),
            "color": lambda: set_lum(cs, lum(cb)),
            "luminosity": lambda: set_lum(cb, lum(cs)),
        }[mode]()

    flat = [one(cb, cs) for cb, cs in zip(b.reshape(-1, 3), s.reshape(-1, 3), strict=True)]
    return np.array(flat).reshape(b.shape)


def formula(mode: BlendMode, b: Any, s: Any) -> Any:
    whole = mode in {"hue", "saturation", "color", "luminosity"}
    return together(mode, b, s) if whole else separate(mode, b, s)


@pytest.mark.parametrize("mode", ["hue", "saturation", "color", "luminosity"])
def test_the_fast_formula_is_that_of_the_specification(mode: BlendMode) -> None:
    rng = np.random.default_rng(11)
    b, s = rng.random((40, 40, 3)).astype(np.float32), rng.random((40, 40, 3)).astype(np.float32)
    b[0], s[1], b[2], s[3] = 0, 0, 1, 1
    made = np.stack(mixed(tuple(np.moveaxis(b, 2, 0)), tuple(np.moveaxis(s, 2, 0)), mode), axis=2)
    assert np.abs(made - together(mode, b.astype(float), s.astype(float))).max() < 1e-4


@pytest.mark.parametrize("mode", MODES)
async def test_a_layer_meets_what_lies_below_as_its_mode_says(studio: Studio, tmp_path: Path, mode: BlendMode) -> None:
    below, above = await tiles(studio, "below.png", 1), await tiles(studio, "above.png", 2)
    under = clip(0, 2, below)
    over = clip(0, 2, above, blend=mode, opacity=0.75, radius_px=1.0 if mode == "normal" else 0.0)
    wanted = edit(2, under, over, size=SIZE, quality="highest")
    out = frames(await studio.film(wanted, tmp_path / "out", lossless=True))[1]
    base = frames(await studio.film(edit(2, under, size=SIZE), tmp_path / "base", lossless=True))[1]
    b, s = middles(base) / 255, middles(pixels(studio, above)) / 255
    expected = b * 0.25 + formula(mode, b, s) * 0.75
    error = np.abs(middles(out) / 255 - expected) * 255
    # What is left is the rounding of the result to YUV.
    assert np.percentile(error, 98) <= 2
    assert error.max() <= 4


@pytest.mark.parametrize("mode", ["multiply", "luminosity"])
async def test_nothing_changes_where_nothing_of_the_layer_is(studio: Studio, tmp_path: Path, mode: BlendMode) -> None:
    below = await tiles(studio, "below.png", 1)
    under = clip(0, 6, below)
    moving = Motion(move_x=keys((0, 0), (1, 0.5)))
    over = clip(2, 5, await tiles(studio, "above.png", 2), blend=mode, motion=moving, width_px=80, height_px=80)
    out = frames(await studio.film(edit(6, under, over, size=SIZE), tmp_path / "out", lossless=True))
    base = frames(await studio.film(edit(6, under, size=SIZE), tmp_path / "base", lossless=True))
    for number in (0, 1, 5):
        assert np.array_equal(out[number], base[number])
    for number in (2, 3, 4):
        assert np.array_equal(out[number][:, :110], base[number][:, :110])
        assert not np.array_equal(out[number][60:120, 140:180], base[number][60:120, 140:180])


def rgba(path: Path) -> list[Pixels]:
    """The frames of a transparent film, RGB and alpha from 0 to 255."""
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgba").astype(float) for frame in file.decode(video=0)]


@pytest.mark.parametrize("mode", ["normal", "multiply", "color"])
async def test_a_transparent_canvas_keeps_transparency(studio: Studio, tmp_path: Path, mode: BlendMode) -> None:
    """Straight alpha throughout (Compositing and Blending 1, 5.1 and 9.1)."""
    below, above = await tiles(studio, "glass1.png", 3, alpha=True), await tiles(studio, "glass2.png", 4, alpha=True)
    clips = [clip(0, 1, below), clip(0, 1, above, blend=mode, opacity=0.5)]
    wanted = edit(1, *clips, size=SIZE, format="mov", codec="prores", transparent=True, quality="highest")
    (segment,) = compile_plan(wanted).segments
    out = tmp_path / "segment.mov"
    await render_segment(segment, inputs=studio.paths, scratch=tmp_path, out=out, progress=ignore)  # type: ignore[arg-type]
    found = middles(rgba(out)[0]) / 255
    cb, cs = (middles(pixels(studio, media)) / 255 for media in (below, above))
    ab, as_ = cb[:, :, 3:], cs[:, :, 3:] * 0.5
    blended = cs[:, :, :3] * (1 - ab) + formula(mode, cb[:, :, :3], cs[:, :, :3]) * ab
    alpha = as_ + ab * (1 - as_)
    colors = (as_ * blended + (1 - as_) * ab * cb[:, :, :3]) / np.maximum(alpha, 1e-9)
    assert np.abs(found[:, :, 3:] - alpha).max() * 255 <= 3
    seen = alpha[:, :, 0] > 0.3
    assert np.abs(found[:, :, :3] - colors)[seen].max() * 255 <= 8


async def test_a_colour_below_a_layer_takes_part(studio: Studio, tmp_path: Path) -> None:
    over = clip(0, 1, color=Color(200, 100, 50), blend="screen", width_px=100, height_px=100)
    film = frames(await studio.film(edit(1, over, size=SIZE, background=Color(100, 0, 200)), tmp_path, lossless=True))
    wanted = [255 - (255 - b) * (255 - s) / 255 for b, s in ((100, 200), (0, 100), (200, 50))]
    assert np.abs(film[0][90, 160] - wanted).max() <= 3
