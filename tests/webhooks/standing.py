"""What the tests of deliveries stand on: a service over a database, deliverers inside the process, jobs that end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api import describe_job
from cutroom.assets import AssetService, LocalStore
from cutroom.db import Database, Listener
from cutroom.jobs import Job, JobService, Status, Submission
from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.signing import Signer
from cutroom.kit.vault import Vault
from cutroom.media.guard import GuardedNetwork, canonical_allow
from cutroom.webhooks import (
    Deliverer,
    DelivererSettings,
    DeliveryRecord,
    NewEndpoint,
    Sender,
    WebhookService,
    WebhookSettings,
)
from tests.jobs.flows import A, registry
from tests.jobs.rig import Rig

SECRET = b"a secret of the tests, long enough"


def sender_to(*ports: int, clock: Clock | None = None, deadline_s: float = 20.0) -> Sender:
    """A sender that may speak to these ports of this machine."""
    allow = frozenset(("127.0.0.1", port) for port in ports)
    return Sender(network=GuardedNetwork(canonical_allow(allow)), clock=clock, deadline_s=deadline_s)


@dataclass
class Stand:
    """A webhook service, and jobs whose ends it tells."""

    database: Database
    folder: Path
    ports: list[int]
    clock: Clock = field(default_factory=SystemClock)
    settings: WebhookSettings = field(default_factory=WebhookSettings)
    deadline_s: float = 20.0

    def __post_init__(self) -> None:
        store = LocalStore(self.folder / "store", Signer(SECRET, "files"), "http://127.0.0.1")
        self.service = WebhookService(
            Vault(SECRET, "webhooks"),
            sender_to(*self.ports, clock=self.clock, deadline_s=self.deadline_s),
            describe_job(AssetService(self.database, store)),
            settings=self.settings,
            clock=self.clock,
        )
        known = registry()
        jobs = JobService(known, on_end=self.service.announcer.on_end)
        self.rig = Rig(self.database, known, jobs, self.folder, self.service.announcer.on_end)

    async def endpoint(self, url: str, workspace: str = A, **more: Any) -> NewEndpoint:
        async with self.database.begin() as session:
            return await self.service.endpoints.create(session, workspace, url=url, **more)

    async def job(self, workspace: str = A) -> Job:
        """A job that has not ended."""
        async with self.database.begin() as session:
            submission = Submission("echo", {"value": 1}, max_attempts=1)
            made = (await self.rig.jobs.submit(session, workspace, submission)).job
            # Deduplication by content is not wanted here.
            await session.execute(text("UPDATE jobs SET dedupe_key = NULL WHERE id = :id"), {"id": made.id})
            return made

    async def end(self, job: Job) -> Job:
        """Cancel a job: the shortest way to an end."""
        return await self.rig.cancel(job.id, job.workspace_id)

    async def event(self, workspace: str = A) -> Job:
        """A job that was made and ended."""
        return await self.end(await self.job(workspace))

    async def records(self, workspace: str = A, **where: Any) -> list[DeliveryRecord]:
        """Every delivery of the workspace, oldest first."""
        rows = await self.sql("SELECT id FROM webhook_deliveries WHERE workspace_id = :w ORDER BY id", w=workspace)
        async with self.database.begin() as session:
            return [await self.service.deliveries.get(session, workspace, row[0]) for row in rows]

    async def statuses(self, workspace: str = A) -> list[str]:
        return [record.delivery.status.value for record in await self.records(workspace)]

    async def until(self, status: str, count: int, within_s: float = 90.0) -> None:
        """Wait until so many deliveries of all workspaces have this status."""
        async with asyncio.timeout(within_s):
            query = "SELECT count(*) FROM webhook_deliveries WHERE status = :status"
            while (await self.sql(query, status=status))[0][0] < count:
                await asyncio.sleep(0.02)

    async def sql(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.database.begin() as session:
            found = await (await session.connection()).execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    @contextlib.asynccontextmanager
    async def delivering(self, **settings: Any) -> AsyncIterator[Deliverer]:
        """A deliverer, until the end of the block."""
        listener = Listener(self.database.url)
        chosen = DelivererSettings(**{"poll_s": 0.05, "drain_s": 5.0, **settings})
        made, stop = Deliverer(self.database, listener, self.service, chosen), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            heard = group.create_task(listener.run())
            ran = group.create_task(made.run(stop))
            try:
                yield made
            finally:
                stop.set()
                await asyncio.wait({ran})
                heard.cancel()


async def describe_plainly(session: AsyncSession, job: Job) -> Mapping[str, Any]:
    return {"id": job.id, "status": Status(job.status).value}
