"""A filter for system calls, assembled here: classic BPF, as the kernel's `struct seccomp_data` is read.

A list of what is denied, and not of what is allowed: three ffmpeg builds, Python, numpy, OpenCV and the C libraries
below them use other calls at every version, and a call that is missing would show as a damaged source. What the list
must stop it stops whole: new connections, new processes, other processes, other views of files, wide kernel doors.

Own code, because it is sixty lines, needs no libseccomp, and is the same on machines with and without one.
"""

import errno
import platform
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from cutroom.kit.fence.syscalls import CLONE, CLONE3, DENIED, IOCTL, PRLIMIT64, TOOLS, Numbers

# linux/bpf_common.h
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# linux/seccomp.h: offsets in `struct seccomp_data`, low words of the arguments on little endian; and answers
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_X32: Final = 0x40000000
_CLONE_THREAD: Final = 0x00010000
_NEW_NAMESPACES: Final = 0x7E020080
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWTIME (linux/sched.h)."""
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

_ARCHITECTURES: Final = {"x86_64": (0xC000003E, 0), "amd64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""AUDIT_ARCH_… of linux/audit.h, and the column of `syscalls`."""


class _Step(NamedTuple):
    """One instruction of classic BPF; `yes` and `no` are how many instructions are skipped."""

    code: int
    value: int
    yes: int = 0
    no: int = 0


def program(machine: str | None = None, *, tools: bool = False) -> bytes | None:
    """The filter as an array of `struct sock_filter`; None for a machine whose numbers we do not know.

    Args:
        machine: as `platform.machine()` says it; this one when None.
        tools: whether it may start processes and talk to them, in namespaces of its own (`syscalls.TOOLS`).
    """
    known = _ARCHITECTURES.get((machine or platform.machine()).lower())
    if known is None:
        return None
    architecture, column = known
    deny = _Step(_RETURN, _ERRNO | errno.EPERM)
    steps = [
        _Step(_LOAD, _ARCHITECTURE),
        _Step(_JUMP_EQUAL, architecture, yes=1),
        _Step(_RETURN, _KILL),  # the numbers of another architecture mean other calls
        _Step(_LOAD, _NUMBER),
    ]
    if column == 0:
        steps += [_Step(_JUMP_AT_LEAST, _X32, no=1), _Step(_RETURN, _KILL)]
    for name, numbers in DENIED.items():
        if not (tools and name in TOOLS):
            steps += _for(numbers[column], [deny])
    # Threads are clones too. clone3 keeps its flags where no filter sees them; without it, C libraries use clone.
    steps += _for(CLONE3[column], [_Step(_RETURN, _ERRNO | errno.ENOSYS)])
    steps += _where(CLONE, column, 0, [_Step(_JUMP_ANY_BIT, _NEW_NAMESPACES, no=1), deny])
    if not tools:
        steps += _where(CLONE, column, 0, [_Step(_JUMP_ANY_BIT, _CLONE_THREAD, yes=1), deny])
    # Words put into a terminal's input.
    steps += _where(
        IOCTL, column, 1, [_Step(_JUMP_EQUAL, _TIOCSTI, no=1), deny, _Step(_JUMP_EQUAL, _TIOCLINUX, no=1), deny]
    )
    # The limits of another process.
    steps += _where(PRLIMIT64, column, 0, [_Step(_JUMP_EQUAL, 0, yes=1), deny])
    steps.append(_Step(_RETURN, _ALLOW))
    return b"".join(struct.pack("<HBBI", step.code, step.yes, step.no, step.value) for step in steps)


def _for(number: int | None, then: Sequence[_Step]) -> list[_Step]:
    """Do something for one call."""
    return [] if number is None else [_Step(_JUMP_EQUAL, number, no=len(then)), *then]


def _where(numbers: Numbers, column: int, argument: int, then: Sequence[_Step]) -> list[_Step]:
    """Do something with the low word of one argument of a call; the number is loaded again afterwards."""
    return _for(numbers[column], [_Step(_LOAD, _ARGUMENTS + 8 * argument), *then, _Step(_LOAD, _NUMBER)])
