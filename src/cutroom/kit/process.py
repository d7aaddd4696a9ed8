"""Child processes that cannot outlive us, overrun us or see what is ours.

Every child of Cutroom is started here. It is the leader of a session and process group of its own, which is killed as a
whole when it ends, is cancelled or takes too long; on Linux it also dies with us, however we die. It inherits no
environment, no open file and no standard input. A child that meets what strangers made gets a box (`kit.fence`).
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import IO, Final

from cutroom.kit import launch
from cutroom.kit.drain import Drain, Head, Tail
from cutroom.kit.errors import Internal, Unavailable
from cutroom.kit.fence.box import Box, Fence

CLEAN_ENV: Final[Mapping[str, str]] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    # A folder that does not exist cannot be filled by one child for the next to load from.
    "HOME": "/nonexistent",
}
_OPEN: Final = Box(Fence())
_DRAIN_S: Final = 1.0  # for output that a process which left the group still holds open


def _program(source: Path) -> Path:
    """A program of ours as Python has compiled it, so that it is not compiled for each child; as it is, if not so."""
    compiled = Path(cache_from_source(str(source)))
    about = source.stat()
    with suppress(OSError), compiled.open("rb") as file:
        # PEP 552: the magic number, no flags, when the source was changed and its size. Python may not write it anew.
        facts = (0, int(about.st_mtime), about.st_size)
        if file.read(16) == MAGIC_NUMBER + b"".join((fact & 0xFFFFFFFF).to_bytes(4, "little") for fact in facts):
            return compiled
    return source


_LAUNCH: Final = _program(Path(launch.__file__))


@dataclass(frozen=True, slots=True)
class Limits:
    """What the kernel holds a child to; None leaves a limit as it is.

    Args:
        memory_bytes: address space (RLIMIT_AS), per process.
        file_bytes: the largest file it may write; beyond it the child dies of SIGXFSZ.
        cpu_s: processor seconds, over all its threads; beyond it the child dies of SIGKILL.
        stack_bytes: stack, which glibc sets aside for each thread: 8 MB by default, out of `memory_bytes`.
        files: files that it may hold open.
    """

    memory_bytes: int | None = None
    file_bytes: int | None = None
    cpu_s: int | None = None
    stack_bytes: int | None = None
    files: int | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """How a child ended.

    Args:
        returncode: exit status, or minus the signal that ended it.
        stdout: the first `output_cap_bytes` of what it wrote.
        stderr: the last `output_cap_bytes` of what it wrote.
    """

    returncode: int
    stdout: bytes
    stderr: bytes


class TimedOut(Unavailable):
    """A child took too long, or stood still; `stderr` is the end of what it had said."""

    stderr: bytes = b""


class Child:
    """A running child and its process group."""

    def __init__(self, process: "subprocess.Popen[bytes]", stop: asyncio.Event | None = None) -> None:
        self._process = process
        self._exited = asyncio.Event()
        self._stop = stop or asyncio.Event()  # set at the exit, for one who waits for other reasons to stop too
        self._loop = asyncio.get_running_loop()
        try:
            self._pidfd = os.pidfd_open(process.pid)
        except (AttributeError, OSError):  # not Linux, or a Linux before 5.3
            self._pidfd = -1
            threading.Thread(target=self._wait_in_thread, name=f"wait-{process.pid}", daemon=True).start()
        else:
            self._loop.add_reader(self._pidfd, self._on_exit)

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its group and session."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit status, or minus the signal that ended it; None while it runs."""
        return self._process.returncode if self._exited.is_set() else None

    async def wait(self) -> int:
        """Wait until it has ended and been reaped; returns its `returncode`."""
        await self._exited.wait()
        return int(self._process.returncode)

    def send(self, number: Signals) -> None:
        """Send a signal to the whole group, if it still lives."""
        if not self._exited.is_set():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    async def terminate(self, grace_s: float, first: Signals = SIGTERM) -> int:
        """End the group: `first`, then after `grace_s` seconds SIGKILL; returns the `returncode`.

        When cancelled, it kills at once: the group never survives this call.
        """
        try:
            self.send(first)
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    return await self.wait()
        finally:
            self.send(SIGKILL)
            await self.wait()  # also when cancelled, for which there is a moment left
        return await self.wait()

    def _on_exit(self) -> None:
        # The leader is a zombie until it is reaped, so its group's id cannot have passed to a stranger yet.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, SIGKILL)
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._process.wait()
        self._tell()

    def _wait_in_thread(self) -> None:
        self._process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, SIGKILL)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._exited.set()
        self._stop.set()


