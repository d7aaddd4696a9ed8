import asyncio
import os
import shlex
import signal
import sys
import time
from pathlib import Path

import pytest
import uvloop

from cutroom.kit.errors import Unavailable
from cutroom.kit.process import Completed, Limits, TimedOut, run, start
from tests.promises import kept

STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.05; done"


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def gone(*pids: int, within_s: float = 10.0) -> bool:
    until = time.monotonic() + within_s
    while any(alive(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.01)
    return True


async def shell(script: str, tmp_path: Path, **options: object) -> Completed:
    given = {"timeout_s": 60.0, **options}
    return await run(["sh", "-c", script], cwd=tmp_path, **given)  # type: ignore[arg-type]


async def python(code: str, tmp_path: Path, **options: object) -> Completed:
    given = {"timeout_s": 60.0, **options}
    return await run([sys.executable, "-I", "-c", code], cwd=tmp_path, **given)  # type: ignore[arg-type]


async def test_output_and_status_come_back(tmp_path: Path) -> None:
    done = await shell("pwd; echo wrong >&2; exit 3", tmp_path)
    assert done == Completed(3, f"{tmp_path}\n".encode(), b"wrong\n")


async def test_death_by_signal_is_a_negative_status(tmp_path: Path) -> None:
    assert (await shell("kill -SEGV $$", tmp_path)).returncode == -signal.SIGSEGV


async def test_a_child_sees_nothing_of_our_environment_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    with (tmp_path / "open").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        code = "import os; print(sorted(os.environ), len(os.listdir('/proc/self/fd')), os.environ['HOME'])"
        done = await python(code, tmp_path, env={"EXTRA": "1"})
    # 0, 1, 2 and the listing itself
    assert done.stdout.decode() == "['EXTRA', 'HOME', 'LANG', 'PATH'] 4 /nonexistent\n"
    assert not Path("/nonexistent").exists()


async def test_standard_input_is_empty_or_what_was_given(tmp_path: Path) -> None:
    assert (await shell("cat", tmp_path)).stdout == b""
    big = os.urandom(3 << 20)
    assert (await shell("cat", tmp_path, stdin=big, output_cap_bytes=4 << 20)).stdout == big


async def test_the_head_of_output_and_the_tail_of_errors_are_kept(tmp_path: Path) -> None:
    script = "seq 1 200000; seq 1 200000 >&2"
    done = await shell(script, tmp_path, output_cap_bytes=1000)
    assert done.returncode == 0
    assert done.stdout.startswith(b"1\n2\n")
    assert len(done.stdout) == 1000
    assert done.stderr.endswith(b"199999\n200000\n")
    assert len(done.stderr) == 1000


async def test_lines_arrive_while_it_runs(tmp_path: Path) -> None:
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        (tmp_path / "heard").touch()

    script = r"printf 'one\r\ntw'; while [ ! -e heard ]; do sleep 0.01; done; printf 'o\n\377\nend'"
    await shell(script, tmp_path, on_line=hear)
    assert lines == ["one", "two", "\ufffd", "end"]


async def test_a_line_without_end_is_handed_on_in_pieces(tmp_path: Path) -> None:
    pieces: list[str] = []
    await shell("head -c 1000000 /dev/zero | tr '\\0' x", tmp_path, on_line=pieces.append)
    assert "".join(pieces) == "x" * 1_000_000
    assert max(map(len, pieces)) <= 1 << 18


async def test_what_the_line_callback_raises_ends_the_child(tmp_path: Path) -> None:
    def refuse(line: str) -> None:
        raise ValueError(line)

    began = time.monotonic()
    with pytest.raises(ValueError, match="go"):
        await shell("echo go; sleep 60", tmp_path, on_line=refuse)
    assert time.monotonic() - began < 20


async def test_a_child_that_takes_too_long_is_ended_with_its_grandchildren(tmp_path: Path) -> None:
    pids: list[int] = []
    for timeout_s in (2.0, 30.0):  # the second if it has not come so far in the first
        pids.clear()
        with pytest.raises(Unavailable) as raised:
            await shell(
                "echo $$; sleep 60 & echo $!; wait",
                tmp_path,
                timeout_s=timeout_s,
                on_line=lambda line: pids.append(int(line)),
            )
        if len(pids) == 2:
            break
    assert raised.value.code == "process_timeout"
    assert raised.value.retryable
    assert len(pids) == 2
    assert await gone(*pids)


@pytest.mark.threat("F16")
async def test_a_child_that_ignores_sigterm_is_gone_within_two_seconds_of_cancellation(tmp_path: Path) -> None:
    async def cancelled() -> float:
        up = asyncio.Event()
        pids: list[int] = []

        def hear(line: str) -> None:
            if line == "up":
                up.set()
            else:
                pids.append(int(line))

        inner = f"sh -c {shlex.quote(STUBBORN)} & echo $!; echo $$; {STUBBORN}"
        async with asyncio.TaskGroup() as group:
            task = group.create_task(shell(inner, tmp_path, on_line=hear))
            await up.wait()
            await asyncio.sleep(0.1)
            began = time.monotonic()
            task.cancel()
        assert task.cancelled()
        assert len(pids) == 2
        assert await gone(*pids)
        return time.monotonic() - began

    await kept(2.0, cancelled)


async def test_a_second_cancellation_kills_at_once(tmp_path: Path) -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(shell(f"echo $$; {STUBBORN}", tmp_path, grace_s=30, on_line=lines.put_nowait))
        pid, _ = int(await lines.get()), await lines.get()
        task.cancel()
        await asyncio.sleep(0.1)
        began = time.monotonic()
        task.cancel()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert task.cancelled()
    assert time.monotonic() - began < 15


async def test_a_child_that_talks_but_stands_still_is_ended(tmp_path: Path) -> None:
    script = (
        "for n in 1 2 3 4 5 6; do echo step; sleep 0.2; done; echo stuck >&2; while :; do echo wait; sleep 0.05; done"
    )
    for _ in range(4):  # a busy machine may let it stand still at any step
        began = time.monotonic()
        with pytest.raises(TimedOut, match=r"stood still for 1 seconds") as raised:
            await shell(script, tmp_path, patience_s=1.0, on_line=lambda line: line == "step")
        if raised.value.stderr:
            break
    assert 2.0 <= time.monotonic() - began < 60
    assert raised.value.code == "process_stalled"
    assert raised.value.stderr == b"stuck\n"


async def test_signs_of_life_do_not_move_the_last_moment(tmp_path: Path) -> None:
    # Patience outlasts a child that is slow to start; what moved the moment would move it for ever.
    with pytest.raises(TimedOut) as raised:
        async with asyncio.timeout(60):
            await shell("while :; do echo step; sleep 0.05; done", tmp_path, timeout_s=0.5, patience_s=30, on_line=bool)
    assert raised.value.code == "process_timeout"


async def test_a_child_may_leave_nobody_behind_in_its_group(tmp_path: Path) -> None:
    done = await shell("sleep 60 & echo $!", tmp_path)
    assert done.returncode == 0
    assert await gone(int(done.stdout))


async def test_one_who_left_the_group_with_our_pipe_does_not_hold_us_up(tmp_path: Path) -> None:
    began = time.monotonic()
    done = await shell("setsid sleep 20 & echo $!", tmp_path)
    assert time.monotonic() - began < 10
    os.kill(int(done.stdout), signal.SIGKILL)


async def test_no_open_file_and_no_zombie_is_left(tmp_path: Path) -> None:
    await shell("true", tmp_path)
    before = open_files()
    for _ in range(10):
        await shell("true", tmp_path)
        with pytest.raises(Unavailable):
            await shell("sleep 9", tmp_path, timeout_s=0.05)
        with pytest.raises(FileNotFoundError):
            await shell("true", tmp_path / "missing")
    assert open_files() == before
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    states = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in children]
    assert "Z" not in states


