"""Pages of a document, drawn by a real browser."""

import os
from pathlib import Path

import pytest

from cutroom.media import browser
from tests.workflows.standing import frames, run


async def test_pages_that_are_drawn_at_once_are_not_taken_for_each_other(tmp_path: Path) -> None:
    if browser.find() is None:
        assert not os.environ.get("CI"), "CI has a Chromium"
        pytest.skip("no Chromium on this machine")
    colors = {"#f00": (255, 0, 0), "#0f0": (0, 255, 0), "#00f": (0, 0, 255)}
    clips = [
        {"asset": {"type": "html", "html": "<p></p>", "css": f"html{{background:{color}}}"}, "start": at, "length": 1}
        for at, color in enumerate(colors)
    ]
    output = {"format": "mp4", "width": 64, "height": 36, "fps": 10}
    await run(tmp_path, {"output": output, "timeline": {"tracks": [{"clips": clips}]}})
    shown = frames(tmp_path / "out.mp4")
    for at, wanted in enumerate(colors.values()):
        middle = shown[10 * at][18, 32].astype(int)
        assert abs(middle - wanted).max() < 40, (at, middle)
