"""A private Postgres in a folder: the server from the wheel, driven directly.

It listens on a socket in a private folder and on no network address. It lives and dies with this process: stopped in an
orderly way by `stop`, and by the kernel when this process is killed.
"""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
import structlog

from cutroom.db import cluster, orphans
from cutroom.db.account import current_name, needs_reach, server_account
from cutroom.db.cluster import Cluster
from cutroom.db.engine import connect
from cutroom.kit import process
from cutroom.kit.errors import Internal, Unavailable

log = structlog.get_logger()

DATABASE: Final = "cutroom"
_READY_WITHIN_S: Final = 120.0
"""For so long a server may say nothing. One that says that it is starting is replaying what a crash left."""
_FAST_S: Final = 10.0
_IMMEDIATE_S: Final = 5.0
_REACH: Final = Path(__file__).with_name("reach.py")
_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(cluster.PORT),
    "fsync": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # our statements are short; compiling them costs more than it gives
    "io_method": "sync",  # saves three processes that only large scans use
    "cluster_name": "cutroom",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "log",  # LOG, FATAL, PANIC: a statement's errors are told to the one who sent it
    "log_checkpoints": "off",
}


class EmbeddedPostgres:
    """The Postgres of one data folder.

    Args:
        folder: made when missing; holds everything that lasts.
        settings: server settings that go beyond ours, by name.
    """

    def __init__(self, folder: Path, *, settings: dict[str, str] | None = None) -> None:
        self._folder = folder.absolute()
        self._settings = {**_SETTINGS, **(settings or {})}
        self._lock = -1
        self._cluster: Cluster | None = None
        self._child: process.Child | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running server."""
        return None if self._child is None or self._child.returncode is not None else self._child.pid

    async def start(self) -> str:
        """Start the server, after making its data folder if there is none, and return the URL of its database.

        Clears up after a predecessor that was killed. May be called again when the server has ended by itself; the URL
        stays the same.

        Raises:
            Conflict: `data_in_use`, when another process runs the Postgres of this folder.
            Forbidden: `data_not_ours`, when the folder belongs to another user.
            Unavailable: `database_start_failed`, with what Postgres said; `other_postgres_version`; `no_account`;
                `postgres_missing`.
        """
        if self._lock < 0:
            self._lock = cluster.take(self._folder)
        try:
            return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> int:
        """Wait until the server ends by itself or is stopped; returns its exit status, or minus a signal."""
        if self._child is None:
            raise Internal("not_started", "The embedded Postgres was not started.")
        return await self._child.wait()

    async def stop(self) -> None:
        """Stop the server: clients are cut off, what is committed is on disk; then let go of the folder."""
        try:
            if self._child is not None:
                await _shut_down(self._child)
        finally:
            self._child = None
            if self._cluster is not None:
                self._cluster.remove_socket_folder()
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    async def _start(self) -> str:
        files = Cluster(self._folder, server_account(self._folder / cluster.MAJOR, self._folder))
        self._cluster = files
        files.check_version()
        if not (files.data / "PG_VERSION").exists():
            await self._make(files)
        ended = await orphans.end_orphans(files.data)
        if ended:
            log.warning("postgres.orphans_ended", count=ended)
        sockets = files.socket_folder()
        hba, ident = files.write_access(current_name())
        settings = {
            **self._settings,
            "unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"',
            "hba_file": str(hba),
            "ident_file": str(ident),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv: list[str | Path] = [cluster.binaries() / "postgres", "-D", files.data, *options]
        said_before = files.log.stat().st_size if files.log.exists() else 0
        started = time.monotonic()
        with files.open_log() as output:
            said_before = min(said_before, files.log.stat().st_size)
            self._child = await _spawn(files, argv, output.fileno())
        await self._ready(files, sockets, said_before)
        log.info("postgres.started", pid=self._child.pid, seconds=round(time.monotonic() - started, 3))
        return _url(sockets, DATABASE)

    async def _make(self, files: Cluster) -> None:
        draft = files.make_draft()
        argv: list[str | Path] = [cluster.binaries() / "initdb", "-D", draft, "-U", cluster.USER]
        argv += ["--auth=peer", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        argv += ["--builtin-locale=C.UTF-8", "--no-instructions"]
        said_before = files.log.stat().st_size if files.log.exists() else 0
        with files.open_log() as output:
            child = await _spawn(files, argv, output.fileno())
        try:
            code = await child.wait()
        finally:
            await child.terminate(grace_s=0)
        if code != 0:
            raise _failed(files, said_before)
        draft.rename(files.data)

    async def _ready(self, files: Cluster, sockets: Path, said_before: int) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        while self._child is not None and self._child.returncode is None and time.monotonic() < deadline:
            try:
                connection = await connect(_url(sockets, "postgres"), name="cutroom-start")
            except Unavailable as error:
                if isinstance(error.__cause__, asyncpg.CannotConnectNowError):
                    deadline = time.monotonic() + _READY_WITHIN_S
                await asyncio.sleep(0.01)
                continue
            try:
                _verify(files, str(await connection.fetchval("SHOW data_directory")))
                known = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
                if not await connection.fetchval(known, DATABASE):
                    await connection.execute(f"CREATE DATABASE {DATABASE}")
            finally:
                await connection.close()
            return
        raise _failed(files, said_before)


def running_url(folder: Path) -> str | None:
    """The URL of the database whose server another process runs from this folder; None when none is ready."""
    files = Cluster(folder.absolute(), server_account(folder / cluster.MAJOR, folder))
    try:
        lines = (files.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    # Its pid, data folder, start, port, socket folder, address, shared memory, status.
    return _url(Path(lines[4]), DATABASE) if len(lines) > 7 and lines[7].strip() == "ready" else None


async def _spawn(files: Cluster, argv: list[str | Path], output: int) -> process.Child:
    account = files.account
    user = (account.uid, account.gid) if account.drop else None
    if needs_reach(account, data=files.data, program=Path(argv[0])):
        numbers = [str(number) for number in (os.getpid(), account.uid, account.gid)]
        argv = [sys.executable, "-I", "-S", _REACH, *numbers, *argv]
        user = None
    # SIGINT is Postgres's fast shutdown: if this process dies, the server cuts off its clients and ends cleanly.
    return await process.start(
        argv, cwd=Path("/"), env={"LC_ALL": "C", "TZ": "UTC"}, stdout=output, user=user, death_signal=signal.SIGINT
    )


async def _shut_down(child: process.Child) -> None:
    """Fast, then immediate, then by force; signals go to the postmaster alone, which tells its own."""
    try:
        for number, patience_s in ((signal.SIGINT, _FAST_S), (signal.SIGQUIT, _IMMEDIATE_S)):
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(child.pid, number)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await child.wait()
                    return
    finally:
        await child.terminate(grace_s=0)


def _verify(files: Cluster, directory: str) -> None:
    if not Path(directory).samefile(files.data):
        raise Internal("wrong_database", f"The server that answers keeps its data in {directory}, not {files.data}.")


def _failed(files: Cluster, said_before: int) -> Unavailable:
    with suppress(OSError), files.log.open("rb") as said:
        said.seek(said_before)
        lines = said.read().decode("utf-8", "replace").splitlines()
        telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror"))] or lines[-3:]
        message = f"Postgres did not start: {' '.join(telling[-3:])} (its log: {files.log})"
        return Unavailable("database_start_failed", message, retryable=False)
    return Unavailable("database_start_failed", f"Postgres did not start; see {files.log}.", retryable=False)


def _url(sockets: Path, database: str) -> str:
    return f"postgresql://{cluster.USER}@/{database}?host={quote(str(sockets), safe='')}&port={cluster.PORT}"
