"""Before a render: smaller canvases, storyboards, outlines, estimates."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutroom.kit.errors import Invalid
from cutroom.media.probe import probe
from cutroom.render import SegmentPlan, calibration, compile_plan
from cutroom.render.estimate import Calibration, estimate, work_of
from cutroom.render.outline import outline
from cutroom.render.scaling import scaled
from cutroom.render.storyboard import storyboard, storyboard_edit, storyboard_frames, storyboard_pieces
from cutroom.timeline import Media, ResolvedEdit, parse, resolve
from tests.media.sources import make_image
from tests.timeline.media import video

MACHINE = Calibration(pixels_per_s=20e6, cores=2)
SRC = "https://media.example/p.png"
VIDEO = "https://media.example/v.mp4"


def edit(*clips: dict[str, Any], media: dict[str, Media] | None = None, **output: Any) -> ResolvedEdit:
    document = {
        "output": {"width": 640, "height": 360, "fps": 10, **output},
        "timeline": {"tracks": [{"clips": list(clips)}]},
    }
    return resolve(parse(document), media or {})


def plane(color: str, length: float, **more: Any) -> dict[str, Any]:
    return {"asset": {"type": "color", "color": color}, "length": length, **more}


def title(**font: Any) -> dict[str, Any]:
    return {"asset": {"type": "text", "text": "Hello", "font": font}, "start": 0, "length": 3}


def test_every_measure_in_pixels_becomes_smaller_by_the_same_factor() -> None:
    big = edit(plane("#123456", 3, size={"width": 200, "height": 100}), title(size=40))
    small = scaled(big, 320)
    assert (small.output.width, small.output.height) == (320, 180)
    assert (small.clips[0].width_px, small.clips[0].height_px) == (100, 50)
    texts = [clip.text for clip in (big.clips[1], small.clips[1])]
    assert texts[0] is not None
    assert texts[1] is not None
    assert texts[1].size_px == texts[0].size_px / 2
    assert texts[1].wrap_px == round(texts[0].wrap_px / 2)
    assert texts[1].weight == texts[0].weight
    assert (small.frames, small.clips[1].offset_x) == (big.frames, big.clips[1].offset_x)


def test_an_edit_is_never_made_larger() -> None:
    made = edit(plane("#123456", 3))
    assert scaled(made, 4000) is made


def test_the_frames_of_a_storyboard_lie_in_the_middle_of_equal_parts() -> None:
    made = edit(plane("#123456", 3))
    assert storyboard_frames(made, 3) == [5, 15, 25]
    assert storyboard_frames(made, 64) == list(range(30))
    part = replace(made, output=replace(made.output, first=10, frames=10))
    assert storyboard_frames(part, 2) == [12, 17]


async def test_a_storyboard_shows_the_frames_in_their_order(tmp_path: Path) -> None:
    image = make_image(tmp_path / "p.png", (640, 360), color="blue")
    media = {SRC: Media("a" * 64, await probe(image))}
    clips = [
        plane("#ff0000", 1, start=0),
        plane("#00ff00", 1),
        {"asset": {"type": "image", "src": SRC}, "length": 1},
        plane("#ffffff", 1),
    ]
    made = edit(*clips, media=media)
    pieces = storyboard_pieces(storyboard_edit(made), storyboard_frames(made, 4))
    assert [piece.frames for piece in pieces] == [1, 1, 1, 1]
    await storyboard(pieces, inputs={"a" * 64: image}, scratch=tmp_path, out=tmp_path / "sheet.jpg")
    sheet = np.asarray(Image.open(tmp_path / "sheet.jpg"), np.float64)
    assert sheet.shape == (2 * 180 + 3 * 8, 2 * 320 + 3 * 8, 3)
    centers = [sheet[98, 168], sheet[98, 496], sheet[286, 168], sheet[286, 496]]
    for found, expected in zip(centers, [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)], strict=True):
        assert np.abs(found - expected).max() < 16


def test_sound_alone_has_no_storyboard() -> None:
    made = edit(plane("#ff0000", 1))
    with pytest.raises(Invalid, match="no pictures"):
        storyboard_edit(replace(made, output=replace(made.output, format="mp3")))


def test_an_outline_tells_every_segment_and_what_lies_in_it() -> None:
    plan = compile_plan(edit(plane("#ff0000", 3), plane("#00ff00", 3)))
    found = outline(plan, {plan.segments[0].key})
    assert [(one.kind, one.start, one.end, one.reused) for one in found] == [
        ("skip", 0.0, 3.0, True),
        ("skip", 3.0, 6.0, False),
    ]
    assert [layer.pointer for layer in found[1].layers] == ["/timeline/tracks/0/clips/1"]


def test_an_estimate_counts_what_is_to_be_done() -> None:
    plan = compile_plan(edit(plane("#ff0000", 3), plane("#00ff00", 3), format="mov"))  # nothing in it is skipped
    fresh = estimate(plan, MACHINE)
    assert (fresh.frames, fresh.encoded_frames, fresh.reused_frames, fresh.pieces) == (60, 60, 0, 2)
    half = estimate(plan, MACHINE, kept={plan.segments[0].key})
    assert (half.encoded_frames, half.reused_frames, half.pieces, half.reused_pieces) == (30, 30, 1, 1)
    none = estimate(plan, MACHINE, kept={segment.key for segment in plan.segments})
    assert (none.encoded_frames, none.pieces) == (0, 0)
    assert none.seconds < half.seconds <= fresh.seconds
    assert none.memory_bytes < half.memory_bytes < fresh.memory_bytes  # two processors make two at a time
    assert estimate(plan, replace(MACHINE, cores=1)).memory_bytes == half.memory_bytes


def test_what_is_made_twice_is_counted_once() -> None:
    plan = compile_plan(edit(plane("#ff0000", 3), plane("#00ff00", 3), plane("#ff0000", 3), format="mov"))
    assert plan.segments[0].key == plan.segments[2].key
    assert estimate(plan, MACHINE).encoded_frames == 60


def test_a_slower_preset_and_a_larger_picture_take_longer() -> None:
    def seconds(**output: Any) -> float:
        return estimate(compile_plan(edit(plane("#ff0000", 9), **output)), MACHINE).seconds

    assert seconds(quality="lowest") <= seconds(quality="medium") <= seconds(quality="highest")
    assert seconds() < seconds(width=1280, height=720)


def test_what_a_source_is_decides_how_long_it_takes() -> None:
    small, large = video(size=(640, 360)), video(size=(3840, 2160))
    plan = compile_plan(edit({"asset": {"type": "video", "src": VIDEO}, "length": 2}, media={VIDEO: large}))
    untold = estimate(plan, MACHINE)
    assert estimate(plan, MACHINE, infos={large.sha256: small.info}).seconds == untold.seconds
    assert estimate(plan, MACHINE, infos={large.sha256: large.info}).seconds > 2 * untold.seconds


def test_other_formats_take_what_they_take() -> None:
    """Measured in processor time: 720p in VP9 takes ten times as long as in H.264, ProRes with transparency three."""

    def work(**output: Any) -> float:
        media = video()
        clip = {"asset": {"type": "video", "src": VIDEO}, "length": 2}
        plan = compile_plan(edit(clip, media={VIDEO: media}, width=1280, height=720, fps=30, **output))
        made = [segment for segment in plan.segments if isinstance(segment, SegmentPlan)]
        assert len(made) == len(plan.segments)
        return sum(work_of(segment, {media.sha256: media.info}) for segment in made)

    h264 = work()
    assert 0.8 * h264 < work(codec="av1") < h264
    assert 2 * h264 < work(codec="h265") < 4 * h264
    assert 6 * h264 < work(format="webm") < 10 * h264
    assert 2 * h264 < work(format="mov", transparent=True) < 4 * h264


def test_what_is_put_together_at_the_end_counts_too() -> None:
    gif, film = (
        estimate(compile_plan(edit(plane("#ff0000", 9), format=name, mute=True)), MACHINE) for name in ("gif", "mp4")
    )
    assert gif.seconds > film.seconds + 90 * 640 * 360 * 10 / MACHINE.pixels_per_s


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    before = list(calibration._folder)
    calibration.keep_in(tmp_path / "machine")
    yield tmp_path / "machine"
    calibration.keep_in(*before)


async def test_a_machine_on_which_nothing_was_rendered_is_measured_in_a_second_or_two(
    tmp_path: Path, machine: Path
) -> None:
    found = await calibration.calibration(tmp_path)
    assert 1e5 < found.pixels_per_s < 1e10
    assert found.cores >= 1
    assert found.pieces == 0
    kept = (machine / calibration.FILE).read_bytes()
    assert await calibration.calibration(tmp_path) == found
    assert (machine / calibration.FILE).read_bytes() == kept


async def test_a_machine_is_known_by_what_was_rendered_on_it(tmp_path: Path, machine: Path) -> None:
    for seconds in (1, 2, 4, 0.001):  # what is over at once says nothing
        calibration.learn(40e6, seconds)
    found = await calibration.calibration(tmp_path)
    assert (found.pixels_per_s, found.pieces) == (20e6, 3)
    for _ in range(100):
        calibration.learn(80e6, 1)
    found = await calibration.calibration(tmp_path)
    assert (found.pixels_per_s, found.pieces) == (80e6, 40)
    (machine / calibration.FILE).write_text("{")
    calibration.learn(40e6, 1)
    assert (await calibration.calibration(tmp_path)).pieces == 1
