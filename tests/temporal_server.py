"""A real Temporal server for the tests: one for the whole run, which all test processes share."""

import contextlib
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
READY_WITHIN_S: Final = 60.0
MISSING: Final = "the program `temporal` is not on the PATH; `python3 dev temporal` builds it once"


def program() -> Path | None:
    """The program, from the PATH or where `python3 dev temporal` puts it."""
    found = shutil.which("temporal")
    if found is not None:
        return Path(found)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cutroom"
    built = [
        path for cache in (home, ROOT / ".cache") for path in sorted(cache.glob("temporal/*/temporal"), reverse=True)
    ]
    return next((path for path in built if os.access(path, os.X_OK)), None)


def required() -> Path:
    """The program; the test is left out without it, except where everything must run."""
    found = program()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return found


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of the server that all test processes with this folder share; the last to leave stops it."""
    found = required()
    with _counted(folder) as (users, found_address):
        address = found_address
        if not users:
            port = _free_port()
            pid = _start(found, folder, port)
            (folder / "address").write_text(f"{pid} 127.0.0.1:{port}")
            address = f"127.0.0.1:{port}"
            _wait_for(found, port, pid)
        (folder / "users").write_text(str(users + 1))
    try:
        yield address
    finally:
        with _counted(folder) as (users, _):
            (folder / "users").write_text(str(users - 1))
            if users == 1:
                pid = int((folder / "address").read_text().split()[0])
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)


@contextlib.contextmanager
def _counted(folder: Path) -> Iterator[tuple[int, str]]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        users = int((folder / "users").read_text()) if (folder / "users").exists() else 0
        yield users, (folder / "address").read_text().split()[1] if users else ""


class Own:
    """A server of one test's own, which the test may kill and start again.

    Args:
        folder: of its own.
        remembers: started again, it knows what was before.
    """

    def __init__(self, program: Path, folder: Path, *, remembers: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._state = ("--db-filename", str(folder / "temporal.db")) if remembers else ()
        self._program = program
        self._folder = folder
        self._port = _free_port()
        self._pid: int | None = None

    def start(self) -> str:
        """Start it, or start it again; its address."""
        self._pid = _start(self._program, self._folder, self._port, *self._state)
        _wait_for(self._program, self._port, self._pid)
        return f"127.0.0.1:{self._port}"

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        if self._pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        end = time.monotonic() + READY_WITHIN_S
        while Path(f"/proc/{self._pid}").exists() and time.monotonic() < end:
            time.sleep(0.05)
        self._pid = None


@contextlib.contextmanager
def own(folder: Path, *, remembers: bool) -> Iterator[Own]:
    """A server that nobody else uses, not yet started."""
    server = Own(required(), folder, remembers=remembers)
    try:
        yield server
    finally:
        server.kill()


def _start(program: Path, folder: Path, port: int, *more: str) -> int:
    argv = [str(program), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    argv += ["--log-level", "error", *more]
    # Nobody's child: whichever test process leaves last stops it.
    shell = [
        "sh",
        "-c",
        'log=$1; shift; setsid "$@" > "$log" 2>&1 < /dev/null & echo $!',
        "sh",
        str(folder / "log"),
        *argv,
    ]
    started = subprocess.run(shell, check=True, stdout=subprocess.PIPE)
    return int(started.stdout)


def _wait_for(program: Path, port: int, pid: int) -> None:
    health = [str(program), "operator", "cluster", "health", "--address", f"127.0.0.1:{port}"]
    end = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < end:
        os.kill(pid, 0)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            if subprocess.run(health, check=False, capture_output=True).returncode == 0:
                return
        time.sleep(0.05)
    pytest.fail("Temporal's development server does not start")


def _free_port() -> int:
    """One that the system gives to no connection of anybody meanwhile, as it gives those from 32768 on."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
