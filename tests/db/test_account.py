import os
from pathlib import Path

import pytest

from cutroom.db.account import Account, current_name, needs_reach, server_account


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "open" / "program"
    path.parent.mkdir(mode=0o755)
    path.touch(mode=0o755)
    for parent in path.parents:
        if parent.is_relative_to(tmp_path):
            parent.chmod(0o755)
    return path


STRANGER = Account(uid=2_000_000_001, gid=2_000_000_001, drop=True)


def test_the_server_never_runs_as_root(tmp_path: Path) -> None:
    account = server_account(tmp_path)
    assert account.uid != 0
    assert account.drop == (os.geteuid() == 0)


def test_this_user_has_a_name() -> None:
    assert current_name()


def test_a_closed_folder_above_the_data_is_noticed(tmp_path: Path, program: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "postgres").mkdir()
    assert needs_reach(STRANGER, data=closed / "postgres" / "18", program=program)


def test_a_program_that_others_may_not_run_is_noticed(tmp_path: Path, program: Path) -> None:
    program.chmod(0o700)
    assert needs_reach(STRANGER, data=Path("/tmp/data"), program=program)


def test_without_a_change_of_user_nothing_is_out_of_reach(tmp_path: Path, program: Path) -> None:
    program.chmod(0o000)
    us = Account(os.geteuid(), os.getegid(), drop=False)
    assert not needs_reach(us, data=tmp_path / "closed" / "18", program=program)


def test_the_owner_passes_a_folder_that_is_closed_to_others(tmp_path: Path, program: Path) -> None:
    owner = Account(os.geteuid(), os.getegid(), drop=True)
    (tmp_path / "mine").mkdir(mode=0o700)
    assert not needs_reach(owner, data=tmp_path / "mine" / "18", program=program)
