"""Turns itself into another program, after giving up what that program may not have.

Run by `kit.process` as `python -I -S launch.py PARENT DEATH_SIGNAL MEMORY FILE CPU STACK UID GID PROGRAM ARG…`; -1
leaves a limit or a user as it is. It is a program of its own because the alternative, code between fork and exec
(`preexec_fn`), runs in a copy of a process full of threads and locks, copies its page tables, and is on its way out of
Python. It costs 15 ms (measured: `/bin/true` 0.9 ms bare, 15.5 ms through here) and imports nothing of ours, so that it
starts in that time.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_NO_NEW_PRIVS = 38
CANNOT_EXECUTE = 127  # as a shell says it


def main() -> None:
    """Drop to the user, set the limits, tie the life to the parent's, become the program."""
    parent, death_signal, memory, file, cpu, stack, uid, gid = (int(text) for text in sys.argv[1:9])
    argv = sys.argv[9:]
    # Python ignores these two, and an ignored signal stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for which, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_STACK, stack),
        (resource.RLIMIT_CORE, 0),
    ):
        if value >= 0:
            _limit(which, value)
    if gid >= 0:
        os.setgroups(())
        os.setgid(gid)
    if uid >= 0:
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which clears it.
        libc = ctypes.CDLL(None)
        libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked to be told
            os.kill(os.getpid(), signal.SIGKILL)
    try:
        os.execve(argv[0], argv, os.environ)  # noqa: S606, TID251 — exactly what was given to us, passed on
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        os._exit(CANNOT_EXECUTE)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


if __name__ == "__main__":
    main()
