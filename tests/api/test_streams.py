"""Events over a WebSocket. Threats A79 (without cookies there is no foreign origin to fear), A80, A81."""

import asyncio
import json
from typing import Any

import pytest
from starlette.websockets import WebSocket
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from cutroom.api import streams
from tests.api.conftest import worker
from tests.api.world import World

UNKNOWN_JOB = "job_01aaaaaaaaaaaaaaaaaaaaaaaa"


def address(world: World, job_id: str, query: str = "") -> str:
    return f"{world.url.replace('http', 'ws', 1)}/api/v1/jobs/{job_id}/stream{query}"


def keyed(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.api_key}"}


async def rest(socket: ClientConnection) -> tuple[list[Any], int]:
    """Every message until the server closes, and its close code."""
    messages = []
    try:
        async with asyncio.timeout(60):
            while True:
                messages.append(json.loads(await socket.recv()))
    except ConnectionClosed as closed:
        assert closed.rcvd is not None
        return messages, closed.rcvd.code


async def test_a_socket_brings_every_event_once_and_closes_with_the_job(world: World, tmp_path: Any) -> None:
    job = await world.submit("talk 50")
    async with connect(address(world, job["id"]), additional_headers=keyed(world)) as socket:
        first = json.loads(await socket.recv())
        assert (first["seq"], first["kind"], first["data"]["status"]) == (1, "state", "queued")
        async with worker(world, tmp_path):
            messages, code = await rest(socket)
    assert code == 1000
    assert [message["seq"] for message in messages] == list(range(2, len(messages) + 2))
    assert sum(message["kind"] == "log" for message in messages) == 50
    assert messages[-1]["data"]["status"] == "succeeded"


async def test_a_socket_starts_after_what_was_seen(working: World) -> None:
    job = await working.ended((await working.submit("talk 20"))["id"])
    async with connect(address(working, job["id"]), additional_headers=keyed(working)) as socket:
        everything, _ = await rest(socket)
    async with connect(address(working, job["id"], "?after=7"), additional_headers=keyed(working)) as socket:
        messages, code = await rest(socket)
    assert code == 1000
    assert messages == everything[7:]


async def test_a_key_may_come_in_a_header_a_subprotocol_or_the_first_message(world: World) -> None:
    job = await world.submit()
    target = address(world, job["id"])
    async with connect(target, additional_headers={"X-API-Key": world.api_key}) as socket:
        assert json.loads(await socket.recv())["seq"] == 1
    offered = [Subprotocol("cutroom.v1"), Subprotocol(f"bearer.{world.api_key}")]
    async with connect(target, subprotocols=offered) as socket:
        assert socket.subprotocol == "cutroom.v1"
        assert json.loads(await socket.recv())["seq"] == 1
    async with connect(target) as socket:
        await socket.send(json.dumps({"apiKey": world.api_key}))
        assert json.loads(await socket.recv())["seq"] == 1


@pytest.mark.threat("A79")
@pytest.mark.parametrize(
    "message",
    ["", "{", "null", "{}", '{"apiKey": 5}', '{"apiKey": "ctr_x"}', '{"token": "x"}', "x" * 10_000, b"\x00", b"{}"],
    ids=repr,
)
async def test_who_does_not_say_who_they_are_is_sent_away(world: World, message: str | bytes) -> None:
    job = await world.submit()
    async with connect(address(world, job["id"])) as socket:
        await socket.send(message)
        messages, code = await rest(socket)
    assert (messages, code) == ([], 4401 if message != "{" else 4400)


@pytest.mark.threat("A79")
async def test_who_says_nothing_is_sent_away(slow_world: World) -> None:
    job = await slow_world.submit()
    async with connect(address(slow_world, job["id"])) as socket:
        assert await rest(socket) == ([], 4401)


@pytest.mark.threat("A79")
async def test_a_wrong_key_is_sent_away(world: World) -> None:
    job = await world.submit()
    headers = {"Authorization": "Bearer ctr_" + "a" * 43}
    async with connect(address(world, job["id"]), additional_headers=headers) as socket:
        assert await rest(socket) == ([], 4401)


