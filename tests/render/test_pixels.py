"""What is where in the picture, and in which colour."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutroom.render import SegmentPlan, compile_plan, render_segment
from cutroom.timeline.resolved import Color, Fit, Media, Position
from tests.render.edits import clip, edit, title
from tests.render.studio import Pixels, Studio, frames, near

SIZE = (384, 216)
BACK = Color(16, 60, 120)
BLUE, RED, GREEN, WHITE = (0, 0, 255), (255, 0, 0), (0, 200, 0), (255, 255, 255)


async def shot(studio: Studio, folder: Path, *clips: Any, **output: Any) -> Pixels:
    """The one frame of an edit of one frame."""
    wanted = edit(1, *clips, size=SIZE, **{"background": BACK, "quality": "high", **output})
    return frames(await studio.film(wanted, folder))[0]


async def quarters(studio: Studio) -> Media:
    """A square picture: red left above, green right above, blue left below, white right below."""
    path = studio.folder / "quarters.png"
    if not path.exists():
        from PIL import Image  # noqa: PLC0415 — only here

        picture = Image.new("RGB", (400, 400))
        for x, y, color in ((0, 0, RED), (200, 0, GREEN), (0, 200, BLUE), (200, 200, WHITE)):
            picture.paste(color, (x, y, x + 200, y + 200))
        picture.save(path)
    return await studio.take(path)


def area(frame: Pixels, color: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the pixels of a colour; edges may be one pixel off."""
    same = np.all(np.abs(frame - np.asarray(color, float)) < 25, axis=2)
    ys, xs = np.nonzero(same)
    return (int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1) if len(xs) else None


def about(found: tuple[int, int, int, int] | None, wanted: tuple[int, int, int, int]) -> bool:
    return found is not None and all(abs(a - b) <= 2 for a, b in zip(found, wanted, strict=True))


async def test_colours_come_out_as_they_were_asked_for(studio: Studio, tmp_path: Path) -> None:
    wide = clip(0, 1, color=Color(200, 30, 90), width_px=100, height_px=60, position="left")
    picture = clip(0, 1, await studio.flat("green.png", GREEN), fit="none", position="right", width_px=100)
    photo = clip(0, 1, await studio.flat("orange.jpg", (250, 140, 20)), fit="none", width_px=60, height_px=60)
    frame = await shot(studio, tmp_path, wide, picture, photo)
    assert near(frame[4, 190], (16, 60, 120))
    assert near(frame[108, 50], (200, 30, 90))
    assert near(frame[108, 330], GREEN)
    assert near(frame[108, 192], (250, 140, 20))


@pytest.mark.parametrize(
    ("fit", "red", "white"),
    [
        ("cover", (0, 0, 192, 108), (192, 108, 384, 216)),
        ("contain", (84, 0, 192, 108), (192, 108, 300, 216)),
        ("fill", (0, 0, 192, 108), (192, 108, 384, 216)),
        ("none", (0, 0, 192, 108), (192, 108, 384, 216)),
    ],
)
async def test_a_picture_is_fitted_into_the_canvas(
    studio: Studio, tmp_path: Path, fit: Fit, red: tuple[int, int, int, int], white: tuple[int, int, int, int]
) -> None:
    frame = await shot(studio, tmp_path, clip(0, 1, await quarters(studio), fit=fit))
    assert about(area(frame, RED), red)
    assert about(area(frame, WHITE), white)


@pytest.mark.parametrize("size", [(427, 240), (321, 181), (1921, 1081)])
async def test_a_picture_of_odd_size_that_nearly_fits_is_cut_by_less_than_a_pixel(
    studio: Studio, tmp_path: Path, size: tuple[int, int]
) -> None:
    frame = await shot(studio, tmp_path, clip(0, 1, await studio.flat("odd.png", RED, size), fit="cover"))
    assert area(frame, RED) == (0, 0, *SIZE)


async def test_cover_cuts_off_and_fill_squeezes(studio: Studio, tmp_path: Path) -> None:
    media = await quarters(studio)
    box: dict[str, Any] = {"width_px": 200, "height_px": 50, "position": "top-left"}
    covered = await shot(studio, tmp_path, clip(0, 1, media, fit="cover", **{**box, "position": "top"}))
    assert about(area(covered, RED), (92, 0, 192, 50))
    assert area(covered, WHITE) is None
    filled = await shot(studio, tmp_path, clip(0, 1, media, fit="fill", **box))
    assert about(area(filled, RED), (0, 0, 100, 25))
    assert about(area(filled, WHITE), (100, 25, 200, 50))


