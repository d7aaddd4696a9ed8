"""Keeping answers for a while, in memory and in a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cutroom.kit.cache import Cache, MemoryCache, RedisCache, Rule
from cutroom.kit.errors import Unavailable
from cutroom.kit.redis_pool import AGAIN_S
from tests.kit.redis_server import RedisServer

LONG, SHORT = Rule("long", 60.0), Rule("short", 0.05)


class Kitchen:
    """Makes a new answer each time, after as many turns of the loop as a query takes."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.made = 0
        self.takes_s = takes_s
        self.started = asyncio.Event()

    async def make(self) -> bytes:
        self.made += 1
        number = self.made
        self.started.set()
        await asyncio.sleep(self.takes_s)
        return b"answer %d" % number


@pytest.fixture
async def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisServer]:
    monkeypatch.setattr("cutroom.kit.redis_pool.WITHIN_S", 60.0)
    server = RedisServer(tmp_path)
    await server.start()
    yield server
    server.stop()


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest, redis: RedisServer) -> AsyncIterator[Cache]:
    made: Cache = MemoryCache() if request.param == "memory" else RedisCache(redis.url)
    yield made
    await made.close()


@pytest.fixture
async def two(redis: RedisServer) -> AsyncIterator[tuple[RedisCache, RedisCache]]:
    """Those of two processes."""
    one, other = RedisCache(redis.url), RedisCache(redis.url)
    yield one, other
    await one.close()
    await other.close()


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():
            await asyncio.sleep(0.005)


async def test_an_answer_is_made_once_and_again_when_its_time_is_over(cache: Cache) -> None:
    kitchen = Kitchen()
    assert [await cache.recall(LONG, "ws_1", "a", kitchen.make) for _ in range(3)] == [b"answer 1"] * 3
    assert await cache.recall(SHORT, "ws_1", "a", kitchen.make) == b"answer 2"
    await asyncio.sleep(SHORT.lasts_s + 0.02)
    assert await cache.recall(SHORT, "ws_1", "a", kitchen.make) == b"answer 3"
    assert await cache.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 1"


async def test_any_bytes_come_back_as_they_were(cache: Cache) -> None:
    every = bytes(range(256)) * 3

    async def make() -> bytes:
        return every

    for key, wanted in (("a", every), ("b", every)):
        assert await cache.recall(LONG, "ws_1", key, make) == wanted
        assert await cache.recall(LONG, "ws_1", key, make) == wanted
    every = b""
    assert [await cache.recall(LONG, "ws_1", "c", make) for _ in range(2)] == [b"", b""]


async def test_nobody_is_given_what_is_another_owners(cache: Cache) -> None:
    kitchen = Kitchen()
    found = [
        await cache.recall(LONG, owner, key, kitchen.make) for owner, key in (("ws_1", "a"), ("ws_2", "a"), ("", "a"))
    ]
    assert found == [b"answer 1", b"answer 2", b"answer 3"]
    cache.forget("ws_2")
    found = [await cache.recall(LONG, owner, "a", kitchen.make) for owner in ("ws_1", "ws_2", "")]
    assert found == [b"answer 1", b"answer 4", b"answer 3"]


async def test_a_hundred_who_ask_at_once_have_one_made(cache: Cache) -> None:
    kitchen = Kitchen(0.05)
    found = await asyncio.gather(*(cache.recall(LONG, "ws_1", "a", kitchen.make) for _ in range(100)))
    assert (set(found), kitchen.made) == ({b"answer 1"}, 1)


async def test_what_was_begun_before_a_change_is_not_kept_after_it(cache: Cache) -> None:
    kitchen = Kitchen(0.1)
    async with asyncio.TaskGroup() as group:
        before = group.create_task(cache.recall(LONG, "ws_1", "a", kitchen.make))
        await kitchen.started.wait()
        cache.forget("ws_1")
        after = group.create_task(cache.recall(LONG, "ws_1", "a", kitchen.make))
    assert (before.result(), after.result()) == (b"answer 1", b"answer 2")
    assert await cache.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 2"


async def test_who_leaves_takes_nothing_from_those_who_wait_for_the_same(cache: Cache) -> None:
    kitchen = Kitchen(0.05)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(cache.recall(LONG, "ws_1", "a", kitchen.make))
        await kitchen.started.wait()
        second = group.create_task(cache.recall(LONG, "ws_1", "a", kitchen.make))
        await asyncio.sleep(0)
        first.cancel()
    assert first.cancelled()
    assert (second.result(), kitchen.made) == (b"answer 1", 1)


