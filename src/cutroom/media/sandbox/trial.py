"""Trying the levels: what is behind each fence attacks what is before it, and the work goes on all the same.

A level counts when every one of its probes holds on this machine, now. What the kernel's version or a configuration
promises is not asked.
"""

import json
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cutroom.kit.errors import CutroomError
from cutroom.kit.fence import Box, Fence
from cutroom.kit.process import Completed, Limits, TimedOut, run
from cutroom.media import ffmpeg
from cutroom.media.sandbox.ladder import Ladder
from cutroom.media.sandbox.needs import of_program, of_python

_CHILD: Final = Path(__file__).with_name("attacker.py")
_TIMEOUT_S: Final = 20.0
_LATE: Final = "in time"
_MEMORY_BYTES: Final = 1 << 30
_GROUP_BYTES: Final = 256 << 20
_PROCESSES: Final = 64
_PROBES: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("works", "environment", "memory", "file size"),
    2: ("read", "write", "link", "environment of others", "tcp", "udp", "fork", "signal"),
    3: ("processes of others",),
    4: ("threads", "memory of all", "user"),
}
"""What each level has to hold against, beside what the levels below it hold against."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The highest level that held, and what the others failed: each probe with what was seen."""

    level: int
    failed: Mapping[int, tuple[str, ...]]

    @property
    def hasty(self) -> bool:
        """Whether time ran out on a level: a busy machine may say otherwise the next time."""
        return any(line.startswith(_LATE) for lines in self.failed.values() for line in lines)


async def climb(rungs: Ladder, most: int) -> Verdict:
    """Try the levels from the highest on, until one holds."""
    failed: dict[int, tuple[str, ...]] = {}
    for level in range(most, 0, -1):
        if level in rungs.lacking:
            failed[level] = (rungs.lacking[level],)
        elif wrong := await probe(level, rungs.fences[level]):
            failed[level] = tuple(wrong)
        else:
            return Verdict(level, failed)
    return Verdict(0, failed)


async def probe(level: int, fence: Fence) -> list[str]:
    """Try one level; returns the probes that it failed, each with what was seen."""
    with tempfile.TemporaryDirectory(prefix="cutroom-sandbox-") as name, socket.create_server(("127.0.0.1", 0)) as tcp:
        folder = Path(name)
        bait = _Bait(folder, tcp)
        try:
            seen = await _attack(fence, bait)
            seen |= await _work(fence, folder)
            if level >= 4:
                seen |= await _eat(fence, folder)
            seen |= bait.touched()
        except TimedOut as error:
            return [f"{_LATE}: {error}"]
        except (CutroomError, OSError, ValueError) as error:
            return [f"works: {error}"[:300]]
        finally:
            bait.close()
    wanted = [probe for rung in range(1, level + 1) for probe in _PROBES[rung]]
    return [f"{probe}: {seen[probe]}" for probe in wanted if probe in seen]


class _Bait:
    """What an attacker is told of: a secret, a folder, a process, ports."""

    def __init__(self, folder: Path, tcp: socket.socket) -> None:
        (folder / "out").mkdir()
        self.out, self.secret = folder / "out", folder / "secret"
        self.canary = secrets.token_hex(16)
        self.secret.write_text(self.canary)
        self.outside = folder / "written"
        self._tcp = tcp
        tcp.setblocking(False)
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._udp.setblocking(False)
        self.ports = (tcp.getsockname()[1], self._udp.getsockname()[1])

    def touched(self) -> dict[str, str]:
        """What came of it, seen from here: what the attacker says is not enough."""
        seen: dict[str, str] = {}
        if self.outside.exists():
            seen["write"] = "a file was made outside"
        if any(path.is_symlink() for path in self.out.iterdir()):
            seen["link"] = "a link was made"
        with suppress(BlockingIOError):
            self._tcp.accept()[0].close()
            seen["tcp"] = "we were reached"
        with suppress(BlockingIOError):
            self._udp.recvfrom(1)
            seen["udp"] = "we were reached"
        return seen

    def close(self) -> None:
        """Listen no more."""
        self._udp.close()


async def _attack(fence: Fence, bait: _Bait) -> dict[str, str]:
    """Let the attacker loose; returns what it achieved."""
    box = Box(fence, programs=of_python(), writes=(bait.out,), memory_bytes=_MEMORY_BYTES, processes=_PROCESSES)
    orders = {
        "secret": str(bait.secret),
        "canary": bait.canary,
        "outside": str(bait.outside),
        "out": str(bait.out),
        "tcp": bait.ports[0],
        "udp": bait.ports[1],
        "parent": os.getpid(),
        "processes": _PROCESSES,
        "memory": _MEMORY_BYTES,
    }
    limits = Limits(memory_bytes=_MEMORY_BYTES, file_bytes=1 << 16, stack_bytes=1 << 18, cpu_s=60)
    done = await _python(box, bait.out, limits, json.dumps(orders))
    if done.returncode != 0:
        return {"works": _said(done)}
    seen: dict[str, str] = json.loads(done.stdout)
    return seen


async def _work(fence: Fence, folder: Path) -> dict[str, str]:
    """Do what media programs do: decode and encode, in ffmpeg and in Python."""
    made = folder / "out" / "works.png"
    program = ffmpeg.find().path
    argv: list[str | Path] = [
        program,
        "-nostdin",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "color=s=64x64",
        "-frames:v",
        "1",
        f"file:{made}",
    ]
    box = Box(fence, programs=of_program(program), writes=(made.parent,), memory_bytes=_MEMORY_BYTES)
    done = await run(argv, cwd=made.parent, timeout_s=_TIMEOUT_S, limits=Limits(2 << 30), box=box)
    if done.returncode != 0 or not made.is_file():
        return {"works": f"ffmpeg: {_said(done)}"}
    box = Box(fence, programs=of_python(), reads=(made,), memory_bytes=_MEMORY_BYTES)
    code = "import sys, av, numpy, cv2; assert next(av.open(sys.argv[1]).decode()).width == 64"
    argv = [sys.executable, "-I", "-c", code, str(made)]
    done = await run(argv, cwd=made.parent, timeout_s=_TIMEOUT_S, limits=Limits(4 << 30, 0), box=box)
    return {} if done.returncode == 0 else {"works": f"PyAV: {_said(done)}"}


async def _eat(fence: Fence, folder: Path) -> dict[str, str]:
    """Use more memory than the group has, in pieces that no limit of a process stops."""
    box = Box(fence, programs=of_python(), writes=(folder / "out",), memory_bytes=_GROUP_BYTES)
    done = await _python(box, folder / "out", Limits(), json.dumps({"eat": 2 * _GROUP_BYTES}))
    return {"memory of all": "more was used than allowed"} if done.returncode == 0 else {}


async def _python(box: Box, cwd: Path, limits: Limits, told: str) -> Completed:
    argv = [sys.executable, "-I", "-S", str(_CHILD)]
    return await run(argv, cwd=cwd, timeout_s=_TIMEOUT_S, limits=limits, stdin=told.encode(), box=box)


def _said(done: Completed) -> str:
    return f"status {done.returncode}: {done.stderr[-200:].decode('utf-8', 'replace').strip()}"
