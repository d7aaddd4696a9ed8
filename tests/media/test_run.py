import asyncio
import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cutroom.kit.errors import Internal, Invalid, Unavailable
from cutroom.media.command import Command, Input, Output
from cutroom.media.ffmpeg import Ffmpeg, find
from cutroom.media.filtergraph import Graph
from cutroom.media.kinds import Value
from cutroom.media.run import FAILURES, RUNS, Progress, RunLimits, kind_of, run_ffmpeg
from cutroom.media.turns import SLOTS
from cutroom.media.words import Word
from tests.media.levels import at_level
from tests.media.sources import count_frames, ffmpeg, make_image, make_video
from tests.promises import kept

X264: dict[str, Value] = {"c:v": Word.LIBX264, "preset": Word.ULTRAFAST}


def encode(source: Path, out: Path, *, size: tuple[int, int] | None = None, max_bytes: int = 1 << 30) -> Command:
    graph = Graph()
    picture = graph.input(0, "v")
    if size is not None:
        picture = graph.add("scale", picture, w=size[0], h=size[1])
    return Command(
        [Input(source, Word.MOV)], [Output(out, Word.MP4, [graph.output(picture)], X264, max_bytes=max_bytes)], graph
    )


def endless(out: Path) -> Command:
    graph = Graph()
    label = graph.output(graph.add("testsrc2", size=(640, 360), rate=30))
    return Command([], [Output(out, Word.MP4, [label], X264)], graph)


def ffmpegs() -> set[int]:
    """Processes that run ffmpeg, below this one."""
    found: set[int] = set()
    ours = {os.getpid()}
    while ours:
        parent = ours.pop()
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"ffmpeg" in Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0")[0]:
                found.add(parent)
            for task in Path(f"/proc/{parent}/task").iterdir():
                ours |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


async def test_progress_rises_to_the_last_frame(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 4, (320, 180), audio=False)
    out = tmp_path / "x.mp4"
    heard: list[Progress] = []
    finished = await run_ffmpeg(encode(source, out), scratch=tmp_path, progress=heard.append)
    assert count_frames(out) == 100
    assert heard[-1] == finished.progress
    assert finished.progress.frame == 100
    assert abs(finished.progress.seconds - 4) < Fraction(1, 10)
    assert [p.frame for p in heard] == sorted(p.frame for p in heard)
    assert finished.log == ""


async def test_measurements_come_back_when_asked_for(tmp_path: Path) -> None:
    graph = Graph()
    label = graph.output(graph.add("volumedetect", graph.add("sine", frequency=440, sample_rate=48000, duration=1)))
    command = Command([], [Output(tmp_path / "x.wav", Word.WAV, [label])], graph, talkative=True)
    assert "max_volume: -18.1 dB" in (await run_ffmpeg(command, scratch=tmp_path)).log


async def test_a_graph_of_any_length_is_run(tmp_path: Path) -> None:
    graph = Graph()
    picture = graph.add("color", size=(16, 16), rate=1, duration=1)
    for _ in range(5000):
        picture = graph.add("setsar", picture, sar=Fraction(123456, 123457))
    command = Command([], [Output(tmp_path / "x.mp4", Word.MP4, [graph.output(picture)], X264)], graph)
    assert len(graph.render()) > 131_072
    await run_ffmpeg(command, scratch=tmp_path)
    assert count_frames(tmp_path / "x.mp4") == 1


@pytest.mark.threat("F16", "F22")
async def test_cancelling_ends_ffmpeg_and_removes_its_output(tmp_path: Path) -> None:
    out = tmp_path / "x.mp4"
    before = ffmpegs()

    async def cancelled() -> float:
        started = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(run_ffmpeg(endless(out), scratch=tmp_path, progress=lambda _: started.set()))
            await started.wait()
            assert len(ffmpegs() - before) == 1
            began = time.monotonic()
            task.cancel()
        assert task.cancelled()
        assert ffmpegs() <= before
        assert not out.exists()
        return time.monotonic() - began

    await kept(2.0, cancelled)


