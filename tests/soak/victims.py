"""Finding the processes of a running stack through /proc."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    command: str


def processes() -> list[Process]:
    """Every live process that this user may read; zombies left out."""
    found: list[Process] = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except OSError:
            continue
        if state != "Z":
            found.append(Process(int(folder.name), int(parent), command))
    return found


def below(root: int) -> list[Process]:
    """The descendants of a process."""
    everyone = processes()
    family = {root}
    while True:
        more = {process.pid for process in everyone if process.parent in family} - family
        if not more:
            return [process for process in everyone if process.pid in family and process.pid != root]
        family |= more


def working_in(folder: Path) -> list[Process]:
    """Processes that name the folder on their command line or stand in it: what a stopped stack must not leave."""
    text = str(folder)

    def stands_in(process: Process) -> bool:
        try:
            return Path(f"/proc/{process.pid}/cwd").readlink().is_relative_to(folder)
        except OSError:
            return False

    return [
        process
        for process in processes()
        if process.pid != os.getpid() and (text in process.command or stands_in(process))
    ]


def child(root: int, word: str) -> Process | None:
    """The direct child of `root` whose command line holds the word."""
    return next((p for p in below(root) if p.parent == root and word in p.command), None)
