"""`cutroom` in a process of its own, which starts in a tenth of the time: forked from one that has loaded what the
commands stand on.

Each such process loads `cutroom.app` itself and runs it from its first line to its end, with its own folder,
environment, input and output. Every file of tests starts one command `afresh` as well, as a shell does.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_MODULE = "tests.app.starting"


def cutroom(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `env` is the whole environment, this process's when None."""
    started = _started()
    wish = {"arguments": arguments, "cwd": str(cwd), "env": dict(os.environ if env is None else env)}
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        given.write(typed.encode())
        given.seek(0)
        socket.send_fds(started, [json.dumps(wish).encode()], [given.fileno(), said.fileno(), complained.fileno()])
        status = int(started.recv(16))
        said.seek(0)
        complained.seek(0)
        return subprocess.CompletedProcess(arguments, status, said.read().decode(), complained.read().decode())


def afresh(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """The same from a Python that has loaded nothing, which takes seconds of a processor."""
    argv = [sys.executable, "-m", "cutroom.app", *arguments]
    return subprocess.run(argv, cwd=cwd, env=env, input=typed, capture_output=True, text=True, check=False)


@cache
def _started() -> socket.socket:
    """The socket of a process that has loaded everything; it ends when the socket is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        child = subprocess.Popen(
            [sys.executable, "-m", _MODULE, str(theirs.fileno())],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(child.wait)
    atexit.register(ours.close)
    return ours


def _serve(asked: socket.socket) -> list[str]:
    """Answer each wish with the status of a fork; returns, in the fork, the arguments of its command."""
    while True:
        data, files, *_ = socket.recv_fds(asked, 1 << 20, 3)
        if not data:
            os._exit(0)
        gc.freeze()  # looking for garbage would copy all memory that is shared
        pid = os.fork()
        if pid == 0:
            asked.close()
            wish = json.loads(data)
            os.chdir(wish["cwd"])
            os.environ.clear()
            os.environ.update(wish["env"])
            for number, file in enumerate(files):
                os.dup2(file, number)
                os.close(file)
            return list(wish["arguments"])
        for file in files:
            os.close(file)
        asked.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _load() -> None:
    """Load what commands need, and forget the commands."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the command itself has it; nor may a thread run when this forks
    for name in ("cli", "keys", "users", "render", "highlights"):
        importlib.import_module(f"cutroom.app.{name}")

    for name in [name for name in sys.modules if name.startswith("cutroom.app")]:
        del sys.modules[name]


if __name__ == "__main__":
    _load()
    sys.argv[1:] = _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("cutroom.app", run_name="__main__", alter_sys=True)