async def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    out = tmp_path / "x.mp4"
    before = ffmpegs()
    with pytest.raises(Unavailable, match=r"within 0\.5 seconds") as raised:
        await run_ffmpeg(endless(out), scratch=tmp_path, limits=RunLimits(timeout_s=0.5))
    assert (raised.value.code, raised.value.retryable) == ("media_timeout", False)
    assert ffmpegs() <= before
    assert not out.exists()


async def test_a_timestamp_bomb_is_ended_in_time(tmp_path: Path) -> None:  # threat A37
    a, b = make_image(tmp_path / "a.png", (64, 64)), make_image(tmp_path / "b.png", (64, 64))
    bomb = tmp_path / "bomb.mkv"
    ffmpeg("-i", a, "-itsoffset", "86400", "-i", b, "-map", "0", "-map", "1", "-c", "copy", bomb)
    two = tmp_path / "two.mkv"
    setts = "setts=pts=if(eq(N\\,0)\\,0\\,86400000):dts=if(eq(N\\,0)\\,0\\,86400000)"
    film = make_video(tmp_path / "f.mkv", 0.08, audio=False, gop=1)
    ffmpeg("-i", film, "-c", "copy", "-bsf:v", setts, two)
    graph = Graph()
    label = graph.output(graph.add("fps", graph.input(0, "v"), fps=25))
    command = Command([Input(two, Word.MATROSKA)], [Output(tmp_path / "x.mp4", Word.MP4, [label], X264)], graph)
    began = time.monotonic()
    with pytest.raises(Unavailable) as raised:
        await run_ffmpeg(command, scratch=tmp_path, limits=RunLimits(timeout_s=1))
    assert raised.value.code == "media_timeout"
    assert time.monotonic() - began < 20  # its two million frames would take hours
    capped = Output(tmp_path / "y.mp4", Word.MP4, [label], X264, duration=Fraction(2))
    await run_ffmpeg(Command([Input(two, Word.MATROSKA)], [capped], graph), scratch=tmp_path)
    assert count_frames(tmp_path / "y.mp4") == 50


async def test_an_output_that_grows_too_large_is_an_error_and_not_half_a_file(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 3, (320, 180), audio=False)
    out = tmp_path / "x.mp4"
    with pytest.raises(Invalid) as raised:
        await run_ffmpeg(encode(source, out, max_bytes=20_000), scratch=tmp_path)
    assert raised.value.code == "output_too_large"
    assert not out.exists()


@pytest.mark.parametrize("megabytes", [250, 400, 600])
async def test_too_little_memory_has_its_own_name(megabytes: int, tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 1, (320, 180), audio=False)
    command = encode(source, tmp_path / "x.mp4", size=(3840, 2160))
    with pytest.raises(Unavailable) as raised:
        await run_ffmpeg(command, scratch=tmp_path, limits=RunLimits(memory_bytes=megabytes << 20))
    assert (raised.value.code, raised.value.retryable) == ("out_of_memory", False)


@pytest.mark.threat("A36")
async def test_a_huge_picture_is_stopped_before_it_is_made(tmp_path: Path) -> None:  # threat A36
    source = make_video(tmp_path / "a.mp4", 0.2, audio=False)
    with pytest.raises(Unavailable) as raised:
        await run_ffmpeg(encode(source, tmp_path / "x.mp4", size=(30000, 30000)), scratch=tmp_path)
    assert raised.value.code == "out_of_memory"


async def test_the_default_limit_is_enough_for_4k(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 0.2, audio=False)
    options: dict[str, Value] = {"c:v": Word.LIBX264, "preset": Word.MEDIUM, "threads": 2}
    graph = Graph()
    label = graph.output(graph.add("scale", graph.input(0, "v"), w=3840, h=2160))
    command = Command([Input(source, Word.MOV)], [Output(tmp_path / "x.mp4", Word.MP4, [label], options)], graph)
    await run_ffmpeg(command, scratch=tmp_path)
    assert count_frames(tmp_path / "x.mp4") == 5


