"""Tries everything that a fence has to stop: a program that `trial.py` starts behind one.

Run as `python -I -S attacker.py`, with a JSON object on standard input that says what to attack. It prints, as JSON,
what it achieved, by the name of the probe; what is stopped is not mentioned.
"""

import contextlib
import json
import mmap
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

FORKS = 200


def main() -> None:
    """Attack, and tell."""
    told = json.load(sys.stdin)
    if "eat" in told:
        eat(told["eat"])
        return
    seen: dict[str, str] = {}
    for name, attack in ATTACKS.items():
        with contextlib.suppress(OSError, MemoryError, ValueError, RuntimeError):
            found = attack(told)
            if found:
                seen[name] = found
    sys.stdout.write(json.dumps(seen))
    sys.stdout.flush()
    os._exit(0)


def environment(told: dict[str, Any]) -> str:
    """More in our environment than was given."""
    more = set(os.environ) - {"PATH", "LANG", "HOME", "PWD", "LC_CTYPE"}  # noqa: TID251 — it is what is looked at
    return f"{sorted(more)} were passed on" if more else ""


def memory(told: dict[str, Any]) -> str:
    """More memory than one process may have."""
    mmap.mmap(-1, told["memory"] * 2).close()
    return "more was given than allowed"


def file_size(told: dict[str, Any]) -> str:
    """A larger file than allowed."""
    place = os.open(os.path.join(told["out"], "large"), os.O_WRONLY | os.O_CREAT)  # noqa: PTH118
    written = os.write(place, bytes(1 << 18))
    return "a larger file was written than allowed" if written > 1 << 16 else ""


def read(told: dict[str, Any]) -> str:
    """A file outside."""
    with open(told["secret"], encoding="utf-8") as file:  # noqa: PTH123
        return "a file outside was read" if told["canary"] in file.read() else ""


def write(told: dict[str, Any]) -> str:
    """A file outside; our starter looks whether it came there, or into a view of our own."""
    with open(told["outside"], "x", encoding="utf-8"):  # noqa: PTH123
        return ""


def link(told: dict[str, Any]) -> str:
    """A link that leads whoever reads our output elsewhere."""
    os.symlink(told["secret"], os.path.join(told["out"], "link"))  # noqa: PTH118, PTH211
    return "a link was made"


def others(told: dict[str, Any]) -> str:
    """What the first process and our starter have in their environments (threat A93)."""
    for pid in (1, told["parent"]):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            if file.read():
                return f"the environment of process {pid} was read"
    return ""


def tcp(told: dict[str, Any]) -> str:
    """A connection to the machine."""
    socket.create_connection(("127.0.0.1", told["tcp"]), timeout=1).close()
    return "a port of the machine was reached"


def udp(told: dict[str, Any]) -> str:
    """A datagram to the machine."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.sendto(b"x", ("127.0.0.1", told["udp"]))
    return "a datagram was sent"


def fork(told: dict[str, Any]) -> str:
    """Many processes."""
    made = 0
    try:
        for _ in range(FORKS):
            pid = os.fork()
            if pid == 0:
                time.sleep(0.2)
                os._exit(0)
            made += 1
    finally:
        for _ in range(made):
            os.wait()
    return f"{made} processes were started"


def signals(told: dict[str, Any]) -> str:
    """A word to another process; signal 0 does no harm."""
    os.kill(told["parent"], 0)
    return "the worker could be killed"


def processes(told: dict[str, Any]) -> str:
    """Sight of other processes; in a namespace of our own we are one of the first."""
    return f"we are process {os.getpid()}" if os.getpid() > 8 else ""


def threads(told: dict[str, Any]) -> str:
    """More threads than allowed."""
    stay = threading.Event()
    made = 0
    try:
        for _ in range(told["processes"] + 20):
            threading.Thread(target=stay.wait, daemon=True).start()
            made += 1
    except RuntimeError:
        return ""
    finally:
        stay.set()
    return f"{made} threads were started"


def user(told: dict[str, Any]) -> str:
    """The user of the machine's superuser."""
    return "we are root" if os.geteuid() == 0 else ""


def eat(size: int) -> None:
    """Use memory, page by page."""
    pages = mmap.mmap(-1, size)
    for place in range(0, size, mmap.PAGESIZE):
        pages[place] = 1


ATTACKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "environment": environment,
    "memory": memory,
    "file size": file_size,
    "read": read,
    "write": write,
    "link": link,
    "environment of others": others,
    "tcp": tcp,
    "udp": udp,
    "fork": fork,
    "signal": signals,
    "processes of others": processes,
    "threads": threads,
    "user": user,
}

if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    main()
