"""Events as JSON and as server-sent events. Threat A80."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from tests.api.conftest import worker
from tests.api.world import World, error_of

LIVE = {"Accept": "text/event-stream"}


@dataclass(frozen=True)
class Event:
    id: str
    event: str
    data: Any


async def follow(
    client: httpx2.AsyncClient, job_id: str, headers: dict[str, str] | None = None, query: str = ""
) -> AsyncIterator[Event]:
    """The stream as a browser reads it."""
    path = f"/api/v1/jobs/{job_id}/events{query}"
    async with client.stream("GET", path, headers={**LIVE, **(headers or {})}) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-transform" in answer.headers["cache-control"]
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                yield Event(fields["id"], fields["event"], json.loads(fields["data"]))
                fields = {}


async def test_events_are_read_in_pages_from_any_point(working: World) -> None:
    job = await working.ended((await working.submit("talk 30"))["id"])
    path = f"/api/v1/jobs/{job['id']}/events"
    everything = (await working.mine.get(path, params={"limit": 100})).json()
    assert "nextCursor" not in everything
    events = everything["items"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["kind"] == "state"
    assert events[0]["data"]["status"] == "queued"
    assert events[-1]["data"]["status"] == "succeeded"
    assert [event["data"]["message"] for event in events if event["kind"] == "log"] == [f"line {n}" for n in range(30)]

    paged: list[Any] = []
    answer = await working.mine.get(path, params={"limit": 7})
    while True:
        paged += answer.json()["items"]
        if "nextCursor" not in answer.json():
            break
        assert answer.headers["link"].endswith('; rel="next"')
        answer = await working.mine.get(path, params={"limit": 7, "cursor": answer.json()["nextCursor"]})
    assert paged == events
    assert (await working.mine.get(path, params={"after": 5, "limit": 100})).json()["items"] == events[5:]
    assert (await working.mine.get(path, params={"after": 10**6})).json() == {"items": []}


@pytest.mark.threat("A48")
async def test_a_cursor_of_one_job_does_not_open_anothers_events(working: World) -> None:
    one, other = [(await working.submit(f"talk {number}"))["id"] for number in (5, 6)]
    await working.ended(one)
    cursor = (await working.mine.get(f"/api/v1/jobs/{one}/events?limit=1")).json()["nextCursor"]
    answer = await working.mine.get(f"/api/v1/jobs/{other}/events", params={"cursor": cursor})
    error_of(answer, 422, "bad_cursor")


async def test_a_stream_brings_every_event_once_and_ends_with_the_job(world: World, tmp_path: Any) -> None:
    job = await world.submit("talk 50")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(collect(follow(world.mine, job["id"]))) for _ in range(3)]
        await asyncio.sleep(0.2)
        async with worker(world, tmp_path):
            await asyncio.wait(tasks)
    for task in tasks:
        events = task.result()
        assert [event.data["seq"] for event in events] == list(range(1, len(events) + 1))
        assert all(event.id == str(event.data["seq"]) and event.event == event.data["kind"] for event in events)
        assert sum(event.event == "log" for event in events) == 50
        assert events[-1].data["data"]["status"] == "succeeded"


async def collect(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


async def test_a_follower_that_was_cut_off_goes_on_where_it_was(working: World) -> None:
    job = await working.ended((await working.submit("talk 20"))["id"])
    everything = await collect(follow(working.mine, job["id"]))
    seen = everything[:8]
    rest = await collect(follow(working.mine, job["id"], {"Last-Event-ID": seen[-1].id}))
    assert [*seen, *rest] == everything
    assert await collect(follow(working.mine, job["id"], query="?after=8")) == everything[8:]
    both = await collect(follow(working.mine, job["id"], {"Last-Event-ID": "9"}, "?after=2"))
    assert both == everything[9:]


async def test_a_browser_that_has_seen_the_end_is_told_not_to_come_back(working: World) -> None:
    job = await working.ended((await working.submit())["id"])
    last = (await collect(follow(working.mine, job["id"])))[-1]
    path = f"/api/v1/jobs/{job['id']}/events"
    answer = await working.mine.get(path, headers={**LIVE, "Last-Event-ID": last.id})
    assert answer.status_code == 204


async def test_a_last_event_that_is_no_number_is_refused(world: World) -> None:
    job = await world.submit()
    for given in ("x", "-1", "1.5", "9" * 30):
        answer = await world.mine.get(f"/api/v1/jobs/{job['id']}/events", headers={**LIVE, "Last-Event-ID": given})
        error = error_of(answer, 400, "bad_header")
        assert error["details"][0]["pointer"] == "Last-Event-ID:"
    for query in ("after=-1", "after=x", "after=9223372036854775808"):
        answer = await world.mine.get(f"/api/v1/jobs/{job['id']}/events?{query}")
        error_of(answer, 422, "invalid_input")


async def test_a_silent_stream_shows_that_it_lives(slow_world: World) -> None:
    job = await slow_world.submit()
    path = f"/api/v1/jobs/{job['id']}/events"
    async with slow_world.mine.stream("GET", path, headers=LIVE) as answer, asyncio.timeout(60):
        lines = answer.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        while await anext(lines) != ": keep-alive":
            pass


@pytest.mark.threat("A81")
async def test_a_workspace_holds_a_bounded_number_of_streams(slow_world: World) -> None:
    job = await slow_world.submit()
    path = f"/api/v1/jobs/{job['id']}/events"
    async with slow_world.mine.stream("GET", path, headers=LIVE), slow_world.mine.stream("GET", path, headers=LIVE):
        third = await slow_world.mine.get(path, headers=LIVE)
        error_of(third, 429, "too_many_streams")
        assert int(third.headers["retry-after"]) >= 1
    theirs = await slow_world.submit(client=slow_world.theirs)
    async with slow_world.theirs.stream("GET", f"/api/v1/jobs/{theirs['id']}/events", headers=LIVE) as answer:
        assert answer.status_code == 200
    async with asyncio.timeout(60):  # the server notices that the first two left
        while True:
            async with slow_world.mine.stream("GET", path, headers=LIVE) as answer:
                if answer.status_code == 200:
                    break


async def test_a_client_that_leaves_is_no_fault(world: World) -> None:
    job = await world.submit()
    with capture_logs() as logs:
        for _ in range(3):
            async with world.mine.stream("GET", f"/api/v1/jobs/{job['id']}/events", headers=LIVE) as answer:
                await anext(answer.aiter_lines())
        async with asyncio.timeout(60):
            while sum(line["event"] == "http.request" for line in logs) < 3:
                await asyncio.sleep(0.02)
    assert [line for line in logs if line["event"] == "http.failed"] == []


async def test_streams_end_when_the_server_stops(world: World) -> None:
    job = await world.submit()
    following = follow(world.mine, job["id"])
    first = await anext(following)
    assert first.data["data"]["status"] == "queued"
    world.services.stopping.set()
    assert await collect(following) == []


@pytest.mark.threat("A80", "F18")
async def test_a_client_that_does_not_read_is_let_go_and_others_are_not_disturbed(slow_world: World) -> None:
    job = await slow_world.submit("hang")
    async with slow_world.services.database.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "INSERT INTO job_events (job_id, seq, at, kind, data) SELECT $1, n, now(), 'log', "
            "jsonb_build_object('level', 'info', 'message', repeat('x', 8000)) FROM generate_series(2, 4001) AS n",
            (job["id"],),
        )
        await connection.exec_driver_sql("UPDATE jobs SET event_seq = 4001 WHERE id = $1", (job["id"],))
    host, port = slow_world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_000)
    request = (
        f"GET /api/v1/jobs/{job['id']}/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {slow_world.api_key}\r\n\r\n"
    )
    with capture_logs() as logs:
        writer.write(request.encode())
        async with asyncio.timeout(60):
            while not any(line["event"] == "http.request" and line["path"].endswith("/events") for line in logs):
                assert (await slow_world.mine.get("/livez")).status_code == 200
                await asyncio.sleep(0.02)
    received = 0
    with suppress(ConnectionResetError):
        async with asyncio.timeout(60):
            while chunk := await reader.read(1 << 16):
                received += len(chunk)
    writer.close()
    assert received < 4000 * 8000, "the server sent everything to a client that did not read"


@pytest.mark.parametrize("accept", ["application/json", "*/*", ""])
async def test_who_does_not_ask_for_a_stream_gets_a_page(world: World, accept: str) -> None:
    job = await world.submit()
    answer = await world.mine.get(f"/api/v1/jobs/{job['id']}/events", headers={"Accept": accept})
    assert len(answer.json()["items"]) == 1
