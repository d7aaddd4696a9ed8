import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from cutroom.jobs.batching import Batcher


class Work:
    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(items))
        await self.gate.wait()
        if 13 in items:
            raise RuntimeError("thirteen")
        return [2 * item if item != 7 else ValueError("seven") for item in items]


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def batcher(work: Work) -> AsyncIterator[Batcher[int, int]]:
    made = Batcher(work, limit=4)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(made.run())
        yield made
        running.cancel()


async def test_what_comes_while_a_batch_is_done_shares_the_next(work: Work, batcher: Batcher[int, int]) -> None:
    work.gate.clear()
    first = asyncio.gather(batcher.do(1))
    await asyncio.sleep(0.01)
    others = asyncio.gather(*(batcher.do(number) for number in (2, 3, 4, 5, 6, 8, 9)))
    await asyncio.sleep(0.01)
    work.gate.set()
    assert [*await first, *await others] == [2, 4, 6, 8, 10, 12, 16, 18]
    assert work.batches == [[1], [2, 3, 4, 5], [6, 8, 9]]


async def test_a_failure_is_told_to_everyone_in_the_batch_and_to_nobody_else(
    work: Work, batcher: Batcher[int, int]
) -> None:
    results = await asyncio.gather(*(batcher.do(number) for number in (12, 13)), return_exceptions=True)
    assert [type(result) for result in results] == [RuntimeError, RuntimeError]
    assert await batcher.do(1) == 2


async def test_a_failure_of_one_item_is_told_to_that_one_only(batcher: Batcher[int, int]) -> None:
    results = await asyncio.gather(*(batcher.do(number) for number in (6, 7, 8)), return_exceptions=True)
    assert [type(result) for result in results] == [int, ValueError, int]


async def test_who_waits_when_the_work_stops_is_cancelled(work: Work) -> None:
    batcher = Batcher(work, limit=1)
    work.gate.clear()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(batcher.run())
        waiting = [group.create_task(batcher.do(number)) for number in range(3)]
        await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait(waiting)
    assert all(task.cancelled() for task in waiting)


async def test_who_is_cancelled_leaves_when_the_work_is_done(work: Work, batcher: Batcher[int, int]) -> None:
    work.gate.clear()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(batcher.do(5))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
        work.gate.set()
        await asyncio.wait({task})
    assert task.cancelled()
    assert await batcher.do(6) == 12
