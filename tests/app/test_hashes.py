"""The hash of a large file is worked out once, until something touches the file."""

import hashlib
import os
from pathlib import Path

import pytest

from cutroom.app.again import Seen, look
from cutroom.app.hashes import hash_seen

BYTES = 65 << 20


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(BYTES)
    return path


def _seen(path: Path, *, later_ns: int = 3_000_000_000) -> Seen:
    found = look(path)
    assert found is not None
    return Seen(found.mark, max(found.mark[1:3]) + later_ns)


def test_a_large_file_that_nothing_has_touched_is_not_read_again(large: Path, tmp_path: Path) -> None:
    wanted = hashlib.sha256(bytes(BYTES)).hexdigest()
    assert hash_seen(large, _seen(large), tmp_path) == wanted
    [note] = (tmp_path / "hashes").iterdir()
    note.write_text("0" * 64)
    assert hash_seen(large, _seen(large), tmp_path) == "0" * 64
    with large.open("r+b") as file:
        file.write(b"1")
    os.utime(large, ns=(0, 0))  # the time of the inode tells all the same
    assert hash_seen(large, _seen(large), tmp_path) == hashlib.sha256(b"1" + bytes(BYTES - 1)).hexdigest()


def test_a_file_that_has_just_changed_leaves_no_note(large: Path, tmp_path: Path) -> None:
    hash_seen(large, _seen(large, later_ns=0), tmp_path)
    assert not (tmp_path / "hashes").exists()


def test_small_files_and_folders_that_are_gone_need_no_notes(large: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.write_bytes(b"x")
    assert hash_seen(small, _seen(small), tmp_path) == hashlib.sha256(b"x").hexdigest()
    assert hash_seen(large, _seen(large), tmp_path / "gone") == hashlib.sha256(bytes(BYTES)).hexdigest()
    assert not (tmp_path / "hashes").exists()
