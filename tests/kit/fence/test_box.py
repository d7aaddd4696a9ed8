import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cutroom.kit.fence import Box, Fence, bubblewrap, cgroups, landlock, libraries, runs_alone, seccomp
from cutroom.kit.fence.bubblewrap import View
from cutroom.kit.fence.cgroups import Group
from cutroom.kit.process import Completed, Limits, run

PYTHON = (Path(sys.executable), Path(sys.executable).resolve(), Path(sys.prefix), Path(sys.base_prefix), *libraries())


async def python(box: Box, code: str, cwd: Path) -> Completed:
    return await run([sys.executable, "-I", "-S", "-c", code], cwd=cwd, timeout_s=20, box=box)


def bare() -> Fence:
    version = landlock.version()
    if version is None:
        pytest.skip("this kernel has no Landlock")
    return Fence(landlock=version)


def wrapped() -> Fence:
    program = bubblewrap.find()
    if program is None:
        assert "CI" not in os.environ, "CI installs bubblewrap"
        pytest.skip("bubblewrap is not installed")
    return Fence(bubblewrap=program)


def test_what_is_mounted_later_lies_on_top_and_nothing_twice() -> None:
    view = View(
        reads=(Path("/job/in.mp4"), Path("/lib/x"), Path("/lib"), Path("/usr")),
        writes=(Path("/job"), Path("/job/pipe")),
        devices=(Path("/dev/null"),),
    )
    ways = [(way, str(path)) for way, path in bubblewrap.mounts(view) if str(path).startswith("/job")]
    assert ways == [("--bind-try", "/job"), ("--ro-bind-try", "/job/in.mp4"), ("--bind-try", "/job/pipe")]
    assert "/lib/x" not in [str(path) for _, path in bubblewrap.mounts(view)]


def test_bubblewrap_is_started_without_environment_and_with_everything_apart() -> None:
    box = Box(Fence(bubblewrap=Path("/usr/bin/bwrap"), filter=seccomp.program("x86_64")), writes=(Path("/job"),))
    assert "bare" in box.orders(None)
    words = box.command(["/bin/x", "-y"], {"HOME": "/nonexistent"}, Path("/job"))
    for word in ("--unshare-all", "--die-with-parent", "--cap-drop"):
        assert word in words
    assert words[words.index("--setenv") + 1 :][:2] == ["HOME", "/nonexistent"]
    assert words[-3:] == ["--", "/bin/x", "-y"]
    assert "/proc" not in words


@pytest.mark.parametrize("make", [bare, wrapped])
@pytest.mark.parametrize("name", ["in put", "-x", "new\nline", "read"])
async def test_inputs_are_read_and_only_outputs_are_written(
    make: Callable[[], Fence], name: str, tmp_path: Path
) -> None:
    fence = make()
    out = tmp_path / "out"
    out.mkdir()
    given, beside = out / name, tmp_path / "beside"
    given.write_text("given")
    beside.write_text("secret")
    box = Box(fence, programs=PYTHON, reads=(given,), writes=(out,))
    code = f"""
print(open({str(given)!r}).read())
open({str(out / "made")!r}, "w").write("made")
for path, mode in (({str(beside)!r}, "r"), ({str(beside)!r}, "w"), ("/etc/passwd", "r"), ("/new", "w")):
    try:
        open(path, mode)
        if mode == "r" or path == "/new":  # else it may be a file of its own under the same name
            print("opened", path)
    except OSError:
        pass
"""
    done = await python(box, code, out)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"given\n", b"")
    assert (out / "made").read_text() == "made"
    assert beside.read_text() == "secret"


@pytest.mark.parametrize("make", [bare, wrapped])
async def test_pipes_lead_from_one_box_into_another(make: Callable[[], Fence], tmp_path: Path) -> None:
    fence = make()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Box(fence, programs=PYTHON, writes=(pipe,))
    reader = Box(fence, programs=PYTHON, reads=(pipe,))
    wrote, read = await asyncio.gather(
        python(writer, f"open({str(pipe)!r}, 'w').write('x' * 200000)", tmp_path),
        python(reader, f"print(len(open({str(pipe)!r}).read()))", tmp_path),
    )
    assert (wrote.returncode, read.stdout) == (0, b"200000\n"), (wrote, read)


