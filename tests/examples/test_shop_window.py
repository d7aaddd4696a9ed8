"""What stands around the examples: sheets that show all there is, an index and a gallery that name all of them."""

import csv
import json
import re
import runpy
from typing import Any, get_args

import pytest

from cutroom import timeline
from cutroom.timeline.clip.filters import FILTERS
from cutroom.timeline.clip.transition import ENTERING
from cutroom.timeline.document import parse_document
from cutroom.timeline.resolved import BlendMode, EasingName
from tests.examples.test_examples import FOLDER, NAMES, read

SHEETS: dict[str, Any] = runpy.run_path(str(FOLDER / "make_sheets.py"))
IMAGES = FOLDER.parent / "docs" / "images"


def test_the_sheets_show_everything_of_their_kind() -> None:
    paces = ("Slow", "Fast")
    assert set(SHEETS["TRANSITIONS"]) == {n for n in ENTERING if not n.endswith(paces)} - {"cut", "dissolve"}
    assert set(SHEETS["EASINGS"]) == set(get_args(EasingName))
    assert set(SHEETS["BLENDS"]) == set(get_args(BlendMode))
    assert set(SHEETS["FILTERS"]) == set(FILTERS)


@pytest.mark.parametrize("name", ["transitions", "easings", "blends", "filters"])
def test_a_sheet_is_what_its_maker_writes(name: str) -> None:
    assert read(name) == json.loads(json.dumps(SHEETS["documents"]()[name]))


def test_the_index_and_the_gallery_name_every_example() -> None:
    index, gallery = (FOLDER / "README.md").read_text("utf-8"), (FOLDER.parent / "docs/examples.md").read_text("utf-8")
    for name in NAMES:
        shown = name.removesuffix("/timeline")
        assert f"]({shown if '/' in name else name + '.json'})" in index
        assert f"](../examples/{name}.json)" in gallery
    pictures = {path.stem for path in (IMAGES / "examples").iterdir()}
    assert set(re.findall(r"images/examples/([a-z-]+)\.jpg", gallery)) == pictures
    assert sum(path.stat().st_size for path in IMAGES.rglob("*.jpg")) < 1_500_000


def test_the_template_fits_its_first_rows() -> None:
    document = read("templates/greeting")["document"]
    with (FOLDER / "templates" / "people.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows[:2]:
        values = {"TINT": "#204060", **{name: value for name, value in row.items() if value}}
        parse_document({**document, "merge": {**values, "SECONDS": float(values["SECONDS"])}}, timeline.Limits())


def test_the_media_of_the_examples_are_small_and_told_of() -> None:
    told = (FOLDER / "media" / "README.md").read_text("utf-8")
    found = [path for path in (FOLDER / "media").iterdir() if path.suffix in {".jpg", ".png", ".mp4", ".m4a", ".json"}]
    assert all(f"`{path.name}`" in told for path in found)
    assert sum(path.stat().st_size for path in found) < 1_000_000
