"""Counting in windows, in memory and in a real Redis."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cutroom.kit.counters import Counters, MemoryCounters, RedisCounters, resets_in_s
from tests.kit.redis_server import RedisServer


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisServer]:
    monkeypatch.setattr("cutroom.kit.redis_pool.WITHIN_S", 60.0)
    server = RedisServer(tmp_path)
    await server.start()
    yield server
    server.stop()


@pytest.fixture(params=["memory", "redis"])
async def counters(request: pytest.FixtureRequest, clock: Clock, redis: RedisServer) -> AsyncIterator[Counters]:
    made: Counters = MemoryCounters(clock) if request.param == "memory" else RedisCounters(redis.url, clock)
    yield made
    await made.close()


async def test_each_key_is_counted_apart(counters: Counters) -> None:
    assert [await counters.add("a", 60) for _ in range(3)] == [1, 2, 3]
    assert await counters.add("b", 60) == 1
    assert await counters.add("a", 30) == 1


async def test_a_new_window_begins_at_nothing(counters: Counters, clock: Clock) -> None:
    assert await counters.add("a", 60) == 1
    clock.now += resets_in_s(60, clock.now) - 0.1
    assert await counters.add("a", 60) == 2
    clock.now += 0.2
    assert await counters.add("a", 60) == 1


async def test_none_of_many_at_once_is_lost(counters: Counters) -> None:
    found = await asyncio.gather(*(counters.add("a", 60) for _ in range(100)))
    assert sorted(found) == list(range(1, 101))


async def test_a_flood_of_keys_is_counted_together() -> None:
    counters = MemoryCounters(max_keys=10)
    for number in range(10):
        assert await counters.add(str(number), 60) == 1
    assert [await counters.add(f"new {number}", 60) for number in range(3)] == [1, 2, 3]
    assert await counters.add("5", 60) == 2


async def test_two_processes_count_in_one_redis(redis: RedisServer, clock: Clock) -> None:
    one, other = RedisCounters(redis.url, clock), RedisCounters(redis.url, clock)
    assert [await one.add("a", 60), await other.add("a", 60), await one.add("a", 60)] == [1, 2, 3]
    await one.close()
    await other.close()


@pytest.mark.threat("P10")
async def test_a_redis_that_is_gone_is_replaced_by_memory_and_told_once(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutroom.kit.counters.AGAIN_S", 3_600)  # however long a Redis takes to start
    counters = RedisCounters(redis.url)
    assert await counters.add("a", 3_600) == 1
    redis.stop()
    with capture_logs() as logs:
        started = time.monotonic()
        assert [await counters.add("a", 3_600) for _ in range(50)] == list(range(1, 51))
        assert time.monotonic() - started < 10
        await redis.start()
        assert await counters.add("a", 3_600) == 51  # it is left alone for a while
        later = time.monotonic() + 3_601
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert await counters.add("a", 3_600) == 1
    assert [line["event"] for line in logs] == ["counters.unreachable", "counters.reachable"]
    await counters.close()


async def test_a_redis_that_is_silent_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutroom.kit.counters.AGAIN_S", 3_600)
    open_: list[asyncio.StreamWriter] = []

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.append(writer)

    server = await asyncio.start_unix_server(silent, tmp_path / "silent.sock")
    counters = RedisCounters(f"unix://{tmp_path / 'silent.sock'}")
    assert [await counters.add("a", 3_600) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert len(open_) == 1, "it is waited for once"
    await counters.close()
    server.close()
    for writer in open_:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
