"""The local store's signed links. Threats A39, A42, A43, A44."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from cutroom.api.files import byte_range
from tests.api.world import World, error_of

CONTENT = bytes(range(256)) * 4_000  # more than one chunk


@dataclass(frozen=True)
class Stored:
    world: World
    key: str
    url: str


@pytest.fixture
async def stored(world: World, tmp_path: Path) -> Stored:
    """A file in the store, and a link to it."""
    store = world.services.local_store
    assert store is not None
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    key = "ws/ws_1/artifacts/art_1"
    await store.put(key, source, "video/mp4")
    return Stored(world, key, store.sign_get(key, expires_s=600, file_name="Füm film.mp4", content_type="video/mp4"))


@pytest.mark.threat("A39", "A94")
async def test_a_file_is_served_so_that_no_browser_runs_it(stored: Stored) -> None:
    answer = await stored.world.nobody.get(stored.url)
    assert answer.status_code == 200
    assert answer.content == CONTENT
    headers = answer.headers
    assert headers["content-type"] == "video/mp4"
    assert headers["content-length"] == str(len(CONTENT))
    assert headers["content-disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''F%C3%BCm%20film.mp4" in headers["content-disposition"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["accept-ranges"] == "bytes"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert "immutable" in headers["cache-control"]
    assert "private" in headers["cache-control"]
    assert 0 < int(headers["cache-control"].split("max-age=")[1].split(",")[0]) <= 600


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=1000-", 1000, len(CONTENT)),
        ("bytes=-5", len(CONTENT) - 5, len(CONTENT)),
        ("bytes=-99999999999", 0, len(CONTENT)),
        (f"bytes={len(CONTENT) - 1}-99999999999", len(CONTENT) - 1, len(CONTENT)),
        ("bytes=100-600000", 100, 600_001),
    ],
)
async def test_a_range_is_served(stored: Stored, asked: str, start: int, stop: int) -> None:
    answer = await stored.world.nobody.get(stored.url, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert answer.headers["content-length"] == str(stop - start)
    assert answer.content == CONTENT[start:stop]


async def test_a_range_beyond_the_end_is_refused(stored: Stored) -> None:
    for asked in (f"bytes={len(CONTENT)}-", "bytes=99999999999-999999999999", "bytes=-0"):
        answer = await stored.world.nobody.get(stored.url, headers={"Range": asked})
        error_of(answer, 416, "range_not_satisfiable")
        assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


async def test_a_range_that_makes_no_sense_is_as_none(stored: Stored) -> None:
    for asked in (
        "bytes=5-3",
        "bytes=a-b",
        "bytes=",
        "bytes=-",
        "lines=0-1",
        "0-1",
        "bytes=0-1,5-9",
        "bytes=" + "9" * 50,
    ):
        answer = await stored.world.nobody.get(stored.url, headers={"Range": asked})
        assert answer.status_code == 200
        assert answer.content == CONTENT


def test_digits_of_other_scripts_are_no_range() -> None:
    assert byte_range("bytes=\u0660-\u0669", 100) is None


async def test_a_range_of_another_version_is_the_whole_file(stored: Stored) -> None:
    etag = (await stored.world.nobody.head(stored.url)).headers["etag"]
    modified = (await stored.world.nobody.head(stored.url)).headers["last-modified"]
    for validator, status in ((etag, 206), (modified, 206), ('"other"', 200), ("W/" + etag, 200), ("yesterday", 200)):
        answer = await stored.world.nobody.get(stored.url, headers={"Range": "bytes=0-9", "If-Range": validator})
        assert answer.status_code == status, validator


async def test_a_file_that_is_known_is_not_sent_again(stored: Stored) -> None:
    etag = (await stored.world.nobody.get(stored.url)).headers["etag"]
    answer = await stored.world.nobody.get(stored.url, headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == etag


async def test_a_head_says_what_a_get_would(stored: Stored) -> None:
    head, get = await stored.world.nobody.head(stored.url), await stored.world.nobody.get(stored.url)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "content-disposition", "accept-ranges"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.threat("A42", "A43", "A44")
async def test_a_link_that_was_changed_or_is_too_old_is_refused(stored: Stored) -> None:
    store = stored.world.services.local_store
    assert store is not None
    path, query = stored.url.split("?")
    changed = [
        path,
        stored.url.replace("expires=", "expires=9"),
        stored.url.replace("video%2Fmp4", "text%2Fhtml"),
        stored.url.replace("film.mp4", "film.html"),
        stored.url + "&name=x",
        f"{path[:-1]}2?{query}",
        f"{path}%00?{query}",
        f"{path.replace('art_1', '%2e%2e/%2e%2e/secret')}?{query}",
        f"{path.replace('/ws/', '//ws/')}?{query}",
    ]
    for url in changed:
        error_of(await stored.world.nobody.get(url), 403, "bad_signature")
    old = store.sign_get(stored.key, expires_s=-1, file_name="a", content_type="video/mp4")
    error_of(await stored.world.nobody.get(old), 403, "link_expired")


@pytest.mark.threat("A44")
async def test_a_link_to_what_is_gone_says_so(stored: Stored) -> None:
    store = stored.world.services.local_store
    assert store is not None
    await store.delete(stored.key)
    error_of(await stored.world.nobody.get(stored.url), 404, "object_not_found")
    folder = store.sign_get("ws/ws_1", expires_s=60, file_name="a", content_type="video/mp4")
    error_of(await stored.world.nobody.get(folder), 404, "object_not_found")


async def test_an_empty_file_is_served(world: World, tmp_path: Path) -> None:
    store = world.services.local_store
    assert store is not None
    (tmp_path / "empty").touch()
    await store.put("ws/ws_1/artifacts/empty", tmp_path / "empty", "video/mp4")
    url = store.sign_get("ws/ws_1/artifacts/empty", expires_s=60, file_name="a", content_type="video/mp4")
    assert (await world.nobody.get(url)).content == b""
    assert (await world.nobody.get(url, headers={"Range": "bytes=0-"})).status_code == 416


async def test_a_reader_that_leaves_early_leaves_no_open_file(stored: Stored) -> None:
    def open_here() -> int:
        return sum("art_1" in str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())

    async with asyncio.timeout(60):
        for _ in range(5):
            async with stored.world.nobody.stream("GET", stored.url) as answer:
                await anext(answer.aiter_bytes())
        while True:
            with suppress(OSError):
                if open_here() == 0:
                    break
            await asyncio.sleep(0.05)
