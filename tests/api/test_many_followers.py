"""Many followers of one job, some of which never read; streams that outlive what opened them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect

from cutroom.api import ApiSettings, streams
from cutroom.db import Database, notify
from tests.api.conftest import serving
from tests.api.test_streams import address, keyed, rest
from tests.api.world import World

READERS, SILENT, EVENTS = 60, 6, 80
_EVENT = text("""
WITH changed AS (UPDATE jobs SET event_seq = event_seq + 1 WHERE id = :id RETURNING event_seq)
INSERT INTO job_events (job_id, seq, at, kind, data)
SELECT :id, event_seq, clock_timestamp(), 'log', CAST(:data AS jsonb) FROM changed
""")


async def write(world: World, job_id: str, number: int) -> None:
    data = {"level": "info", "message": f"{number} " + "x" * 16_000}
    async with world.services.database.begin() as session:
        await session.execute(_EVENT, {"id": job_id, "data": json.dumps(data)})
        await notify(session, "cutroom_events", job_id)


async def all_of(socket: ClientConnection) -> list[int]:
    seen: list[int] = []
    while not seen or seen[-1] < EVENTS + 1:
        message: Any = json.loads(await socket.recv())
        seen.append(message["seq"])
    return seen


@pytest.mark.threat("A80", "F18")
async def test_followers_that_never_read_are_closed_and_the_others_see_everything(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = streams._close
    closed: list[int] = []

    async def noted(websocket: WebSocket, code: int, reason: str) -> None:
        await close(websocket, code, reason)
        closed.append(code)

    monkeypatch.setattr(streams, "_close", noted)
    monkeypatch.setattr(streams, "CLOSE_WITHIN_S", 1.0)
    settings = ApiSettings(send_deadline_s=4.0)
    async with serving(database, tmp_path, settings) as world, asyncio.timeout(100):
        job = await world.submit("hang")
        target = address(world, job["id"])
        silent = [
            await connect(target, additional_headers=keyed(world), compression=None, max_queue=1, ping_interval=None)
            for _ in range(SILENT)
        ]
        readers = [await connect(target, additional_headers=keyed(world)) for _ in range(READERS)]
        reading = [asyncio.create_task(all_of(socket)) for socket in readers]
        for number in range(EVENTS):
            await write(world, job["id"], number)
        for task in reading:
            assert await task == list(range(1, EVENTS + 2))
        while len(closed) < SILENT:  # or the server has waited in vain for room to say goodbye
            await asyncio.sleep(0.05)
        for socket in silent:
            messages, code = await rest(socket)
            assert code == 1013
            assert len(messages) < EVENTS
            await socket.close()
        for socket in readers:
            await socket.close()


@pytest.mark.threat("A79")
async def test_a_stream_ends_when_its_key_is_taken_back(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path, ApiSettings(recheck_s=0.2)) as world:
        job = await world.submit("hang")
        live = {"Accept": "text/event-stream"}
        async with (
            connect(address(world, job["id"]), additional_headers=keyed(world)) as socket,
            world.mine.stream("GET", f"/api/v1/jobs/{job['id']}/events", headers=live) as answer,
        ):
            await socket.recv()
            async with database.begin() as session:
                await session.execute(text("DELETE FROM api_keys WHERE workspace_id = :id"), {"id": world.workspace_id})
            assert await rest(socket) == ([], 4401)
            async with asyncio.timeout(60):
                await answer.aread()


@pytest.mark.threat("A79")
async def test_a_stream_ends_when_its_proof_does(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path, ApiSettings()) as world:
        job = await world.submit("hang")
        for life_s in (2, 20):  # the second if the first is over before the stream has begun
            async with database.begin() as session:
                soon = text(
                    "UPDATE api_keys SET expires_at = now() + make_interval(secs => :s) WHERE workspace_id = :id"
                )
                await session.execute(soon, {"id": world.workspace_id, "s": life_s})
            async with connect(address(world, job["id"]), additional_headers=keyed(world)) as socket:
                messages, code = await rest(socket)
            assert code == 4401
            if messages:
                break
        assert len(messages) == 1