@pytest.mark.parametrize(
    ("position", "corner"),
    [("top-left", (0, 0)), ("center", (142, 83)), ("right", (284, 83)), ("bottom", (142, 166))],
)
async def test_a_box_is_put_where_its_position_says(
    studio: Studio, tmp_path: Path, position: Position, corner: tuple[int, int]
) -> None:
    frame = await shot(studio, tmp_path, clip(0, 1, position=position, width_px=100, height_px=50))
    x, y = corner
    assert about(area(frame, WHITE), (x, y, x + 100, y + 50))


async def test_offsets_move_right_and_down_and_off_the_canvas(studio: Studio, tmp_path: Path) -> None:
    box: dict[str, Any] = {"width_px": 96, "height_px": 54, "position": "center"}
    moved = await shot(studio, tmp_path, clip(0, 1, offset_x=Fraction(1, 4), offset_y=Fraction(1, 8), **box))
    assert about(area(moved, WHITE), (240, 108, 336, 162))
    cut = await shot(studio, tmp_path, clip(0, 1, offset_x=Fraction(-1, 2), offset_y=Fraction(1, 2), **box))
    assert about(area(cut, WHITE), (0, 188, 48, 216))


async def test_opacity_mixes_with_what_lies_below(studio: Studio, tmp_path: Path) -> None:
    red, blue = await studio.flat("red.png", RED), await studio.flat("blue.png", BLUE)
    half = await shot(studio, tmp_path, clip(0, 1, red), clip(0, 1, blue, opacity=0.5))
    assert near(half[100, 100], (127, 0, 128))
    glass = await studio.flat("clear.png", (0, 0, 255, 64))
    quarter = await shot(studio, tmp_path, clip(0, 1, red), clip(0, 1, glass))
    assert near(quarter[100, 100], (191, 0, 64))
    both = await shot(studio, tmp_path, clip(0, 1, red), clip(0, 1, color=Color(0, 0, 255, 0.5), opacity=0.5))
    assert near(both[100, 100], (191, 0, 64))


async def test_later_clips_lie_on_top(studio: Studio, tmp_path: Path) -> None:
    red, blue = await studio.flat("red.png", RED), await studio.flat("blue.png", BLUE)
    frame = await shot(studio, tmp_path, clip(0, 1, blue), clip(0, 1, red, fit="none", width_px=100, height_px=100))
    assert about(area(frame, RED), (142, 58, 242, 158))


async def test_a_fade_is_linear_and_symmetric(studio: Studio, tmp_path: Path) -> None:
    faded = clip(0, 20, await studio.flat("white.png", WHITE), fade_in=10, fade_out=5)
    film = await studio.film(edit(20, faded, size=SIZE, quality="high"), tmp_path)
    levels = [frame[100, 100].mean() / 255 for frame in frames(film)]
    wanted = [*((k + 0.5) / 10 for k in range(10)), *[1.0] * 5, *(1 - (k + 0.5) / 5 for k in range(5))]
    assert np.abs(np.array(levels) - wanted).max() < 0.02


async def test_a_dissolve_is_a_linear_crossfade(studio: Studio, tmp_path: Path) -> None:
    red, blue = await studio.flat("red.png", RED), await studio.flat("blue.png", BLUE)
    wanted = edit(30, clip(0, 10, red, tail=10), clip(10, 30, blue, fade_in=10), size=SIZE, quality="high")
    for number, edges in enumerate(([0, 30], [0, 10, 14, 20, 30])):
        film = frames(await studio.film(wanted, tmp_path / str(number), edges=edges))
        for n, frame in enumerate(film):
            part = min(max((n - 10 + 0.5) / 10, 0), 1)
            assert near(frame[100, 100], (255 * (1 - part), 0, 255 * part), 6)