@pytest.mark.threat("A79", "A61")
async def test_a_key_in_the_url_is_refused(world: World) -> None:
    job = await world.submit()
    for query in (f"?token={world.api_key}", f"?after={world.api_key}", "?apiKey=x"):
        async with connect(address(world, job["id"], query), additional_headers=keyed(world)) as socket:
            assert await rest(socket) == ([], 4400)


async def test_a_wrong_parameter_is_refused(world: World) -> None:
    job = await world.submit()
    for query in ("?after=-1", "?after=x", "?after=9223372036854775808", "?after=%C2%B2", "?since=1"):
        async with connect(address(world, job["id"], query), additional_headers=keyed(world)) as socket:
            assert await rest(socket) == ([], 4400)


@pytest.mark.threat("A79", "A47")
async def test_a_job_of_another_workspace_is_as_unknown_as_none(world: World) -> None:
    theirs = await world.submit(client=world.theirs)
    for job_id in (theirs["id"], UNKNOWN_JOB, "x", "job_%00"):
        async with connect(address(world, job_id), additional_headers=keyed(world)) as socket:
            assert await rest(socket) == ([], 4404)


@pytest.mark.threat("A81")
async def test_a_client_that_talks_too_much_is_cut_off(world: World) -> None:
    job = await world.submit()
    async with connect(address(world, job["id"]), additional_headers=keyed(world)) as socket:
        for _ in range(16):
            await socket.send("hello?")
        messages, code = await rest(socket)
    assert code == 1008
    assert len(messages) <= 1


@pytest.mark.threat("A81")
async def test_a_message_that_is_too_long_is_refused(world: World) -> None:
    job = await world.submit()
    async with connect(address(world, job["id"]), additional_headers=keyed(world)) as socket:
        await socket.send("x" * 100_000)
        _, code = await rest(socket)
    assert code == 1009


@pytest.mark.threat("A81")
async def test_a_workspace_holds_a_bounded_number_of_sockets(slow_world: World) -> None:
    job = await slow_world.submit()
    target = address(slow_world, job["id"])
    async with (
        connect(target, additional_headers=keyed(slow_world)) as first,
        connect(target, additional_headers=keyed(slow_world)) as second,
    ):
        await first.recv()
        await second.recv()
        async with connect(target, additional_headers=keyed(slow_world)) as third:
            assert await rest(third) == ([], 1013)


async def test_a_client_that_leaves_is_no_fault(world: World) -> None:
    job = await world.submit()
    with capture_logs() as logs:
        for _ in range(3):
            async with connect(address(world, job["id"]), additional_headers=keyed(world)) as socket:
                await socket.recv()
        async with connect(address(world, job["id"])):
            pass
        async with asyncio.timeout(60):
            while sum(line["event"] == "http.request" for line in logs) < 4:
                await asyncio.sleep(0.02)
    assert [line for line in logs if line["event"] == "http.failed"] == []


@pytest.mark.threat("F15")
async def test_sockets_close_when_the_server_stops(world: World) -> None:
    job = await world.submit()
    async with connect(address(world, job["id"]), additional_headers=keyed(world)) as socket:
        await socket.recv()
        world.services.stopping.set()
        assert await rest(socket) == ([], 1012)


@pytest.mark.threat("A80", "F18")
async def test_a_client_that_does_not_read_is_told_to_come_back_later(
    slow_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up, close = asyncio.Event(), streams._close

    async def noted(websocket: WebSocket, code: int, reason: str) -> None:
        given_up.set()
        await close(websocket, code, reason)

    monkeypatch.setattr(streams, "_close", noted)
    job = await slow_world.submit("hang")
    async with slow_world.services.database.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "INSERT INTO job_events (job_id, seq, at, kind, data) SELECT $1, n, now(), 'log', "
            "jsonb_build_object('level', 'info', 'message', md5(random()::text) || repeat('x', 8000)) "
            "FROM generate_series(2, 4001) AS n",
            (job["id"],),
        )
        await connection.exec_driver_sql("UPDATE jobs SET event_seq = 4001 WHERE id = $1", (job["id"],))
    target = address(slow_world, job["id"])
    async with connect(target, additional_headers=keyed(slow_world), compression=None, max_queue=1) as socket:
        await given_up.wait()
        messages, code = await rest(socket)
    assert code == 1013
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    assert len(messages) < 4001
