"""Trees deeper than Python calls and longer than a path may be; and what a stranger may do to its folders."""

import os
from pathlib import Path

import pytest

from cutroom.kit import trees
from cutroom.kit.scratch import Scratch


def nest(top: Path, depth: int, name: str = "d", content: bytes = b"") -> None:
    """Nest folders below an existing one, with a file in the innermost."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    with os.fdopen(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.close(here)


def test_a_scratch_folder_is_removed_however_deep_it_is(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")
    folder = scratch.folder("job")
    nest(folder, 2_500)
    nest(folder, 30, "long" * 50)
    scratch.remove(folder)
    assert not folder.exists()
    left = scratch.folder("job")
    nest(left, 1_500)
    scratch.close()
    assert not left.parent.exists()


def test_links_are_removed_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    (outside / "in").mkdir(parents=True)
    (outside / "in" / "file").write_text("kept")
    (folder / "deep").mkdir(parents=True)
    (folder / "link").symlink_to(outside)
    (folder / "deep" / "link").symlink_to(outside / "in")
    assert trees.remove(folder)
    assert (outside / "in" / "file").read_text() == "kept"
    (tmp_path / "link").symlink_to(outside)
    assert not trees.remove(tmp_path / "link")
    assert (outside / "in" / "file").read_text() == "kept"
    assert trees.remove(tmp_path / "never was")


def test_folders_that_may_not_be_read_or_written_are_removed(tmp_path: Path) -> None:
    inner = tmp_path / "folder" / "a" / "b"
    (inner / "c").mkdir(parents=True)
    for place in (inner / "c", inner, inner.parent):
        place.chmod(0)
    assert trees.remove(tmp_path / "folder")


def test_all_is_measured_below_a_path_that_is_too_long(tmp_path: Path) -> None:
    nest(tmp_path, 30, "long" * 50, os.urandom(3 << 20))
    (tmp_path / "link").symlink_to("/usr")
    nest(tmp_path, 3, "other", os.urandom(1 << 20))
    assert 4 << 20 <= trees.size(tmp_path) < 5 << 20
    assert trees.size(tmp_path / "never was") == 0
    assert trees.remove(tmp_path)


def test_what_is_moved_while_it_is_measured_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nest(tmp_path, 4, "d")
    (tmp_path / "elsewhere").mkdir()
    nest(tmp_path / "elsewhere", 0, content=os.urandom(1 << 20))
    real = trees._facts
    moved: list[bool] = []

    def moving(folder: int) -> dict[str, os.stat_result]:
        facts = real(folder)
        if "file" in facts and not moved and (tmp_path / "d/d/d").exists():
            moved.append(True)
            (tmp_path / "d/d/d").rename(tmp_path / "elsewhere/d")
        return facts

    monkeypatch.setattr(trees, "_facts", moving)
    assert trees.size(tmp_path) > 1 << 20
    assert moved


def test_repositories_are_found_and_not_looked_into(tmp_path: Path) -> None:
    for place in (".git", "a/.git", "a/b/.git", "c/d/.git"):
        (tmp_path / place).mkdir(parents=True)
    nest(tmp_path, 1_200)
    assert sorted(trees.repositories(tmp_path, 10)) == ["a", "c/d"]
    assert len(trees.repositories(tmp_path, 1)) == 1
    assert trees.remove(tmp_path)
