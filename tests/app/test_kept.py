"""What commands keep between them: found when it is whole, and within its budget."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cutroom.app.kept import KeptFiles

DAY_S = 24 * 3600.0


def keep(folder: Path, key: str, content: bytes, *, used_ago_s: float = 0.0) -> Path:
    draft = folder.parent / "draft"
    draft.write_bytes(content)
    asyncio.run(KeptFiles(folder).keep(key, draft))
    assert not draft.exists()
    at = time.time() - used_ago_s
    os.utime(folder / key, (at, at))
    return folder / key


def find(folder: Path, key: str) -> Path | None:
    return asyncio.run(KeptFiles(folder).find(key))


@pytest.mark.parametrize("key", ["0a1b", "src/0a1b", "heard/x/1"])
def test_what_was_kept_is_found_and_used_now(tmp_path: Path, key: str) -> None:
    place = keep(tmp_path / "cache", key, b"piece", used_ago_s=5 * DAY_S)
    assert find(tmp_path / "cache", key) == place
    assert place.read_bytes() == b"piece"
    assert time.time() - place.stat().st_mtime < 60
    assert find(tmp_path / "cache", "other") is None


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2])


def _turned(path: Path) -> None:
    path.write_bytes(b"pIece")


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _without_note(path: Path) -> None:
    (path.parent / ".cutroom-notes" / path.name).unlink()


def _with_half_a_note(path: Path) -> None:
    _cut(path.parent / ".cutroom-notes" / path.name)


@pytest.mark.parametrize("harm", [_cut, _turned, _emptied, _without_note, _with_half_a_note, Path.unlink])
def test_what_is_not_as_it_was_kept_is_not_there_and_is_kept_anew(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    cache = tmp_path / "cache"
    harm(keep(cache, "0a1b", b"piece"))
    assert find(cache, "0a1b") is None
    keep(cache, "0a1b", b"piece")
    assert find(cache, "0a1b") is not None


def test_a_file_that_goes_while_a_command_runs_is_not_there(tmp_path: Path) -> None:
    async def scene() -> None:
        files, draft = KeptFiles(tmp_path / "cache"), tmp_path / "draft"
        draft.write_bytes(b"piece")
        await files.keep("0a1b", draft)
        (tmp_path / "cache" / "0a1b").unlink()
        assert await files.find("0a1b") is None

    asyncio.run(scene())


def test_what_was_not_used_for_longest_goes_first_and_nothing_of_the_last_day(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for number in range(6):
        keep(cache, f"src/{number}", bytes(100), used_ago_s=(10 - 2 * number) * DAY_S)
    assert KeptFiles(cache).evict(1_000) == 0
    assert KeptFiles(cache).evict(350) == 3
    assert sorted(path.name for path in (cache / "src").iterdir()) == ["3", "4", "5"]
    assert KeptFiles(cache).evict(0) == 2
    assert find(cache, "src/5") is not None
    assert not (cache / ".cutroom-notes" / "src" / "0").exists()


def test_files_of_others_in_the_same_folder_stay(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    keep(cache, "0a1b", b"piece", used_ago_s=9 * DAY_S)
    for name in ("holiday.mp4", "src/film.mp4"):
        (cache / name).parent.mkdir(exist_ok=True)
        (cache / name).write_bytes(bytes(1_000))
        os.utime(cache / name, (0, 0))
    assert KeptFiles(cache).evict(0) == 1
    assert (cache / "holiday.mp4").exists()
    assert (cache / "src" / "film.mp4").exists()


def test_drafts_of_killed_commands_go(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    keep(cache, "0a1b", b"piece")
    drafts = [cache / ".cutroom-parts" / name for name in ("old", "new")]
    for draft in drafts:
        draft.write_bytes(b"half")
    os.utime(drafts[0], (0, 0))
    KeptFiles(cache).evict(1_000)
    assert [draft.exists() for draft in drafts] == [False, True]
    assert find(cache, "0a1b") is not None
