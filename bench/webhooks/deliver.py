"""How fast webhooks leave: `python -m bench.webhooks.deliver [EVENTS]`.

Beside it stands a bare loop of httpx2 posts, one after the other and eight at once, with the same signing to the same
receiver, and no database at all. Then: what five dead endpoints of another workspace do to a healthy one, and what
becomes of events while a receiver is down.
"""

import asyncio
import contextlib
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession

import cutroom.webhooks.rows
from bench.jobs.stand import ROOT, sql, stand, table, until
from cutroom.db import Base, Database, Listener
from cutroom.jobs import Job
from cutroom.kit import process
from cutroom.kit.vault import Vault
from cutroom.webhooks import Deliverer, DelivererSettings, Sender, WebhookService, catalogue, signing

BODY = catalogue.example("job.succeeded", datetime.now(UTC))
DONE = "SELECT NOT EXISTS (SELECT FROM webhook_deliveries WHERE status = 'pending' AND workspace_id = 'b')"


async def describe(session: AsyncSession, job: Job) -> Mapping[str, Any]:
    return {"id": job.id}


@contextlib.asynccontextmanager
async def receiver(folder: Path, kind: str) -> AsyncIterator[str]:
    """The URL of a receiver."""
    ready = folder / f"{kind}.{time.monotonic_ns()}"
    argv = [sys.executable, "-m", "bench.webhooks.receiver", str(ready), kind]
    child = await process.start(argv, cwd=ROOT, env={"PATH": os.environ["PATH"]})
    try:
        while not ready.exists() or not ready.read_text():
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{ready.read_text()}/hook"
    finally:
        await child.terminate(grace_s=5, first=signal.SIGTERM)


def service_for(*urls: str, deadline_s: float = 15.0) -> WebhookService:
    allow = frozenset(("127.0.0.1", httpx2.URL(url).port or 80) for url in urls)
    return WebhookService(Vault(b"a secret of the bench", "webhooks"), Sender(allow, deadline_s=deadline_s), describe)


@contextlib.asynccontextmanager
async def delivering(database: Database, service: WebhookService, **settings: Any) -> AsyncIterator[None]:
    listener, stop = Listener(database.url), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(listener.run())
        ran = group.create_task(Deliverer(database, listener, service, DelivererSettings(**settings)).run(stop))
        await listener.connected.wait()
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait({ran})
            heard.cancel()


async def endpoint(database: Database, service: WebhookService, url: str, workspace: str = "b") -> str:
    async with database.begin() as session:
        return (await service.endpoints.create(session, workspace, url=url)).endpoint.id


async def fill(database: Database, workspace: str, endpoint_id: str, count: int) -> None:
    """Events and their deliveries, as the announcer would have written them, at once."""
    await sql(
        database,
        """
        WITH event AS (
          INSERT INTO webhook_events (id, workspace_id, type, body, created_at)
          SELECT :endpoint || lpad(n::text, 9, '0'), :workspace, 'job.succeeded', :body, clock_timestamp()
          FROM generate_series(1, :count) AS n RETURNING id, created_at
        )
        INSERT INTO webhook_deliveries (id, workspace_id, event_id, event_type, endpoint_id, target, next_at,
                                        created_at)
        SELECT id, :workspace, id, 'job.succeeded', :endpoint, :endpoint, created_at, created_at FROM event
        """,
        workspace=workspace,
        endpoint=endpoint_id,
        body=BODY,
        count=count,
    )


