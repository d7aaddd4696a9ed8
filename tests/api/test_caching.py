"""What clients and the server may keep: every row of the table in docs/howto/production.md."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import text

from cutroom.api import ApiSettings
from cutroom.api.health import DEPTHS
from cutroom.api.openapi import openapi_document
from cutroom.api.usage import EARLIER, STORED
from cutroom.db import Database
from cutroom.kit.cache import Cache, MemoryCache, RedisCache
from tests.api.conftest import serving
from tests.api.world import World
from tests.kit.redis_server import RedisServer

TABLE: Final = Path(__file__).parents[2] / "docs/howto/production.md"
FILE: Final = {"name": "a.png", "contentType": "image/png", "sizeBytes": 400}
TEMPLATE: Final = {
    "name": "one",
    "document": {"timeline": {"tracks": [{"clips": [{"asset": {"type": "text", "text": "a"}, "length": 1}]}]}},
}
AT_ROOT: Final = frozenset(
    {"/openapi.json", "/metrics", "/docs", "/join", "/reset", "/confirm", "/health", "/livez", "/readyz"}
)


def rules() -> list[list[str]]:
    """The cells of the table's rows."""
    section = TABLE.read_text().partition("## What is kept")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def promised() -> dict[str, tuple[str, bool]]:
    """`Cache-Control` and whether there is an ETag, by path."""
    found = {}
    for what, control, etag, *_ in rules():
        for path in re.findall(r"`(/[^`]*)`", what):
            found[path] = (control.strip("`"), etag == "yes")
    return found


async def made(world: World) -> dict[str, str]:
    """One thing of each kind: ids by the name of their parameter."""

    async def post(path: str, body: dict[str, Any]) -> Any:
        answer = await world.mine.post(f"/api/v1{path}", json=body)
        assert answer.status_code in {201, 202}, answer.text
        return answer.json()

    upload = await post("/uploads", {"name": "a.txt", "contentType": "text/plain", "sizeBytes": 3})
    return {
        "job_id": (await world.submit())["id"],
        "upload_id": upload["id"],
        "template_id": (await post("/templates", TEMPLATE))["id"],
        "api_key_id": (await post("/api-keys", {"name": "one", "scopes": ["jobs:read"]}))["id"],
        "workspace_id": world.workspace_id,
        "pattern_name": (await world.mine.get("/api/v1/patterns?limit=1")).json()["items"][0]["name"],
    }


async def test_every_answer_says_how_long_it_may_be_kept_as_the_table_has_it(
    database: Database, tmp_path: Path
) -> None:
    async with serving(database, tmp_path, ApiSettings(open_description=True)) as world:
        ids, table = await made(world), promised()
        assert len(table) > 20
        for path, (control, has_etag) in table.items():
            if any(name not in ids for name in re.findall(r"{(\w+)}", path)):
                continue  # runs and assets, which need a worker
            url = path.format(**ids)
            answer = await world.mine.get(url if path in AT_ROOT else f"/api/v1{url}")
            if path == "/auth/sessions":  # an error for a key, which has none
                assert answer.status_code == 403
            else:
                assert answer.status_code == 200, f"{path}: {answer.text}"
            assert (answer.headers["cache-control"], "etag" in answer.headers) == (control, has_etag), path
            if has_etag:
                again = await world.mine.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
                assert (again.status_code, again.content) == (304, b""), path
                assert again.headers["etag"] == answer.headers["etag"]


async def test_every_list_and_every_single_thing_is_kept_as_its_like(world: World) -> None:
    # The table names some and says "and their like": this looks at all that can be asked for without an id.
    for path, methods in openapi_document()["paths"].items():
        operation = methods.get("get")
        if operation is None or "{" in path or not path.startswith("/api/v1/"):
            continue
        answer = await world.mine.get(path)
        if answer.status_code != 200:
            assert answer.headers["cache-control"] == "no-store", path
            continue
        control, _ = promised().get(path.removeprefix("/api/v1"), ("private, no-cache", False))
        assert answer.headers["cache-control"] == control, path


def test_the_table_says_the_seconds_of_the_rules() -> None:
    said = {what: kept for what, _, _, kept, _ in rules() if kept.endswith(" s")}
    assert said == {
        "`/usage`: the months before it": f"{EARLIER.lasts_s:.0f} s",
        "`/usage`: `storageBytes`": f"{STORED.lasts_s:.0f} s",
        "`/metrics`: `cutroom_jobs`, the depth of the queue": f"{DEPTHS.lasts_s:.0f} s",
    }


