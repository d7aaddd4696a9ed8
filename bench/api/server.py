"""The two servers of the overhead benchmark, each started in a process of its own: WHICH URL PORT.

`ours` is the whole application. `bare` is FastAPI over an asyncpg pool: a route that does the same single query, and
one that does the same single insert, with nothing around them. Both run in the same server program, set up alike.
"""

import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI, Response

from cutroom import timeline
from cutroom.accounts import AccountService, IdentityService
from cutroom.api import ApiServices, ApiSettings, describe_job, make_app
from cutroom.api.connections import server_config
from cutroom.api.rate_limits import RateSettings
from cutroom.assets import AssetService, LocalStore
from cutroom.db import Database, Listener, make_engine
from cutroom.jobs import Followers, JobService
from cutroom.kit import heap, log
from cutroom.kit.budget import Budget
from cutroom.kit.ids import new_id
from cutroom.kit.page import Cursors
from cutroom.kit.signing import Signer
from cutroom.kit.vault import Vault
from cutroom.media.fetch import Fetcher
from cutroom.patterns import Library, with_shipped
from cutroom.webhooks import Sender, WebhookService
from cutroom.workflows import registry

PLENTY = Budget(10**9, 60)
SECRET = b"a secret of the benchmark, long enough"
_SELECT = "SELECT * FROM jobs WHERE id = $1 AND workspace_id = $2"
_INSERT = """
INSERT INTO jobs (id, workspace_id, type, status, priority, root_id, input, max_attempts, event_seq, queued_at)
VALUES ($1, $2, 'render', 'queued', 0, $1, $3, 3, 1, now()) RETURNING *
"""


def bare(pool: "asyncpg.Pool[Any]", workspace_id: str) -> FastAPI:
    """The reference."""
    app = FastAPI(openapi_url=None)

    @app.get("/jobs/{job_id}")
    async def get_job(job_id: str) -> dict[str, Any]:
        row = await pool.fetchrow(_SELECT, job_id, workspace_id)
        assert row is not None
        return _shown(row)

    @app.post("/render", status_code=202)
    async def create(document: dict[str, Any], response: Response) -> dict[str, Any]:
        job_id = new_id("job")
        row = await pool.fetchrow(_INSERT, job_id, workspace_id, json.dumps(document))
        assert row is not None
        response.headers["Location"] = f"/jobs/{job_id}"
        return _shown(row)

    return app


def _shown(row: "asyncpg.Record") -> dict[str, Any]:
    return {**row, "input": json.loads(row["input"])}


def ours(database: Database, listener: Listener, folder: Path, library: Library) -> FastAPI:
    """The application as `cutroom api` serves it in development."""
    store = LocalStore(folder, Signer(SECRET, "files"), "http://127.0.0.1")
    assets = AssetService(database, store)
    webhooks = WebhookService(Vault(SECRET, "webhooks"), Sender(), describe_job(assets))
    return make_app(
        ApiServices(
            database=database,
            accounts=AccountService(),
            identity=IdentityService(database, SECRET),
            jobs=JobService(registry(timeline.Limits()), on_end=webhooks.announcer.on_end),
            followers=Followers(database, listener),
            assets=assets,
            local_store=store,
            check_url=Fetcher().check,
            webhooks=webhooks,
            cursors=Cursors(SECRET),
            library=library,
            settings=ApiSettings(
                rates=RateSettings(address=PLENTY, reads=PLENTY, writes=PLENTY),
                max_streams=5_000,
                open_description=True,
            ),
        )
    )


async def main(which: str, url: str, port: int, workspace_id: str, *folders: str) -> None:
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as lines:
        log.configure(json=True, level="info", stream=lines)
        async with asyncpg.create_pool(url, min_size=10, max_size=10) as pool:
            database, listener = Database(make_engine(url, name="bench")), Listener(url)
            app = (
                bare(pool, workspace_id)
                if which == "bare"
                else ours(database, listener, Path(folder), with_shipped([Path(one) for one in folders]))
            )
            server = uvicorn.Server(server_config(app, host="127.0.0.1", port=port))
            heap.settle()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, setattr, server, "should_exit", True)
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(listener.run())
                await server._serve()  # noqa: SLF001 — without uvicorn's own handling of signals
                listening.cancel()
            await database.close()


def run() -> None:
    which, url, port, *more = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(which, url, int(port), *more))
