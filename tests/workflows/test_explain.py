"""Looking at an edit before it is rendered, as a worker does it: real media, real ffmpeg, no server."""

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutroom import timeline
from cutroom.jobs import run_alone
from cutroom.kit.errors import Invalid
from cutroom.media.fetch import Fetcher
from cutroom.media.probe import probe
from cutroom.render import calibration
from cutroom.workflows import registry
from cutroom.workflows.explain import Explanation, StoryboardOutput
from tests.media.sources import make_audio, make_image, make_video
from tests.workflows.test_batch import ManyFiles

LIMITS = timeline.Limits(allow_local=True)


def document(**output: Any) -> dict[str, Any]:
    return {
        "output": {"format": "mp4", "width": 640, "height": 360, "fps": 30, **output},
        "timeline": {
            "tracks": [
                {"clips": [{"asset": {"type": "text", "text": "Hi", "font": {"size": 80}}, "start": 0, "length": 6}]},
                {
                    "clips": [
                        {"asset": {"type": "video", "src": "a.mp4"}, "start": 0, "length": 3},
                        {"asset": {"type": "image", "src": "b.png"}, "start": "auto", "length": 3},
                    ]
                },
            ],
            "soundtrack": {"src": "m.wav", "loop": True},
        },
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_video(tmp_path / "a.mp4", 3, (640, 360), 30)
    make_image(tmp_path / "b.png", (640, 360), color="red")
    make_audio(tmp_path / "m.wav", 1)
    for name in ("cache", "parts", "scratch"):
        (tmp_path / name).mkdir()
    return tmp_path


async def run(folder: Path, workflow: str, **given: Any) -> tuple[Any, ManyFiles]:
    files = ManyFiles(base=folder, cache=folder / "cache", parts=folder / "parts", out=folder / "x", fetcher=Fetcher())
    files.published = []
    made = timeline.parse(given.pop("made", None) or document(), LIMITS)
    kind = registry().get(workflow).input
    value = made if workflow == "render" else kind.validate_python({"edit": made, "limits": LIMITS, **given})
    seen: list[Any] = []
    result = await run_alone(
        registry(), workflow, value, files=files, scratch=folder / "scratch", events=lambda *said: seen.append(said)
    )
    assert seen
    return result, files


async def test_an_explanation_says_what_would_be_done_and_makes_nothing(folder: Path) -> None:
    result, files = await run(folder, "render.explain")
    assert isinstance(result, Explanation)
    (plan,) = result.plans
    assert (plan.format, plan.width, plan.frames, plan.duration, plan.sound) == ("mp4", 640, 180, 6.0, True)
    assert plan.segments[0].start == 0
    assert plan.segments[-1].end == 6
    assert plan.estimate.encoded_frames == 91  # what moves for 3 s, and one picture of what stands still
    assert result.seconds > 0
    assert files.published == []
    pointers = {layer.pointer for segment in plan.segments for layer in segment.layers}
    assert pointers == {"/timeline/tracks/0/clips/0", "/timeline/tracks/1/clips/0", "/timeline/tracks/1/clips/1"}


async def test_a_machine_is_measured_once(folder: Path) -> None:
    first, _ = await run(folder, "render.explain")
    started = time.perf_counter()
    second, _ = await run(folder, "render.explain")
    assert second.calibration == first.calibration
    assert time.perf_counter() - started < 5


async def test_an_explanation_may_show_a_storyboard(folder: Path) -> None:
    result, files = await run(folder, "render.explain", storyboard=4)
    assert result.artifacts == [str(files.published[0])]
    with Image.open(files.published[0]) as sheet:
        assert sheet.size == (2 * 320 + 24, 2 * 180 + 24)


async def test_a_storyboard_shows_frames_of_the_edit(folder: Path) -> None:
    result, files = await run(folder, "render.storyboard", frames=2)
    assert isinstance(result, StoryboardOutput)
    assert result.times == [1.5, 4.5]
    sheet = np.asarray(Image.open(files.published[0]), np.float64)
    assert np.abs(sheet[20, 8 + 320 + 8 + 20] - (255, 0, 0)).max() < 20


async def test_a_preview_is_the_whole_film_small(folder: Path) -> None:
    _, files = await run(folder, "render.preview")
    info = await probe(files.published[0])
    assert info.video is not None
    assert info.audio is not None
    assert (info.video.width, info.video.height, float(info.video.fps)) == (512, 288, 15.0)
    assert info.video.frames == 90


@pytest.mark.parametrize(
    ("fps", "length", "rate"), [("10/3", 3, "10/3"), (60, 0.02, 60), ("10000/1001", 1, "10000/1001")]
)
async def test_a_preview_keeps_rates_exact_and_short_films_whole(
    folder: Path, fps: str | int, length: float, rate: str | int
) -> None:
    made = document(width=64, height=36, fps=fps)
    made["timeline"] = {"tracks": [{"clips": [{"asset": {"type": "color", "color": "#fff"}, "length": length}]}]}
    _, files = await run(folder, "render.preview", made=timeline.parse(made, LIMITS))
    info = await probe(files.published[0])
    assert info.video is not None
    assert info.video.fps == Fraction(rate)


async def test_what_is_wrong_with_one_of_several_outputs_points_at_it(folder: Path) -> None:
    made = document(width=160, height=90)
    small = {"width": 80, "height": 46, "range": {"start": 20}}
    made["outputs"] = [{"width": 320, "height": 180}, small, small]
    with pytest.raises(Invalid) as caught:
        await run(folder, "render.explain", made=timeline.parse(made, LIMITS))
    assert [detail.pointer for detail in caught.value.details] == ["/outputs/1/range/start"]


async def test_a_wrong_edit_is_pointed_at(folder: Path) -> None:
    made = document()
    made["timeline"]["tracks"][1]["clips"][0]["asset"]["src"] = "nowhere.mp4"
    for workflow in ("render.explain", "render.storyboard", "render.preview"):
        with pytest.raises(Invalid) as caught:
            await run(folder, workflow, made=made)
        assert caught.value.details[0].pointer == "/timeline/tracks/1/clips/0/asset/src"


async def test_a_render_tells_how_fast_its_machine_is(folder: Path) -> None:
    before = list(calibration._folder)
    calibration.keep_in(folder / "machine")
    try:
        told, _ = await run(folder, "render.explain")
        assert told.calibration.pieces == 0
        made = document(width=1920, height=1080, mute=True)
        made["timeline"]["tracks"][1]["clips"][0]["opacity"] = 0.9
        await run(folder, "render", made=timeline.parse(made, LIMITS))
        learned, _ = await run(folder, "render.explain")
        assert learned.calibration.pieces > 0
    finally:
        calibration.keep_in(*before)
