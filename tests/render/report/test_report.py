"""The numbers of the report, against those that others measure."""

import json
import re
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cutroom.media.ffmpeg import find
from cutroom.render import REPORT, compile_plan, verify, write_report
from cutroom.render.report import iso
from cutroom.render.report.glance import MOST
from cutroom.render.report.loudness import listen, name_of
from cutroom.render.report.model import SCHEMA
from cutroom.render.report.verify import chosen
from cutroom.timeline.resolved import Warning  # noqa: A004 — the word of the document
from tests.render.edits import clip, edit
from tests.render.output.press import FRAMES, film, press
from tests.render.studio import HEIGHT, WIDTH, Studio


def ebur128(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak, as FFmpeg measures them."""
    argv = [str(find().path), "-nostats", "-i", str(path), "-map", "0:a", "-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stderr
    lufs = re.findall(r"I: +(-?[\d.]+) LUFS", said)[-1]
    peak = re.findall(r"Peak: +(-?[\d.]+) dBFS", said)[-1]
    return float(lufs), float(peak)


async def test_the_report_agrees_with_what_others_measure(studio: Studio, tmp_path: Path) -> None:
    done = await press(studio, await film(studio, format="mp4"), tmp_path)
    report = await verify(done.plan, done.path, reused=1, timings={"fetch": 0.5})
    with av.open(str(done.path)) as file:
        keys = [packet.is_keyframe for packet in file.demux(video=0) if packet.size]
        assert report.key_frames == sum(keys)
    assert (report.frames, report.duration, report.fps) == (FRAMES, Fraction(3, 2), Fraction(30))
    assert (report.width, report.height, report.pixels) == (WIDTH, HEIGHT, "yuv420p")
    assert report.size_bytes == done.path.stat().st_size
    assert report.cuts is not None
    assert (report.cuts.count, report.cuts.worst_offset) == (1, Fraction(0))
    assert report.tally is not None
    assert (report.tally.segments, report.tally.kinds, report.tally.reused) == (2, {"encode": 2}, 1)
    assert set(report.sources) == {source for part in done.plan.segments for source in part.inputs} | set(
        done.plan.audio.inputs if done.plan.audio else ()
    )
    assert report.engine == done.plan.engine
    assert report.timings["fetch"] == 0.5
    assert report.timings["verify"] > 0
    lufs, peak = ebur128(done.path)
    assert report.level is not None
    assert report.level.whole
    assert report.level.integrated_lufs == pytest.approx(lufs, abs=0.15)
    assert report.level.true_peak_dbtp == pytest.approx(peak, abs=0.25)
    assert report.level.clipped == 0


async def test_the_report_is_json_with_a_schema_and_reads_back(studio: Studio, tmp_path: Path) -> None:
    done = await press(studio, await film(studio, format="webm"), tmp_path)
    warned = replace(done.plan, warnings=(Warning("glyph_missing", "/timeline/tracks/0/clips/0", "No font."),))
    report = await verify(warned, done.path)
    made = write_report(report, tmp_path)
    assert (made.kind, made.name, made.content_type) == ("report", "report.json", "application/json")
    data = json.loads(made.path.read_bytes())
    assert data["schema"] == SCHEMA
    assert data["duration"] == "3/2"
    assert data["warnings"][0]["code"] == "glyph_missing"
    assert REPORT.validate_json(made.path.read_bytes()) == report


@pytest.mark.parametrize("seconds", [0.2, 2.0, 17.0])
async def test_loudness_agrees_with_ffmpeg_whatever_the_length(studio: Studio, tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "sound.wav"
    source = f"aevalsrc=0.4*sin(997*2*PI*t)*(0.3+0.7*gt(mod(t\\,3)\\,1))|0.2*sin(5011*2*PI*t):s=48000:d={seconds}"
    studio.ffmpeg("-f", "lavfi", "-i", source, str(path))
    level = listen(path, Fraction(seconds).limit_denominator(1000))
    if seconds < 0.4:
        assert level.integrated_lufs is None
        return
    lufs, peak = ebur128(path)
    assert level.integrated_lufs == pytest.approx(lufs, abs=0.1)
    assert level.true_peak_dbtp == pytest.approx(peak, abs=0.2)


async def test_peaks_between_samples_and_clipped_samples_are_found(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    studio.ffmpeg("-f", "lavfi", "-i", "aevalsrc=0.999*sin(12000*2*PI*t+PI/4)|0:s=48000:d=2", str(path))
    level = listen(path, Fraction(2))
    assert level.sample_peak_dbfs == pytest.approx(20 * np.log10(0.999 * np.sqrt(0.5)), abs=0.05)
    assert level.true_peak_dbtp == pytest.approx(20 * np.log10(0.999), abs=0.1)
    assert level.clipped == 0
    studio.ffmpeg("-f", "lavfi", "-i", "aevalsrc=2*sin(100*2*PI*t)|0:s=48000:d=1", "-c:a", "pcm_f32le", str(path))
    assert listen(path, Fraction(1)).clipped > 20_000


async def test_a_long_sound_is_measured_in_windows(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    source = "anoisesrc=d=200:c=pink:a=0.3:seed=3:r=48000"
    studio.ffmpeg("-f", "lavfi", "-i", source, "-ac", "2", "-c:a", "aac", str(path))
    level = listen(path, Fraction(200))
    assert not level.whole
    assert 50 <= level.measured <= 60
    assert level.integrated_lufs == pytest.approx(ebur128(path)[0], abs=0.3)


async def test_tables_agree_with_the_packets(studio: Studio, tmp_path: Path) -> None:
    done = await press(studio, await film(studio, format="mov"), tmp_path)
    for track in iso.tracks(done.path):
        with av.open(str(done.path)) as file:
            stream = file.streams.video[0] if track.handler == "vide" else file.streams.audio[0]
            packets = [packet for packet in file.demux(stream) if packet.size]
        assert track.timescale == 1 / Fraction(stream.time_base or 1)
        first = len(track.shown) - len(packets)  # FFmpeg may leave out what an edit list hides altogether
        assert track.shown[first:].tolist() == [packet.pts for packet in packets]
        assert track.keys[first:].tolist() == [packet.is_keyframe for packet in packets]


async def test_what_is_black_or_stands_still_without_reason_is_told(studio: Studio, tmp_path: Path) -> None:
    path = studio.folder / "dark.mp4"
    if not path.exists():
        black = "color=black:s=384x216:r=30:d=4,format=yuv420p"
        studio.ffmpeg("-f", "lavfi", "-i", black, "-c:v", "libx264", str(path))
    dark = await studio.take(path)
    moving = await studio.counter("steady.mp4")
    clips = (clip(0, 60, moving), clip(60, 120, dark, pointer="/timeline/tracks/0/clips/1"))
    done = await press(studio, edit(180, *clips), tmp_path, cut=None)
    report = await verify(done.plan, done.path)
    assert [(one.what, one.start, one.pointers) for one in report.suspicions] == [
        ("black", Fraction(2), ("/timeline/tracks/0/clips/1",))
    ]
    frozen = studio.folder / "frozen.mp4"
    if not frozen.exists():
        studio.ffmpeg("-loop", "1", "-i", str(await _picture(studio)), "-t", "4", "-r", "30", str(frozen))
    still = await studio.take(frozen)
    done = await press(studio, edit(110, clip(0, 110, still)), tmp_path / "still", cut=60)
    report = await verify(done.plan, done.path)
    assert [one.what for one in report.suspicions] == ["frozen"]


@pytest.mark.parametrize("segments", [1, 7, 400])
async def test_never_more_frames_are_looked_at_and_none_of_them_twice(studio: Studio, segments: int) -> None:
    moving = await studio.counter("steady.mp4")
    clips = (clip(20 * at, 20 * at + 20, moving, trim=Fraction(at % 2, 4)) for at in range(segments))
    plan = compile_plan(edit(segments * 20, *clips))
    frames = chosen(plan)
    assert frames[0] == 0
    assert frames == sorted(set(frames))
    assert MOST // 2 <= len(frames) <= MOST
    begins = {part.start for part in plan.segments}
    assert len(begins & set(frames)) >= min(len(begins), MOST // 4), "where one begins that was made here"


async def _picture(studio: Studio) -> Path:
    media = await studio.flat("blue.png", (40, 90, 180))
    return studio.paths[media.sha256]


async def test_black_that_was_asked_for_is_no_suspicion(studio: Studio, tmp_path: Path) -> None:
    done = await press(studio, edit(60, clip(0, 30)), tmp_path)
    assert (await verify(done.plan, done.path)).suspicions == ()


async def test_a_gif_of_few_colours_is_no_wrong_colour(studio: Studio, tmp_path: Path) -> None:
    from cutroom.timeline.resolved import Color  # noqa: PLC0415

    counter = await studio.counter("steady.mp4")
    wanted = edit(
        40, clip(0, 20, counter), size=(96, 54), format="gif", quality="lowest", background=Color(97, 143, 211)
    )
    done = await press(studio, wanted, tmp_path)
    report = await verify(done.plan, done.path)
    assert next(check for check in report.checks if check.name == "colors").passed


def test_the_same_sound_has_the_same_name_and_another_one_another(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.m4a", "two.m4a", "quiet.m4a")]
    for path, volume in zip(paths, ("0.5", "0.5", "0.1"), strict=True):
        tone = f"aevalsrc={volume}*sin(2*PI*997*t)|{volume}*sin(2*PI*997*t):s=48000:d=4"
        options = ("-f", "lavfi", "-i", tone, "-c:a", "aac", "-fflags", "+bitexact", "-flags:a", "+bitexact")
        subprocess.run([find().path, "-v", "error", "-y", *options, path], check=True)
    first, second, quiet = (listen(path, Fraction(4)) for path in paths)
    names = [name_of(path, Fraction(4)) for path in paths]
    assert names[0] is not None
    assert names[0] == names[1] != names[2]
    assert first == second
    assert name_of(paths[0], Fraction(121)) is None
    assert first.integrated_lufs is not None
    assert quiet.integrated_lufs is not None
    assert 13 < first.integrated_lufs - quiet.integrated_lufs < 15
