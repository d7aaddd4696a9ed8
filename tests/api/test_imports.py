"""Assets from URLs, over HTTP and through a worker. Threats A01 to A14 where they meet a request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cutroom.api.features import Features
from cutroom.media.fetch import Fetcher
from cutroom.media.guard import GuardedNetwork
from cutroom.workflows.importing import name_of
from tests.api.conftest import worker
from tests.api.test_uploads import a_picture
from tests.api.world import World, error_of
from tests.media.internet import PUBLIC, Internet, Names
from tests.media.test_fetch_guard import NOT_PUBLIC

PATH = "/api/v1/assets/import"


@asynccontextmanager
async def pictures(content: bytes) -> AsyncIterator[tuple[int, list[str]]]:
    """A server of files and redirects on this machine; yields its port and the paths that were asked for."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ")[1]
        asked.append(path)
        if path.startswith("/to/"):
            place = path.removeprefix("/to/")
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: http://{place}\r\nContent-Length: 0\r\n\r\n".encode())
        elif path.startswith("/slow"):
            await asyncio.sleep(10)
        else:
            body = content if "page" not in path else b"<html></html>"
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1], asked


@pytest.fixture
async def online(world: World, tmp_path: Path) -> AsyncIterator[tuple[World, Internet, list[str]]]:
    """A world whose worker sees an internet of one server: `public.test`, and a name that leads inside."""
    async with pictures(a_picture()) as (port, asked):
        internet = Internet(port)
        names = Names({"public.test": [[PUBLIC]], "inside.test": [["10.0.0.7"]], "both.test": [[PUBLIC, "127.0.0.1"]]})
        fetcher = Fetcher(network=GuardedNetwork(resolver=names, network=internet), max_bytes=100_000, deadline_s=3)
        async with worker(world, tmp_path, fetcher):
            yield world, internet, asked


async def imported(world: World, url: str, **more: Any) -> Any:
    answer = await world.mine.post(PATH, json={"url": url, **more})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/jobs/{answer.json()['id']}"
    return await world.ended(answer.json()["id"])


async def test_a_file_on_the_internet_becomes_an_asset(online: tuple[World, Internet, list[str]]) -> None:
    world, internet, asked = online
    job = await imported(world, "http://public.test/a%20b/K%C3%B6ln.png?token=1")
    assert job["status"] == "succeeded", job
    asset = (await world.mine.get(f"/api/v1/assets/{job['output']['assetId']}")).json()
    assert (asset["name"], asset["contentType"], asset["media"]["kind"]) == ("Köln.png", "image/png", "image")
    assert job["output"]["src"] == asset["src"]
    shown = await world.mine.get(f"/api/v1/assets/{asset['id']}/download", follow_redirects=True)
    assert shown.content == a_picture()
    assert internet.connects == [(PUBLIC, 80)]
    named = await imported(world, "http://public.test/to/public.test/x", name="Ours")
    assert (await world.mine.get(f"/api/v1/assets/{named['output']['assetId']}")).json()["name"] == "Ours"
    assert asked[-2:] == ["/to/public.test/x", "/x"]
    error_of(await world.theirs.get(f"/api/v1/assets/{asset['id']}"), 404, "asset_not_found")


async def test_the_same_request_with_a_key_makes_one_asset(online: tuple[World, Internet, list[str]]) -> None:
    world, _, _ = online
    key = {"Idempotency-Key": "one"}
    answers = [await world.mine.post(PATH, json={"url": "http://public.test/a.png"}, headers=key) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    other = await world.mine.post(PATH, json={"url": "http://public.test/b.png"}, headers=key)
    error_of(other, 422, "idempotency_key_reused")
    await world.ended(answers[0].json()["id"])
    assert len((await world.mine.get("/api/v1/assets")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("threat", "url"),
    [
        pytest.param(threat, url, id=f"{threat}-{n}", marks=pytest.mark.threat(threat))
        for threat in NOT_PUBLIC
        for n, url in enumerate(NOT_PUBLIC[threat][:2])
    ],
)
async def test_a_url_that_must_not_be_fetched_is_refused_before_there_is_a_job(
    world: World, threat: str, url: str
) -> None:
    answer = await world.mine.post(PATH, json={"url": url})
    assert answer.status_code == 422, url
    assert answer.json()["error"]["code"] in {"url_not_allowed", "invalid_input"}
    assert answer.json()["error"]["details"][0]["pointer"] == "/url"
    assert (await world.mine.get("/api/v1/jobs")).json() == {"items": []}


@pytest.mark.threat("A07", "A09", "A10", "A12", "A13")
@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("to/127.0.0.1/", "url_not_allowed"),
        ("to/169.254.169.254/latest/meta-data/", "url_not_allowed"),
        ("to/inside.test/", "url_not_allowed"),
        ("to/both.test/", "url_not_allowed"),
        ("to/public.test:22/", "url_not_allowed"),
        ("slow", "source_timeout"),
        ("page.png", "not_media"),
    ],
)
async def test_what_a_worker_meets_on_its_way_fails_the_job_and_goes_nowhere(
    online: tuple[World, Internet, list[str]], path: str, code: str
) -> None:
    world, internet, asked = online
    job = await imported(world, f"http://public.test/{path}")
    assert (job["status"], job["error"]["code"]) == ("failed", code), job
    assert job["error"]["details"][0]["pointer"] == "/url"
    assert {address for address, _ in internet.connects} == {PUBLIC}
    assert set(asked) == {f"/{path}"}
    assert (await world.mine.get("/api/v1/assets")).json() == {"items": []}


async def test_a_server_may_be_told_to_import_nothing(world: World) -> None:
    object.__setattr__(
        world.services, "settings", replace(world.services.settings, features=Features(url_imports=False))
    )
    error_of(await world.mine.post(PATH, json={"url": "http://public.test/a.png"}), 403, "feature_disabled")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://a.test/b/film.mp4?x=1#y", "film.mp4"),
        ("http://a.test/", "import"),
        ("http://a.test", "import"),
        ("http://a.test/b/", "b"),
        ("http://a.test/%00%0a%E2%80%AEx.png", "x.png"),
        ("http://a.test/" + "x" * 300, "x" * 255),
    ],
)
def test_a_file_is_called_as_its_url_ends(url: str, name: str) -> None:
    assert name_of(url) == name
