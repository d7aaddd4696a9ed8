"""How often anybody may ask, on every door alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cutroom.api import ApiSettings
from cutroom.api.rate_limits import RateSettings
from cutroom.db import Database
from cutroom.kit import metrics
from cutroom.kit.budget import Budget
from cutroom.kit.counters import RedisCounters
from tests.api.conftest import serving
from tests.api.test_streams import address, keyed, rest
from tests.api.world import World, document, error_of
from tests.kit.redis_server import RedisServer

HOUR = 3_600  # a window that does not end during a test, unless it begins in the last second of an hour
WRONG = "ctr_" + "a" * 43


@asynccontextmanager
async def limited(database: Database, folder: Path, **budgets: int) -> AsyncIterator[World]:
    rates = RateSettings(**{name: Budget(amount, HOUR) for name, amount in budgets.items()})
    async with serving(database, folder, ApiSettings(rates=rates)) as world:
        yield world


def refused(answer: httpx2.Response, policy: str) -> None:
    error_of(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= HOUR
    assert answer.headers["ratelimit"].startswith(f'"{policy}";r=0;t=')
    assert answer.headers["x-ratelimit-remaining"] == "0"


@pytest.mark.threat("P10")
async def test_an_answer_tells_what_is_left(database: Database, tmp_path: Path) -> None:
    async with limited(database, tmp_path, address=100, reads=10, writes=5) as world:
        first = await world.mine.get("/api/v1/jobs")
        second = await world.mine.get("/api/v1/jobs")
        write = await world.mine.post("/api/v1/render", json=document("x"))
    assert first.headers["ratelimit-policy"] == f'"address";q=100;w={HOUR}, "reads";q=10;w={HOUR}'
    left = [part.split(";t=")[0] for part in second.headers["ratelimit"].split(", ")]
    assert left == ['"address";r=98', '"reads";r=8']
    assert second.headers["x-ratelimit-limit"] == "10"
    assert second.headers["x-ratelimit-remaining"] == "8"
    assert 1 <= int(second.headers["x-ratelimit-reset"]) <= HOUR
    assert '"writes";r=4' in write.headers["ratelimit"]


@pytest.mark.threat("P10")
async def test_reads_and_writes_of_each_principal_have_budgets_of_their_own(database: Database, tmp_path: Path) -> None:
    async with limited(database, tmp_path, reads=3, writes=2) as world:
        for _ in range(2):
            assert (await world.mine.post("/api/v1/render", json=document("x"))).status_code == 202
        refused(await world.mine.post("/api/v1/render", json=document("x")), "writes")
        for _ in range(3):
            assert (await world.mine.get("/api/v1/jobs")).status_code == 200
        refused(await world.mine.get("/api/v1/jobs"), "reads")
        assert (await world.theirs.get("/api/v1/jobs")).status_code == 200
        assert (await world.nobody.get("/livez")).status_code == 200
    assert b'cutroom_rate_limited_total{policy="writes"}' in metrics.render()


@pytest.mark.threat("P10")
async def test_an_address_is_counted_before_anything_is_done_for_it(database: Database, tmp_path: Path) -> None:
    async with limited(database, tmp_path, address=5) as world:
        for _ in range(5):
            assert (await world.nobody.get("/nowhere")).status_code == 404
        for path in ("/nowhere", "/health", "/api/v1/jobs"):
            refused(await world.nobody.get(path), "address")
        refused(await world.mine.post("/api/v1/render", json=document("x")), "address")
        assert (await world.nobody.get("/livez")).status_code == 200


@pytest.mark.threat("A60")
async def test_wrong_keys_are_refused_sooner_and_right_ones_pass(database: Database, tmp_path: Path) -> None:
    async with limited(database, tmp_path, failures=3) as world:
        for number in range(3):
            wrong = {"X-API-Key": f"ctr_{number}" + "a" * 42}
            error_of(await world.nobody.get("/api/v1/jobs", headers=wrong), 401, "unauthenticated")
        refused(await world.nobody.get("/api/v1/jobs", headers={"X-API-Key": WRONG}), "failures")
        assert (await world.mine.get("/api/v1/jobs")).status_code == 200


@pytest.mark.threat("A60")
async def test_wrong_keys_that_begin_alike_are_counted_together_from_all_addresses(
    database: Database, tmp_path: Path
) -> None:
    rates = RateSettings(failures=Budget(3, HOUR))
    async with serving(database, tmp_path, ApiSettings(rates=rates, trusted_proxies=1)) as world:

        async def tried(key: str, client: str) -> httpx2.Response:
            headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": client}
            return await world.nobody.get("/api/v1/jobs", headers=headers)

        for number in range(3):
            answer = await tried(world.api_key[:-1] + "_", f"198.51.100.{number}")
            error_of(answer, 401, "unauthenticated")
        refused(await tried(world.api_key[:20] + "a" * 27, "198.51.100.9"), "failures")
        error_of(await tried(WRONG, "198.51.100.9"), 401, "unauthenticated")
        assert (await tried(world.api_key, "198.51.100.9")).status_code == 200


@pytest.mark.threat("A81", "P10")
async def test_sockets_count_as_requests(database: Database, tmp_path: Path) -> None:
    async with limited(database, tmp_path, address=6, reads=2) as world:
        job = await world.submit("hang")
        for _ in range(2):
            async with connect(address(world, job["id"]), additional_headers=keyed(world)) as socket:
                await socket.recv()
        async with connect(address(world, job["id"]), additional_headers=keyed(world)) as socket:
            assert await rest(socket) == ([], 1013)
            assert socket.close_reason == "rate_limited"
        live = {"Accept": "text/event-stream"}
        refused(await world.mine.get(f"/api/v1/jobs/{job['id']}/events", headers=live), "reads")
        await world.nobody.get("/nowhere")
        with pytest.raises(InvalidStatus) as caught:
            await connect(address(world, job["id"]))
        assert caught.value.response.status_code == 429
        assert b'"rate_limited"' in (caught.value.response.body or b"")
        assert "retry-after" in caught.value.response.headers


@pytest.mark.threat("A60", "A81")
async def test_wrong_keys_on_sockets_count_too(database: Database, tmp_path: Path) -> None:
    async with limited(database, tmp_path, failures=2) as world:
        job = await world.submit("hang")
        codes = []
        for _ in range(4):
            async with connect(address(world, job["id"])) as socket:
                await socket.send(f'{{"apiKey": "{WRONG}"}}')
                codes.append((await rest(socket))[1])
        assert codes == [4401, 4401, 1013, 1013]
        refused(await world.nobody.get("/api/v1/jobs", headers={"X-API-Key": WRONG}), "failures")


@pytest.mark.threat("P10")
async def test_two_processes_share_their_counts_and_go_on_when_redis_is_gone(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutroom.kit.redis_pool.WITHIN_S", 60.0)
    redis = RedisServer(tmp_path)
    await redis.start()
    settings = ApiSettings(rates=RateSettings(address=Budget(4, HOUR)))
    one, other = RedisCounters(redis.url), RedisCounters(redis.url)
    async with (
        serving(database, tmp_path / "one", settings, counters=one) as first,
        serving(database, tmp_path / "other", settings, counters=other) as second,
    ):
        for world in (first, second, first, second):
            assert (await world.nobody.get("/nowhere")).status_code == 404
        refused(await first.nobody.get("/nowhere"), "address")
        refused(await second.nobody.get("/nowhere"), "address")
        redis.stop()
        with capture_logs() as logs:
            for _ in range(4):
                assert (await first.nobody.get("/nowhere")).status_code == 404
            refused(await first.nobody.get("/nowhere"), "address")
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["counters.unreachable"]
    await one.close()
    await other.close()