async def start(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    limits: Limits = Limits(),
    stdout: int | IO[bytes] | None = None,
    user: tuple[int, int] | None = None,
    death_signal: Signals = SIGKILL,
) -> Child:
    """Start a long-lived child and return at once; the caller ends it with `Child.terminate`.

    Args:
        argv: program and arguments; a program without a slash is looked up in `CLEAN_ENV`'s PATH.
        cwd: folder to start in.
        env: variables added to `CLEAN_ENV`; nothing else is passed on.
        limits: kernel limits.
        stdout: file that takes its output and its errors; None passes ours on.
        user: uid and gid to run as, when we are root.
        death_signal: what the child gets when this process dies, by whatever cause (Linux only).

    Raises:
        Unavailable: `program_missing`, when there is no such program.
    """
    errors = subprocess.STDOUT if stdout is not None else None
    return Child(_spawn(argv, cwd, env, limits, subprocess.DEVNULL, stdout, errors, user, death_signal))


async def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    limits: Limits = Limits(),
    stdin: bytes | None = None,
    on_line: Callable[[str], object] | None = None,
    on_error_line: Callable[[str], object] | None = None,
    patience_s: float | None = None,
    output_cap_bytes: int = 1 << 20,
    grace_s: float = 1.0,
    box: Box | None = None,
) -> Completed:
    """Run a child to its end.

    Args:
        argv: program and arguments; a program without a slash is looked up in `CLEAN_ENV`'s PATH.
        cwd: folder to start in.
        timeout_s: wall-clock seconds after which its group is ended.
        env: variables added to `CLEAN_ENV`; nothing else is passed on.
        limits: kernel limits.
        stdin: what it reads; nothing when None.
        on_line: called in the event loop with each line of standard output, without its end. What it raises ends
            the child and leaves this function.
        on_error_line: the same for standard error.
        patience_s: seconds after which its group is ended when `on_line` has not returned True in that time: for a
            child that tells of its progress, and may talk on without any.
        output_cap_bytes: how much of each output is kept. What is beyond is read and dropped.
        grace_s: seconds between SIGTERM and SIGKILL.
        box: what it may see and touch; None for a program that meets nothing of strangers.

    Raises:
        TimedOut: `process_timeout` when it took too long, `process_stalled` when patience ran out.
        Unavailable: `program_missing` when there is no such program.
        asyncio.CancelledError: when cancelled; the group is gone by then.
    """
    box = box or _OPEN
    group = box.group()
    try:
        with tempfile.TemporaryFile() as source:
            if stdin is not None:
                source.write(stdin)
                source.seek(0)
            pipe = subprocess.PIPE
            orders = box.orders(group)
            process = _spawn(argv, cwd, env, limits, source, pipe, pipe, box.fence.user, SIGKILL, box, orders)
        said = (on_line, on_error_line)
        done = await _watch(process, Path(argv[0]).name, timeout_s, said, patience_s, output_cap_bytes, grace_s)
    finally:
        if group is not None:
            await asyncio.to_thread(group.remove)
    return replace(done, returncode=box.status(done.returncode))


