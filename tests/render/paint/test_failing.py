"""What happens when the painter, its source or its ffmpeg fails."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from cutroom.kit.errors import CutroomError
from cutroom.render import compile_plan, render_segment
from cutroom.render.paint import crew, job
from cutroom.render.painting import PaintedLayer
from cutroom.render.plan import SegmentPlan
from cutroom.timeline.resolved import Media, Motion
from tests.render.edits import clip, edit, video
from tests.render.paint.gallery import kept, keys, ramp
from tests.render.studio import Studio, ignore

TURNING = Motion(rotation=keys((0, 0), (9, 360)))


def one_segment(media: Media, frames: int = 20) -> SegmentPlan:
    clips = [clip(0, frames), clip(0, frames, media, motion=TURNING, pointer="/timeline/tracks/0/clips/3")]
    (segment, *_) = compile_plan(edit(frames, *clips)).segments
    assert isinstance(segment, SegmentPlan)
    return segment


def children() -> dict[int, str]:
    """Processes below this one, with their commands."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if parent == os.getpid():
            found[int(entry.name)] = command
    return found


async def painter_at_work() -> int:
    for _ in range(1000):
        for pid, command in children().items():
            if "paint/child.py" in command and "launch.py" not in command:
                return pid
        await asyncio.sleep(0.01)
    raise AssertionError("there is no painter")


