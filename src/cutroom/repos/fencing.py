"""What holds git and the commands of tasks: namespaces, a root with little in it, control groups.

Not the fences of media programs: a command starts others, links files and talks to them, which those forbid. So the
namespaces have to hold by themselves, and without bubblewrap there are no tasks. What a machine can hold is tried, not
believed.
"""

import json
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from cutroom.kit.errors import CutroomError, Unavailable
from cutroom.kit.fence import Box, Fence, bubblewrap, cgroups, libraries, seccomp
from cutroom.kit.later import later_log
from cutroom.kit.process import Limits, run

_USER: Final = 60_999
"""A user and group that nobody has; see `media.sandbox.ladder`."""
_CODE: Final = ("/usr", "/bin", "/sbin", "/opt")
_FACTS: Final = (
    "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/passwd", "/etc/group", "/etc/localtime", "/etc/mime.types",
    "/etc/gitattributes", "/etc/terminfo",
)  # fmt: skip
_NAMES: Final = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services", "/etc/protocols")
_TIMEOUT_S: Final = 20.0
_PROBE: Final = """
import json, os, socket, sys
told, got = json.loads(sys.argv[1]), []
def attack(name, act):
    try:
        act()
        got.append(name)
    except OSError:
        pass
attack("read", lambda: open(told["secret"]).close())
attack("write", lambda: open(told["out"] + "/../written", "x").close())
attack("tcp", lambda: socket.create_connection(("127.0.0.1", told["port"]), timeout=1))
if os.getpid() > 16:  # in a namespace of our own we are among the first
    got.append("processes of others")
if set(os.environ) - {"PATH", "LANG", "HOME", "PWD", "LC_CTYPE"}:
    got.append("variables")
if os.fork() == 0:
    open(told["out"] + "/made", "w").write("x")
    os.symlink("made", told["out"] + "/link")
    os._exit(0)
if os.wait()[1] == 0 and os.path.exists("/proc/self/status") and os.path.exists("/dev/null"):
    got.append("works")
print(json.dumps(got))
"""
log = later_log()


def python() -> tuple[Path, ...]:
    """The interpreter under which our own programs run in a box, and what it needs."""
    return (Path(sys.executable).resolve(), Path(sys.base_prefix))


def box(
    fence: Fence,
    *,
    programs: Iterable[Path] = (),
    reads: Iterable[Path] = (),
    writes: Iterable[Path] = (),
    network: bool = False,
    memory_bytes: int | None = None,
    processes: int = 512,
) -> Box:
    """The box of a program that starts others: what the system has, and what is named."""
    system = [Path(name) for name in (*_CODE, *_FACTS, *(_NAMES if network else ())) if os.path.lexists(name)]
    return Box(
        fence,
        programs=tuple(dict.fromkeys([*system, *libraries(), *programs])),
        reads=tuple(reads),
        writes=tuple(writes),
        memory_bytes=memory_bytes,
        processes=processes,
        tools=True,
        network=network,
    )


def limits(fence: Fence, memory_bytes: int, file_bytes: int) -> Limits:
    """What the kernel holds one process to; memory is counted for all together where there are control groups.

    Where there are none, it is address space, of which some programs reserve far more than they use.
    """
    return Limits(memory_bytes=None if fence.groups is not None else memory_bytes, file_bytes=file_bytes)


async def fence_of_tools() -> Fence:
    """The strongest fence that holds here.

    Raises:
        Unavailable: `task_sandbox_missing`, with what each one failed.
    """
    calls, wrap, groups = seccomp.program(tools=True), bubblewrap.find(), cgroups.find()
    if calls is None or wrap is None:
        missing = "bubblewrap is not installed" if wrap is None else "this processor's system calls are not known"
        raise _missing(missing)
    ours = Fence(filter=calls, bubblewrap=wrap)
    tried = [ours] if groups is None else [Fence(filter=calls, bubblewrap=wrap, groups=groups), ours]
    if groups is not None and os.geteuid() == 0:
        tried.insert(0, Fence(filter=calls, bubblewrap=wrap, groups=groups, user=(_USER, _USER)))
    failed: list[str] = []
    for fence in tried:
        wrong = await _wrong(fence)
        if not wrong:
            if fence.groups is None:
                log.warning("tasks.no_control_groups", hint="memory is held for each process, not for all together")
            return fence
        failed.append(wrong)
    raise _missing("; ".join(dict.fromkeys(failed)))


async def _wrong(fence: Fence) -> str:
    """What a fence lets through, or keeps from working; nothing when it is fine."""
    with tempfile.TemporaryDirectory(prefix="cutroom-tasks-") as name, socket.create_server(("127.0.0.1", 0)) as door:
        folder = Path(name)
        out, secret = folder / "out", folder / "secret"
        out.mkdir()
        secret.write_text(secrets.token_hex(16))
        told = {"secret": str(secret), "out": str(out), "port": door.getsockname()[1]}
        argv: list[str | Path] = [python()[0], "-I", "-S", "-c", _PROBE, json.dumps(told)]
        inside = box(fence, programs=python(), writes=(out,), memory_bytes=1 << 30, processes=64)
        try:
            done = await run(argv, cwd=out, timeout_s=_TIMEOUT_S, box=inside)
            got = set(json.loads(done.stdout)) if done.returncode == 0 else {done.stderr.decode("utf-8", "replace")}
        except (CutroomError, OSError, ValueError) as error:
            return str(error)[:300]
        if (folder / "written").exists():
            got.add("write")
        else:
            got.discard("write")  # into a view of its own
        if not (out / "made").is_file() or not (out / "link").is_symlink():
            got.discard("works")
        door.setblocking(False)
        with suppress(BlockingIOError):
            door.accept()[0].close()
            got.add("tcp")
    return "" if got == {"works"} else f"a trial of it ended with {', '.join(sorted(got)) or 'nothing'}"[:300]


def _missing(why: str) -> Unavailable:
    sentence = (
        f"Tasks cannot be held in a sandbox on this machine: {why}. Install bubblewrap on Linux, or run no tasks."
    )
    return Unavailable("task_sandbox_missing", sentence, retryable=False)
