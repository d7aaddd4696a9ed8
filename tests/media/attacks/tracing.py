"""strace over a launcher and all that it becomes."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cutroom.kit import launch
from cutroom.kit.fence import Box
from cutroom.media.sandbox.ladder import ladder
from cutroom.media.sandbox.needs import of_program


def traced(level: int, program: Path, words: Sequence[str], reads: Sequence[Path], folder: Path) -> list[str]:
    """Every call by which a program opened something or reached out, from the moment that it is the program."""
    box = Box(ladder().fences[level], programs=of_program(program), reads=reads, writes=(folder / "out",))
    log = folder / "strace.log"
    start = [sys.executable, "-I", "-S", launch.__file__, "{parent}", "9", *["-1"] * 7, *box.orders(None), "--"]
    # A shell in between, so that there is a parent whose number is known to the launcher.
    script = 'parent=$$; for word; do shift; [ "$word" = "{parent}" ] && word=$parent; set -- "$@" "$word"; done; "$@"'
    command = ["strace", "-f", "-qq", "-e", "trace=open,openat,socket,connect,execve", "-o", str(log)]
    command += ["sh", "-c", script, "sh", *start, str(program), "-nostdin", *words]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False, env={"PATH": os.defpath})
    lines = log.read_text(errors="replace").splitlines()
    begins = next(at for at, line in enumerate(lines) if "execve(" in line and f'"{program}"' in line.split(",")[0])
    return [line.rstrip() for line in lines[begins + 1 :]]
