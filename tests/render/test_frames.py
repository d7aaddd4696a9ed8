"""Which frame of a source is shown when."""

from fractions import Fraction
from pathlib import Path

import pytest

from tests.render.edits import clip, edit
from tests.render.studio import HEIGHT, WIDTH, Studio, counts, expected_counts, hashes

SIZE = (WIDTH, HEIGHT)
SOURCES = {
    "steady.mp4": ("30", ()),
    "double.mp4": ("60", ()),
    "film.mkv": ("24000/1001", ()),
    "broadcast.ts": ("25", ("-g", "25")),
    "ntsc.avi": ("30000/1001", ("-c:v", "mpeg4", "-q:v", "2", "-bf", "0")),
    "flash.flv": ("30", ()),
    "windows.wmv": ("25", ("-c:v", "wmv2", "-b:v", "2M", "-g", "20")),
    "web.webm": ("30", ("-c:v", "libvpx", "-b:v", "2M", "-g", "20")),
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("trim", ["0", "61/50"])
async def test_every_frame_is_the_one_that_the_source_shows_at_that_time(
    studio: Studio, tmp_path: Path, name: str, trim: str
) -> None:
    fps, options = SOURCES[name]
    media = await studio.counter(name, fps, 4, *options)
    out = await studio.film(edit(40, clip(0, 40, media, trim=Fraction(trim)), size=SIZE), tmp_path)
    assert counts(out) == expected_counts(media, Fraction(30), Fraction(trim), 40)


@pytest.mark.parametrize("pictures_held_back", ["0", "1", "3"])
async def test_pictures_of_an_avi_come_in_time_however_they_are_sent(
    studio: Studio, tmp_path: Path, pictures_held_back: str
) -> None:
    options = ("-c:v", "libx264", "-bf", pictures_held_back, "-b_strategy", "0", "-crf", "12", "-g", "30")
    media = await studio.counter(f"held-{pictures_held_back}.avi", "30", 3, *options)
    for look in ({}, {"radius_px": 2}):
        film = clip(0, 60, media, trim=Fraction(1), **look)
        assert counts(await studio.film(edit(60, film, size=SIZE), tmp_path)) == [*range(30, 90)]


@pytest.mark.parametrize("height", [HEIGHT, 160])
async def test_a_recording_whose_pictures_change_their_size_is_shown_to_its_end(
    studio: Studio, tmp_path: Path, height: int
) -> None:
    """As browsers record windows and calls; cut at the bottom where the canvas is lower."""
    parts = []
    for name, size in (("small.webm", "192x108"), ("large.webm", f"{WIDTH}x{HEIGHT}"), ("narrow.webm", "160x108")):
        options = ("-c:v", "libvpx", "-b:v", "2M", "-s", size)
        await studio.counter(name, "30", 1, *options)
        parts.append(studio.place(name, "30", 1, *options))
    listed, path = tmp_path / "parts.txt", tmp_path / "resized.webm"
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    studio.ffmpeg("-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy", str(path))
    film = clip(0, 90, await studio.take(path), position="top")
    out = await studio.film(edit(90, film, size=(WIDTH, height)), tmp_path)
    assert counts(out) == [*range(30), *range(30), *range(30)]


@pytest.mark.parametrize("fps", ["24", "25", "30000/1001", "60"])
async def test_rates_are_converted_without_drift(studio: Studio, tmp_path: Path, fps: str) -> None:
    rate = Fraction(fps)
    media = await studio.counter("steady.mp4")
    length = int(3 * rate)
    out = await studio.film(edit(length, clip(0, length, media), size=SIZE, fps=rate), tmp_path)
    assert counts(out) == expected_counts(media, rate, Fraction(0), length)


async def test_where_an_edit_is_cut_changes_no_frame(studio: Studio, tmp_path: Path) -> None:
    first = await studio.counter("double.mp4", "60")
    second = await studio.counter("film.mkv", "24000/1001")
    picture = await studio.flat("glass.png", (255, 0, 0, 128), (100, 60))
    clips = [
        clip(0, 50, first, trim=Fraction(1, 7), tail=20, fade_in=9),
        clip(50, 110, second, fade_in=20, fade_out=13, opacity=0.8),
        clip(20, 95, picture, fit="none", position="right", fade_in=31, fade_out=30),
    ]
    wanted = edit(120, *clips, size=SIZE)
    whole = hashes(await studio.film(wanted, tmp_path / "whole", edges=[0, 120], lossless=True))
    assert len(set(whole)) > 60
    for number, edges in enumerate(([0, 1, 55, 60, 61, 62, 107, 120], [0, 37, 74, 111, 120], list(range(0, 121, 10)))):
        parts = await studio.film(wanted, tmp_path / str(number), edges=edges, lossless=True)
        assert hashes(parts) == whole


async def test_a_clip_longer_than_its_source_stays_on_the_last_frame(studio: Studio, tmp_path: Path) -> None:
    media = await studio.counter("steady.mp4")
    wanted = edit(120, clip(0, 120, media, trim=Fraction(3)), size=SIZE)
    for number, edges in enumerate(([0, 120], [0, 20, 29, 40, 90, 120])):
        out = await studio.film(wanted, tmp_path / str(number), edges=edges)
        assert counts(out) == [*range(90, 120), *[119] * 90]


async def test_a_still_lasts_from_its_first_frame_to_its_last(studio: Studio, tmp_path: Path) -> None:
    media, above = await studio.counter("steady.mp4"), await studio.flat("white.png", (255, 255, 255))
    out = await studio.film(edit(30, clip(0, 30, media), clip(10, 20, above), size=SIZE), tmp_path)
    assert counts(out) == [*range(10), *[4095] * 10, *range(20, 30)]


async def test_clips_shorter_than_a_segment_meet_at_the_frame(studio: Studio, tmp_path: Path) -> None:
    media = await studio.counter("steady.mp4")
    clips = [clip(3 * n, 3 * n + 3, media, trim=Fraction(10 * n, 30)) for n in range(10)]
    out = await studio.film(edit(30, *clips, size=SIZE), tmp_path)
    assert counts(out) == [10 * n + k for n in range(10) for k in range(3)]


async def test_sound_that_starts_before_the_pictures_moves_no_frame(studio: Studio, tmp_path: Path) -> None:
    sound = ("-f", "lavfi", "-i", "sine=r=48000:d=4", "-c:v", "libx264", "-crf", "12", "-c:a", "aac", "-shortest")
    media = await studio.counter("primed.ts", "30", 4, *sound)
    out = await studio.film(edit(40, clip(0, 40, media), size=SIZE), tmp_path)
    assert counts(out) == list(range(40))