async def test_one_that_stands_still_is_ended(tmp_path: Path) -> None:
    stuck = tmp_path / "stuck"
    block = "frame=7\\nout_time_us=100\\ntotal_size=48\\nprogress=continue\\n"
    stuck.write_text(f"#!/bin/sh\necho $1 >&2; while :; do printf '{block}'; sleep 0.05; done\n")
    stuck.chmod(0o755)
    limits = RunLimits(patience_s=0.5)
    with at_level(1), pytest.raises(Unavailable) as raised:  # it needs a shell
        await run_ffmpeg(endless(tmp_path / "x.mp4"), scratch=tmp_path, limits=limits, ffmpeg=Ffmpeg(stuck, (), ""))
    assert (raised.value.code, raised.value.retryable) == ("media_stalled", True)
    stuck.write_text(stuck.read_text().replace("$1", "Cannot allocate memory"))
    for patience_s in (0.5, 20.0):  # the second if it has not said so in the first
        limits = RunLimits(patience_s=patience_s)
        with at_level(1), pytest.raises(Unavailable) as raised:
            await run_ffmpeg(endless(tmp_path / "x.mp4"), scratch=tmp_path, limits=limits, ffmpeg=Ffmpeg(stuck, (), ""))
        if raised.value.code == "out_of_memory":
            break
    assert raised.value.code == "out_of_memory"


async def test_sixty_inputs_fit_the_default_limit(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 0.2, (640, 360), audio=False)
    graph = Graph()
    row = graph.add("hstack", *(graph.add("scale", graph.input(n, "v"), w=32, h=18) for n in range(60)))
    output = Output(tmp_path / "x.mp4", Word.MP4, [graph.output(row)], X264)
    await run_ffmpeg(Command([Input(source, Word.MOV)] * 60, [output], graph), scratch=tmp_path)
    assert count_frames(tmp_path / "x.mp4") == 5


@pytest.mark.threat("F05")
async def test_a_full_disk_has_its_own_name(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 0.2, audio=False)
    out = tmp_path / "x.mp4"
    out.symlink_to("/dev/full")
    with at_level(1), pytest.raises(Unavailable) as raised:  # where there is such a device
        await run_ffmpeg(encode(source, out), scratch=tmp_path)
    assert (raised.value.code, raised.value.retryable) == ("disk_full", True)
    assert not out.is_symlink()
    assert Path("/dev/full").exists()


@pytest.mark.threat("F24")
async def test_being_killed_for_memory_is_told_apart(tmp_path: Path) -> None:
    before = ffmpegs()
    started = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_outcome(endless(tmp_path / "x.mp4"), tmp_path, started))
        await started.wait()
        (pid,) = ffmpegs() - before
        os.kill(pid, signal.SIGKILL)
    error = task.result()
    assert (error.code, error.retryable) == ("out_of_memory", True)


async def _outcome(command: Command, scratch: Path, started: asyncio.Event) -> Unavailable:
    with pytest.raises(Unavailable) as raised:
        await run_ffmpeg(command, scratch=scratch, progress=lambda _: started.set())
    return raised.value


def damage(path: Path, first: int, last: int) -> Path:
    data = bytearray(path.read_bytes())
    data[first:last] = bytes((n * 7919) & 255 for n in range(last - first))
    path.write_bytes(data)
    return path


