"""Pictures in the same place that follow each other: nothing behind them is seen meanwhile."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.workflows.standing import frames, run


@pytest.mark.parametrize("name", ["dissolve", "wipeLeft", "circle"])
async def test_pictures_in_one_place_cross_without_the_background_between_them(name: str, tmp_path: Path) -> None:
    for number, color in enumerate(((200, 60, 60), (220, 90, 60))):
        Image.new("RGB", (160, 90), color).save(tmp_path / f"{number}.png")
    place: dict[str, Any] = {"size": {"width": 160, "height": 90}, "radius": 12, "length": 1}
    clips = [{"asset": {"type": "image", "src": f"{number}.png"}, **place} for number in range(2)]
    clips[1]["transition"] = {"in": name, "duration": 0.8} | ({} if name == "dissolve" else {"cross": True})
    output = {"format": "mp4", "width": 240, "height": 160, "fps": 10, "quality": "high"}
    await run(tmp_path, {"output": output, "timeline": {"background": "#ffffff", "tracks": [{"clips": clips}]}})
    shown = frames(tmp_path / "out.mp4")
    assert len(shown) == 20
    for frame in shown:
        inside = frame[50:110, 60:180].astype(int)
        assert np.abs(inside - (210, 75, 60)).max() < 26
