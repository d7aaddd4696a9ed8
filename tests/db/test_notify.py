import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from cutroom.db import Database, Listener, notify
from cutroom.kit.backoff import Backoff


@contextlib.asynccontextmanager
async def _running(listener: Listener) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.run())
        await asyncio.wait_for(listener.connected.wait(), 60)
        yield
        task.cancel()


@pytest.fixture
def heard() -> "asyncio.Queue[str]":
    return asyncio.Queue()


@pytest.fixture
def listener(database: Database, heard: "asyncio.Queue[str]") -> Listener:
    made = Listener(database.url, name="ear", backoff=Backoff(base_s=0.01, cap_s=0.05))
    made.on("channel", heard.put_nowait)
    return made


async def _next(heard: "asyncio.Queue[str]") -> str:
    return await asyncio.wait_for(heard.get(), 60)


async def _say(database: Database, payload: str, channel: str = "channel") -> None:
    async with database.begin() as session:
        await notify(session, channel, payload)


async def test_what_is_said_is_heard_once_it_is_committed(
    database: Database, listener: Listener, heard: "asyncio.Queue[str]"
) -> None:
    async with _running(listener):
        assert await _next(heard) == ""
        async with database.begin() as session:
            await notify(session, "channel", "one")
            await asyncio.sleep(0.05)
            assert heard.empty()
        assert await _next(heard) == "one"


async def test_what_is_rolled_back_is_never_heard(
    database: Database, listener: Listener, heard: "asyncio.Queue[str]"
) -> None:
    async def take_back() -> None:
        async with database.begin() as session:
            await notify(session, "channel", "taken back")
            raise RuntimeError("no")

    async with _running(listener):
        assert await _next(heard) == ""
        with pytest.raises(RuntimeError):
            await take_back()
        await _say(database, "after")
        assert await _next(heard) == "after"


@pytest.mark.threat("F11")
async def test_subscribers_are_told_to_look_after_every_reconnection(
    database: Database, listener: Listener, heard: "asyncio.Queue[str]"
) -> None:
    async with _running(listener):
        assert await _next(heard) == ""
        async with database.begin() as session:
            await session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ear'")
            )
        assert await _next(heard) == ""
        await _say(database, "again")
        assert await _next(heard) == "again"


async def test_a_channel_may_be_added_while_it_runs(database: Database, listener: Listener) -> None:
    late: asyncio.Queue[str] = asyncio.Queue()
    async with _running(listener):
        listener.on("Other Channel", late.put_nowait)
        assert await _next(late) == ""
        await _say(database, "late", channel="Other Channel")
        assert await _next(late) == "late"


async def test_a_subscription_ends_when_told(
    database: Database, listener: Listener, heard: "asyncio.Queue[str]"
) -> None:
    ended: list[str] = []
    off = listener.on("channel", ended.append)
    async with _running(listener):
        assert await _next(heard) == ""
        off()
        off()
        await _say(database, "one")
        assert await _next(heard) == "one"
    assert ended == [""]


async def test_a_subscriber_that_fails_does_not_silence_the_others(
    database: Database, heard: "asyncio.Queue[str]"
) -> None:
    def fail(payload: str) -> None:
        raise RuntimeError(payload)

    listener = Listener(database.url)
    listener.on("channel", fail)
    listener.on("channel", heard.put_nowait)
    async with _running(listener):
        assert await _next(heard) == ""
        await _say(database, "one")
        assert await _next(heard) == "one"


async def test_it_waits_for_a_database_that_is_not_there_yet() -> None:
    listener = Listener("postgresql://u@/d?host=/nonexistent", backoff=Backoff(base_s=0.001, cap_s=0.01))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(listener.run(), 0.2)
    assert not listener.connected.is_set()
