"""Timelines inside of a timeline, and pages: what has to be made before the render can begin."""

import os
from pathlib import Path
from typing import Any

import pytest

from cutroom.kit.errors import CutroomError
from cutroom.media import browser
from tests.media.sources import make_audio, make_image
from tests.workflows.standing import frames, run

OUTPUT = {"format": "mp4", "width": 160, "height": 90, "fps": 10, "quality": "high"}
CORNER = {"width": 40, "height": 30}


def color(value: str, **clip: Any) -> dict[str, Any]:
    return {"asset": {"type": "color", "color": value}, "start": 0, "length": 1, **clip}


def nested(*clips: dict[str, Any], **asset: Any) -> dict[str, Any]:
    return {"type": "timeline", "timeline": {"tracks": [{"clips": list(clips)}]}, **asset}


def edit(*clips: dict[str, Any]) -> dict[str, Any]:
    return {"output": OUTPUT, "timeline": {"background": "#0000ff", "tracks": [{"clips": list(clips)}]}}


async def test_a_timeline_inside_shows_its_clips_over_what_lies_below(tmp_path: Path) -> None:
    inside = nested(color("#ff0000", size=CORNER, position="top-left"))
    await run(tmp_path, edit({"asset": inside, "start": 0, "length": 1}))
    (frame, *_) = frames(tmp_path / "out.mp4")
    assert abs(frame[10, 10].astype(int) - [255, 0, 0]).max() < 12
    assert abs(frame[60, 100].astype(int) - [0, 0, 255]).max() < 12


async def test_a_timeline_inside_moves_as_one(tmp_path: Path) -> None:
    inside = nested(color("#ff0000", size=CORNER, position="top-left"))
    await run(tmp_path, edit({"asset": inside, "start": 0, "length": 1, "offset": {"x": 0.5}, "opacity": 0.5}))
    (frame, *_) = frames(tmp_path / "out.mp4")
    assert abs(frame[10, 90].astype(int) - [128, 0, 128]).max() < 16
    assert abs(frame[10, 10].astype(int) - [0, 0, 255]).max() < 12


async def test_a_timeline_inside_starts_with_its_clip_and_sounds(tmp_path: Path) -> None:
    make_audio(tmp_path / "m.wav", 1)
    inside = nested(color("#ff0000", start=0.5, length=0.5), {"asset": {"type": "audio", "src": "m.wav"}, "start": 0})
    result, _ = await run(tmp_path, edit({"asset": inside, "start": 1}))
    red = [bool(frame[45, 80, 0] > 200) for frame in frames(tmp_path / "out.mp4")]
    assert red == [False] * 15 + [True] * 5
    assert "silent" not in {warning.code for warning in result.warnings}


async def test_a_timeline_inside_may_be_silent(tmp_path: Path) -> None:
    make_audio(tmp_path / "m.wav", 1)
    document = edit({"asset": nested(color("#ff0000")), "start": 0, "length": 1})
    result, _ = await run(tmp_path, document)
    assert [(warning.code, warning.pointer) for warning in result.warnings] == [("silent", "/timeline")]
    document["timeline"]["soundtrack"] = {"src": "m.wav"}
    result, _ = await run(tmp_path, document)
    assert not result.warnings


async def test_timelines_lie_in_timelines(tmp_path: Path) -> None:
    inside = nested({"asset": nested(color("#00ff00", size=CORNER)), "start": 0, "length": 1})
    await run(tmp_path, edit({"asset": inside, "start": 0, "length": 1}))
    (frame, *_) = frames(tmp_path / "out.mp4")
    assert abs(frame[45, 80].astype(int) - [0, 255, 0]).max() < 16


async def test_a_mistake_inside_is_pointed_at_from_outside(tmp_path: Path) -> None:
    make_image(tmp_path / "b.png", (16, 16), color="red")
    inside = nested({"asset": {"type": "video", "src": "b.png"}, "start": 0, "length": 1})
    with pytest.raises(CutroomError) as caught:
        await run(tmp_path, edit({"asset": inside, "start": 0, "length": 1}))
    assert caught.value.code == "wrong_media_kind"
    place = "/timeline/tracks/0/clips/0/asset/timeline/tracks/0/clips/0/asset/src"
    assert caught.value.details[0].pointer == place


@pytest.fixture
def chromium() -> None:
    if browser.find() is None:
        assert not os.environ.get("CI"), "CI has a Chromium"
        pytest.skip("no Chromium on this machine")


async def test_a_page_is_laid_over_the_picture(tmp_path: Path, chromium: None) -> None:
    page = {"type": "html", "html": "<p></p>", "css": "p{margin:0;width:40px;height:30px;background:#f00}"}
    result, _ = await run(tmp_path, edit({"asset": page, "start": 0, "length": 1}))
    (frame, *_) = frames(tmp_path / "out.mp4")
    assert abs(frame[10, 10].astype(int) - [255, 0, 0]).max() < 12
    assert abs(frame[60, 100].astype(int) - [0, 0, 255]).max() < 12
    again, _ = await run(tmp_path, edit({"asset": page, "start": 0, "length": 1}))
    assert again.reused_segments > result.reused_segments == 0


async def test_a_page_without_a_browser_is_pointed_at(tmp_path: Path) -> None:
    browser.use(Path("/nonexistent/chromium"))
    try:
        with pytest.raises(CutroomError) as caught:
            await run(tmp_path, edit({"asset": {"type": "html", "html": "<p>"}, "start": 0, "length": 1}))
    finally:
        browser.use(None)
    assert caught.value.code == "browser_missing"
    assert caught.value.details[0].pointer == "/timeline/tracks/0/clips/0/asset"
