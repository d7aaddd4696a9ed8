import fcntl
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cutroom.kit.scratch import Scratch, sweep

HOLD = """
import sys, time
from pathlib import Path
from cutroom.kit.scratch import Scratch
folder = Scratch(Path(sys.argv[1])).folder("job")
(folder / "part").write_text("half")
print(folder, flush=True)
time.sleep(60)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


def _visible(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if not path.name.startswith(".")]


def test_folders_of_one_name_are_apart_and_private(root: Path) -> None:
    scratch = Scratch(root)
    first, second = scratch.folder("job"), scratch.folder("job")
    assert first != second
    assert first.stat().st_mode & 0o777 == 0o700
    assert first.name.startswith("job.")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc", "nul\0"])
def test_a_name_cannot_leave_the_folder(root: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        Scratch(root).folder(name)


def test_nothing_is_made_before_it_is_needed(root: Path) -> None:
    Scratch(root).close()
    assert sweep(root) == 0
    assert not root.exists()


def test_removing_takes_the_content_and_works_twice(root: Path) -> None:
    scratch = Scratch(root)
    folder = scratch.folder("job")
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_text("x")
    scratch.remove(folder)
    scratch.remove(folder)
    assert not folder.exists()


def test_only_its_own_folders_are_removed(root: Path, tmp_path: Path) -> None:
    scratch = Scratch(root)
    scratch.folder("job")
    other = Scratch(root).folder("job")
    for path in (tmp_path, other, root):
        with pytest.raises(ValueError, match="not a scratch folder"):
            scratch.remove(path)
    assert other.exists()


def test_closing_removes_everything_of_this_process_only(root: Path) -> None:
    scratch, other = Scratch(root), Scratch(root)
    scratch.folder("job")
    kept = other.folder("job")
    scratch.close()
    scratch.close()
    assert _visible(root) == [kept.parent]
    again = scratch.folder("job")
    assert again.exists()


def test_a_sweep_leaves_the_living_and_takes_the_killed(root: Path) -> None:
    mine = Scratch(root).folder("mine")
    with subprocess.Popen([sys.executable, "-c", HOLD, str(root)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        assert sweep(root) == 0
        assert (theirs / "part").exists()
        process.send_signal(signal.SIGKILL)
    assert sweep(root) == 1
    assert not theirs.parent.exists()
    assert _visible(root) == [mine.parent]


def test_a_folder_whose_maker_died_before_locking_it_is_swept(root: Path) -> None:
    (root / "0123456789abcdef").mkdir(parents=True)
    assert sweep(root) == 1
    assert _visible(root) == []


def test_a_process_that_is_frozen_while_it_makes_its_folder_holds_up_nobody(root: Path) -> None:
    (root / ".0123456789abcdef").mkdir(parents=True)
    assert sweep(root) == 1
    making = root / ".fedcba9876543210"
    making.mkdir()
    with (making / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert sweep(root) == 0
        assert Scratch(root).folder("job").exists()
    assert sweep(root) == 1
    assert not making.exists()


def test_a_sweep_does_not_follow_links(root: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "precious")
    (root / "0123456789abcdef").mkdir()
    (root / "0123456789abcdef" / "inside").symlink_to(tmp_path / "precious")
    assert sweep(root) == 1
    assert (tmp_path / "precious" / "file").read_text() == "x"


def _churn(root: Path, rounds: int, failures: "multiprocessing.Queue[str]") -> None:
    for _ in range(rounds):
        scratch = Scratch(root)
        folder = scratch.folder("job")
        try:
            (folder / "file").write_text("x")
        except OSError as error:
            failures.put(str(error))
        scratch.close()


def test_a_sweep_never_takes_a_folder_that_is_just_being_made(root: Path) -> None:
    context = multiprocessing.get_context("spawn")
    failures: multiprocessing.Queue[str] = context.Queue()
    workers = [context.Process(target=_churn, args=(root, 150, failures)) for _ in range(2)]
    stop = threading.Event()

    def keep_sweeping() -> None:
        while not stop.is_set():
            sweep(root)

    root.mkdir()
    sweeper = threading.Thread(target=keep_sweeping)
    sweeper.start()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    stop.set()
    sweeper.join()
    assert failures.empty()
    assert all(worker.exitcode == 0 for worker in workers)
    assert _visible(root) == []


def test_a_child_process_does_not_keep_the_lock(root: Path) -> None:
    scratch = Scratch(root)
    scratch.folder("job")
    with subprocess.Popen(["sleep", "60"]) as child:
        os.close(scratch._lock)  # what the kernel does when the process dies
        assert sweep(root) == 1
        child.kill()


def test_room_is_that_of_the_disk_also_before_anything_is_made(tmp_path: Path) -> None:
    room = shutil.disk_usage(tmp_path).free
    assert abs(Scratch(tmp_path / "not" / "there").free_bytes() - room) < 1 << 30
