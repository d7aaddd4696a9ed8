"""The whole stack as children of one process: Postgres, API, workers. Stops what it started."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, NoReturn

import structlog

from cutroom.accounts import AccountService
from cutroom.app.job_engine import temporal
from cutroom.app.migrate import upgrade
from cutroom.app.settings import Settings, inherited
from cutroom.db import Database, EmbeddedPostgres, make_engine
from cutroom.kit import metrics, process
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import Conflict, Forbidden, Unavailable

log = structlog.get_logger()
STILL_S: Final = 90.0
"""For so long the API may do nothing before it answers for the first time. As long as it works, it is waited for."""
WORKS_S: Final = 1.0
"""So many seconds of a processor in that time are work; a program that is stuck asks less often what is new."""
TOLD_EVERY_S: Final = 10.0
STOP_WITHIN_S: Final = 30.0
SETTLED_AFTER_S: Final = 10.0
STARTS: Final = 20
"""Starts in a row that may fail before we say that this program, Postgres or the API, cannot be started."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to talk to a running stack; `connection.json` holds it."""

    url: str
    api_key: str

    def write(self, data: Path) -> Path:
        """Leave it, readable by the owner only, in the data folder for tools to find."""
        path = data / "connection.json"
        draft = path.with_name(f".connection.{os.getpid()}.part")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"url": self.url, "apiKey": self.api_key}) + "\n")
        draft.replace(path)
        return path

    @classmethod
    def read(cls, data: Path) -> "Connection | None":
        """What an earlier start left, if it left anything whole."""
        try:
            found = json.loads((data / "connection.json").read_text())
            return cls(str(found["url"]), str(found["apiKey"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


@contextlib.asynccontextmanager
async def running(settings: Settings, *, workers: int = 1) -> AsyncIterator[Connection]:
    """Start everything, yield when the API is ready, stop everything at the end.

    Raises:
        Forbidden: `not_in_development`.
        Conflict: `port_in_use`, or `data_in_use` when the folder belongs to a running stack.
        Invalid: `temporal_not_installed`.
        Unavailable: `not_ready` when the API stands still or dies again and again; `temporal_unavailable`.
    """
    if settings.exposed:
        message = (
            f"This makes and prints a key that may do everything; in {settings.environment}, run 'cutroom migrate', "
            "'cutroom api' and 'cutroom worker' instead, with DATABASE_URL."
        )
        raise Forbidden("not_in_development", message)
    _check_port(settings.host, settings.port)
    if settings.engine == "temporal":
        await temporal(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        url = settings.database_url
        postgres: EmbeddedPostgres | None = None
        if url is None:
            postgres = EmbeddedPostgres(settings.data / "postgres")
            with waiting_for("Postgres"):
                url = await postgres.start()
            stack.push_async_callback(postgres.stop)
        with waiting_for("the database and its migrations"):
            await upgrade(url)
            connection = await _connection(settings, url)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        keepers: list[asyncio.Task[None]] = []
        stack.callback(lambda: [keeper.cancel() for keeper in keepers])
        if postgres is not None:
            keepers.append(group.create_task(_keep_postgres(postgres)))
        environment = _environment(settings, url)
        program = (sys.executable, "-m", "cutroom.app")
        api = Kept("api", (*program, "api"), environment)
        rest = [Kept(f"worker-{number}", (*program, "worker"), environment) for number in range(1, workers + 1)]
        keepers += [group.create_task(kept.run()) for kept in (api, *rest)]
        with waiting_for("the API"):
            await _ready(connection.url, api)
        connection.write(settings.data)
        yield connection


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"Port {port} on {host} is taken ({error.strerror}); choose another with --port."
            raise Conflict("port_in_use", message) from error


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on a port right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """A port that nobody listens on right now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def _connection(settings: Settings, database_url: str) -> Connection:
    """The default workspace's API key: the one an earlier start left while it still works, else a new one."""
    database = Database(make_engine(database_url, name="cutroom-up", pool_size=1))
    accounts = AccountService()
    try:
        async with database.begin() as session:
            workspace = await accounts.ensure_default(session)
            earlier = Connection.read(settings.data)
            if earlier is not None:
                principal = await accounts.authenticate(session, earlier.api_key)
                if principal is not None and principal.workspace_id == workspace.id:
                    return Connection(settings.base_url, earlier.api_key)
            key = await accounts.create_api_key(session, workspace.id, "development")
            return Connection(settings.base_url, key.plaintext)
    finally:
        await database.close()


def _environment(settings: Settings, database_url: str) -> dict[str, str]:
    """What the children see: our own variables, and the choices made on this command line."""
    return {
        **inherited(),
        "DATABASE_URL": database_url,
        "CUTROOM_DATA": str(settings.data.resolve()),
        "CUTROOM_HOST": settings.host,
        "CUTROOM_PORT": str(settings.port),
        "CUTROOM_LOG_LEVEL": settings.log_level,
        **({} if settings.grpc_address is None else {"CUTROOM_GRPC_ADDRESS": settings.grpc_address}),
        "PROMETHEUS_MULTIPROC_DIR": str(_metrics_folder(settings.data)),
    }


def _metrics_folder(data: Path) -> Path:
    """An empty folder in which the children of this start add up their metrics."""
    folder = data.resolve() / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


class Kept:
    """A child that is started again when it dies.

    Args:
        name: of it in the log.
        argv: program and arguments.
        environment: what it sees.

    Attributes:
        failures: how often in a row it has died soon after its start.
        deaths: how often it has died at all.
    """

    def __init__(self, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        self.failures = self.deaths = 0
        self._name = name
        self._argv = argv
        self._environment = environment
        self._child: process.Child | None = None

    async def run(self) -> NoReturn:
        """Run it; cancelling this stops it."""
        backoff = Backoff(base_s=0.2, cap_s=5.0)
        while True:
            started = time.monotonic()
            child = self._child = await process.start(self._argv, cwd=Path.cwd(), env=self._environment)
            try:
                code = await child.wait()
            finally:
                await child.terminate(grace_s=STOP_WITHIN_S)
                metrics.forget(child.pid, Path(self._environment["PROMETHEUS_MULTIPROC_DIR"]))
            self.failures = 1 if time.monotonic() - started > SETTLED_AFTER_S else self.failures + 1
            self.deaths += 1
            log.warning("child.ended", child=self._name, exit_code=code, failures=self.failures)
            await asyncio.sleep(backoff.delay_s(self.failures))

    def worked_s(self) -> float:
        """Seconds of processors that it has used since its start; more and more where nobody tells (not Linux)."""
        if self._child is None:
            return 0.0
        try:  # proc(5): utime, stime, cutime and cstime; the name before them may hold anything
            fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0 if sys.platform == "linux" else time.monotonic()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


async def _keep_postgres(postgres: EmbeddedPostgres) -> NoReturn:
    """Start Postgres again whenever it dies, also while it is still recovering from the last time."""
    backoff = Backoff(base_s=0.2, cap_s=5.0)
    failures = 0
    while True:
        code = await postgres.wait()
        log.warning("child.ended", child="postgres", exit_code=code)
        while True:
            try:
                await postgres.start()
            except Unavailable as error:
                failures += 1
                log.warning("postgres.start_failed", failures=failures, error=error.message)
                if failures == STARTS:
                    raise
                await asyncio.sleep(backoff.delay_s(failures))
            else:
                failures = 0
                break


@contextlib.contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Say now and then what is waited for, and for how long."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    timer: asyncio.TimerHandle

    def tell() -> None:
        nonlocal timer
        log.warning("start.waiting", waits_for=what, seconds=round(loop.time() - started))
        timer = loop.call_later(TOLD_EVERY_S, tell)

    timer = loop.call_later(TOLD_EVERY_S, tell)
    try:
        yield
    finally:
        timer.cancel()


async def _ready(url: str, api: Kept) -> None:
    """Wait until the API answers, for as long as it works, however busy the machine is."""
    worked_s, moved_at = 0.0, time.monotonic()
    while (status := await asyncio.to_thread(_status, f"{url}/readyz")) != HTTPStatus.OK:
        now_s = api.worked_s()
        # Less than before: it has been started again. Once it answers it works because it is asked.
        if status is None and not worked_s <= now_s < worked_s + WORKS_S:
            worked_s, moved_at = now_s, time.monotonic()
        if time.monotonic() - moved_at > STILL_S:
            raise Unavailable("not_ready", f"The API is not ready at {url}, and stands still; see its log above.")
        if api.deaths >= STARTS:
            raise Unavailable("not_ready", f"The API was started {STARTS} times and died each time; see its log above.")
        await asyncio.sleep(0.02)


def _status(url: str) -> int | None:
    """How a URL answers; None while nobody does."""
    # The standard library's client: it is loaded already, and ours would take 0.2 s of every start.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=2.0) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None
