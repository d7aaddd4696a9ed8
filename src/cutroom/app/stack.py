"""The whole stack as children of one process: Postgres, API, workers. Stops what it started."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import NoReturn

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
READY_WITHIN_S = 90.0
STOP_WITHIN_S = 30.0
SETTLED_AFTER_S = 10.0
POSTGRES_STARTS = 20
"""Starts in a row that may fail before we say that this Postgres cannot be started."""


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
        Unavailable: `not_ready` when the API does not answer in time; `temporal_unavailable`.
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
            url = await postgres.start()
            stack.push_async_callback(postgres.stop)
        await upgrade(url)
        connection = await _connection(settings, url)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        keepers: list[asyncio.Task[None]] = []
        stack.callback(lambda: [keeper.cancel() for keeper in keepers])
        if postgres is not None:
            keepers.append(group.create_task(_keep_postgres(postgres)))
        environment = _environment(settings, url)
        for name, program in (("api", "api"), *((f"worker-{n}", "worker") for n in range(1, workers + 1))):
            argv = [sys.executable, "-m", "cutroom.app", program]
            keepers.append(group.create_task(_keep(name, argv, environment)))
        await _ready(connection.url)
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


async def _keep(name: str, argv: list[str], environment: dict[str, str]) -> NoReturn:
    """Run a child and start it again when it dies; cancelling this stops the child."""
    backoff = Backoff(base_s=0.2, cap_s=5.0)
    failures = 0
    while True:
        started = time.monotonic()
        child = await process.start(argv, cwd=Path.cwd(), env=environment)
        try:
            code = await child.wait()
        finally:
            await child.terminate(grace_s=STOP_WITHIN_S)
            metrics.forget(child.pid, Path(environment["PROMETHEUS_MULTIPROC_DIR"]))
        failures = 1 if time.monotonic() - started > SETTLED_AFTER_S else failures + 1
        log.warning("child.ended", child=name, exit_code=code, failures=failures)
        await asyncio.sleep(backoff.delay_s(failures))


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
                if failures == POSTGRES_STARTS:
                    raise
                await asyncio.sleep(backoff.delay_s(failures))
            else:
                failures = 0
                break


async def _ready(url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if await asyncio.to_thread(_answers, f"{url}/readyz"):
            return
        await asyncio.sleep(0.02)
    raise Unavailable("not_ready", f"The API did not answer at {url} within {READY_WITHIN_S:.0f} s; see its log above.")


def _answers(url: str) -> bool:
    # The standard library's client: it is loaded already, and ours would take 0.2 s of every start.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=2.0) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False
