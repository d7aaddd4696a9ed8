import asyncio
from pathlib import Path

import pytest

from cutroom.db import Listener
from cutroom.jobs import Followers, JobEvent, Status
from cutroom.kit.broadcast import Broadcast
from cutroom.kit.errors import NotFound
from tests.jobs.flows import A, B, Diary
from tests.jobs.rig import Rig
from tests.kit.redis_server import RedisServer

pytestmark = pytest.mark.both_engines


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


async def all_of(followers: Followers, job_id: str, after: int = 0) -> list[JobEvent]:
    return [event async for event in followers.follow(A, job_id, after=after)]


@pytest.mark.parametrize("listen", [True, False])
async def test_followers_see_every_event_once_and_in_order_from_their_cursor(rig: Rig, *, listen: bool) -> None:
    """Ten followers that begin at different moments; without notifications their poll brings the same."""
    listener = Listener(rig.database.url)
    followers = Followers(rig.database, listener, poll_s=5.0 if listen else 0.1)
    async with rig.worker(), asyncio.TaskGroup() as group:
        heard = group.create_task(listener.run() if listen else asyncio.sleep(3600))
        job_id = await rig.submit("says_much", {"value": 3_000})
        tasks = []
        for number in range(10):
            tasks.append(group.create_task(all_of(followers, job_id, after=number)))
            await asyncio.sleep(0.02)
        seen = await asyncio.gather(*tasks)
        heard.cancel()
    events = await rig.events(job_id)
    assert len(events) > 3_000
    for number, found in enumerate(seen):
        assert found == events[number:]
    assert followers._waiting == {}


async def test_following_a_job_that_ended_gives_what_is_left_and_ends(rig: Rig) -> None:
    job = await rig.run("same", {"value": 1})
    followers = Followers(rig.database, Listener(rig.database.url))
    assert [event.seq for event in await all_of(followers, job.id, after=2)] == [3]
    assert await all_of(followers, job.id, after=3) == []
    assert await all_of(followers, job.id, after=99) == []


async def test_a_job_that_was_retried_is_followed_beyond_its_first_end(rig: Rig, diary: Diary) -> None:
    job = await rig.run("fails_at_first", diary.model_copy(update={"value": 3}))
    assert job.status is Status.FAILED
    async with rig.database.begin() as session:
        await rig.jobs.retry(session, A, job.id)
    followers = Followers(rig.database, Listener(rig.database.url), poll_s=0.1)
    async with rig.worker():
        states = [event.data["status"] for event in await all_of(followers, job.id) if event.kind == "state"]
    assert states.index("failed") < states.index("succeeded") == len(states) - 1


async def test_another_workspace_cannot_follow(rig: Rig) -> None:
    job_id = await rig.submit("same", {"value": 1})
    followers = Followers(rig.database, Listener(rig.database.url))
    with pytest.raises(NotFound):
        await anext(aiter(followers.follow(B, job_id)))


async def test_a_redis_brings_events_where_the_database_notifies_nobody(rig: Rig, diary: Diary, tmp_path: Path) -> None:
    redis = RedisServer(tmp_path)
    await redis.start()
    ear = Broadcast(redis.url)
    deaf = Listener(rig.database.url)  # nobody runs it
    followers = Followers(rig.database, deaf, poll_s=3600.0, broadcast=ear)
    rig.broadcast = Broadcast(redis.url)
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one.run()) for one in (ear, rig.broadcast)]
        await ear.connected.wait()
        async with rig.worker():
            job_id = await rig.submit("gated_steps", diary)
            followed = group.create_task(all_of(followers, job_id))
            for step in ("one", "two", "three"):
                await asyncio.sleep(0.1)
                diary.write(f"go {step}")
            seen = await asyncio.wait_for(followed, 60)
        for task in running:
            task.cancel()
    await ear.close()
    await rig.broadcast.close()
    redis.stop()
    assert [event.data["status"] for event in seen] == ["queued", "running", "succeeded"]
