"""Cutroom on several machines, all of which are this one: its programs started apart, against one database and store.

Benchmarks and soaks share it. What each program says lies in `NAME.log` in the fleet's folder.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx2
from sqlalchemy import text

from cutroom.accounts import AccountService
from cutroom.app.migrate import upgrade
from cutroom.app.stack import free_port
from cutroom.db import Database, EmbeddedPostgres, make_engine
from cutroom.kit import process

ROOT = Path(__file__).parents[1]
READY_S = 90.0
PATIENCE_S = 600.0
ENDED = frozenset({"succeeded", "failed", "cancelled"})
SECRET = "a secret that all programs of a fleet share"  # noqa: S105 — guards nothing


@dataclass
class Customer:
    """A workspace, and a client of one API for it."""

    workspace_id: str
    http: httpx2.AsyncClient

    async def upload(self, path: Path, content_type: str) -> str:
        """Make a file an asset, as anybody would; `asset:ID`."""
        size = path.stat().st_size
        wanted = {"name": path.name, "contentType": content_type, "sizeBytes": size}
        upload = said(await self.http.post("/api/v1/uploads", json=wanted), 201)
        link = upload["put"]
        async with httpx2.AsyncClient(trust_env=False, timeout=120) as nobody:
            sent = await nobody.request(
                link["method"], link["url"], headers=link["headers"], content=await asyncio.to_thread(path.read_bytes)
            )
        assert sent.is_success, sent.text
        asset = said(await self.http.post(f"/api/v1/uploads/{upload['id']}/complete"), 200)
        return f"asset:{asset['id']}"

    async def submit(self, document: Mapping[str, Any], path: str = "/api/v1/render") -> str:
        """The id of an accepted job."""
        return str(said(await self.http.post(path, json=document), 202)["id"])

    async def job(self, job_id: str) -> dict[str, Any]:
        """A job as it is now."""
        found: dict[str, Any] = said(await self.http.get(f"/api/v1/jobs/{job_id}"), 200)
        return found

    async def ended(self, job_id: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """A job once it has ended."""
        async with asyncio.timeout(within_s):
            while (job := await self.job(job_id))["status"] not in ENDED:
                await asyncio.sleep(0.1)
        return job

    async def fetch(self, job: Mapping[str, Any], kind: str, into: Path) -> Path:
        """The artifact of this kind, as a file."""
        (artifact,) = [one for one in job["artifacts"] if one["kind"] == kind]
        async with httpx2.AsyncClient(trust_env=False, timeout=120) as nobody:
            answer = await nobody.get(artifact["url"])
        assert answer.is_success, answer.text
        into.write_bytes(answer.content)
        return into


@dataclass
class Fleet:
    """A database, a folder, and the programs that were started.

    Args:
        folder: of its own.
        postgres: the server.
        database: what looks at it from outside.
        variables: what every program is told.
    """

    folder: Path
    postgres: EmbeddedPostgres
    database: Database
    variables: dict[str, str]
    stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    programs: dict[str, process.Child] = field(default_factory=dict)

    async def start(self, program: str, name: str, before: Sequence[str] = (), **variables: str) -> process.Child:
        """Start `cutroom PROGRAM`; told to stop, and then killed, when the fleet ends.

        Args:
            program: `api` or `worker`.
            name: of its log.
            before: what comes before it on its command line: `taskset -c 0`.
            variables: what it is told beside the fleet's.
        """
        argv = [*before, sys.executable, "-m", "cutroom.app", program]
        given = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.variables, **variables}
        with (self.folder / f"{name}.log").open("ab") as log:
            child = await process.start(argv, cwd=ROOT, env=given, stdout=log)
        self.programs[name] = child
        self.stack.push_async_callback(child.terminate, 20, signal.SIGTERM)
        return child

    async def api(self, name: str = "api", host: str = "127.0.0.1", **variables: str) -> str:
        """Start an API and wait until it is ready; its address."""
        port = free_port(host)
        url = f"http://{host}:{port}"
        child = await self.start(
            "api", name, CUTROOM_HOST=host, CUTROOM_PORT=str(port), **{"CUTROOM_PUBLIC_URL": url, **variables}
        )
        await ready(url, child)
        return url

    async def customer(self, url: str, name: str = "customer") -> Customer:
        """A new workspace with a key that may do everything."""
        accounts = AccountService()
        async with self.database.begin() as session:
            workspace = await accounts.create_workspace(session, name)
            key = (await accounts.create_api_key(session, workspace.id, name)).plaintext
        return Customer(workspace.id, await self.client(url, key))

    async def client(self, url: str, key: str) -> httpx2.AsyncClient:
        """A client of this key."""
        http = httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60)
        return await self.stack.enter_async_context(http)

    async def sql(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        async with self.database.begin() as session:
            found = await (await session.connection()).execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def log(self, name: str) -> str:
        """What a program has said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stack.aclose()


@contextlib.asynccontextmanager
async def fleet(
    folder: Path | None = None, *, postgres: Mapping[str, str] | None = None, **variables: str
) -> AsyncIterator[Fleet]:
    """A database with every table, durable as in production, and no program yet; all is gone afterwards.

    Args:
        folder: where it lies; one of its own when None.
        postgres: settings of the server.
        variables: what every program is told.
    """
    with tempfile.TemporaryDirectory(prefix="cutroom-fleet-") as own:
        folder = folder or Path(own)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        server = EmbeddedPostgres(folder / "postgres", settings=dict(postgres or {}))
        try:
            url = await server.start()
            await upgrade(url)
            database = Database(make_engine(url, name="fleet"))
            told = {
                "DATABASE_URL": url,
                "CUTROOM_DATA": str(folder / "data"),
                "CUTROOM_SECRET": SECRET,
                "CUTROOM_LOG_FORMAT": "json",
            }
            async with Fleet(folder, server, database, {**told, **variables}) as made:
                yield made
            await database.close()
        finally:
            await server.stop()


async def ready(url: str, child: process.Child) -> None:
    """Wait until an API answers."""
    async with asyncio.timeout(READY_S), httpx2.AsyncClient(trust_env=False, timeout=2) as http:
        while True:
            assert child.returncode is None, "the API has ended"
            with contextlib.suppress(httpx2.HTTPError):
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


def said(answer: httpx2.Response, status: int) -> Any:
    """The body of an answer that must have this status."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
    return json.loads(answer.content)