async def test_fades_reveal_what_lies_below(studio: Studio, tmp_path: Path) -> None:
    over = clip(5, 15, await studio.flat("white.png", WHITE), fade_in=4, fade_out=4, fit="none", width_px=100)
    below = clip(0, 20, await studio.flat("red.png", RED))
    film = frames(await studio.film(edit(20, below, over, size=SIZE, quality="high"), tmp_path))
    assert [round(float(frame[100, 192, 1])) // 255 for frame in film] == [*[0] * 9, 1, 1, *[0] * 9]
    assert near(film[6][100, 192], (255, 96, 96), 6)
    assert near(film[6][100, 20], RED)


async def test_phone_video_is_turned_upright(studio: Studio, tmp_path: Path) -> None:
    await quarters(studio)
    flat, turned = studio.folder / "flat.mp4", studio.folder / "turned.mp4"
    source = str(studio.folder / "quarters.png")
    studio.ffmpeg("-loop", "1", "-t", "0.2", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264", str(flat))
    studio.ffmpeg("-display_rotation", "-90", "-i", str(flat), "-c", "copy", str(turned))
    frame = await shot(studio, tmp_path, clip(0, 1, await studio.take(turned), fit="fill"))
    assert near(frame[50, 300], RED, 12)
    assert near(frame[50, 90], BLUE, 12)


async def test_pixels_that_are_not_square_are_shown_as_they_should_be(studio: Studio, tmp_path: Path) -> None:
    await quarters(studio)
    narrow = studio.folder / "narrow.mp4"
    scale = "scale=200:400,setsar=2"
    source = str(studio.folder / "quarters.png")
    studio.ffmpeg("-loop", "1", "-t", "0.2", "-i", source, "-vf", scale, "-pix_fmt", "yuv420p", str(narrow))
    frame = await shot(studio, tmp_path, clip(0, 1, await studio.take(narrow), fit="contain"))
    assert near(frame[50, 100], RED, 12)
    assert near(frame[50, 60], (16, 60, 120))
    assert near(frame[150, 290], WHITE, 12)


@pytest.mark.parametrize(("size", "matrix"), [("1280x720", "bt709"), ("640x360", "smpte170m")])
async def test_untagged_video_is_read_as_players_read_it(
    studio: Studio, tmp_path: Path, size: str, matrix: str
) -> None:
    path = studio.folder / f"untagged{size}.mp4"
    graph = f"color=c=0x28c850:s={size}:d=0.2,format=gbrp,scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p"
    studio.ffmpeg("-f", "lavfi", "-i", f"{graph},setparams=colorspace=unknown", "-c:v", "libx264", str(path))
    frame = await shot(studio, tmp_path, clip(0, 1, await studio.take(path)))
    assert near(frame[100, 100], (40, 200, 80))


async def test_text_is_drawn_where_it_should_be_in_its_colour(studio: Studio, tmp_path: Path) -> None:
    words = title(0, 1, "HHHH", position="bottom-left", look={"color": Color(255, 255, 0), "weight": 900})
    frame = await shot(studio, tmp_path, words)
    found = area(frame, (255, 255, 0))
    assert found is not None
    left, top, right, bottom = found
    assert 0 <= left <= 6
    assert 50 < right < 120
    assert 185 < top < bottom <= 213


async def test_text_fades_and_takes_opacity(studio: Studio, tmp_path: Path) -> None:
    words = title(0, 20, "HHHH", fade_in=10, opacity=0.5, look={"size_px": 60, "weight": 900})
    film = frames(await studio.film(edit(20, words, size=SIZE, quality="high"), tmp_path))
    levels = [frame[90:126, 170:214].max() / 255 for frame in film]
    assert abs(levels[4] - 0.5 * 0.45) < 0.04
    assert abs(levels[15] - 0.5) < 0.04


async def test_text_beside_the_canvas_is_left_out(studio: Studio, tmp_path: Path) -> None:
    frame = await shot(studio, tmp_path, title(0, 1, "away", offset_x=Fraction(3)))
    assert near(frame[100, 100], (16, 60, 120))
    assert frame.std(axis=(0, 1)).max() < 2


async def test_the_same_segment_has_the_same_bytes(studio: Studio, tmp_path: Path) -> None:
    media = await studio.counter("steady.mp4")
    wanted = edit(60, clip(0, 60, media), title(0, 60, "same", fade_in=10), size=SIZE)
    one = await studio.make(compile_plan(wanted), tmp_path / "one")
    two = await studio.make(compile_plan(wanted), tmp_path / "two")
    assert one.read_bytes() == two.read_bytes()


async def test_a_transparent_segment_has_the_same_bytes_wherever_threads_part_its_rows(
    studio: Studio, tmp_path: Path
) -> None:
    """Two threads part 146 rows of luma at an odd one, within a row of colour."""
    box: dict[str, Any] = {"width_px": 260, "height_px": 146, "fade_in": 45, "fade_out": 45}
    clips = (clip(0, 90, await studio.flat("red.png", RED), **box), clip(0, 90, color=Color(*BLUE), **box))
    plan = compile_plan(edit(90, *clips, size=SIZE, format="mov", codec="prores", transparent=True))
    made = set()
    for number in range(4):
        (segment,) = plan.segments
        assert isinstance(segment, SegmentPlan)
        out = tmp_path / f"{number}.mov"
        await render_segment(segment, inputs=studio.paths, scratch=tmp_path, out=out, progress=lambda _: None)
        made.add(out.read_bytes())
    assert len(made) == 1