async def bare(url: str, count: int, at_once: int) -> float:
    """Posts a second of a loop that signs and posts, and does nothing else."""
    key = signing.new_secret()
    async with httpx2.AsyncClient(trust_env=False) as client:

        async def some() -> None:
            for number in range(count // at_once):
                headers = signing.headers(f"evt_{number}", datetime.now(UTC), BODY, [key])
                answer = await client.post(url, content=BODY, headers={"Content-Type": "application/json", **headers})
                assert answer.status_code == 200

        began = time.perf_counter()
        await asyncio.gather(*(some() for _ in range(at_once)))
        return count / (time.perf_counter() - began)


async def ours(database: Database, service: WebhookService, urls: list[str], count: int) -> float:
    """Deliveries a second, from the queue to the record of the attempt."""
    ids = [await endpoint(database, service, url) for url in urls]
    for one in ids:
        await fill(database, "b", one, count // len(ids))
    began = time.perf_counter()
    async with delivering(database, service):
        await until(database, DONE)
        took = time.perf_counter() - began
    assert (await sql(database, "SELECT count(*) FROM webhook_attempts WHERE status_code = 200"))[0][0] == count
    await sql(database, "DELETE FROM webhook_events")
    await sql(database, "DELETE FROM webhook_endpoints")
    return count / took


async def waits(database: Database, service: WebhookService, count: int) -> list[float]:
    """Milliseconds from an event's commit to the end of its one attempt, for events that come 50 ms apart."""
    await sql(database, "DELETE FROM webhook_events WHERE workspace_id = 'b'")
    places = await sql(database, "SELECT id FROM webhook_endpoints WHERE workspace_id = 'b'")
    for _ in range(count):
        async with database.begin() as session:
            place = cutroom.webhooks.queue.Place(str(places[0][0]), None, str(places[0][0]))
            await service.announcer.write(session, "b", "job.succeeded", BODY, [place])
        await asyncio.sleep(0.05)
    await until(database, DONE)
    found = await sql(
        database,
        """
        SELECT 1000 * EXTRACT(EPOCH FROM a.at - d.created_at) + a.duration_ms
        FROM webhook_attempts AS a JOIN webhook_deliveries AS d ON d.id = a.delivery_id WHERE d.workspace_id = 'b'
        """,
    )
    return [float(str(row[0])) for row in found]


async def isolation(database: Database, folder: Path) -> None:
    rows: list[tuple[object, ...]] = []
    async with receiver(folder, "alive") as alive, receiver(folder, "dead") as dead:
        service = service_for(alive, dead, deadline_s=2.0)
        await endpoint(database, service, alive)
        async with delivering(database, service):
            for name in ("alone", "beside 5 dead endpoints with 1,000 events each"):
                if name != "alone":
                    for _ in range(5):
                        await fill(database, "a", await endpoint(database, service, dead, "a"), 1_000)
                    await asyncio.sleep(0.5)
                found = await waits(database, service, 100)
                p95 = statistics.quantiles(found, n=20)[18]
                rows.append((name, f"{statistics.median(found):.1f}", f"{p95:.1f}", f"{max(found):.1f}"))
    table("A healthy endpoint", ["", "median ms", "p95 ms", "worst ms"], rows)
    await sql(database, "DELETE FROM webhook_events")
    await sql(database, "DELETE FROM webhook_endpoints")


async def outage(database: Database, folder: Path, count: int) -> None:
    """Events come while nobody listens on the port; then somebody does."""
    async with receiver(folder, "alive") as url:
        pass
    port = httpx2.URL(url).port or 0
    service = service_for(url)
    one = await endpoint(database, service, url)
    await fill(database, "b", one, count)
    seen: dict[str, int] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        event = next(line.split(": ")[1] for line in head.split("\r\n") if line.startswith("webhook-id"))
        seen[event] = seen.get(event, 0) + 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with delivering(database, service):
        refused = "SELECT count(*) >= :count FROM webhook_attempts".replace(":count", str(count))
        await until(database, refused)
        began = time.perf_counter()
        server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
        await until(database, DONE)
        took = time.perf_counter() - began
        server.close()
    attempts = (await sql(database, "SELECT count(*) FROM webhook_attempts"))[0][0]
    heads = ["events", "arrived", "arrived twice", "attempts", "s from up to the last"]
    twice = sum(1 for times in seen.values() if times > 1)
    table("A receiver that was down, then up", heads, [(count, len(seen), twice, attempts, f"{took:.1f}")])


async def main(count: int) -> None:
    async with stand() as (database, folder):
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with receiver(folder, "alive") as url:
            service = service_for(url)
            one, eight = await bare(url, count // 4, 1), await bare(url, count, 8)
            rows = [("bare loop, one at a time", f"{one:.0f}", ""), ("bare loop, eight at a time", f"{eight:.0f}", "")]
            for endpoints in (1, 10):
                found = await ours(database, service, [url] * endpoints, count)
                rows.append((f"deliverer, {endpoints} endpoint(s)", f"{found:.0f}", f"{found / eight:.2f}"))
        table("Deliveries", ["", "per second", "to the bare loop of eight"], rows)
        await isolation(database, folder)
        await outage(database, folder, 200)
    print(json.dumps({"events": count}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