async def test_a_damaged_source_is_pointed_at(tmp_path: Path) -> None:
    good = make_video(tmp_path / "good.mp4", 0.5, audio=False)
    size = good.stat().st_size
    noise = damage(make_video(tmp_path / "noise.mp4", 0.5, audio=False), 48, size - 2000)
    headless = tmp_path / "headless.mp4"
    headless.write_bytes(good.read_bytes()[: size // 2])
    for bad in (noise, headless):
        graph = Graph()
        both = graph.add("hstack", graph.input(0, "v"), graph.input(1, "v"))
        inputs = [Input(good, Word.MOV), Input(bad, Word.MOV)]
        command = Command(inputs, [Output(tmp_path / "x.mp4", Word.MP4, [graph.output(both)], X264)], graph)
        with pytest.raises(Invalid) as raised:
            await run_ffmpeg(command, scratch=tmp_path)
        assert raised.value.code == "source_damaged"
        assert [detail.pointer for detail in raised.value.details] == ["/inputs/1"]


async def test_a_small_wound_is_forgiven_unless_strictness_is_asked_for(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 2, (320, 180), audio=False, gop=10)
    middle = source.stat().st_size // 2
    hurt = damage(source, middle, middle + 200)
    command = encode(hurt, tmp_path / "x.mp4")
    with capture_logs() as logs:
        await run_ffmpeg(command, scratch=tmp_path)
    assert [log["event"] for log in logs] == ["ffmpeg.complained"]
    strict = Command(command.inputs, command.outputs, command.graph, strict=True)
    with pytest.raises(Invalid) as raised:
        await run_ffmpeg(strict, scratch=tmp_path)
    assert raised.value.code == "source_damaged"


@pytest.mark.threat("A92")
async def test_a_failure_of_ours_says_nothing_about_our_folders(tmp_path: Path) -> None:  # threat A92
    missing = tmp_path / "secret-folder" / "missing.mp4"
    with capture_logs() as logs, pytest.raises(Internal) as raised:
        await run_ffmpeg(encode(missing, tmp_path / "x.mp4"), scratch=tmp_path)
    error = raised.value
    assert error.code == "ffmpeg_failed"
    assert "secret-folder" not in str(error.to_json())
    (log,) = logs
    assert (log["event"], log["code"]) == ("ffmpeg.failed", "ffmpeg_failed")
    assert "No such file or directory" in log["stderr"]


def test_a_picture_or_a_sound_does_not_wait_for_a_film(tmp_path: Path) -> None:
    film, picture = endless(tmp_path / "film.mp4"), endless(tmp_path / "picture.mp4")
    picture = replace(picture, outputs=[replace(picture.outputs[0], options={**X264, "frames:v": 1})])
    graph = Graph()
    sound = Output(tmp_path / "s.m4a", Word.MP4, [graph.output(graph.add("sine"))], {"c:a": Word.AAC})
    assert [kind_of(one) for one in (film, picture, Command([], [sound], graph))] == ["film", "light", "light"]


async def test_no_more_run_at_once_than_keep_the_processors_busy(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/log\nsleep 0.3\necho end >> {tmp_path}/log\n")
    slow.chmod(0o755)
    program = Ffmpeg(slow, (9, 0), "slow")
    with at_level(1):  # it needs a shell
        await _several(program, tmp_path)
    running = most = 0
    for line in (tmp_path / "log").read_text().split():
        running += -1 if line == "end" else 1
        most = max(most, running)
    assert most == SLOTS["film"]
    assert find().path != slow


async def _several(program: Ffmpeg, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        for n in range(SLOTS["film"] * 2 + 1):
            out = tmp_path / f"{n}.mp4"
            group.create_task(run_ffmpeg(endless(out), scratch=tmp_path, ffmpeg=program))


async def test_runs_and_failures_are_counted(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 1, (320, 180), audio=False)
    runs, failures = RUNS._value.get(), FAILURES.labels("output_too_large")._value.get()
    await run_ffmpeg(encode(source, tmp_path / "x.mp4"), scratch=tmp_path)
    with pytest.raises(Invalid):
        await run_ffmpeg(encode(source, tmp_path / "y.mp4", max_bytes=2_000), scratch=tmp_path)
    assert RUNS._value.get() == runs + 2
    assert FAILURES.labels("output_too_large")._value.get() == failures + 1
