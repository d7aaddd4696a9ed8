"""Which user of the operating system runs Postgres, and whether that user can get at what it needs.

Postgres refuses to run as root. Under root it therefore runs as an ordinary account that exists already; no account is
made. The folders above its data may be closed to that account (`/root` is); then Postgres is started by `reach.py` with
the single capability that opens them.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cutroom.kit.errors import Unavailable

_UNPRIVILEGED: Final = ("cutroom", "postgres", "nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system; `drop` says that root has to become it."""

    uid: int
    gid: int
    drop: bool


def current_name() -> str:
    """The login name of this process's user, by which Postgres recognises it.

    Raises:
        Unavailable: `no_account`, when the user id has no name; `initdb` does not work then.
    """
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        message = f"User id {uid} has no name, which Postgres needs; run as a named user, or set DATABASE_URL."
        raise Unavailable("no_account", message, retryable=False) from None


def server_account(*owned: Path) -> Account:
    """The account that runs the server: ourselves, or under root the owner of one of these folders, or a common one.

    Raises:
        Unavailable: `no_account`, when root finds nobody to become.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), drop=False)
    owners = [owner for path in owned if path.is_dir() and (owner := path.stat().st_uid) != 0]
    candidates: tuple[int | str, ...] = (*owners, *_UNPRIVILEGED)
    for who in candidates:
        try:
            entry = pwd.getpwnam(who) if isinstance(who, str) else pwd.getpwuid(who)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, drop=True)
    message = (
        f"Postgres does not run as root, and none of the users {', '.join(_UNPRIVILEGED)} exists; set DATABASE_URL."
    )
    raise Unavailable("no_account", message, retryable=False)


def needs_reach(account: Account, *, data: Path, program: Path) -> bool:
    """Whether the program, or a folder above it or above the data, is closed to the account."""
    if not account.drop:
        return False
    ways = {*data.resolve().parents, *program.resolve().parents}
    return not (_allows(program, account, stat.S_IXOTH) and all(_allows(way, account, stat.S_IXOTH) for way in ways))


def _allows(path: Path, account: Account, other_bit: int) -> bool:
    facts = path.stat()
    if facts.st_uid == account.uid:
        return bool(facts.st_mode & other_bit << 6)
    if facts.st_gid == account.gid:
        return bool(facts.st_mode & other_bit << 3)
    return bool(facts.st_mode & other_bit)