async def test_memory_is_limited(tmp_path: Path) -> None:
    done = await python("bytearray(600 << 20)", tmp_path, limits=Limits(memory_bytes=300 << 20))
    assert done.returncode == 1
    assert b"MemoryError" in done.stderr


async def test_the_size_of_files_is_limited(tmp_path: Path) -> None:
    done = await shell("exec head -c 100000 /dev/zero > big", tmp_path, limits=Limits(file_bytes=5000))
    assert done.returncode == -signal.SIGXFSZ
    assert (tmp_path / "big").stat().st_size == 5000


async def test_processor_time_is_limited(tmp_path: Path) -> None:
    done = await python("while True: pass", tmp_path, limits=Limits(cpu_s=1))
    assert done.returncode in {-signal.SIGKILL, -signal.SIGXCPU}


async def test_the_stack_of_threads_is_limited(tmp_path: Path) -> None:
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_STACK), resource.getrlimit(resource.RLIMIT_CORE))"
    done = await python(code, tmp_path, limits=Limits(stack_bytes=2 << 20))
    assert done.stdout == b"(2097152, 2097152) (0, 0)\n"


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="'no-such-program' is not installed") as raised:
        await run(["no-such-program"], cwd=tmp_path, timeout_s=1)
    assert raised.value.code == "program_missing"
    assert not raised.value.retryable


