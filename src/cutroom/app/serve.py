"""The programs that run apart: API, worker, and the small ones around them."""

import asyncio
import contextlib
import platform
import resource
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import structlog
import uvicorn

from cutroom import __version__
from cutroom import api as door
from cutroom import render as engine
from cutroom.api import ApiServices, ApiSettings
from cutroom.api.connections import server_config
from cutroom.api.deps import Pages
from cutroom.api.features import Features
from cutroom.api.numbers import make_worker_app
from cutroom.api.rate_limits import RateSettings
from cutroom.app.agent_door import agents_served
from cutroom.app.console import out
from cutroom.app.container import Container, container
from cutroom.app.job_engine import working
from cutroom.app.mail import make_mailer
from cutroom.app.migrate import upgrade
from cutroom.app.settings import Settings, load
from cutroom.app.tools import use_tools
from cutroom.assets import LocalStore
from cutroom.assets import Retention as AssetRetention
from cutroom.jobs import Followers, Scheduler
from cutroom.jobs import Retention as JobRetention
from cutroom.kit import heap, tracing
from cutroom.kit.cache import Cache, MemoryCache, RedisCache
from cutroom.kit.counters import Counters, MemoryCounters, RedisCounters
from cutroom.kit.errors import Conflict, Invalid
from cutroom.kit.log import configure
from cutroom.kit.page import Cursors
from cutroom.media import ffmpeg, sandbox
from cutroom.tasks import TaskLimits, TaskService
from cutroom.templates import TemplateService
from cutroom.webhooks import Deliverer, DelivererSettings
from cutroom.webhooks import Retention as WebhookRetention

log = structlog.get_logger()
OPEN_FILES = 65_536
"""Connections and files that an API wants to have open at once, where the system lets it."""


async def api(*, data: Path | None, host: str | None, port: int | None) -> None:
    """Serve the API until a signal comes; open streams are told to end first."""
    settings = start(load(data=data, host=host, port=port), "cutroom-api")
    _open_many_files()
    stop = stop_event()
    async with container(settings, name="cutroom-api") as parts, asyncio.TaskGroup() as group:
        listening = group.create_task(parts.listen())
        redis = None if settings.redis_url is None else settings.redis_url.get_secret_value()
        counters = MemoryCounters() if redis is None else RedisCounters(redis)
        cache = MemoryCache() if redis is None else RedisCache(redis)
        services = _api_services(parts, stop, (await engine.hardware()).summary, counters, cache)
        server = _Server(server_config(door.make_app(services), host=settings.host, port=settings.port))
        serving = group.create_task(server.serve())
        log.info("api.listening", url=settings.base_url)
        heap.settle()
        async with agents_served(parts, stop):
            await _first(serving, group.create_task(stop.wait()))
        stop.set()
        server.should_exit = True
        await serving
        await counters.close()
        await cache.close()
        listening.cancel()


async def worker(*, data: Path | None) -> None:
    """Run jobs until a signal comes; running jobs get their grace."""
    settings = start(load(data=data), "cutroom-worker", works=True)
    stop = stop_event()
    async with (
        container(settings, name="cutroom-worker") as parts,
        working(parts) as worker,
        asyncio.TaskGroup() as group,
        _numbers_served(parts),
    ):
        listening = group.create_task(parts.listen())
        keeping = group.create_task(scheduler(parts).run())
        delivering = group.create_task(make_deliverer(parts).run(stop))
        await worker.run(stop)
        keeping.cancel()
        await delivering
        listening.cancel()


async def migrate(*, or_newer: bool = False) -> None:
    """Bring the database up to this version; with `or_newer`, one that a newer version has changed is left as it is.

    Versions go back as they came, a process at a time: what is there runs on the tables of the version after it.
    """
    try:
        await upgrade(_database_url(load()))
    except Conflict as error:
        if error.code != "database_newer" or not or_newer:
            raise
        out.print("A newer version has changed the database; this one runs on it.")
        return
    out.print("The database is up to date.")


@contextlib.asynccontextmanager
async def _numbers_served(parts: Container) -> AsyncIterator[None]:
    """Tell what a worker has counted, on a port of its own if one is set; an API does so among all else."""
    settings = parts.settings
    if settings.metrics_port is None:
        yield
        return
    shown = make_worker_app(parts.database, parts.accounts, settings.blocked_networks)
    server = _Server(server_config(shown, host=settings.host, port=settings.metrics_port))
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        yield
        server.should_exit = True


def make_deliverer(parts: Container) -> Deliverer:
    """What sends webhooks; each worker has one."""
    return Deliverer(
        parts.database, parts.listener, parts.webhooks, DelivererSettings(slots=parts.settings.webhook_slots)
    )


