import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import AccountService, IdentityService, IdentitySettings, PasswordSettings
from cutroom.accounts.quotas import QuotaService
from cutroom.api import ApiServices, ApiSettings, describe_job, make_app
from cutroom.api.connections import ConnectionLimits, server_config
from cutroom.app.container import file_limits, forget_shown, in_turn, settle_usage
from cutroom.assets import AssetService, LocalStore
from cutroom.db import Database, Listener
from cutroom.jobs import Followers, Job, JobService, Registry, Worker, WorkerSettings
from cutroom.kit.cache import Cache, MemoryCache
from cutroom.kit.counters import Counters, MemoryCounters
from cutroom.kit.mail import Mailer
from cutroom.kit.page import Cursors
from cutroom.kit.signing import Signer
from cutroom.kit.vault import Vault
from cutroom.llm import Models
from cutroom.media.fetch import Fetcher
from cutroom.patterns import Library, with_shipped
from cutroom.productions import ProductionService
from cutroom.webhooks import Sender, WebhookService
from tests.api.world import World, cancelled, registry

TLS = ssl.create_default_context()  # nothing here speaks TLS, and making one for each client takes 50 ms
SECRET = b"a secret of the tests, long enough"
_OPERATORS = text(
    "UPDATE workspaces SET is_default = true WHERE id = :id AND NOT EXISTS (SELECT FROM workspaces WHERE is_default)"
)
QUICK = IdentitySettings(registration="open", passwords=PasswordSettings(memory_kib=64, passes=1, lanes=1, waiting=99))


@asynccontextmanager
async def serving(
    database: Database,
    folder: Path,
    settings: ApiSettings,
    *,
    connections: ConnectionLimits | None = None,
    counters: Counters | None = None,
    cache: Cache | None = None,
    identity: IdentitySettings | None = None,
    mailer: Mailer | None = None,
    quotas: QuotaService | None = None,
    models: Models | None = None,
    workflows: Registry | None = None,
    library: Library | None = None,
) -> AsyncIterator[World]:
    """A world over this database, behind a real server on a free port."""
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol: 45 ms per answer otherwise.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        listener = Listener(database.url, name="tests-listener")
        store = LocalStore(folder / "store", Signer(SECRET, "files"), url)
        quotas = quotas or QuotaService()
        assets = AssetService(database, store, limits_of=file_limits(quotas, 5 << 30, ProductionService()))
        webhooks = WebhookService(Vault(SECRET, "webhooks"), Sender(), describe_job(assets))
        services = ApiServices(
            database=database,
            accounts=AccountService(),
            identity=IdentityService(database, SECRET, identity or QUICK),
            jobs=JobService(
                workflows or registry(models),
                on_end=in_turn(settle_usage(quotas), webhooks.announcer.on_end),
                meter=quotas,
            ),
            quotas=quotas,
            followers=Followers(database, listener),
            assets=assets,
            local_store=store,
            check_url=Fetcher().check,
            webhooks=webhooks,
            cursors=Cursors(SECRET),
            settings=settings,
            counters=counters or MemoryCounters(),
            cache=cache or MemoryCache(),
            mailer=mailer,
            models=models or Models(),
            library=library or with_shipped(),
        )
        async with database.begin() as session:
            mine = await services.accounts.create_workspace(session, "mine")
            await session.execute(_OPERATORS, {"id": mine.id})
            theirs = await services.accounts.create_workspace(session, "theirs")
            my_key = await services.accounts.create_api_key(session, mine.id, "tests")
            their_key = await services.accounts.create_api_key(session, theirs.id, "tests")
        server = uvicorn.Server(server_config(make_app(services), limits=connections))
        tasks = [asyncio.create_task(server.serve(sockets=[listening])), asyncio.create_task(listener.run())]
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            async with (
                _client(url, my_key.plaintext) as first,
                _client(url, their_key.plaintext) as second,
                _client(url, None) as third,
            ):
                yield World(url, services, listener, mine.id, my_key.plaintext, first, second, third)
        finally:
            services.stopping.set()
            server.should_exit = True
            await tasks[0]
            await cancelled(tasks[1])
            await store.close()


def _client(url: str, key: str | None) -> httpx2.AsyncClient:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=60, verify=TLS)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with serving(database, tmp_path, ApiSettings()) as made:
        yield made


@pytest.fixture
async def slow_world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A world with little patience."""
    settings = ApiSettings(
        body_deadline_s=0.3, keep_alive_s=0.1, send_deadline_s=0.5, auth_deadline_s=0.3, max_streams=2
    )
    async with serving(database, tmp_path, settings) as made:
        yield made


@asynccontextmanager
async def worker(
    world: World, folder: Path, fetcher: Fetcher | None = None, workflows: Registry | None = None
) -> AsyncIterator[None]:
    """A worker for this world, in the same process."""
    assets = world.services.assets

    async def keep_results(session: AsyncSession, job: Job) -> None:
        output: Any = job.output or {}
        await assets.settle(session, job.id, job.workspace_id, keep=output.get("artifacts", []))
        await settle_usage(world.services.quotas)(session, job)
        await forget_shown(session, job)
        await world.services.webhooks.announcer.on_end(session, job)

    made = Worker(
        world.services.database,
        world.listener,
        workflows or registry(world.services.models),
        files_for=assets.files_for(fetcher or Fetcher()),
        scratch_root=folder / "scratch",
        settings=WorkerSettings(slots=4, lease_s=5, poll_s=0.2, drain_s=0.1),
        on_end=keep_results,
        productions_for=ProductionService().for_jobs(world.services.database),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


@pytest.fixture
async def working(world: World, tmp_path: Path) -> AsyncIterator[World]:
    """A world with a worker in it."""
    async with worker(world, tmp_path):
        yield world
