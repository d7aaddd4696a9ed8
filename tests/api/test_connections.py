"""Connections that are no requests yet, or not any more."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cutroom.api import ApiSettings
from cutroom.api.connections import ConnectionLimits
from cutroom.db import Database
from tests.api.conftest import serving
from tests.api.test_requests import raw
from tests.api.world import World, document

QUICK = ConnectionLimits(head_s=0.6, idle_s=1, linger_s=0.4, stall_s=0.8, connections=300)


@pytest.fixture
async def quick_world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A world whose server has little patience with connections."""
    async with serving(database, tmp_path, ApiSettings(), connections=QUICK) as made:
        yield made


async def connect(world: World, *, limit: int = 1 << 16) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = world.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port), limit=limit)


def holds(world: World, writer: asyncio.StreamWriter) -> bool:
    """Whether the server has its end of a connection open; the kernel lists both ends (proc(5), /proc/net/tcp)."""
    ports = (int(world.url.rpartition(":")[2]), writer.get_extra_info("sockname")[1])
    server, client = (f"0100007F:{port:04X}" for port in ports)
    return f"{server} {client} 01" in Path("/proc/net/tcp").read_text()


def refusal(answer: bytes, status: int) -> str:
    """The code of an error that no route has answered."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert b"connection: close" in head.lower()
    assert b"nosniff" in head.lower()
    error = json.loads(body)["error"]
    assert f"x-request-id: {error['correlationId']}".encode() in head.lower()
    return str(error["code"])


async def drip(world: World, head: bytes) -> float:
    """Send a head byte by byte until the server hangs up; how many seconds that took."""
    reader, writer = await connect(world)
    started = time.monotonic()

    async def send() -> None:
        for byte in head:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.1)

    sending = asyncio.create_task(send())
    with suppress(ConnectionError):
        async with asyncio.timeout(60):
            await reader.read()
    sending.cancel()
    with suppress(asyncio.CancelledError, ConnectionError):
        await sending
    writer.close()
    return time.monotonic() - started


@pytest.mark.threat("A69")
async def test_two_hundred_slow_connections_are_closed_and_others_served_meanwhile(quick_world: World) -> None:
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 500
    async with asyncio.TaskGroup() as group:
        slow = [group.create_task(drip(quick_world, head)) for _ in range(200)]
        await asyncio.sleep(0.2)
        assert not all(task.done() for task in slow)
        for _ in range(10):
            async with asyncio.timeout(60):
                assert (await quick_world.mine.get("/api/v1/jobs")).status_code == 200
    assert max(task.result() for task in slow) < 20


@pytest.mark.threat("A69")
@pytest.mark.parametrize(
    "beginning",
    [b"", b"G", b"\r\n", b"GET /livez HTTP/1.1\r\n", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /l"],
    ids=repr,
)
async def test_a_connection_that_makes_no_request_is_closed(quick_world: World, beginning: bytes) -> None:
    started = time.monotonic()
    await raw(quick_world, beginning)
    assert time.monotonic() - started < 20


@pytest.mark.threat("A69")
async def test_empty_lines_do_not_keep_a_connection_open(quick_world: World) -> None:
    assert await drip(quick_world, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" + b"\r\n" * 100) < 20


@pytest.mark.threat("A69")
async def test_a_late_head_is_told_so(quick_world: World) -> None:
    assert refusal(await raw(quick_world, b"GET /livez HTTP/1.1\r\nHost: "), 408) == "head_too_slow"


@pytest.mark.threat("A67", "A69")
async def test_a_body_that_nobody_reads_does_not_keep_a_connection_open(quick_world: World) -> None:
    head = b"POST /api/v1/render HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    reader, writer = await connect(quick_world)
    writer.write(head)
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")
    started = time.monotonic()
    with suppress(ConnectionError):
        async with asyncio.timeout(30):
            while not reader.at_eof():
                writer.write(b"x")
                await asyncio.sleep(0.05)
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await reader.read(1 << 16)
    writer.close()
    assert time.monotonic() - started < 20


@pytest.mark.threat("A69")
async def test_an_answer_that_is_not_taken_is_given_up(quick_world: World) -> None:
    job = await quick_world.submit()
    async with quick_world.services.database.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "INSERT INTO job_events (job_id, seq, at, kind, data) SELECT $1, n, now(), 'log', "
            "jsonb_build_object('level', 'info', 'message', repeat('x', 8000)) FROM generate_series(2, 101) AS n",
            (job["id"],),
        )
    reader, writer = await connect(quick_world, limit=1_000)
    line = f"GET /api/v1/jobs/{job['id']}/events?limit=100 HTTP/1.1\r\n"
    writer.write(f"{line}Host: x\r\nAuthorization: Bearer {quick_world.api_key}\r\n\r\n".encode() * 20)
    async with asyncio.timeout(60):
        while holds(quick_world, writer):  # and of 16 MB nothing is read
            await asyncio.sleep(0.05)
    received = 0
    with suppress(ConnectionError):
        async with asyncio.timeout(60):
            while chunk := await reader.read(1 << 16):
                received += len(chunk)
    writer.close()
    assert received < 20 * 100 * 8_000


async def test_a_connection_may_carry_many_requests_and_rest_between_them(database: Database, tmp_path: Path) -> None:
    limits = replace(QUICK, head_s=0.3, idle_s=3)
    async with serving(database, tmp_path, ApiSettings(), connections=limits) as world:
        reader, writer = await connect(world)
        for _ in range(4):
            writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(15)
            await asyncio.sleep(0.4)  # longer than a head may take
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()


async def test_a_slow_answer_is_waited_for(quick_world: World) -> None:
    job = await quick_world.mine.post("/api/v1/render?wait=2", json=document("hang"))
    assert job.status_code == 202


@pytest.mark.threat("A68")
@pytest.mark.parametrize(
    "head",
    [
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"X-Many: a\r\n" * 5_000 + b"\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 101 + b"\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Endless: " + b"a" * 300_000,
    ],
    ids=["one large", "very many", "many", "long address", "without end"],
)
async def test_a_large_head_is_refused(world: World, head: bytes) -> None:
    assert refusal(await raw(world, head), 431) == "headers_too_large"


@pytest.mark.threat("A70")
@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Content-Length: 2, 3\r\n",
        b"Content-Length: +2\r\n",
        b"Content-Length: 0x2\r\n",
        b"Content-Length : 2\r\n",
        b"Content-Length: 2\r\n Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n",
        b"Transfer-Encoding:\x0bchunked\r\nContent-Length: 2\r\n",
        b"Host: y\r\n",
        b"X: a\rb\r\n",
        b"X: a\x00b\r\n",
    ],
    ids=repr,
)
async def test_a_request_that_two_servers_could_read_differently_is_refused(world: World, fields: bytes) -> None:
    head = f"POST /api/v1/render HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.api_key}\r\n".encode()
    smuggled = b"0\r\n\r\nGET /api/v1/jobs HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = await raw(world, head + b"Content-Type: application/json\r\n" + fields + b"\r\n" + smuggled)
    assert refusal(answer, 400) == "malformed_request"
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.threat("A70")
@pytest.mark.parametrize(
    "line", [b"GET /livez HTTP/1.1\r\n\r\n", b"GET /livez\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n"]
)
async def test_what_is_no_request_is_refused(world: World, line: bytes) -> None:
    assert refusal(await raw(world, line), 400) == "malformed_request"


async def test_a_full_house_says_so(database: Database, tmp_path: Path) -> None:
    limits = ConnectionLimits(connections=3)
    async with serving(database, tmp_path, ApiSettings(), connections=limits) as world:
        held = [await connect(world) for _ in range(3)]
        for reader, writer in held:  # each is answered, so the server knows of it
            writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
        answer = await raw(world, b"")
        assert refusal(answer, 503) == "too_many_connections"
        assert b"Retry-After: 2\r\n" in answer
        for _, writer in held:
            writer.close()
        async with asyncio.timeout(60):
            while (await world.nobody.get("/livez")).status_code != 200:
                await asyncio.sleep(0.02)
