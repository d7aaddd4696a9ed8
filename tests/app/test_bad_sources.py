"""Sources that let a render down, through the whole stack: each job ends, says which source and why, and is tried
again only where that can help.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests.app.running import EDIT, client, up
from tests.media.sources import make_video

pytestmark = pytest.mark.timeout(300)  # a whole stack starts here, on machines that may be busy with other tests


@dataclass
class Host:
    """A web server that misbehaves by path."""

    film: bytes
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
            self.asked[path] += 1
            await getattr(self, path.strip("/").partition(".")[0])(writer)
            await writer.drain()
        writer.close()

    @staticmethod
    def answer(writer: asyncio.StreamWriter, status: str, body: bytes, *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def good(self, writer: asyncio.StreamWriter) -> None:
        self.answer(writer, "200 OK", self.film)

    async def words(self, writer: asyncio.StreamWriter) -> None:
        self.answer(writer, "200 OK", b"This is a letter, not a film. " * 100)

    async def half(self, writer: asyncio.StreamWriter) -> None:
        self.answer(writer, "200 OK", self.film[: len(self.film) // 2])

    async def missing(self, writer: asyncio.StreamWriter) -> None:
        self.answer(writer, "404 Not Found", b"")

    async def broken(self, writer: asyncio.StreamWriter) -> None:
        self.answer(writer, "500 Internal Server Error", b"")

    async def flaky(self, writer: asyncio.StreamWriter) -> None:
        if self.asked["/flaky.mp4"] == 1:
            await self.broken(writer)
        else:
            await self.good(writer)

    async def slow(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b"\0")
            await writer.drain()
            await asyncio.sleep(0.1)

    async def elsewhere(self, writer: asyncio.StreamWriter) -> None:
        self.answer(writer, "302 Found", b"", "Location: /endless.mp4")

    async def endless(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483649\r\n\r\n")
        while True:
            writer.write(bytes(1 << 16))
            await writer.drain()


@pytest.fixture(scope="module")
async def host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Host]:
    film = make_video(tmp_path_factory.mktemp("film") / "film.mp4", 1, (160, 90), 10)
    host = Host(film.read_bytes())
    async with await asyncio.start_server(host.serve, "127.0.0.1", 0) as server:
        host.port = server.sockets[0].getsockname()[1]
        yield host
        server.close()


@pytest.fixture(scope="module")
async def http(host: Host, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx2.AsyncClient]:
    folder = tmp_path_factory.mktemp("stack")
    variables = {"CUTROOM_FETCH_ALLOW": f"127.0.0.1:{host.port}", "CUTROOM_FETCH_DEADLINE_S": "2"}
    async with up(folder, folder / "data", **variables) as (_, connection), client(connection) as http:
        yield http


async def render(http: httpx2.AsyncClient, source: str) -> dict[str, Any]:
    edit = json.loads(json.dumps(EDIT))
    edit["timeline"]["tracks"][0]["clips"].append({"asset": {"type": "video", "src": source}, "start": 1, "length": 1})
    answer = await http.post("/api/v1/render?wait=90", json=edit)
    assert answer.status_code == 200, answer.text
    job: dict[str, Any] = answer.json()
    return job


@pytest.mark.parametrize(
    ("path", "code", "asked"),
    [
        ("words.mp4", "not_media", 1),
        ("half.mp4", "media_truncated", 1),
        ("missing.mp4", "source_not_found", 1),
        ("slow.mp4", "source_timeout", 1),
        ("elsewhere.mp4", "source_too_large", 1),
    ],
)
async def test_a_source_that_will_not_get_better_fails_at_once_by_name(
    host: Host, http: httpx2.AsyncClient, path: str, code: str, asked: int
) -> None:
    host.asked.clear()
    url = f"http://127.0.0.1:{host.port}/{path}"
    job = await render(http, url)
    assert job["status"] == "failed"
    assert job["attempt"] == 1
    assert job["error"]["code"] == code
    assert url in json.dumps(job["error"])
    assert job["error"]["details"][0]["pointer"] == "/timeline/tracks/0/clips/1/asset/src"
    assert host.asked[f"/{path}"] == asked


async def test_a_source_that_fails_once_is_asked_again(host: Host, http: httpx2.AsyncClient) -> None:
    host.asked.clear()
    job = await render(http, f"http://127.0.0.1:{host.port}/flaky.mp4")
    assert job["status"] == "succeeded", job
    assert host.asked["/flaky.mp4"] == 2


async def test_a_source_that_keeps_failing_ends_the_job_after_its_attempts(
    host: Host, http: httpx2.AsyncClient
) -> None:
    host.asked.clear()
    job = await render(http, f"http://127.0.0.1:{host.port}/broken.mp4")
    assert job["status"] == "failed"
    assert job["error"]["code"] == "source_server_error"
    assert host.asked["/broken.mp4"] > 1
    dead = (await http.get("/api/v1/dead-letters")).json()
    assert job["id"] in {letter["id"] for letter in dead["items"]}


async def test_a_private_address_is_refused_before_there_is_a_job(host: Host, http: httpx2.AsyncClient) -> None:
    edit = json.loads(json.dumps(EDIT))
    source = f"http://127.0.0.1:{host.port + 1}/good.mp4"
    edit["timeline"]["tracks"][0]["clips"].append({"asset": {"type": "video", "src": source}, "start": 1, "length": 1})
    answer = await http.post("/api/v1/render", json=edit)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["code"] == "url_not_allowed"
