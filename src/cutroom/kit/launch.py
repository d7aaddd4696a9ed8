"""Turns itself into another program, after giving up what that program may not have.

Run by `kit.process` as `python -I -S launch.py PARENT DEATH_SIGNAL MEMORY FILE CPU STACK FILES UID GID ORDER… --
PROGRAM ARG…`; -1 leaves a limit or a user as it is. Orders, which `kit.fence` writes:

    cgroup FOLDER           join this control group
    lend UID                from here on, in a view of the file system of our own, in STAGE/0, STAGE/1…:
    show PATH, own PATH     this file or folder; and one that its owner lends to the user, who owns it there
    landlock ABI            from here on, nothing can be opened that is not named:
    run PATH, read PATH, write PATH
    seccomp HEX             deny system calls by this filter
    filter HEX              put this filter where bubblewrap looks for it
    tie FD                  end our process group when the other end of this pipe is closed
    bare                    pass on no environment

It is a program of its own because the alternative, code between fork and exec (`preexec_fn`), runs in a copy of a
process full of threads and locks, copies its page tables, and is on its way out of Python. Whatever it is ordered to do
and cannot, ends it: the program never runs with less around it than was asked for.

Every child pays for its start, so it stands on the modules below Python's own: `os`, `signal` and `ctypes` together
cost 7 ms, `posix`, `_signal` and `_ctypes` 0.5 ms, of 9 in all (measured; `/bin/true` takes 0.9 bare).
"""

import _ctypes
import _signal as signal  # type: ignore[import-not-found]
import posix
import resource
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
FILTER_FD = 10
"""Where bubblewrap is told to read its filter; `kit.fence.bubblewrap` knows it too."""
CANNOT_FENCE = 126
CANNOT_EXECUTE = 127  # as a shell says it
SYSTEM_CALLS = {  # the same on every architecture: they are young
    "open_tree": 428,
    "move_mount": 429,
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}
# linux/landlock.h
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, MAKE_REG, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 8, 1 << 14
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | 1 << 15
FILES_BY_ABI = (0, 13, 14, 15, 15, 16)  # how many rights over files there are, by ABI; 16 since the fifth
NETWORK = 3  # bind and connect TCP, since ABI 4
SCOPES = 3  # abstract sockets and signals, since ABI 6
RIGHTS = {
    "run": EXECUTE | READ_FILE | READ_DIR,
    "read": READ_FILE | READ_DIR,
    "write": READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_REG,
}
OPEN_PATH = 0o10000000  # O_PATH, linux/fcntl.h
STAGE = "/tmp"  # noqa: S108 — covered by one of our own
HERE, EMPTY_PATH, RECURSIVE = -100, 0x1000, 0x8000  # AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE, linux/fcntl.h
NEW_MOUNTS, NEW_USERS = 0x00020000, 0x10000000  # CLONE_NEWNS, CLONE_NEWUSER, linux/sched.h
CLONE_TREE, CLOSE_ON_EXEC, MOVE_EMPTY_PATH = 1, 0o2000000, 4  # linux/mount.h
MAP_OWNERS = 0x00100000  # MOUNT_ATTR_IDMAP
PRIVATE = 0x4000 | 1 << 18  # MS_REC, MS_PRIVATE


