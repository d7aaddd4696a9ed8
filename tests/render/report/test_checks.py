"""Each check, made to fail by a file or a plan that is not what the other says."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from cutroom.kit.errors import Internal
from cutroom.render import RenderPlan, RenderReport, compile_plan, verify
from cutroom.render.compile import segments_at
from cutroom.render.plan import SegmentPlan
from cutroom.render.report.checks import NAMES
from cutroom.timeline.resolved import Color, Loudness
from tests.render.edits import clip, edit
from tests.render.output.press import CUT, Pressed, film, press
from tests.render.studio import Studio


async def fails(check: str, plan: RenderPlan, path: Path) -> None:
    with pytest.raises(Internal) as caught:
        await verify(plan, path)
    assert caught.value.code == "render_check_failed"
    assert check in [detail.code for detail in caught.value.details]
    assert {detail.pointer for detail in caught.value.details} == {"/output"}


@pytest.fixture(scope="module")
async def done(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Pressed:
    """A film that passes."""
    made = await press(studio, await film(studio, format="mp4"), tmp_path_factory.mktemp("done"))
    report = await verify(made.plan, made.path)
    assert all(check.passed for check in report.checks)
    return made


async def test_a_good_film_passes_every_check(done: Pressed) -> None:
    report: RenderReport = await verify(done.plan, done.path)
    names = [check.name for check in report.checks]
    assert len(set(names)) == len(names)
    assert set(names) == set(NAMES) - {"transparency", "playlist", "loudness"}


PlanChange = Callable[[RenderPlan], RenderPlan]


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("frame_count", lambda plan: replace(plan, frames=plan.frames + 1)),
        ("frame_times", lambda plan: replace(plan, output=replace(plan.output, fps=Fraction(25)))),
        ("size", lambda plan: replace(plan, output=replace(plan.output, height=100))),
        ("transparency", lambda plan: replace(plan, output=replace(plan.output, transparent=True))),
        ("audio_codec", lambda plan: replace(plan, audio=None)),
    ],
)
async def test_a_plan_that_says_otherwise_fails(done: Pressed, check: str, change: PlanChange) -> None:
    await fails(check, change(done.plan), done.path)


async def test_another_codec_fails(done: Pressed) -> None:
    segments = tuple(
        replace(segment, encoder=replace(segment.encoder, codec="h265"))
        for segment in done.plan.segments
        if isinstance(segment, SegmentPlan)
    )
    await fails("video_codec", replace(done.plan, segments=segments), done.path)


async def test_a_file_that_is_cut_short_or_is_none_fails(done: Pressed, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(done.path.read_bytes()[:-3000])
    await fails("complete", done.plan, bad)
    bad.write_bytes(b"what is this")
    await fails("readable", done.plan, bad)
    bad.write_bytes(done.path.read_bytes()[:700])
    await fails("readable", done.plan, bad)


async def test_an_index_at_the_end_fails(studio: Studio, done: Pressed, tmp_path: Path) -> None:
    late = tmp_path / "late.mp4"
    studio.ffmpeg("-i", str(done.path), "-c", "copy", str(late))
    await fails("faststart", done.plan, late)


async def test_frames_that_are_decoded_at_once_fail(done: Pressed, tmp_path: Path) -> None:
    data = bytearray(done.path.read_bytes())
    table = data.index(b"stts")  # of the pictures, whose track is first: version, one row, count, length
    assert int.from_bytes(data[table + 8 : table + 12], "big") == 1
    data[table + 16 : table + 20] = bytes(4)
    still = tmp_path / "still.mp4"
    still.write_bytes(data)
    await fails("decoding_times", done.plan, still)


async def test_sound_that_is_late_or_short_fails(studio: Studio, done: Pressed, tmp_path: Path) -> None:
    late, short = tmp_path / "late.mp4", tmp_path / "short.mp4"
    source, fast = str(done.path), ("-c", "copy", "-movflags", "+faststart")
    both = ("-map", "0:v", "-map", "1:a")
    studio.ffmpeg("-i", source, "-itsoffset", "0.2", "-i", source, *both, *fast, str(late))
    await fails("audio_offset", done.plan, late)
    studio.ffmpeg("-i", source, "-t", "1", "-i", source, *both, *fast, str(short))
    await fails("audio_duration", done.plan, short)


async def test_a_cut_where_no_key_frame_is_fails(studio: Studio, done: Pressed) -> None:
    wanted = await film(studio, format="mp4")
    elsewhere = replace(done.plan, segments=segments_at([0, CUT + 3, 45], wanted, done.plan.engine))
    await fails("cuts", elsewhere, done.path)


async def test_another_colour_than_the_plan_shows_fails(studio: Studio, tmp_path: Path) -> None:
    white = edit(60, clip(0, 30), background=Color(200, 30, 30))
    done = await press(studio, white, tmp_path)
    await verify(done.plan, done.path)
    blue = compile_plan(replace(white, output=replace(white.output, background=Color(30, 30, 200))))
    await fails("colors", replace(blue, engine=done.plan.engine), done.path)


async def test_a_playlist_that_names_more_than_there_is_fails(studio: Studio, tmp_path: Path) -> None:
    done = await press(studio, await film(studio, format="hls"), tmp_path)
    await verify(done.plan, done.path)
    text = done.path.read_text("utf-8")
    done.path.write_text(text.replace("#EXTINF:1.5", "#EXTINF:2.5"), "utf-8")
    await fails("playlist", done.plan, done.path)


async def test_another_loudness_than_asked_fails(done: Pressed) -> None:
    assert done.plan.audio is not None
    for asked in (Loudness(-30, -1), Loudness(-14, -20)):
        audio = replace(done.plan.audio, loudness=asked)
        await fails("loudness", replace(done.plan, audio=audio), done.path)
    audio = replace(done.plan.audio, loudness=Loudness(-14, -1))
    report = await verify(replace(done.plan, audio=audio), done.path)
    assert report.checks[-1].name == "loudness"
