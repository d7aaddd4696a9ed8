"""One file out of many parts, and what is measured on it."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from cutroom.kit.errors import Internal
from cutroom.render import RenderPlan, SegmentPlan, compile_plan, join, render_audio, render_segment, verify
from cutroom.render.compile import segments_at
from cutroom.timeline.resolved import ResolvedEdit
from tests.render.edits import clip, edit, music
from tests.render.studio import HEIGHT, WIDTH, Studio, counts, ignore, lag, noise_samples, samples

SIZE = (WIDTH, HEIGHT)


async def parts_of(studio: Studio, plan: RenderPlan, folder: Path) -> tuple[list[Path], Path | None]:
    segments = []
    for segment in plan.segments:
        segments.append(folder / f"{segment.index}.mp4")
        assert isinstance(segment, SegmentPlan)
        await render_segment(segment, inputs=studio.paths, scratch=folder, out=segments[-1], progress=ignore)
    if plan.audio is None:
        return segments, None
    audio = folder / "sound.m4a"
    await render_audio(plan.audio, inputs=studio.paths, scratch=folder, out=audio, progress=ignore)
    return segments, audio


async def counted(studio: Studio, frames: int, *, sound: bool = False, fps: str = "30") -> ResolvedEdit:
    media = await studio.counter("steady.mp4")
    track = music(await studio.noise("plain.wav"), frames / Fraction(fps)) if sound else None
    return edit(frames, clip(0, frames, media), size=SIZE, soundtrack=track, fps=Fraction(fps))


@pytest.mark.parametrize("fps", ["30", "30000/1001", "24000/1001", "50"])
async def test_frames_are_evenly_spaced_over_every_join(studio: Studio, tmp_path: Path, fps: str) -> None:
    wanted = await counted(studio, 40, sound=True, fps=fps)
    out = await studio.film(wanted, tmp_path, edges=[0, 1, 3, 17, 18, 40])
    with av.open(str(out)) as file:
        stream = file.streams.video[0]
        packets = [packet for packet in file.demux(stream) if packet.size]
        assert stream.time_base is not None
        times = sorted((packet.pts or 0) * stream.time_base for packet in packets)
        assert times == [n / Fraction(fps) for n in range(40)]
        decoding = [packet.dts or 0 for packet in packets]
        assert all(a < b for a, b in pairwise(decoding))
        assert all((packet.pts or 0) >= (packet.dts or 0) for packet in packets)
        assert stream.average_rate == Fraction(fps)


async def test_the_first_frame_and_the_first_sample_come_together(studio: Studio, tmp_path: Path) -> None:
    out = await studio.film(await counted(studio, 60, sound=True), tmp_path)
    assert counts(out)[:3] == [0, 1, 2]
    heard = samples(out)
    assert len(heard) == 96_000
    assert abs(lag(heard[:, 0], noise_samples(4)[:96_000])) <= 1


async def test_the_report_has_what_is_in_the_file(studio: Studio, tmp_path: Path) -> None:
    wanted = await counted(studio, 45, sound=True)
    plan = compile_plan(wanted)
    out = await studio.make(plan, tmp_path)
    report = await verify(plan, out)
    assert (report.frames, report.duration, report.fps) == (45, Fraction(3, 2), Fraction(30))
    assert (report.width, report.height) == SIZE
    assert (report.video_codec, report.audio_codec) == ("h264", "aac")
    assert (report.audio_duration, report.audio_offset) == (Fraction(3, 2), Fraction(0))
    assert report.faststart
    assert report.size_bytes == out.stat().st_size


async def test_the_output_is_tagged_and_names_no_tool(studio: Studio, tmp_path: Path) -> None:
    out = await studio.film(await counted(studio, 10, sound=True), tmp_path)
    with av.open(str(out)) as file:
        frame = next(file.decode(video=0))
        assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
        assert (int(frame.color_primaries), int(frame.color_trc)) == (1, 1)
        assert file.streams.video[0].codec_context.pix_fmt == "yuv420p"
    raw = out.read_bytes()
    assert b"Lavf" not in raw
    assert str(tmp_path).encode() not in raw


async def test_it_is_decoded_by_a_strict_player(studio: Studio, tmp_path: Path) -> None:
    out = await studio.film(await counted(studio, 40, sound=True), tmp_path, edges=[0, 2, 20, 21, 40])
    studio.ffmpeg("-xerror", "-err_detect", "explode", "-i", str(out), "-f", "null", "-")


async def test_two_hundred_segments_are_joined_one_at_a_time(studio: Studio, tmp_path: Path) -> None:
    wanted = await counted(studio, 1)
    plan = compile_plan(wanted)
    (part,), _ = await parts_of(studio, plan, tmp_path)
    many = tuple(replace(plan.segments[0], index=n, start=n) for n in range(200))
    long = replace(plan, frames=200, segments=many)
    out = tmp_path / "long.mp4"
    await join(long, segments=[part] * 200, audio=None, out=out)
    assert (await verify(long, out)).frames == 200
    assert counts(out) == [0] * 200


async def test_parts_that_were_encoded_otherwise_are_refused(studio: Studio, tmp_path: Path) -> None:
    wanted = await counted(studio, 20)
    plan = compile_plan(wanted)
    plan = replace(plan, segments=segments_at([0, 10, 20], wanted, plan.engine))
    second = plan.segments[1]
    assert isinstance(second, SegmentPlan)
    other = replace(second, encoder=replace(second.encoder, crf=0))
    segments, _ = await parts_of(studio, replace(plan, segments=(plan.segments[0], other)), tmp_path)
    with pytest.raises(Internal, match=r"Segment 1 .* other parameters") as caught:
        await join(plan, segments=segments, audio=None, out=tmp_path / "out.mp4")
    assert caught.value.code == "segment_mismatch"


async def test_a_part_with_frames_missing_is_refused(studio: Studio, tmp_path: Path) -> None:
    plan = compile_plan(await counted(studio, 20))
    segments, _ = await parts_of(studio, plan, tmp_path)
    claimed = replace(plan, segments=(replace(plan.segments[0], frames=21),))
    with pytest.raises(Internal, match="20 frames instead of 21"):
        await join(claimed, segments=segments, audio=None, out=tmp_path / "out.mp4")
    with pytest.raises(Internal, match="not those of the plan"):
        await join(plan, segments=[], audio=None, out=tmp_path / "out.mp4")


def claiming(plan: RenderPlan, *, frames: int = 40, fps: int = 30, width: int = WIDTH) -> RenderPlan:
    return replace(plan, frames=frames, output=replace(plan.output, fps=Fraction(fps), width=width))


@pytest.mark.parametrize(
    ("change", "check"),
    [({"frames": 41}, "frame_count"), ({"fps": 25}, "frame_times"), ({"width": 100}, "size")],
)
async def test_a_file_that_is_not_what_was_planned_fails_by_name(
    studio: Studio, tmp_path: Path, change: dict[str, int], check: str
) -> None:
    plan = compile_plan(await counted(studio, 40, sound=True))
    out = await studio.make(plan, tmp_path)
    with pytest.raises(Internal, match=f"'{check}'") as caught:
        await verify(claiming(plan, **change), out)
    assert caught.value.code == "render_check_failed"
    with pytest.raises(Internal, match="'audio_codec'"):
        await verify(replace(plan, audio=None), out)


async def test_a_file_cut_short_or_with_its_index_last_fails(studio: Studio, tmp_path: Path) -> None:
    plan = compile_plan(await counted(studio, 40))
    out = await studio.make(plan, tmp_path)
    late = tmp_path / "late.mp4"
    studio.ffmpeg("-i", str(out), "-c", "copy", str(late))
    with pytest.raises(Internal, match="'faststart'"):
        await verify(plan, late)
    late.write_bytes(out.read_bytes()[:-2000])
    with pytest.raises(Internal, match="'complete'"):
        await verify(plan, late)
    late.write_bytes(b"no video at all")
    with pytest.raises(Internal, match="'readable'"):
        await verify(plan, late)


@pytest.mark.parametrize(("frames", "fps"), [(1, "60"), (2, "25"), (7, "30000/1001")])
async def test_a_very_short_film_has_all_its_sound_and_no_more(
    studio: Studio, tmp_path: Path, frames: int, fps: str
) -> None:
    wanted = await counted(studio, frames, sound=True, fps=fps)
    out = await studio.film(wanted, tmp_path)
    assert len(samples(out)) == round(frames / Fraction(fps) * 48_000)
    assert len(counts(out)) == frames