@pytest.mark.parametrize("make", [bare, wrapped])
async def test_a_status_is_told_as_if_there_were_no_fence(make: Callable[[], Fence], tmp_path: Path) -> None:
    box = Box(make(), programs=PYTHON)
    assert (await python(box, "import sys; sys.exit(7)", tmp_path)).returncode == 7
    assert (await python(box, "import os; os.abort()", tmp_path)).returncode == -6


async def test_a_fence_that_cannot_be_made_lets_nothing_run(tmp_path: Path) -> None:
    broken = Box(Fence(filter=b"\x06\0\0\0\0\0\0"))  # seven bytes are no instruction
    done = await python(broken, "print('ran')", tmp_path)
    assert (done.returncode, done.stdout) == (126, b"")
    assert b"cannot fence" in done.stderr


def test_programs_without_libraries_are_known(tmp_path: Path) -> None:
    assert not runs_alone(Path(sys.executable).resolve())
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert not runs_alone(script)
    # A header with one entry of the table, which is to be loaded (PT_LOAD).
    head = bytearray(64)
    head[:5], head[32:40], head[54:58] = b"\x7fELF\x02", (64).to_bytes(8, "little"), b"\x38\x00\x01\x00"
    (tmp_path / "alone").write_bytes(bytes(head) + (1).to_bytes(4, "little") + bytes(52))
    assert runs_alone(tmp_path / "alone")


async def test_a_group_holds_memory_and_processes_and_is_gone_afterwards(tmp_path: Path) -> None:
    parents = cgroups.find()
    if parents is None:
        pytest.skip("no control groups can be made here")
    box = Box(Fence(groups=parents), memory_bytes=64 << 20, processes=5)
    eaten = await python(box, "bytearray(300 << 20)", tmp_path)
    assert eaten.returncode == -9
    forked = await python(box, "import os\nfor _ in range(9): os.fork() or (__import__('time').sleep(5))", tmp_path)
    assert forked.returncode != 0
    assert b"BlockingIOError" in forked.stderr
    for parent in {parents.memory, parents.pids}:
        assert not list(parent.glob(f"cutroom-*-{os.getpid()}-*"))


def test_groups_of_the_dead_are_swept() -> None:
    parents = cgroups.find()
    if parents is None:
        pytest.skip("no control groups can be made here")
    kept = Group.make(parents, memory_bytes=None, processes=5)
    dead = kept.folders[0].name.replace(f"-{os.getpid()}-", "-999999999-")
    left = [parent / dead for parent in {parents.memory, parents.pids}]
    for folder in left:
        folder.mkdir()
    cgroups.sweep(parents)
    assert not any(folder.exists() for folder in left)
    assert all(folder.exists() for folder in kept.folders)
    kept.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend files to another user")
async def test_a_user_of_its_own_is_lent_what_it_needs(tmp_path: Path) -> None:
    uid = 60_998
    fence = Fence(bubblewrap=wrapped().bubblewrap, user=(uid, uid))
    out, secret = tmp_path / "out", tmp_path / "given"
    out.mkdir(mode=0o700)
    secret.write_text("ours alone")
    secret.chmod(0o600)
    box = Box(fence, programs=PYTHON, reads=(secret,), writes=(out,))
    code = f"print(open({str(secret)!r}).read()); open({str(out / 'made')!r}, 'w')"
    done = await run(
        [sys.executable, "-I", "-S", "-c", code], cwd=out, timeout_s=20, box=box, limits=Limits(file_bytes=100)
    )
    if b"mount_setattr" in done.stderr:
        pytest.skip("this file system cannot lend files")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ours alone\n", b"")
    assert (out / "made").stat().st_uid == 0