async def test_a_file_that_is_no_program_fails_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"\x7fELF, not really")
    (tmp_path / "junk").chmod(0o755)
    done = await run([tmp_path / "junk"], cwd=tmp_path, timeout_s=60)
    assert done.returncode == 127
    assert b"junk" in done.stderr


async def test_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    hostile = ["-y", "a b", "'\"$(id)`", "\n", "é", "*", ""]
    code = "import sys; sys.stdout.buffer.write(b'|'.join(a.encode() for a in sys.argv[1:]))"
    done = await run([sys.executable, "-I", "-c", code, *hostile], cwd=tmp_path, timeout_s=60)
    assert done.stdout.decode() == "|".join(hostile)


async def test_a_long_lived_child_is_started_watched_and_ended(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        child = await start(["sh", "-c", "echo up; echo bad >&2; exec sleep 60"], cwd=tmp_path, stdout=log)
    assert os.getsid(child.pid) == child.pid == os.getpgid(child.pid)
    while (tmp_path / "log").read_text() != "up\nbad\n":
        await asyncio.sleep(0.01)
    assert await child.terminate(5) == -signal.SIGTERM
    assert await child.wait() == -signal.SIGTERM
    assert child.returncode == -signal.SIGTERM
    assert await child.terminate(5) == -signal.SIGTERM


async def test_the_first_signal_can_be_chosen(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        script = "import signal, sys; signal.signal(2, lambda *_: sys.exit(7)); print('up', flush=True); signal.pause()"
        child = await start([sys.executable, "-I", "-c", script], cwd=tmp_path, stdout=log)
    while not (tmp_path / "log").read_text():
        await asyncio.sleep(0.01)
    assert await child.terminate(5, first=signal.SIGINT) == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
async def test_root_can_start_a_child_as_another_user(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        child = await start(["sh", "-c", "id -u; id -g; id -G"], cwd=Path("/"), stdout=log, user=(65534, 65533))
    assert await child.wait() == 0
    assert (tmp_path / "log").read_text() == "65534\n65533\n65533\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")
@pytest.mark.parametrize("wait_s", [0.0, 0.5])
@pytest.mark.threat("F01")
async def test_kill_9_of_the_parent_leaves_no_child(tmp_path: Path, wait_s: float) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2] / "src")!r})
from cutroom.kit.process import start
async def main():
    child = await start(["sh", "-c", {STUBBORN!r}], cwd=Path({str(tmp_path)!r}))
    print(child.pid, flush=True)
    await child.wait()
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=tmp_path
    )
    assert parent.stdout is not None
    while (line := await parent.stdout.readline()) == b"up\n":  # the child's, which may be quicker than its parent
        pass
    child = int(line)
    await asyncio.sleep(wait_s)
    assert alive(child)
    parent.kill()
    await parent.wait()
    assert await gone(child)
    await parent.stdout.read()


def test_it_works_under_uvloop_too(tmp_path: Path) -> None:
    async def both() -> None:
        assert (await shell("echo hello", tmp_path)).stdout == b"hello\n"
        with pytest.raises(Unavailable):
            await shell("sleep 9", tmp_path, timeout_s=0.1)

    uvloop.run(both())


async def test_without_pidfd_a_thread_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    assert (await shell("echo hello; exit 4", tmp_path)) == Completed(4, b"hello\n", b"")
    with pytest.raises(Unavailable):
        await shell(STUBBORN, tmp_path, timeout_s=0.2, grace_s=0.1)