async def test_a_failure_is_told_to_all_who_wait_and_is_not_kept(cache: Cache) -> None:
    calls = 0

    async def fail() -> bytes:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.02)
        raise Unavailable("database_unavailable", "The database does not answer.")

    asked = [cache.recall(LONG, "ws_1", "a", fail) for _ in range(5)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert ([type(one) for one in found], calls) == ([Unavailable] * 5, 1)
    assert await cache.recall(LONG, "ws_1", "a", Kitchen().make) == b"answer 1"


async def test_memory_holds_no_more_than_it_may() -> None:
    now, kitchen = 0.0, Kitchen()
    cache = MemoryCache(lambda: now, max_owners=2, max_each=2)
    for owner in ("a", "b", "a", "c"):
        await cache.recall(LONG, owner, "1", kitchen.make)
    assert kitchen.made == 3
    await cache.recall(LONG, "a", "1", kitchen.make)
    assert kitchen.made == 3
    await cache.recall(LONG, "b", "1", kitchen.make)  # had to go for c
    assert kitchen.made == 4
    for key in ("2", "3", "1"):
        await cache.recall(LONG, "b", key, kitchen.make)
    assert kitchen.made == 7
    now = 61.0
    await cache.recall(LONG, "b", "1", kitchen.make)
    assert kitchen.made == 8


async def test_two_processes_make_one_answer_and_both_forget_it(two: tuple[RedisCache, RedisCache]) -> None:
    one, other = two
    kitchen = Kitchen(0.05)
    found = await asyncio.gather(*(cache.recall(LONG, "ws_1", "a", kitchen.make) for cache in two for _ in range(20)))
    assert (set(found), kitchen.made) == ({b"answer 1"}, 1)
    one.forget("ws_1")
    assert await one.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 2"
    assert await other.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 2"


async def test_another_process_hears_of_a_change_though_nobody_asks_here(two: tuple[RedisCache, RedisCache]) -> None:
    one, other = two
    kitchen = Kitchen()
    assert await other.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 1"
    one.forget("ws_1")
    async with asyncio.timeout(60):
        while await other.recall(LONG, "ws_1", "a", kitchen.make) != b"answer 2":
            await asyncio.sleep(0.005)


async def test_a_process_that_is_still_making_keeps_nothing_after_anothers_change(
    two: tuple[RedisCache, RedisCache],
) -> None:
    one, other = two
    slow, quick = Kitchen(0.2), Kitchen()
    async with asyncio.TaskGroup() as group:
        old = group.create_task(one.recall(LONG, "ws_1", "a", slow.make))
        await slow.started.wait()
        other.forget("ws_1")
        assert await other.recall(LONG, "ws_1", "a", quick.make) == b"answer 1"
    assert old.result() == b"answer 1"
    assert await one.recall(LONG, "ws_1", "a", quick.make) == b"answer 1"
    assert quick.made == 1


async def test_a_process_that_dies_while_it_makes_holds_the_others_up_for_a_moment_alone(
    two: tuple[RedisCache, RedisCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutroom.kit.cache.MAKING_WITHIN_S", 0.2)
    dying, other = two
    never, quick = Kitchen(3_600), Kitchen()
    async with asyncio.TaskGroup() as group:
        started = time.monotonic()  # before what is waited for begins, however late this goes on
        lost = group.create_task(dying.recall(LONG, "ws_1", "a", never.make))
        await never.started.wait()
        assert await other.recall(LONG, "ws_1", "a", quick.make) == b"answer 1"
        assert 0.1 < time.monotonic() - started < 60
        lost.cancel()


async def test_a_redis_that_is_gone_is_replaced_by_memory_and_told_once(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, kitchen = RedisCache(redis.url), Kitchen()
    assert await cache.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 1"
    redis.stop()
    with capture_logs() as logs:
        started = time.monotonic()
        found = [await cache.recall(LONG, "ws_1", "a", kitchen.make) for _ in range(20)]
        assert set(found) == {b"answer 2"}
        cache.forget("ws_1")
        assert await cache.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 3"
        assert time.monotonic() - started < 10
        await redis.start()
        later = time.monotonic() + AGAIN_S + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert await cache.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 4"
        assert await cache.recall(LONG, "ws_1", "a", kitchen.make) == b"answer 4"
    assert [line["event"] for line in logs] == ["cache.unreachable", "cache.reachable"]
    await cache.close()
