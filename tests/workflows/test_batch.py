"""The batch workflow: real media, real ffmpeg, no server."""

import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import Published, run_alone
from cutroom.kit.errors import Invalid
from cutroom.kit.hashes import hash_file
from cutroom.media.fetch import Fetcher
from cutroom.workflows import registry
from cutroom.workflows.batch import Batch, BatchOutput
from cutroom.workflows.rows import WINDOW, Row, RowsFile, write_rows
from tests.media.foundry import cast
from tests.media.sources import make_image

LIMITS = timeline.Limits(allow_local=True)


class ManyFiles(StandaloneFiles):
    """Publishes any number of files into a folder; the id is the path."""

    published: list[Path]

    async def publish(self, path: Path, *, kind: str, name: str, content_type: str) -> Published:
        place = self._parts / f"{len(self.published)}-{name}"
        shutil.move(path, place)
        self.published.append(place)
        return Published(str(place), hash_file(place), place.stat().st_size, content_type, place.name)


def document(**clip: Any) -> dict[str, Any]:
    color = {"asset": {"type": "color", "color": "{{TINT}}"}, "length": 0.4, **clip}
    return {
        "output": {"format": "mp4", "width": 64, "height": 36, "fps": 10},
        "timeline": {
            "tracks": [
                {"clips": [color]},
                {"clips": [{"asset": {"type": "image", "src": "shared.png"}, "start": 0, "length": 12}]},
            ]
        },
    }


async def run(
    folder: Path, rows: list[Row], made: dict[str, Any] | None = None
) -> tuple[BatchOutput, list[dict[str, Any]], ManyFiles, list[dict[str, Any]]]:
    make_image(folder / "shared.png", (64, 36), color="white")
    for name in ("cache", "parts", "scratch"):
        (folder / name).mkdir(exist_ok=True)
    files = ManyFiles(
        base=folder, cache=folder / "cache", parts=folder / "parts", out=folder / "none", fetcher=Fetcher()
    )
    files.published = []
    form = timeline.make_form(made or document(), None, LIMITS)
    written = write_rows(folder / "rows", form, LIMITS, rows)
    key = f"rows/{written.sha256}"
    await files.keep(key, folder / "rows")
    seen: list[dict[str, Any]] = []
    given = Batch(rows=key, count=written.count, template_id="tpl_x", template_version=1)
    result = await run_alone(
        registry(),
        "render.batch",
        given,
        files=files,
        scratch=folder / "scratch",
        events=lambda kind, data: seen.append({"kind": kind, **data}),
        concurrency=2,
    )
    assert isinstance(result, BatchOutput)
    lines = [json.loads(line) for line in Path(result.artifacts[0]).read_text().splitlines()]
    return result, lines, files, seen


def frame(path: str, number: int) -> NDArray[np.uint8]:
    with av.open(path) as file:
        return [np.asarray(one.to_ndarray(format="rgb24"), np.uint8) for one in file.decode(video=0)][number]


def tint(text: str) -> Row:
    return Row(text={"TINT": text})


async def test_every_row_gets_a_file_of_its_own(tmp_path: Path) -> None:
    result, lines, _, seen = await run(tmp_path, [tint("#ff0000"), tint("#0000ff"), Row(values={"TINT": "#00ff00"})])
    assert (result.rows, result.succeeded, result.failed) == (3, 3, 0)
    assert [(line["row"], line["status"]) for line in lines] == [(1, "succeeded"), (2, "succeeded"), (3, "succeeded")]
    for line, expected in zip(lines, [(255, 0, 0), (0, 0, 255), (0, 255, 0)], strict=True):
        artifact, report = line["artifacts"]
        assert report["id"].endswith(".json")
        assert line["duration"] == 12.0
        assert np.abs(frame(artifact["id"], 1).mean(axis=(0, 1)) - expected).max() < 12
        assert frame(artifact["id"], 30).min() > 240
    progress = [event["progress"] for event in seen if event["kind"] == "progress"]
    assert progress == sorted(progress)
    assert progress[-1] == 100


async def test_what_rows_share_is_made_once(tmp_path: Path) -> None:
    _, _, files, _ = await run(tmp_path, [tint(f"#0000{number:02x}") for number in range(6)])
    kept = [path for path in (tmp_path / "cache").iterdir() if path.is_file()]
    shared, different = 1, 6
    assert len(kept) == shared + different
    assert sum(path.suffix == ".mp4" for path in files.published) == 6