@pytest.mark.parametrize("name", ["torn.mp4", "text.mp4", "torn.png"])
async def test_a_damaged_source_is_named_with_the_clip(studio: Studio, tmp_path: Path, name: str) -> None:
    good = await kept(studio, "ramp.png", ramp()) if name.endswith("png") else await studio.counter("steady.mp4")
    whole = studio.paths[good.sha256].read_bytes()
    broken = tmp_path / name
    broken.write_bytes(b"no pictures here" if name == "text.mp4" else whole[: len(whole) // 3])
    with pytest.raises(CutroomError) as caught:
        await render_segment(
            one_segment(good), inputs={good.sha256: broken}, scratch=tmp_path, out=tmp_path / "out.mp4", progress=ignore
        )
    assert caught.value.code == "source_damaged"
    assert [detail.pointer for detail in caught.value.details] == ["/timeline/tracks/0/clips/3"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


async def test_a_decoder_that_complains_while_it_is_let_go_does_not_hang(studio: Studio, tmp_path: Path) -> None:
    source, damaged, out = studio.folder / "busy.mp4", tmp_path / "damaged.mp4", tmp_path / "out.mp4"
    coded = ("-c:v", "libx264", "-preset", "ultrafast")
    studio.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=2", *coded, str(source))
    good, raw = await studio.take(source), bytearray(source.read_bytes())
    noise = np.random.default_rng(0)
    with av.open(source) as container:
        samples = [(packet.pos or 0, packet.size) for packet in container.demux(video=0) if packet.size]
    for place, size in samples[1:]:
        raw[place + size // 3 : place + size] = noise.bytes(size - size // 3)
    damaged.write_bytes(raw)
    clips = [clip(0, 20, motion=TURNING), *(clip(n, n + 2, good, motion=TURNING) for n in range(8))]
    (segment, *_) = compile_plan(edit(20, *clips)).segments
    assert isinstance(segment, SegmentPlan)
    async with asyncio.timeout(60):
        for _ in range(3):  # it hung one time in three
            await render_segment(segment, inputs={good.sha256: damaged}, scratch=tmp_path, out=out, progress=ignore)
    assert out.exists()


async def test_a_painter_that_is_killed_fails_the_segment_and_leaves_no_pipe(studio: Studio, tmp_path: Path) -> None:
    media = await studio.counter("steady.mp4")
    out = tmp_path / "out.mp4"

    async def kill() -> None:
        os.kill(await painter_at_work(), signal.SIGSEGV)

    with pytest.raises(CutroomError) as caught:
        async with asyncio.timeout(60):
            _, _ = await asyncio.gather(
                render_segment(
                    one_segment(media, 250), inputs=studio.paths, scratch=tmp_path, out=out, progress=ignore
                ),
                kill(),
            )
    assert caught.value.code == "paint_failed"
    assert [detail.pointer for detail in caught.value.details] == ["/timeline/tracks/0/clips/3"]
    assert list(tmp_path.iterdir()) == []
    assert not any("ffmpeg" in command or "paint" in command for command in children().values())


async def test_cancelling_leaves_no_process_and_no_pipe(studio: Studio, tmp_path: Path) -> None:
    media = await studio.counter("steady.mp4")
    out = tmp_path / "out.mp4"
    work = render_segment(one_segment(media, 250), inputs=studio.paths, scratch=tmp_path, out=out, progress=ignore)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        pid = await painter_at_work()
        task.cancel()
    assert task.cancelled()
    assert pid not in children()
    assert not any("ffmpeg" in command or "paint" in command for command in children().values())
    assert list(tmp_path.iterdir()) == []


async def test_an_ffmpeg_that_fails_ends_the_painter(studio: Studio, tmp_path: Path) -> None:
    media, plain = await studio.counter("steady.mp4"), await studio.counter("double.mp4", "60")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    clips = [clip(0, 200, plain, pointer="/below"), clip(0, 200, media, radius_px=9.0)]
    (segment, *_) = compile_plan(edit(200, *clips)).segments
    assert isinstance(segment, SegmentPlan)
    with pytest.raises(CutroomError) as caught:
        async with asyncio.timeout(60):
            await render_segment(
                segment,
                inputs={**studio.paths, plain.sha256: broken},
                scratch=tmp_path,
                out=tmp_path / "out.mp4",
                progress=ignore,
            )
    assert caught.value.code == "source_damaged"
    assert [detail.pointer for detail in caught.value.details] == ["/below"]
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mp4"]
    assert not any("ffmpeg" in command or "paint" in command for command in children().values())


async def test_a_clip_that_needs_too_much_memory_is_pointed_at(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = await studio.flat("large.png", (200, 0, 0), (8000, 6000))  # its decoder is what wants too much
    monkeypatch.setattr(crew, "_LIMITS", replace(crew._LIMITS, memory_bytes=400 << 20))
    (segment, *_) = compile_plan(
        edit(2, clip(0, 2, large, motion=TURNING, pointer="/timeline/tracks/0/clips/3"))
    ).segments
    assert isinstance(segment, SegmentPlan)
    with pytest.raises(CutroomError) as caught:
        await render_segment(segment, inputs=studio.paths, scratch=tmp_path, out=tmp_path / "out.mp4", progress=ignore)
    assert caught.value.code == "out_of_memory"
    assert [detail.pointer for detail in caught.value.details] == ["/timeline/tracks/0/clips/3"]


def test_threads_meet_the_decoder_when_all_of_it_is_there(tmp_path: Path) -> None:
    program = (
        "import io, runpy, sys, threading\n"
        "class Thread(threading.Thread):\n"
        "    def start(self):\n"
        "        sys.exit('av.video.frame' not in sys.modules)\n"
        "threading.Thread = Thread\n"
        "runpy.run_path(sys.argv[1], run_name='__main__')\n"
    )
    plain, filmed = edit(2, clip(0, 2, motion=TURNING)), edit(2, clip(0, 2, video(), motion=TURNING))
    for wanted, paths in ((plain, {}), (filmed, {"a" * 64: "a.mp4"})):
        (segment, *_) = compile_plan(wanted, engine="test").segments
        assert isinstance(segment, SegmentPlan)
        orders = [job.Order(layer, "pipe") for layer in segment.layers if isinstance(layer, PaintedLayer)]
        told = job.write(orders, paths)
        argv = [sys.executable, "-c", program, str(crew._CHILD)]
        assert subprocess.run(argv, input=told, check=False, cwd=tmp_path).returncode == int(not paths)