def scheduler(parts: Container) -> Scheduler:
    """The maintenance that all workers share: each task runs in one of them at a time."""
    scheduler = Scheduler(parts.database)
    JobRetention(parts.database, log_days=parts.quotas.log_days).schedule(scheduler)
    WebhookRetention(parts.database, days=parts.webhooks.settings.replay_days).schedule(scheduler)
    assets = AssetRetention(parts.database, parts.store, cache=parts.cache, settings=parts.asset_settings)
    for name, seconds, sweep in (
        ("fleet.codes", 86_400.0, partial(_forget_agents, parts)),
        ("quotas.charges", 86_400.0, partial(_forget_usage, parts)),
        ("assets.received", 60.0, parts.assets.resumable.finish_received),
        ("assets.uploads", 600.0, assets.sweep_uploads),
        ("assets.deleted", 60.0, assets.sweep_assets),
        ("assets.unsettled", 600.0, lambda: assets.sweep_unsettled(parts.jobs.over)),
        ("assets.artifacts", 60.0, assets.sweep_artifacts),
        ("assets.blobs", 600.0, assets.sweep_blobs),
        ("assets.strays", 3600.0, assets.sweep_strays),
    ):
        scheduler.every(name, seconds, _counted(name, sweep))
    return scheduler


async def _forget_agents(parts: Container) -> int:
    async with parts.database.begin() as session:
        return await parts.fleet.sweep(session)


async def _forget_usage(parts: Container) -> int:
    async with parts.database.begin() as session:
        return await parts.quotas.forget(session)


def _counted(name: str, sweep: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        if gone := await sweep():
            log.info("maintenance.removed", task=name, count=gone)

    return run


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop for many connections, where it exists; None is asyncio's own."""
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 — does not exist everywhere

    return uvloop.new_event_loop


def stop_event() -> asyncio.Event:
    """An event that SIGINT, SIGTERM and SIGHUP set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


class _Server(uvicorn.Server):
    """Uvicorn, with signals left to the program that runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _api_services(
    parts: Container, stopping: asyncio.Event, hardware: str, counters: Counters, cache: Cache
) -> ApiServices:
    settings = parts.settings
    return ApiServices(
        database=parts.database,
        accounts=parts.accounts,
        identity=parts.identity,
        quotas=parts.quotas,
        jobs=parts.jobs,
        followers=Followers(parts.database, parts.listener, broadcast=parts.broadcast),
        assets=parts.assets,
        local_store=parts.store if isinstance(parts.store, LocalStore) else None,
        check_url=parts.fetcher.check,
        webhooks=parts.webhooks,
        speech_models=settings.speech_names(settings.data / "models"),
        limits=settings.limits(fonts=engine.families()),
        cursors=Cursors(settings.signing_secret()),
        templates=TemplateService(max_templates=settings.max_templates),
        fleet=parts.fleet,
        tasks=TaskService(TaskLimits(repositories=settings.max_repositories, rework_first=settings.rework_first)),
        productions=parts.productions,
        library=settings.library(),
        models=settings.models(),
        settings=ApiSettings(
            max_body_bytes=settings.max_body_bytes,
            max_rows=settings.max_rows,
            max_rows_bytes=settings.max_rows_bytes,
            rates=RateSettings(
                address=settings.rate_address,
                auth=settings.rate_auth,
                reads=settings.rate_reads,
                writes=settings.rate_writes,
                failures=settings.rate_failures,
            ),
            trusted_proxies=settings.trusted_proxies,
            allowed_hosts=settings.hosts(),
            cors_origins=settings.cors_origins,
            only_https=settings.only_https,
            open_description=not settings.exposed,
            open_health=not settings.exposed,
            features=Features(url_imports=settings.url_imports),
            blocked_networks=tuple(settings.blocked_networks),
            pages=_pages(settings),
        ),
        versions={
            "cutroom": __version__,
            "python": platform.python_version(),
            "ffmpeg": ffmpeg.find().version_text,
        },
        sandbox_level=sandbox.current().level,
        sandbox_failed=sandbox.current().names,
        min_sandbox_level=settings.min_sandbox_level,
        hardware=hardware,
        stopping=stopping,
        counters=counters,
        cache=cache,
        mailer=make_mailer(settings),
    )


def _pages(settings: Settings) -> Pages:
    own = {"join": settings.join_url, "reset": settings.reset_url, "confirm": settings.confirm_url}
    return Pages(
        join=settings.page("join"),
        reset=settings.page("reset"),
        confirm=settings.page("confirm"),
        ours=frozenset(name for name, url in own.items() if url is None),
    )


def _open_many_files() -> None:
    """Every connection is an open file, and the usual limit of 1,024 is fewer than followers may come."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def start(settings: Settings, name: str, *, works: bool = False) -> Settings:
    """Set the log and the tracing up; every program that serves begins here."""
    json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stdout.isatty())
    configure(json=json, level=settings.log_level)
    if (collector := settings.collector()) is not None:
        endpoint, headers = collector
        tracing.start(service=name, endpoint=endpoint, headers=headers, version=__version__)
    # A worker tries its sandbox at every start, and refuses to work in one that is too low; an API tells of it.
    chosen = use_tools(settings, settings.data / "machine", fresh=works, least=None if works else 0)
    log.info("sandbox.chosen", level=chosen.level, failed=dict(chosen.failed))
    return settings


def _database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise Invalid("no_database", "Set DATABASE_URL to the Postgres to bring up to date.")
    return settings.database_url


async def _first(*tasks: asyncio.Task[object]) -> None:
    """Wait until one of the tasks ends; the others are left alone."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
