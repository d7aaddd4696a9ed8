"""Making pieces when things go wrong, and telling how far they are."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from cutroom.kit.errors import Internal, Invalid
from cutroom.render import SegmentPlan, compile_plan, render_audio, render_segment
from cutroom.timeline.resolved import Media
from tests.render.edits import clip, edit, title
from tests.render.studio import HEIGHT, WIDTH, Studio, ignore

SIZE = (WIDTH, HEIGHT)


async def damaged(studio: Studio) -> Media:
    """A video whose data was overwritten after it was probed."""
    good = await studio.counter("steady.mp4")
    path = studio.folder / "damaged.mp4"
    raw = bytearray(studio.paths[good.sha256].read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 200] = bytes(200)
    path.write_bytes(raw)
    media = Media("d" * 64, good.info)
    studio.paths[media.sha256] = path
    return media


def segment(*clips: object, frames: int = 30) -> SegmentPlan:
    (only,) = compile_plan(edit(frames, *clips, size=SIZE)).segments  # type: ignore[arg-type]
    assert isinstance(only, SegmentPlan)
    return only


async def test_a_source_that_cannot_be_decoded_is_named_by_its_clip(studio: Studio, tmp_path: Path) -> None:
    good = clip(0, 30, await studio.counter("steady.mp4"), opacity=0.5)
    empty = studio.folder / "empty.mp4"
    empty.write_bytes(b"\0" * 5000)
    media = Media("e" * 64, (await studio.counter("steady.mp4")).info)
    studio.paths[media.sha256] = empty
    bad = clip(0, 30, media, opacity=0.5, pointer="/timeline/tracks/3/clips/7")
    plan, out = segment(good, bad), tmp_path / "out.mp4"
    with pytest.raises(Invalid) as caught:
        await render_segment(plan, inputs=studio.paths, scratch=tmp_path, out=out, progress=ignore)
    assert caught.value.code == "source_damaged"
    assert [detail.pointer for detail in caught.value.details] == ["/timeline/tracks/3/clips/7"]
    assert not out.exists()


async def test_a_damaged_source_still_gives_every_frame(studio: Studio, tmp_path: Path) -> None:
    plan, out = segment(clip(0, 90, await damaged(studio)), frames=90), tmp_path / "out.mp4"
    await render_segment(plan, inputs=studio.paths, scratch=tmp_path, out=out, progress=ignore)
    assert out.exists()


async def test_frames_that_a_source_does_not_have_are_noticed(studio: Studio, tmp_path: Path) -> None:
    plan, out = segment(clip(0, 30, await studio.counter("steady.mp4"))), tmp_path / "out.mp4"
    short = studio.folder / "none.mkv"
    source = str(studio.paths[(await studio.counter("steady.mp4")).sha256])
    studio.ffmpeg("-i", source, "-c", "copy", "-t", "0.01", str(short))
    layer = plan.layers[0]
    assert layer.kind == "video"
    missing = replace(layer, source=replace(layer.source, format="matroska", stream=1))
    with pytest.raises((Internal, Invalid)):
        await render_segment(
            replace(plan, layers=(missing,)),
            inputs={layer.source.sha256: short},
            scratch=tmp_path,
            out=out,
            progress=ignore,
        )
    assert not out.exists()


async def test_progress_grows_to_one(studio: Studio, tmp_path: Path) -> None:
    told: list[float] = []
    plan = segment(clip(0, 90, await studio.counter("steady.mp4")), title(0, 90), frames=90)
    await render_segment(plan, inputs=studio.paths, scratch=tmp_path, out=tmp_path / "o.mp4", progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    heard: list[float] = []
    noise = await studio.noise("plain.wav")
    loud = [clip(0, 90, noise, volume=2.0) for _ in range(2)]
    audio = compile_plan(edit(90, *loud, format="mp3")).audio
    assert audio is not None
    await render_audio(audio, inputs=studio.paths, scratch=tmp_path, out=tmp_path / "o.mp3", progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1


async def test_a_cancelled_segment_leaves_no_file(studio: Studio, tmp_path: Path) -> None:
    plan = segment(clip(0, 200, await studio.counter("steady.mp4")), frames=200)
    large = replace(plan, canvas=replace(plan.canvas, width=1920, height=1080))
    out = tmp_path / "out.mp4"
    task = render_segment(large, inputs=studio.paths, scratch=tmp_path, out=out, progress=ignore)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.4):
            await task
    assert not out.exists()
