"""Every example runs as it stands: in full as a document, and small and slow as a film."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutroom import timeline
from cutroom.media import browser
from cutroom.timeline.document import parse_document
from cutroom.timeline.resolved.output import STILLS
from tests.workflows.standing import frames, run

FOLDER = Path(__file__).parents[2] / "examples"
NAMES = sorted(
    path.relative_to(FOLDER).with_suffix("").as_posix()
    for path in FOLDER.rglob("*.json")
    if path.parent.name not in {"media", "templates"}
)
FPS = 4
USUAL = {"upscaled"}
"""Photographs of the shop window are small; nothing else in it is worth a warning."""
SHEETS = {"transitions", "easings", "blends", "filters"}
"""Of which most have more pictures at once than there are tracks."""


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return document


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_valid_document(name: str) -> None:
    parse_document(read(name), timeline.Limits(allow_local=True))


@pytest.mark.parametrize("name", NAMES)
async def test_an_example_renders(name: str, tmp_path: Path) -> None:
    document = read(name)
    if '"html"' in json.dumps(document) and browser.find() is None:
        assert not os.environ.get("CI"), "CI has a Chromium"
        pytest.skip("no Chromium on this machine")
    document.pop("outputs", None)
    output = document["output"]
    for field in ("poster", "sprites"):
        output.pop(field, None)
    if output["format"] not in STILLS:
        output["fps"] = FPS
        output["quality"] = "lowest"
        for side in ("width", "height"):
            output[side] = output[side] // 4 * 2
    suffix = "m3u8" if output["format"] == "hls" else output["format"]
    result, _ = await run(tmp_path, document, f"out.{suffix}", base=(FOLDER / f"{name}.json").parent)
    assert {warning.code for warning in result.warnings} <= USUAL | ({"overlap"} if name in SHEETS else set())
    shown = frames(tmp_path / f"out.{suffix}")
    assert len(shown) == result.frames == max(1, round(result.duration * FPS))
    assert max(float(np.std(frame)) for frame in shown) > 10
