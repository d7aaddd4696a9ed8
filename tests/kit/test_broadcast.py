import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cutroom.kit import broadcast
from cutroom.kit.backoff import Backoff
from cutroom.kit.broadcast import MOST, Broadcast
from tests.kit.redis_server import RedisServer

SOON = Backoff(base_s=0.02, cap_s=0.05)


@pytest.fixture
async def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisServer]:
    monkeypatch.setattr("cutroom.kit.redis_pool.WITHIN_S", 60.0)
    server = RedisServer(tmp_path)
    await server.start()
    yield server
    server.stop()


@asynccontextmanager
async def running(redis: RedisServer, *heard: "asyncio.Queue[str]") -> AsyncIterator[Broadcast]:
    """One process, which puts what it hears on `news` into the queues."""
    made = Broadcast(redis.url, backoff=SOON)
    for queue in heard:
        made.on("news", queue.put_nowait)
    task = asyncio.ensure_future(made.run())
    if heard:
        await asyncio.wait_for(made.connected.wait(), 60)
    yield made
    task.cancel()
    await asyncio.wait({task})
    await made.close()


async def heard(queue: "asyncio.Queue[str]") -> str:
    return await asyncio.wait_for(queue.get(), 60)


async def test_what_one_process_says_every_other_hears(redis: RedisServer) -> None:
    first: asyncio.Queue[str] = asyncio.Queue()
    second: asyncio.Queue[str] = asyncio.Queue()
    async with running(redis, first), running(redis, second), running(redis) as speaker:
        assert [await heard(first), await heard(second)] == ["", ""], "look, for something may have been missed"
        speaker.tell("news", ["a", "b", "a"])
        speaker.tell("others", ["c"])
        assert [await heard(first), await heard(first)] == ["a", "b"]
        assert [await heard(second), await heard(second)] == ["a", "b"]
        assert first.empty()


async def test_a_redis_that_was_away_is_found_again_and_subscribers_look(redis: RedisServer) -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()
    async with running(redis, queue) as one:
        assert await heard(queue) == ""
        redis.stop()
        one.tell("news", ["lost"])
        async with asyncio.timeout(60):
            while one.connected.is_set():
                await asyncio.sleep(0.01)
        await redis.start()
        assert await heard(queue) == ""
        one.tell("news", ["after"])
        assert await heard(queue) == "after"


async def test_a_connection_that_only_seems_to_live_is_noticed(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "CHECK_EVERY_S", 0.5)
    queue: asyncio.Queue[str] = asyncio.Queue()
    async with running(redis, queue) as one:
        assert await heard(queue) == ""
        for _ in range(4):  # on a busy machine its answer may come too late
            await asyncio.sleep(1.5)
            if one.connected.is_set() and queue.empty():
                break
            await one.connected.wait()
            while not queue.empty():
                queue.get_nowait()
        else:
            pytest.fail("one that answers is kept")
        redis.freeze()
        async with asyncio.timeout(60):
            while one.connected.is_set():
                await asyncio.sleep(0.01)
        redis.thaw()
        assert await heard(queue) == ""


async def test_what_waits_to_be_sent_is_bounded(redis: RedisServer) -> None:
    made = Broadcast(redis.url)
    for number in range(2 * MOST):
        made.tell("news", [str(number)])
        made.tell("news", ["again"])
    assert len(made._unsent) == MOST
    await made.close()


async def test_a_callback_that_fails_does_not_silence_the_others(redis: RedisServer) -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()
    made = Broadcast(redis.url, backoff=SOON)

    def fails(payload: str) -> None:
        raise RuntimeError(payload)

    made.on("news", fails)
    off = made.on("news", queue.put_nowait)
    task = asyncio.ensure_future(made.run())
    assert await heard(queue) == ""
    made.tell("news", ["a"])
    assert await heard(queue) == "a"
    off()
    made.tell("news", ["b"])
    await asyncio.sleep(0.1)
    assert queue.empty()
    task.cancel()
    await asyncio.wait({task})
    await made.close()
