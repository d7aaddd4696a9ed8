"""The same command again: given out of the cache, and never when anything has changed."""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cutroom.app import again, environment
from cutroom.app.render import render
from tests.media.sources import make_image, make_video

DOCUMENT = {
    "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10},
    "timeline": {
        "tracks": [
            {"clips": [{"asset": {"type": "image", "src": "link.png"}, "start": 0.2, "length": 0.5}]},
            {"clips": [{"asset": {"type": "video", "src": "a.mp4"}, "start": 0, "length": 1}]},
        ]
    },
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A document that was rendered, and its cache."""

    folder: Path

    @property
    def document(self) -> Path:
        return self.folder / "edit.json"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def wish(self) -> again.Wish:
        return again.wish_of(self.document, self.document.read_bytes(), self.cache)

    def give(self, output: str = "second.mp4") -> again.Given | None:
        return again.give(self.wish, self.document, self.folder / output)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources and a document."""
    folder = tmp_path_factory.mktemp("sources")
    make_video(folder / "a.mp4", 1, (160, 90), 10)
    make_image(folder / "b.png", (160, 90), color="red")
    make_image(folder / "c.png", (160, 90), color="red")
    (folder / "link.png").symlink_to("b.png")
    (folder / "edit.json").write_text(json.dumps(DOCUMENT))
    return folder


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as settled after a twentieth of a second."""
    monkeypatch.setattr(again, "_SETTLED_NS", 50_000_000)


@pytest.fixture
async def desk(sources: Path, tmp_path: Path, soon: None) -> Desk:
    for name in ("a.mp4", "b.png", "c.png"):
        shutil.copy(sources / name, tmp_path / name)
    (tmp_path / "link.png").symlink_to("b.png")
    shutil.copy(sources / "edit.json", tmp_path / "edit.json")
    time.sleep(0.06)
    desk = Desk(tmp_path)
    await render(
        desk.document, output=tmp_path / "first.mp4", explains=False, cache=desk.cache, report=False, wish=desk.wish
    )
    return desk


async def test_a_result_is_given_out_again(desk: Desk) -> None:
    given = desk.give()
    assert given is not None
    assert given.target == (desk.folder / "second.mp4").resolve()
    assert given.target.read_bytes() == (desk.folder / "first.mp4").read_bytes()
    assert given.facts["video"] == "h264 160x90, 10 fps, yuv420p"
    assert given.facts["frames"] == "10"
    assert not list(desk.folder.glob(".*.part"))


async def test_writing_to_what_was_given_out_harms_nothing(desk: Desk) -> None:
    whole = (desk.folder / "first.mp4").read_bytes()
    assert desk.give("second.mp4") is not None
    (desk.folder / "second.mp4").write_bytes(b"mine now")
    given = desk.give("third.mp4")
    assert given is not None
    assert given.target.read_bytes() == whole == (desk.folder / "first.mp4").read_bytes()


def _reword(desk: Desk) -> None:
    desk.document.write_text(json.dumps(DOCUMENT).replace("0.2", "0.3"))


def _respace(desk: Desk) -> None:
    desk.document.write_text(json.dumps(DOCUMENT, indent=1))


def _overwrite(desk: Desk) -> None:
    """Other bytes of the same size, in place, with the old time."""
    path = desk.folder / "b.png"
    before = path.stat()
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(raw)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _swap(desk: Desk) -> None:
    """Another file under the same name."""
    (desk.folder / "c.png").replace(desk.folder / "b.png")


def _lead_elsewhere(desk: Desk) -> None:
    (desk.folder / "link.png").unlink()
    (desk.folder / "link.png").symlink_to("c.png")


def _remove(desk: Desk) -> None:
    (desk.folder / "a.mp4").unlink()


def _damage(desk: Desk) -> None:
    kept = next((desk.cache / "made").iterdir())
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")


def _shorten(desk: Desk) -> None:
    kept = next((desk.cache / "made").iterdir())
    kept.write_bytes(kept.read_bytes()[:100])


def _sweep(desk: Desk) -> None:
    next((desk.cache / "made").iterdir()).unlink()


def _tear_note(desk: Desk) -> None:
    desk.wish.note.write_bytes(desk.wish.note.read_bytes()[:40])


@pytest.mark.parametrize(
    "change",
    [_reword, _respace, _overwrite, _swap, _lead_elsewhere, _remove, _damage, _shorten, _sweep, _tear_note],
)
async def test_whatever_changes_nothing_is_given_out(desk: Desk, change: Callable[[Desk], None]) -> None:
    change(desk)
    assert desk.give() is None
    assert not (desk.folder / "second.mp4").exists()
    assert not list(desk.folder.glob(".*.part"))


async def test_a_document_elsewhere_has_other_sources(desk: Desk) -> None:
    elsewhere = desk.folder / "elsewhere"
    elsewhere.mkdir()
    raw = desk.document.read_bytes()
    (elsewhere / "edit.json").write_bytes(raw)
    wish = again.wish_of(elsewhere / "edit.json", raw, desk.cache)
    assert again.give(wish, elsewhere / "edit.json", desk.folder / "second.mp4") is None


@pytest.mark.parametrize("name", ["CUTROOM_MAX_CLIPS", "IMAGEIO_FFMPEG_EXE", "PYTHONHASHSEED", "PATH"])
async def test_another_environment_is_another_wish(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(environment._VARIABLES, name, "7")
    assert desk.give() is None


@pytest.mark.parametrize("name", ["CUTROOM_FONTS", "CUTROOM_FFMPEG", "CUTROOM_CHROMIUM"])
async def test_what_the_operator_names_counts_by_its_files(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = desk.folder / "named"
    if name == "CUTROOM_FONTS":
        place.mkdir()
        place = place / "one.ttf"
    place.write_bytes(b"one")
    monkeypatch.setitem(environment._VARIABLES, name, str(desk.folder / "named"))
    before = desk.wish
    assert desk.wish == before
    place.write_bytes(b"two")
    assert desk.wish != before


async def test_another_version_of_our_own_files_is_another_wish(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = desk.folder / "ours"
    (ours / "deep").mkdir(parents=True)
    (ours / "deep" / "module.py").write_text("one = 1")
    monkeypatch.setattr(environment, "_PACKAGE", ours)
    before = desk.wish
    (ours / "deep" / "module.py").write_text("one = 2")
    assert desk.wish != before
    before = desk.wish
    (ours / "data.bin").touch()
    assert desk.wish != before


async def test_no_source_is_written_over(desk: Desk) -> None:
    assert desk.give("a.mp4") is None


async def test_a_name_that_does_not_fit_is_left_to_the_long_way(desk: Desk) -> None:
    assert desk.give("second.webm") is None
    assert desk.give("nowhere/second.mp4") is None


async def test_a_folder_gets_the_name_of_the_document(desk: Desk) -> None:
    (desk.folder / "out").mkdir()
    given = desk.give("out")
    assert given is not None
    assert given.target == (desk.folder / "out" / "edit.mp4").resolve()


async def test_a_source_that_changed_a_moment_ago_is_not_trusted(sources: Path, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.png"):
        shutil.copy(sources / name, tmp_path / name)
    (tmp_path / "link.png").symlink_to("b.png")
    shutil.copy(sources / "edit.json", tmp_path / "edit.json")
    desk = Desk(tmp_path)
    out = tmp_path / "first.mp4"
    await render(desk.document, output=out, explains=False, cache=desk.cache, report=False, wish=desk.wish)
    assert out.exists()
    assert desk.give() is None


async def test_files_beside_the_target_are_given_out_too(sources: Path, tmp_path: Path, soon: None) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    document["output"]["poster"] = {"at": 0.5, "format": "jpg"}
    document["timeline"]["tracks"] = [
        {"clips": [{"asset": {"type": "image", "src": str(sources / "b.png")}, "start": 0, "length": 1}]}
    ]
    (tmp_path / "edit.json").write_text(json.dumps(document))
    time.sleep(0.06)
    desk = Desk(tmp_path)
    out = tmp_path / "first.mp4"
    await render(desk.document, output=out, explains=False, cache=desk.cache, report=False, wish=desk.wish)
    given = desk.give()
    assert given is not None
    assert [path.name for path in given.others] == ["second.poster.jpg"]
    assert given.others[0].read_bytes() == (tmp_path / "first.poster.jpg").read_bytes()
