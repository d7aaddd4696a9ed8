"""Running the command of a task on a checkout, within its limits."""

import asyncio
import json
import os
import re
import stat
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cutroom.kit import trees
from cutroom.kit.errors import Invalid
from cutroom.kit.fence import Box, Fence
from cutroom.kit.process import CLEAN_ENV, Completed, TimedOut, run
from cutroom.repos import starter
from cutroom.repos.checkout import Checkout
from cutroom.repos.disk import DiskFull, within
from cutroom.repos.egress import proxy
from cutroom.repos.fencing import box, limits, python
from cutroom.repos.output import Output, Say
from cutroom.repos.policy import Command, Secret

Outcome = Literal["done", "failed", "killed", "timed_out", "disk_full"]
_PLACE: Final = re.compile(r"\{(prompt|prompt_file|summary|checkout)\}")
_WORD_BYTES: Final = (128 << 10) - 1
"""The longest argument that Linux takes, MAX_ARG_STRLEN of linux/binfmts.h."""
_SUMMARY_BYTES: Final = 64 << 10
_GRACE_S: Final = 5.0
_STARTER: Final = Path(starter.__file__)
_WHO: Final[Mapping[str, str]] = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Cutroom task"), ("EMAIL", "task@cutroom.invalid"))
}
"""So that a command which commits has a name to do so under (RFC 2606: never a real address)."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Args:
        outcome: `done` with status 0, `failed` with another, `killed` by a signal, or ended by us.
        exit_code: its status, where it ended by itself.
        signal: what killed it; 9 is also what the kernel sends where memory runs out.
        elapsed_s: seconds that it ran.
        summary: what it wrote for people; the end of its output where it wrote nothing.
    """

    outcome: Outcome
    exit_code: int | None
    signal: int | None
    elapsed_s: float
    summary: str


async def run_command(
    fence: Fence, command: Command, checkout: Checkout, prompt: str, *, secrets: Sequence[Secret], say: Say
) -> Ended:
    """Run a command to its end.

    Args:
        fence: what holds it.
        command: what to run.
        checkout: where.
        prompt: what it is asked to do.
        secrets: values that the repository has, beside the command's own.
        say: told each line that it prints.

    Raises:
        Invalid: `prompt_too_long`, where it is handed over as an argument.
    """
    async with _Room.opened(checkout.home, prompt) as room:
        values = {secret.env: secret.value for secret in secrets if secret.env is not None}
        values |= command.secrets
        output = Output(say, [*values.values(), *(secret.value for secret in secrets)])
        argv = _argv(command, checkout, room, prompt)
        started = time.monotonic()
        async with AsyncExitStack() as stack:
            way = None
            if isinstance(command.network, tuple):
                way = room.told / "proxy"
                refused = _told(output)
                await stack.enter_async_context(proxy(way, command.network, refused))
            orders = room.orders
            orders.touch(mode=0o600)
            orders.write_text(json.dumps({"env": _env(command, room, values, way), "proxy": way and str(way)}))
            inside = _box(fence, command, checkout, room)
            stdin = prompt.encode() if command.stdin else None
            program: list[str | Path] = [python()[0], "-I", "-S", _STARTER, orders, "--", *argv]
            ended = await _watched(fence, command, program, checkout, inside, stdin, output, room)
        written = await asyncio.to_thread(_read, room.summary)
        summary = output.clean(written).strip() or output.last
        return Ended(*ended, round(time.monotonic() - started, 3), summary)


@dataclass(frozen=True, slots=True)
class _Room:
    """Folders of one run beside the checkout: what the command is told, what is its own, what it answers."""

    told: Path
    home: Path
    out: Path

    @classmethod
    @asynccontextmanager
    async def opened(cls, home: Path, prompt: str) -> "AsyncIterator[_Room]":
        """Make them, for as long as the command runs."""
        room = cls(home / "told", home / "home", home / "out")
        for folder in (room.told, room.home, room.out, room.home / "tmp"):
            folder.mkdir()
        try:
            room.prompt.write_text(prompt, encoding="utf-8")
            yield room
        finally:
            for folder in (room.told, room.home, room.out):
                await asyncio.to_thread(trees.remove, folder)

    @property
    def prompt(self) -> Path:
        return self.told / "prompt.md"

    @property
    def orders(self) -> Path:
        return self.told / "orders.json"

    @property
    def summary(self) -> Path:
        return self.out / "summary.md"


def _box(fence: Fence, command: Command, checkout: Checkout, room: _Room) -> Box:
    return box(
        fence,
        programs=[Path(command.argv[0]), *python(), _STARTER],
        reads=[*command.reads, room.told],
        writes=[checkout.tree, room.home, room.out],
        network=command.network == "open",
        memory_bytes=command.memory_bytes,
        processes=command.processes,
    )


def _argv(command: Command, checkout: Checkout, room: _Room, prompt: str) -> list[str]:
    """The command line; what is filled in is not looked at again, and no shell sees any of it."""
    values = {"prompt": prompt, "prompt_file": room.prompt, "summary": room.summary, "checkout": checkout.tree}
    words = [_PLACE.sub(lambda found: str(values[found.group(1)]), word) for word in command.argv]
    if any(len(word.encode()) > _WORD_BYTES for word in words):
        raise Invalid(
            "prompt_too_long", "This agent hands prompts over as an argument, of at most 128 KiB; shorten it."
        )
    return words


def _env(command: Command, room: _Room, values: Mapping[str, str], way: Path | None) -> dict[str, str]:
    """The command's environment, whole."""
    through = f"http://127.0.0.1:{starter.PORT}"
    names = () if way is None else ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    return {
        **CLEAN_ENV,
        "HOME": str(room.home),
        "TMPDIR": str(room.home / "tmp"),
        "USER": "nobody",
        "CUTROOM_PROMPT_FILE": str(room.prompt),
        "CUTROOM_SUMMARY_FILE": str(room.summary),
        "GIT_TERMINAL_PROMPT": "0",
        **_WHO,
        **dict.fromkeys(names, through),
        **command.env,
        **values,
    }


async def _watched(
    fence: Fence,
    command: Command,
    argv: Sequence[str | Path],
    checkout: Checkout,
    inside: Box,
    stdin: bytes | None,
    output: Output,
    room: _Room,
) -> tuple[Outcome, int | None, int | None]:
    """Run it, and look after what it writes."""
    writes = (checkout.tree, room.home, room.out)
    working = run(
        argv,
        cwd=checkout.tree,
        timeout_s=command.timeout_s,
        limits=limits(fence, command.memory_bytes, command.disk_bytes),
        stdin=stdin,
        on_line=lambda line: output.line("stdout", line),
        on_error_line=lambda line: output.line("stderr", line),
        output_cap_bytes=1,
        grace_s=_GRACE_S,
        box=inside,
    )
    try:
        return _outcome(await within(working, writes, command.disk_bytes, room.orders))
    except TimedOut:
        return "timed_out", None, None
    except DiskFull:
        return "disk_full", None, None


def _outcome(done: Completed) -> tuple[Outcome, int | None, int | None]:
    if done.returncode < 0:
        return "killed", None, -done.returncode
    return ("done" if done.returncode == 0 else "failed"), done.returncode, None


def _told(output: Output) -> Callable[[str], None]:
    return lambda asked: output.line("stderr", f"cutroom: the agent's configuration allows no way to {asked}.")


def _read(path: Path) -> str:
    """What a stranger left at a path: nothing, unless it is a plain file there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return file.read(_SUMMARY_BYTES).decode("utf-8", "replace")