@pytest.fixture(params=["memory", "redis"])
async def cache(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Cache]:
    monkeypatch.setattr("cutroom.kit.redis_pool.WITHIN_S", 60.0)
    redis = RedisServer(tmp_path)
    if request.param == "redis":
        await redis.start()
    yield MemoryCache() if request.param == "memory" else RedisCache(redis.url)
    redis.stop()


@pytest.fixture
async def kept(database: Database, tmp_path: Path, cache: Cache) -> AsyncIterator[World]:
    async with serving(database, tmp_path, ApiSettings(), cache=cache) as world:
        yield world
    await cache.close()


async def charge(world: World, months_ago: int, workspace_id: str | None = None) -> None:
    """A job of a former month, written past the door."""
    async with world.services.database.begin() as session:
        await session.execute(
            text("""
            INSERT INTO charges (job_id, workspace_id, month, status, held_ms, used_ms)
            SELECT 'job_' || gen_random_uuid(), :workspace,
                   CAST(date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => :ago) AS date),
                   'used', 0, 60000
            """),
            {"workspace": workspace_id or world.workspace_id, "ago": months_ago},
        )


async def store(world: World, size_bytes: int) -> None:
    """An asset that came past the door, as a worker's do."""
    async with world.services.database.begin() as session:
        await session.execute(
            text("""
            INSERT INTO assets (id, workspace_id, name, content_type, size_bytes, sha256, info)
            VALUES ('ast_' || gen_random_uuid(), :workspace, 'a', 'image/png', :size, repeat('0', 64), '{}')
            """),
            {"workspace": world.workspace_id, "size": size_bytes},
        )


async def used(world: World, query: str = "") -> tuple[list[int], int]:
    """Jobs of each month, and bytes."""
    found = (await world.mine.get(f"/api/v1/usage{query}")).json()
    return [month["jobs"] for month in found["months"]], found["storageBytes"]


async def test_this_month_is_never_kept_and_those_before_are_until_something_changes(kept: World) -> None:
    await charge(kept, 0)
    await charge(kept, 1)
    assert await used(kept) == ([1, 1], 0)
    await charge(kept, 0)
    await charge(kept, 1)
    await store(kept, 5)
    assert await used(kept) == ([2, 1], 0)
    answer = await kept.mine.post("/api/v1/templates", json=TEMPLATE)
    assert answer.status_code == 201
    assert await used(kept) == ([2, 2], 5)


async def test_what_others_do_leaves_what_is_kept_of_a_workspace_alone(kept: World) -> None:
    assert await used(kept) == ([0], 0)
    await store(kept, 5)
    answer = await kept.theirs.post("/api/v1/templates", json=TEMPLATE)
    assert answer.status_code == 201
    assert await used(kept) == ([0], 0)
    assert (await kept.theirs.get("/api/v1/usage")).json()["storageBytes"] == 0


async def test_a_request_that_was_refused_halfway_counts_as_a_change(kept: World) -> None:
    assert await used(kept) == ([0], 0)
    await store(kept, 5)
    assert (await kept.mine.delete("/api/v1/templates/tpl_00000000000000000000000000")).status_code == 404
    assert await used(kept) == ([0], 5)


async def test_months_that_are_kept_are_given_out_as_far_back_as_was_asked(kept: World) -> None:
    for ago in (0, 1, 5, 11, 12, 23, 24):
        await charge(kept, ago)
    assert await used(kept, "?months=24") == ([1] * 6, 0)
    assert await used(kept) == ([1] * 4, 0)
    assert await used(kept, "?months=2") == ([1] * 2, 0)
    assert await used(kept, "?months=1") == ([1], 0)


async def test_many_who_ask_at_once_have_one_sum_made(kept: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sums = 0
    real = kept.services.assets.storage_used

    async def counted(*given: Any) -> int:
        nonlocal sums
        sums += 1
        return await real(*given)

    monkeypatch.setattr(kept.services.assets, "storage_used", counted)
    answers = await asyncio.gather(*(kept.mine.get("/api/v1/usage") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert sums == 1


async def test_the_depth_of_the_queue_is_counted_once_for_all_who_scrape(kept: World) -> None:
    async def depth() -> str:
        page = (await kept.mine.get("/metrics")).text
        return next(line for line in page.splitlines() if line.startswith('cutroom_jobs{state="queued"}'))

    await kept.submit("one")
    before = await depth()
    await kept.submit("two")
    assert await depth() == before
    page = (await kept.mine.get("/metrics")).text
    assert 'cutroom_cache_answers_total{rule="jobs.depths"' in page