def main() -> None:
    """Drop to the user, set the limits, tie the life to the parent's, become the program."""
    parent, death_signal, memory, file, cpu, stack, files, uid, gid = (int(text) for text in sys.argv[1:10])
    end = sys.argv.index("--", 10)
    orders, argv = sys.argv[10:end], sys.argv[end + 1 :]
    # Python ignores these two, and an ignored signal stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        prepare(orders)
        if "lend" in orders:
            lend(Libc(), orders)
        for which, value in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_FSIZE, file),
            (resource.RLIMIT_CPU, cpu),
            (resource.RLIMIT_STACK, stack),
            (resource.RLIMIT_NOFILE, files),
            (resource.RLIMIT_CORE, 0),
        ):
            if value >= 0:
                limit(which, value)
        if gid >= 0:
            posix.setgroups(())
            posix.setgid(gid)
        if uid >= 0:
            posix.setuid(uid)
        if sys.platform == "linux":
            # After the change of user, which clears the signal.
            libc = Libc()
            libc.call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            libc.call("prctl", PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if posix.getppid() != parent:  # it died before we asked to be told
                posix.kill(posix.getpid(), signal.SIGKILL)
            tie(orders)
            fence(libc, orders)
    except (OSError, ValueError, AttributeError) as error:
        posix.write(2, f"cannot fence: {error}\n".encode())
        posix._exit(CANNOT_FENCE)  # noqa: SLF001 — its name
    try:
        posix.execve(argv[0], argv, {} if "bare" in orders else posix.environ)  # exactly what was given to us
    except OSError as error:
        posix.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        posix._exit(CANNOT_EXECUTE)  # noqa: SLF001


def limit(which: int, value: int) -> None:
    """Set a limit for good, or a lower one that is there already."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def prepare(orders: list[str]) -> None:
    """What takes the rights that we were started with."""
    for at, word in enumerate(orders):
        if word == "cgroup":
            procs = posix.open(orders[at + 1] + "/cgroup.procs", posix.O_WRONLY | posix.O_CLOEXEC)
            posix.write(procs, b"0")
            posix.close(procs)
        elif word == "filter":
            held = posix.memfd_create("filter", 0)
            posix.write(held, bytes.fromhex(orders[at + 1]))
            posix.lseek(held, 0, 0)
            posix.dup2(held, FILTER_FD)


def tie(orders: list[str]) -> None:
    """Leave somebody in the group who ends it with our parent, with whoever is born into it.

    Not by a signal of the pipe's own (F_SETOWN): the first process of a namespace does not take it from the kernel,
    only from a process outside.
    """
    if "tie" not in orders:
        return
    line = int(orders[orders.index("tie") + 1])
    if posix.fork() > 0:
        posix.close(line)
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # for the others, who may want to end in good order
    posix.closerange(0, line)
    posix.closerange(line + 1, 1 << 16)
    posix.read(line, 1)
    posix.killpg(0, signal.SIGKILL)


def lend(libc: "Libc", orders: list[str]) -> None:
    """Stage files for a user who may not go where they lie, nor read all of them (mount_setattr(2), ID mapping)."""
    at = orders.index("lend")
    uid = int(orders[at + 1])
    libc.call("unshare", NEW_MOUNTS)
    libc.call("mount", b"none", b"/", 0, PRIVATE, 0)
    spaces: dict[int, int] = {}
    taken: list[tuple[int, bool]] = []
    for word, path in zip(orders[at + 2 :: 2], orders[at + 3 :: 2], strict=False):
        if word not in {"show", "own"}:
            break
        name = path.encode("utf-8", "surrogateescape")
        try:
            about = posix.stat(name)
        except FileNotFoundError:
            taken.append((-1, False))
            continue
        whole = RECURSIVE if word == "show" else 0
        tree = libc.call("open_tree", HERE, name, CLONE_TREE | CLOSE_ON_EXEC | whole)
        if word == "own" and about.st_uid != uid:
            if about.st_uid not in spaces:
                spaces[about.st_uid] = mapping(libc, about.st_uid, uid)
            attributes = b"".join(map(number, (MAP_OWNERS, 0, 0, spaces[about.st_uid])))  # struct mount_attr
            libc.call("mount_setattr", tree, b"", EMPTY_PATH, attributes, len(attributes))
        taken.append((tree, about.st_mode & 0o170000 == 0o040000))
    libc.call("mount", b"none", STAGE.encode(), b"tmpfs", 0, b"mode=755,size=1m")
    for place, (tree, folder) in enumerate(taken):
        if tree < 0:
            continue
        target = f"{STAGE}/{place}"
        if folder:
            posix.mkdir(target)
        else:
            posix.close(posix.open(target, posix.O_WRONLY | posix.O_CREAT))
        libc.call("move_mount", tree, b"", HERE, target.encode(), MOVE_EMPTY_PATH)


def mapping(libc: "Libc", owner: int, uid: int) -> int:
    """A user namespace in which what is `owner`'s on disk is the user's; the file descriptor of it."""
    ready, done = posix.pipe(), posix.pipe()
    child = posix.fork()
    if child == 0:
        try:
            libc.call("unshare", NEW_USERS)
            posix.write(ready[1], b"x")
            posix.close(done[1])
            posix.read(done[0], 1)
        finally:
            posix._exit(0)  # noqa: SLF001
    posix.close(ready[1])
    posix.read(ready[0], 1)
    for kind in ("uid_map", "gid_map"):
        given = posix.open(f"/proc/{child}/{kind}", posix.O_WRONLY)
        posix.write(given, f"{owner} {uid} 1".encode())
        posix.close(given)
    space = posix.open(f"/proc/{child}/ns/user", posix.O_RDONLY | posix.O_CLOEXEC)
    posix.close(done[1])
    posix.waitpid(child, 0)
    return space


def fence(libc: "Libc", orders: list[str]) -> None:
    """What cannot be undone: files and calls that are out of reach from here on."""
    if "landlock" in orders:
        restrict(libc, orders)
    if "seccomp" in orders:
        steps = bytes.fromhex(orders[orders.index("seccomp") + 1])
        address = bytes(Text(steps))
        program = (len(steps) // 8).to_bytes(8, sys.byteorder) + address  # struct sock_fprog, linux/filter.h
        libc.call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)


def restrict(libc: "Libc", orders: list[str]) -> None:
    """Leave only the files that are named within reach, with what this kernel's Landlock can hold."""
    abi = int(orders[orders.index("landlock") + 1])
    known = (1 << FILES_BY_ABI[min(abi, len(FILES_BY_ABI) - 1)]) - 1
    handled = number(known) + (number(NETWORK) if abi >= 4 else b"") + (number(SCOPES) if abi >= 6 else b"")
    rules = libc.call("landlock_create_ruleset", handled, len(handled), 0)
    for at in range(orders.index("landlock") + 2, len(orders)):
        rights = RIGHTS.get(orders[at], 0)
        if not rights:
            continue
        try:
            place = posix.open(orders[at + 1], OPEN_PATH | posix.O_CLOEXEC)
        except FileNotFoundError:
            continue  # not there for anybody
        rights &= known if posix.fstat(place).st_mode & 0o170000 == 0o040000 else known & OF_FILES
        beneath = number(rights) + place.to_bytes(4, sys.byteorder)  # struct landlock_path_beneath_attr
        libc.call("landlock_add_rule", rules, 1, beneath, 0)
        posix.close(place)
    libc.call("landlock_restrict_self", rules, 0)
    posix.close(rules)


def number(value: int) -> bytes:
    """A 64-bit number of a kernel structure."""
    return value.to_bytes(8, sys.byteorder)


class Number(_ctypes._SimpleCData):  # type: ignore[type-arg]  # noqa: SLF001 — what ctypes.c_long is made of
    """A `long` of C."""

    _type_ = "l"


class Text(_ctypes._SimpleCData):  # type: ignore[type-arg]  # noqa: SLF001 — what ctypes.c_char_p is made of
    """A `char *` of C."""

    _type_ = "z"


class Function(_ctypes.CFuncPtr):
    """A function of the C library."""

    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = Number


class Libc:
    """Functions of the C library, and system calls that it has no function for, as ctypes would call them."""

    def __init__(self) -> None:
        self._handle = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]

    def call(self, name: str, *given: int | bytes) -> int:
        """Call one.

        Raises:
            OSError: with the cause, when it answers -1.
        """
        if name in SYSTEM_CALLS:
            given, symbol = (SYSTEM_CALLS[name], *given), "syscall"
        else:
            symbol = name
        function = Function(_ctypes.dlsym(self._handle, symbol))
        answer = int(function(*(Number(value) if isinstance(value, int) else value for value in given)))
        if answer in {-1, 0xFFFFFFFF}:  # of a `long`, and of an `int` in the register of one
            number = _ctypes.get_errno()
            raise OSError(number, f"{name}: {posix.strerror(number)}")
        return answer


if __name__ == "__main__":
    main()
