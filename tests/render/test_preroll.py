"""Pictures that are left out on the way to the wanted place: those that come are the same without them."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from cutroom.media.mp4 import INSTANT, SPARE, read_keys, read_samples
from cutroom.render import compile_plan, feed, index_keys, render_segment
from cutroom.render.feed import video_input
from cutroom.render.plan import SegmentPlan, VideoLayer
from cutroom.render.preroll import _counted
from cutroom.render.seek import Exact
from cutroom.timeline.resolved import Media
from tests.render.edits import FPS, clip, edit
from tests.render.studio import Studio, hashes, ignore, lossless_of

SIZE = (192, 108)  # large enough for what packets do
GOP = "keyint=250:scenecut=0:b-adapt=0"
LEFT_OUT = {
    "pyramid": f"{GOP}:bframes=3",
    "strict pyramid": f"{GOP}:bframes=7:b-pyramid=strict",
    "flat": f"{GOP}:bframes=3:b-pyramid=none",
    "deep": f"{GOP}:bframes=16:ref=8",
    "slices": f"{GOP}:bframes=3:slices=4:direct=temporal",
    "CAVLC": f"{GOP}:bframes=2:cabac=0:weightp=2:ref=5",
    "delimited": f"{GOP}:bframes=3:aud=1",
}
ALL_DECODED = {
    "no B frames": f"{GOP}:bframes=0",
    "open": "keyint=60:scenecut=0:bframes=3:open-gop=1:b-adapt=0",
    "fields": f"{GOP}:bframes=3:tff=1",
    "clocked": f"{GOP}:bframes=3:nal-hrd=vbr:vbv-maxrate=2000:vbv-bufsize=2000",
    "one key a second": "keyint=12:scenecut=0:bframes=3:b-adapt=0",
    "many keys": "keyint=3:min-keyint=1:scenecut=0:bframes=3:b-adapt=0",
    "keys alone": "keyint=1",
}


async def moving(studio: Studio, params: str, kind: str = "mp4", *more: str, seconds: float = 5) -> Media:
    """A film in which everything moves, with sound between its pictures."""
    path = studio.place(f"moving.{kind}", params, more, seconds)
    if not path.exists():
        picture = f"testsrc2=s={SIZE[0]}x{SIZE[1]}:r=30:d={seconds},noise=alls=20:allf=t,format=yuv420p"
        sources = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=d={seconds}")
        options = ("-c:v", "libx264", "-preset", "veryfast", "-x264-params", params, "-c:a", "aac", "-shortest", *more)
        studio.ffmpeg(*sources, *options, str(path))
    return await studio.take(path)


def segment(media: Media, trim: Fraction, frames: int = 20, **changes: Any) -> SegmentPlan:
    (only,) = compile_plan(edit(frames, clip(0, frames, media, trim=trim, **changes), size=SIZE)).segments
    made = lossless_of(only)
    assert isinstance(made, SegmentPlan)
    return made


def left_out(studio: Studio, plan: SegmentPlan) -> tuple[int, ...]:
    (layer,) = plan.layers
    assert isinstance(layer, VideoLayer)
    made = video_input(layer, studio.paths[layer.source.sha256], plan.canvas.fps)
    assert isinstance(made, Exact)
    return made.spare


async def both(
    studio: Studio, plan: SegmentPlan, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[str], list[str]]:
    """The frames of a segment, and those when everything is decoded."""
    quick, whole = folder / "quick.mp4", folder / "whole.mp4"
    await render_segment(plan, inputs=studio.paths, scratch=folder, out=quick, progress=ignore)
    with monkeypatch.context() as patched:
        patched.setattr(feed, "shortest_way", lambda *_: None)
        await render_segment(plan, inputs=studio.paths, scratch=folder, out=whole, progress=ignore)
    return hashes(quick), hashes(whole)


@pytest.mark.parametrize("name", [*LEFT_OUT, *ALL_DECODED])
@pytest.mark.parametrize("at", [101, 138])
async def test_frames_are_the_same_bit_by_bit(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int
) -> None:
    plan = segment(await moving(studio, (LEFT_OUT | ALL_DECODED)[name]), Fraction(at, 30), frames=12)
    assert (len(left_out(studio, plan)) >= 20) == (name in LEFT_OUT)
    quick, whole = await both(studio, plan, tmp_path, monkeypatch)
    assert quick == whole
    assert len(set(quick)) == 12


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("mov", ()),
        ("mp4", ("-movflags", "+faststart", "-video_track_timescale", "90000")),
        ("mp4", ("-output_ts_offset", "0.5")),
        ("mp4", ("-movflags", "+frag_keyframe+empty_moov")),
        ("mkv", ()),
    ],
)
@pytest.mark.parametrize("speed", [Fraction(1), Fraction(3, 2)])
async def test_whatever_holds_the_packets(
    studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    options: tuple[str, ...],
    speed: Fraction,
) -> None:
    media = await moving(studio, LEFT_OUT["pyramid"], kind, *options)
    plan = segment(media, Fraction(10, 3) + Fraction(1, 70), speed=speed)
    quick, whole = await both(studio, plan, tmp_path, monkeypatch)
    assert quick == whole


async def test_the_last_picture_stays_after_the_end(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = segment(await moving(studio, LEFT_OUT["pyramid"]), Fraction(4))
    (layer,) = plan.layers
    assert isinstance(layer, VideoLayer)
    plan = replace(plan, layers=(replace(layer, at=Fraction(9)),))
    assert len(left_out(studio, plan)) > 50
    quick, whole = await both(studio, plan, tmp_path, monkeypatch)
    assert quick == whole
    assert len(set(quick)) == 1


@pytest.mark.parametrize("params", ["keyint=30:scenecut=0:bframes=3:b-adapt=0", "keyint=30:scenecut=0:bframes=0"])
@pytest.mark.parametrize("early", [Fraction(0), Fraction(1, 100)])
@pytest.mark.parametrize("late", ["0", "0.1"])
async def test_at_a_key_frame_nothing_before_it_is_read(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, params: str, early: Fraction, late: str
) -> None:
    media = await moving(studio, params)
    path, there = studio.paths[media.sha256], tmp_path / "late.mp4"
    sound = ("-i", str(path), "-map", "0:v", "-map", "1:a", "-c", "copy")  # which begins before the pictures
    studio.ffmpeg("-itsoffset", late, "-i", str(path), *sound, str(there))
    plan = segment(await studio.take(there), Fraction(3) - early, frames=12)
    (layer,) = plan.layers
    assert isinstance(layer, VideoLayer)
    made = video_input(layer, there, plan.canvas.fps)
    assert made.seek == layer.source.zero + 3
    told = studio.said("-debug_ts", *made.arguments(), "-map", "0:v", "-frames:v", "1", "-f", "null", "-")
    first = next(line for line in told.splitlines() if "demuxer ->" in line and "type:video" in line)
    assert f" pkt_pts_time:{float(made.seek):g} " in first
    quick, whole = await both(studio, plan, tmp_path, monkeypatch)
    assert quick == whole
    assert len(set(quick)) == 12


async def test_at_the_start_everything_is_decoded(studio: Studio) -> None:
    media = await moving(studio, LEFT_OUT["pyramid"])
    assert left_out(studio, segment(media, Fraction(0))) == ()


@pytest.mark.parametrize("name", ["pyramid", "deep", "slices", "no B frames", "open"])
async def test_spare_are_the_pictures_that_decoders_call_so(studio: Studio, name: str) -> None:
    path = studio.paths[(await moving(studio, (LEFT_OUT | ALL_DECODED)[name])).sha256]
    found = read_samples(path, 0, [(0, 1 << 40)])
    assert found is not None
    with av.open(str(path)) as file:
        file.streams.video[0].codec_context.skip_frame = "NONREF"
        decoded = {frame.pts for frame in file.decode(video=0)}
    assert {int(pts) for pts in found.pts[found.marks != SPARE]} == decoded


async def test_nothing_is_left_out_that_other_pictures_count(studio: Studio) -> None:
    path = studio.paths[(await moving(studio, LEFT_OUT["pyramid"])).sha256]
    found = read_samples(path, 0, [(0, 1 << 40)])
    assert found is not None
    spare = found.marks == SPARE
    assert _counted(path, found, spare)
    for number in range(20, 40):
        assert found.marks[number] != INSTANT
        also = spare.copy()
        also[number] = True
        assert _counted(path, found, also) == spare[number]


async def test_a_very_long_way_is_no_longer_than_ffmpeg_takes(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = "keyint=infinite:scenecut=0:bframes=3:b-adapt=0:b-pyramid=none"
    path = studio.place("endless.mp4", params)
    if not path.exists():
        picture = "testsrc2=s=64x36:r=30:d=90,format=yuv420p"
        studio.ffmpeg("-f", "lavfi", "-i", picture, "-c:v", "libx264", "-x264-params", params, str(path))
    plan = segment(await studio.take(path), Fraction(88))
    assert len(left_out(studio, plan)) == 800
    quick, whole = await both(studio, plan, tmp_path, monkeypatch)
    assert quick == whole


@pytest.mark.parametrize("fps", ["30", "24000/1001"])
async def test_a_film_is_cut_where_its_key_frames_are_first_shown(studio: Studio, fps: str) -> None:
    media = await studio.counter("keyed.mp4", fps, 26, "-g", "120", "-bf", "3", "-sc_threshold", "0")
    path = studio.paths[media.sha256]
    made = edit(740, clip(0, 740, media, trim=Fraction(13, 100)), size=SIZE)
    plan = compile_plan(made, keys=index_keys(made, studio.paths))
    assert len(plan.segments) > 3
    times = read_keys(path, 0)
    assert times is not None
    for segment in plan.segments[1:]:
        assert isinstance(segment, SegmentPlan)
        layer = next(one for one in segment.layers if isinstance(one, VideoLayer))
        way = video_input(layer, path, FPS)
        assert way.seek is not None
        assert abs(way.seek - layer.at) < Fraction(1, 24)
        assert way.seek / layer.source.time_base in times.tolist()


async def test_frames_are_the_same_wherever_a_film_is_cut(studio: Studio, tmp_path: Path) -> None:
    media = await studio.counter("cut.mp4", "30", 20, "-g", "70", "-bf", "3", "-sc_threshold", "0")
    made = edit(560, clip(0, 560, media, trim=Fraction(37, 100)), size=SIZE)
    keyed = compile_plan(made, keys=index_keys(made, studio.paths))
    assert len(keyed.segments) == 7
    assert [part.start for part in keyed.segments] != [part.start for part in compile_plan(made).segments]
    at_keys = await studio.film(made, tmp_path / "keys", lossless=True)
    whole = await studio.film(made, tmp_path / "whole", edges=[0, 560], lossless=True)
    assert hashes(at_keys) == hashes(whole)