async def test_a_bad_row_is_told_and_disturbs_no_other(tmp_path: Path) -> None:
    rows = [
        tint("#ff0000"),
        tint("red"),
        Row(error=Invalid("malformed_json", "This line is no JSON.")),
        Row(text={}),
        Row(values={"TINT": "#00ff00", "EXTRA": 1}),
        tint("#0000ff"),
    ]
    result, lines, _, _ = await run(tmp_path, rows)
    assert (result.succeeded, result.failed) == (2, 4)
    assert [line.get("error", {}).get("code") for line in lines] == [
        None,
        "wrong_type",
        "malformed_json",
        "missing_value",
        "unknown_field",
        None,
    ]
    assert lines[1]["error"]["details"][0]["pointer"] == "/values/TINT"


async def test_a_source_of_one_row_that_is_not_there_fails_that_row_alone(tmp_path: Path) -> None:
    made = document(asset={"type": "image", "src": "{{PHOTO}}.png"})
    make_image(tmp_path / "mine.png", (64, 36), color="red")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    rows = [Row(values={"PHOTO": name}) for name in ("mine", "nowhere", "broken", "mine")]
    result, lines, _, _ = await run(tmp_path, rows, made)
    assert (result.succeeded, result.failed) == (2, 2)
    assert [line.get("error", {}).get("code") for line in lines] == [None, "source_not_found", "not_media", None]
    assert lines[1]["error"]["details"][0]["pointer"] == "/document/timeline/tracks/0/clips/0/asset/src"


async def test_a_batch_of_bad_rows_alone_still_tells_them(tmp_path: Path) -> None:
    result, lines, _, _ = await run(tmp_path, [tint("red"), tint("blue")])
    assert (result.succeeded, result.failed, len(lines)) == (0, 2, 2)


async def test_rows_of_several_windows_are_numbered_through(tmp_path: Path) -> None:
    made = {
        "output": {"format": "mp4", "width": 32, "height": 32, "fps": 10, "mute": True},
        "timeline": {"tracks": [{"clips": [{"asset": {"type": "color", "color": "{{TINT}}"}, "length": 0.2}]}]},
    }
    rows = [tint("red" if number % 2 else "#ff0000") for number in range(WINDOW)] + [tint("#00ff00"), tint("blue")]
    result, lines, _, _ = await run(tmp_path, rows, made)
    assert [line["row"] for line in lines] == list(range(1, WINDOW + 3))
    assert (result.succeeded, result.failed) == (WINDOW // 2 + 1, WINDOW // 2 + 1)
    assert (lines[WINDOW]["status"], lines[WINDOW + 1]["status"]) == ("succeeded", "failed")
    assert frame(lines[WINDOW]["artifacts"][0]["id"], 1)[16, 16, 1] > 200


def test_the_file_of_rows_is_read_a_window_at_a_time(tmp_path: Path) -> None:
    form = timeline.make_form(document(), None, LIMITS)
    count = 2 * WINDOW + 3
    written = write_rows(tmp_path / "rows", form, LIMITS, (tint(f"#{number:06x}") for number in range(count)))
    file = RowsFile(tmp_path / "rows")
    offsets = file.windows()
    assert (written.count, len(offsets)) == (count, 3)
    found = [row for offset in offsets for row in file.read(offset)]
    assert [row.text for row in found] == [{"TINT": f"#{number:06x}"} for number in range(count)]
    assert file.form() == (form, LIMITS)


@pytest.mark.parametrize("limits", [timeline.Limits(fonts=frozenset({"Inter", "Anton"}), duration_s=5), LIMITS])
def test_the_limits_of_the_door_hold_for_every_row(tmp_path: Path, limits: timeline.Limits) -> None:
    write_rows(tmp_path / "rows", timeline.make_form(document(), None, LIMITS), limits, [])
    assert RowsFile(tmp_path / "rows").form()[1] == limits


async def test_rows_bring_their_own_fonts(tmp_path: Path) -> None:
    cast(tmp_path / "good.ttf", "Brand")
    (tmp_path / "bad.ttf").write_bytes((tmp_path / "good.ttf").read_bytes()[:2000])
    font = {"family": "Brand", "size": 20}
    made = document(asset={"type": "text", "text": "{{TINT}}", "font": font}, start=0)
    made["timeline"]["fonts"] = [{"src": "{{FONT}}"}]
    rows = [Row(values={"TINT": "a", "FONT": "good.ttf"}), Row(values={"TINT": "a", "FONT": "bad.ttf"})]
    _, lines, files, _ = await run(tmp_path, rows, made)
    assert [line["status"] for line in lines] == ["succeeded", "failed"]
    error = lines[1]["error"]
    assert (error["code"], error["details"][0]["pointer"]) == ("font_damaged", "/document/timeline/fonts/0/src")
    assert "font_unknown" not in {warning["code"] for warning in lines[0]["warnings"]}
    assert len(files.published) == 3  # the film, its report, and the results
