"""Becomes an ordinary user who may still pass closed folders, then becomes another program.

Run as root, by `python -I -S reach.py PARENT UID GID PROGRAM ARG…`. Of root's powers it keeps one: CAP_DAC_OVERRIDE,
which containers usually have, or CAP_DAC_READ_SEARCH where that is there and enough (capabilities(7), "Ambient
capability set"). The program is no more powerful by that than the process that started it. Imports nothing of ours.
"""

import ctypes
import os
import signal
import stat
import struct
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2  # linux/securebits.h
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2  # linux/capability.h
CAPABILITY_VERSION_3 = 0x20080522
CANNOT = 126  # as a shell says "found, but not allowed to"


def main() -> None:
    """Change user with one capability kept, tie the life to the parent's, become the program."""
    parent, uid, gid = (int(text) for text in sys.argv[1:4])
    argv = sys.argv[4:]
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    # To search folders, the lesser power will do; to execute a file that only root may, it takes the greater.
    wanted = [CAP_DAC_OVERRIDE]
    if os.stat(argv[0]).st_mode & stat.S_IXOTH:  # noqa: PTH116 — nothing but the basics is imported
        wanted.insert(0, CAP_DAC_READ_SEARCH)
    # Without it, access(2), by which `initdb` looks for `postgres`, would count no capability of a user who is not
    # root. With it, changing the user takes no capability away: `_keep` does.
    if libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0:
        _give_up()
    os.setgroups(())
    os.setgid(gid)
    os.setuid(uid)
    if not any(_keep(libc, capability) for capability in wanted):
        _give_up()
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)  # the change of user cleared it
    if os.getppid() != parent:
        os._exit(CANNOT)
    os.execve(argv[0], argv, os.environ)  # noqa: S606, TID251 — exactly what was given to us, passed on


def _give_up() -> None:
    os.write(
        2, b"FATAL:  may not pass the closed folders above the data or the program; put both where others may enter\n"
    )
    os._exit(CANNOT)


def _keep(libc: ctypes.CDLL, capability: int) -> bool:
    header = ctypes.create_string_buffer(struct.pack("Ii", CAPABILITY_VERSION_3, 0))
    mask = 1 << capability
    sets = ctypes.create_string_buffer(struct.pack("6I", mask, mask, mask, 0, 0, 0))
    if libc.capset(header, sets) != 0:
        return False
    return bool(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0)


if __name__ == "__main__":
    main()
