import errno
import re
import struct
from pathlib import Path

import pytest

from cutroom.kit.fence.seccomp import program
from cutroom.kit.fence.syscalls import CLONE, CLONE3, DENIED, IOCTL, PRLIMIT64

KILL, ALLOW = 0x80000000, 0x7FFF0000
DENY, NO_SUCH = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
A_THREAD = 0x003D0F00  # what the C library asks for: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS and more


def answer(filter_: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the kernel would do: an interpreter of classic BPF, as linux/Documentation/networking/filter.rst has it."""
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<iIQ6Q", number if number < 1 << 31 else number - (1 << 32), architecture, 0, *words)
    at = held = 0
    while True:
        code, yes, no, value = struct.unpack_from("<HBBI", filter_, at * 8)
        at += 1
        if code == 0x20:
            held = struct.unpack_from("<I", data, value)[0]
        elif code == 0x06:
            return int(value)
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: held & value != 0}[code]
            at += yes if true else no


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> tuple[bytes, int, int]:
    made = program(request.param)
    assert made is not None
    return made, *MACHINES[request.param]


@pytest.mark.threat("A32", "A33")
def test_every_call_of_the_list_is_denied_and_work_goes_on(machine: tuple[bytes, int, int]) -> None:
    made, architecture, column = machine
    denied = {numbers[column] for numbers in DENIED.values()}
    special = {numbers[column] for numbers in (CLONE, CLONE3, IOCTL, PRLIMIT64)}
    for number in range(600):
        if number not in special:
            assert answer(made, architecture, number) == (DENY if number in denied else ALLOW), number


def test_threads_are_made_and_processes_are_not(machine: tuple[bytes, int, int]) -> None:
    made, architecture, column = machine
    clone, clone3 = CLONE[column], CLONE3[column]
    assert clone is not None
    assert clone3 is not None
    assert answer(made, architecture, clone, A_THREAD) == ALLOW
    assert answer(made, architecture, clone, 17) == DENY  # SIGCHLD: fork
    assert answer(made, architecture, clone, A_THREAD | 0x10000000) == DENY  # a new user namespace
    assert answer(made, architecture, clone3, 0) == NO_SUCH


def test_arguments_decide_where_they_matter(machine: tuple[bytes, int, int]) -> None:
    made, architecture, column = machine
    ioctl, limits = IOCTL[column], PRLIMIT64[column]
    assert ioctl is not None
    assert limits is not None
    assert answer(made, architecture, ioctl, 0, 0x5412) == answer(made, architecture, ioctl, 0, 0x541C) == DENY
    assert answer(made, architecture, ioctl, 0, 0x5401) == ALLOW
    assert answer(made, architecture, limits, 0) == ALLOW
    assert answer(made, architecture, limits, 1) == DENY


def test_the_numbers_of_other_architectures_kill(machine: tuple[bytes, int, int]) -> None:
    made, _, _ = machine
    assert answer(made, 0x40000003, 1) == KILL  # i386
    x86 = program("x86_64")
    assert x86 is not None
    assert answer(x86, 0xC000003E, 0x40000000 + 1) == KILL  # x32


def test_a_processor_that_is_not_known_has_no_filter() -> None:
    assert program("s390x") is None


def test_the_numbers_are_those_of_the_kernel() -> None:
    headers = {0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), 1: Path("/usr/include/asm-generic/unistd.h")}
    named = {**DENIED, "clone": CLONE, "clone3": CLONE3, "ioctl": IOCTL, "prlimit64": PRLIMIT64}
    looked = 0
    for column, path in headers.items():
        text = path.read_text() if path.exists() else ""
        for name, number in re.findall(r"^#define __NR(?:3264)?_(\w+) (\d+)", text, re.MULTILINE):
            if name in named and (column == 0 or named[name][1] is not None):
                assert named[name][column] == int(number), name
                looked += 1
    if not looked:
        pytest.skip("the kernel's headers are not installed")
