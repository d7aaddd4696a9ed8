"""The same render again: its files are given out anew, and only when they are surely the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutroom.render import REPORT
from cutroom.workflows import films
from tests.media.sources import make_image
from tests.workflows.standing import keep_instead, run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_image(tmp_path / "b.png", (320, 180), color="red")
    return tmp_path


def document(text: str = "Hi", color: str = "#102030", **output: Any) -> dict[str, Any]:
    return {
        "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10, **output},
        "timeline": {
            "background": color,
            "tracks": [
                {"clips": [{"asset": {"type": "text", "text": text}, "start": 0.5, "length": 1}]},
                {"clips": [{"asset": {"type": "image", "src": "b.png"}, "start": 0, "length": 1.5}]},
            ],
        },
    }


def listed(folder: Path) -> set[str]:
    return {path.name for path in (folder / "cache" / "film").iterdir()}


async def test_files_and_report_of_a_render_are_given_out_again(folder: Path) -> None:
    poster: dict[str, Any] = {"poster": {"at": 0.5, "format": "jpg"}}
    first, _ = await run(folder, document(**poster), "one.mp4")
    made = {path.name for path in (folder / "cache").iterdir()}
    for path in (folder / "cache").iterdir():
        if path.is_file():
            path.unlink()  # no segment is there to be joined again
    again, _ = await run(folder, document(**poster), "two.mp4")
    assert (folder / "one.mp4").read_bytes() == (folder / "two.mp4").read_bytes()
    assert (folder / "one.poster.jpg").read_bytes() == (folder / "two.poster.jpg").read_bytes()
    assert not {path.name for path in (folder / "cache").iterdir() if path.is_file()}
    assert "film" in made
    assert again.frames == first.frames
    assert again.segments == first.segments
    assert first.reused_segments == 0
    assert again.reused_segments == first.segments


async def test_the_report_says_that_everything_was_found(folder: Path) -> None:
    await run(folder, document())
    result, _ = await run(folder, document())
    report = REPORT.validate_json(Path(result.artifacts[-1]).read_bytes())
    assert report.tally is not None
    assert report.tally.reused == report.tally.segments == result.segments


async def test_links_are_written_anew_for_the_place_of_each(folder: Path) -> None:
    await run(folder, document(format="hls"), "one.m3u8")
    await run(folder, document(format="hls"), "two.m3u8")
    assert "two.media" in (folder / "two.m3u8").read_text()
    assert "one." not in (folder / "two.m3u8").read_text()
    assert (folder / "one.media.mp4").read_bytes() == (folder / "two.media.mp4").read_bytes()


@pytest.mark.parametrize(
    "changed",
    [
        document("Ho"),
        document(color="#102031"),
        document(fps=12),
        document(width=162),
        document(quality="low"),
        document(format="webm"),
        document(poster={"at": 0.5}),
        document(range={"start": 0.5}),
        document(repeat=1, format="gif"),
    ],
    ids=json.dumps,
)
async def test_another_document_is_another_film(folder: Path, changed: dict[str, Any]) -> None:
    await run(folder, document())
    before = listed(folder)
    await run(folder, changed, f"out.{changed['output']['format']}")
    assert len(listed(folder) - before) == 1


async def test_another_source_under_the_same_name_is_another_film(folder: Path) -> None:
    await run(folder, document(), "one.mp4")
    make_image(folder / "b.png", (320, 180), color="blue")
    await run(folder, document(), "two.mp4")
    assert (folder / "one.mp4").read_bytes() != (folder / "two.mp4").read_bytes()
    assert len(listed(folder)) == 2


@pytest.mark.parametrize("name", ["FILM", "__version__"])
async def test_another_version_of_what_joins_is_another_film(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await run(folder, document())
    monkeypatch.setattr(films, name, "another")
    await run(folder, document())
    assert len(listed(folder)) == 2


def _write_to_result(folder: Path) -> None:
    with (folder / "one.mp4").open("r+b") as file:
        file.write(b"mine")


def _shorten(folder: Path) -> None:
    kept = next((folder / "cache" / "made").iterdir())
    kept.write_bytes(kept.read_bytes()[:99])


def _remove(folder: Path) -> None:
    next((folder / "cache" / "made").iterdir()).unlink()


def _tear_list(folder: Path) -> None:
    path = next((folder / "cache" / "film").iterdir())
    keep_instead(folder / "cache", path, path.read_text()[:50])


@pytest.mark.parametrize("harm", [_write_to_result, _shorten, _remove, _tear_list])
async def test_what_is_no_longer_whole_is_made_again(folder: Path, harm: Callable[[Path], None]) -> None:
    await run(folder, document(), "one.mp4")
    whole = (folder / "one.mp4").read_bytes()
    harm(folder)
    await run(folder, document(), "two.mp4")
    assert (folder / "two.mp4").read_bytes() == whole
    await run(folder, document(), "three.mp4")
    assert (folder / "three.mp4").read_bytes() == whole
