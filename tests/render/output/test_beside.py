"""What stands beside an output: posters, sheets of small pictures with their map, playlists."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from cutroom.render import verify
from cutroom.render.output.hls import MEDIA, segment_lengths
from cutroom.timeline.resolved import Poster, Sprites
from tests.render.edits import clip, edit
from tests.render.output.press import FRAMES, film, press, times
from tests.render.studio import HEIGHT, WIDTH, Studio, counts


def shown_by(picture: Image.Image) -> int:
    """The number that a frame of a counter shows, at any size."""
    luma = np.asarray(picture.convert("L"))
    row = luma[luma.shape[0] // 5]
    return sum(int(row[int((bar + 0.5) * len(row) / 12)] > 128) << bar for bar in range(12))


@pytest.mark.parametrize("format_", ["mp4", "webm", "gif", "hls"])
async def test_a_poster_is_the_frame_that_was_asked_for(studio: Studio, tmp_path: Path, format_: str) -> None:
    wanted = (Poster(31, Fraction(1), "png"), Poster(3, Fraction(1, 2), "jpg"), Poster(31, Fraction(1, 4), "jpg"))
    done = await press(studio, await film(studio, format=format_, posters=wanted), tmp_path)
    posters = [one for one in done.made if one.kind == "poster"]
    assert sorted(one.name for one in posters) == ["poster-1.png", "poster-2.jpg", "poster-3.jpg"]
    for number, poster in enumerate(wanted, 1):
        made = next(one for one in posters if one.name.startswith(f"poster-{number}."))
        with Image.open(made.path) as picture:
            assert picture.size == (round(WIDTH * poster.scale), round(HEIGHT * poster.scale))
            assert picture.format == ("PNG" if made.content_type == "image/png" else "JPEG")
            assert shown_by(picture) == poster.frame


async def test_a_poster_has_the_colours_of_its_frame(studio: Studio, tmp_path: Path) -> None:
    from cutroom.timeline.resolved import Color  # noqa: PLC0415

    red = clip(0, 20, color=Color(200, 40, 30))
    poster = (Poster(12, Fraction(1), "png"),)
    for format_ in ("mp4", "webp"):
        done = await press(studio, edit(20, red, format=format_, posters=poster), tmp_path / format_)
        with Image.open(done.of("poster")[0]) as picture:
            pixels = np.asarray(picture.convert("RGB")).astype(float)
        assert np.abs(pixels - (200, 40, 30)).max() <= 5


async def test_a_poster_of_a_transparent_film_is_transparent_as_a_png(studio: Studio, tmp_path: Path) -> None:
    poster = (Poster(7, Fraction(1, 2), "png"),)
    for format_ in ("webm", "mov"):
        wanted = await film(studio, format=format_, transparent=True, posters=poster)
        done = await press(studio, wanted, tmp_path / format_)
        with Image.open(done.of("poster")[0]) as picture:
            assert picture.mode == "RGBA"
            alpha = np.asarray(picture)[:, :, 3].astype(float)
            assert np.abs(alpha - 0.6 * 255).max() <= 3


async def test_the_map_says_where_the_picture_of_each_moment_is(studio: Studio, tmp_path: Path) -> None:
    wanted = Sprites(Fraction(1, 3), 2, 96)
    done = await press(studio, await film(studio, format="mp4", sprites=wanted), tmp_path)
    cues = done.of("sprite_map")[0].read_text("utf-8").split("\n\n")
    assert cues[0] == "WEBVTT"
    assert len(cues[1:]) == 5
    with Image.open(done.of("sprites")[0]) as sheet:
        assert sheet.size == (192, 54 * 3)
        for number, cue in enumerate(cues[1:]):
            time, place = cue.strip().split("\n")
            assert time == f"00:00:{_s(number / 3)} --> 00:00:{_s(min((number + 1) / 3, 1.5))}"
            name, _, area = place.partition("#xywh=")
            assert name == "sprites.jpg"
            x, y, width, height = map(int, area.split(","))
            assert shown_by(sheet.crop((x, y, x + width, y + height))) == number * 10


def _s(seconds: float) -> str:
    return f"{round(seconds * 1000) // 1000:02}.{round(seconds * 1000) % 1000:03}"


async def test_many_small_pictures_are_spread_over_sheets(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutroom.render.output.stills._SHEET_PX", 108)
    wanted = Sprites(Fraction(1, 10), 3, 96)
    done = await press(studio, await film(studio, format="mp4", sprites=wanted), tmp_path)
    sheets = [one.name for one in done.made if one.kind == "sprites"]
    assert sheets == ["sprites-1.jpg", "sprites-2.jpg", "sprites-3.jpg"]
    last = done.of("sprite_map")[0].read_text("utf-8").strip().splitlines()[-1]
    assert last == "sprites-3.jpg#xywh=192,0,96,54"


async def test_a_playlist_names_ranges_that_decode_on_their_own(studio: Studio, tmp_path: Path) -> None:
    wanted = await film(studio, 300, format="hls")
    done = await press(studio, wanted, tmp_path, cut=150)
    assert [(one.kind, one.name) for one in done.made] == [
        ("render", "index.m3u8"), ("media", MEDIA), ("poster", "poster.jpg"),
    ]  # fmt: skip
    lines = done.path.read_text("utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert {line for line in lines if not line.startswith("#")} == {MEDIA}
    assert sum(segment_lengths(done.path)) == 10
    target = next(int(line.partition(":")[2]) for line in lines if line.startswith("#EXT-X-TARGETDURATION"))
    assert all(round(length) <= target for length in segment_lengths(done.path))
    media = done.film.read_bytes()
    ranges = [line.partition(":")[2] for line in lines if line.startswith("#EXT-X-BYTERANGE")]
    assert len(ranges) > 1
    head = next(line for line in lines if line.startswith("#EXT-X-MAP"))
    start = int(head.partition('BYTERANGE="')[2].partition("@")[0])
    found: list[int] = []
    for number, area in enumerate(ranges):
        length, _, offset = area.partition("@")
        part = tmp_path / f"part-{number}.mp4"
        part.write_bytes(media[:start] + media[int(offset) : int(offset) + int(length)])
        found += counts(part)
    assert found == [min(number, 119) for number in range(300)]  # where the counter ends
    report = await verify(done.plan, done.path)
    assert next(check for check in report.checks if check.name == "playlist").passed


async def test_a_player_that_reads_the_playlist_begins_at_zero(studio: Studio, tmp_path: Path) -> None:
    done = await press(studio, await film(studio, format="hls", codec="h265"), tmp_path)
    assert times(done.path) == [Fraction(frame, 30) for frame in range(FRAMES)]
    with av.open(str(done.path)) as file:
        assert {stream.type for stream in file.streams} == {"video", "audio"}