async def _watch(
    process: "subprocess.Popen[bytes]",
    name: str,
    timeout_s: float,
    said: tuple[Callable[[str], object] | None, Callable[[str], object] | None],
    patience_s: float | None,
    output_cap_bytes: int,
    grace_s: float,
) -> Completed:
    """Follow a child to its end, or end it; `said` is told the lines of its output and of its errors."""
    if process.stdout is None or process.stderr is None:
        raise Internal("process_no_pipe", "A child was started without its pipes.")
    stop = asyncio.Event()
    child = Child(process, stop)
    clock = _Clock(timeout_s, patience_s)
    on_line, on_error_line = said
    head = Head(output_cap_bytes, None if on_line is None else lambda line: clock.alive(on_line(line)))
    tail = Tail(output_cap_bytes, on_error_line)
    out, err = Drain(process.stdout, head.feed, stop), Drain(process.stderr, tail.feed, stop)
    try:
        async with clock.timer:
            await stop.wait()
            if child.returncode is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_DRAIN_S):
                        await out.ended.wait()
                        await err.ended.wait()
    except TimeoutError as error:
        if not clock.timer.expired():
            raise
        late = clock.late(name)
        late.stderr = tail.kept
        raise late from error
    finally:
        try:
            await child.terminate(grace_s)
        finally:
            out.close()
            err.close()
    if (failure := out.failure or err.failure) is not None:
        raise failure
    head.finish()
    tail.finish()
    return Completed(await child.wait(), bytes(head.kept), tail.kept)


class _Clock:
    """When a child's time is up: at a fixed moment, or earlier if it stands still."""

    def __init__(self, timeout_s: float, patience_s: float | None) -> None:
        self._timeout_s, self._patience_s = timeout_s, patience_s
        self._now = asyncio.get_running_loop().time
        self._end = self._now() + timeout_s
        self.timer = asyncio.timeout_at(self._next())

    def alive(self, sign: object) -> None:
        """Take note of a sign of life, if it is True."""
        if sign is True and self._patience_s is not None and not self.timer.expired():
            self.timer.reschedule(self._next())

    def late(self, name: str) -> TimedOut:
        """The error for a timer that ran out."""
        # Not by the clock: uvloop's may say that it is a moment too early when the timer fires.
        if (self.timer.when() or self._end) < self._end:
            return TimedOut("process_stalled", f"'{name}' stood still for {self._patience_s:g} seconds.")
        return TimedOut("process_timeout", f"'{name}' did not finish within {self._timeout_s:g} seconds.")

    def _next(self) -> float:
        return self._end if self._patience_s is None else min(self._end, self._now() + self._patience_s)


def _spawn(
    argv: Sequence[str | Path],
    cwd: Path,
    env: Mapping[str, str] | None,
    limits: Limits,
    stdin: int | IO[bytes],
    stdout: int | IO[bytes] | None,
    stderr: int | None,
    user: tuple[int, int] | None,
    death_signal: Signals,
    box: Box = _OPEN,
    orders: Sequence[str] = (),
) -> "subprocess.Popen[bytes]":
    program = shutil.which(str(argv[0]), path=CLEAN_ENV["PATH"])
    if program is None:
        raise Unavailable("program_missing", f"The program '{argv[0]}' is not installed here.", retryable=False)
    caps = (limits.memory_bytes, limits.file_bytes, limits.cpu_s, limits.stack_bytes, limits.files)
    numbers = [
        os.getpid(),
        int(death_signal),
        *(-1 if cap is None else cap for cap in (*caps, *(user or (None, None)))),
    ]
    # Not resolve(): it would follow links, which change what a program is.
    command = [os.path.abspath(program), *map(str, argv[1:])]  # noqa: PTH100
    clean = {**CLEAN_ENV, **(env or {})}
    command = box.command(command, clean, cwd)
    line = box.line()
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_LAUNCH), *map(str, numbers), *orders, "--", *command],
        cwd=cwd,
        env=clean,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        pass_fds=() if line is None else (line,),
        bufsize=0,
    )
