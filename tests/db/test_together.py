"""What is asked at the same moment is asked together."""

import asyncio
from collections.abc import Sequence

import pytest

from cutroom.db.together import AT_ONCE, Together


class Work:
    """Doubles numbers as soon as it may, and keeps the batches in which they came."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(items))
        await self.go.wait()
        if 13 in items:
            raise RuntimeError("unlucky")
        return [ValueError(item) if item < 0 else 2 * item for item in items]


async def _started(group: asyncio.TaskGroup, together: Together[int, int], *items: int) -> list[asyncio.Task[int]]:
    tasks = [group.create_task(together.do(item)) for item in items]
    await asyncio.sleep(0.01)
    return tasks


async def test_what_comes_while_little_is_under_way_goes_at_once() -> None:
    work = Work()
    together = Together(work)
    async with asyncio.TaskGroup() as group:
        await _started(group, together, *range(AT_ONCE))
        assert work.batches == [[number] for number in range(AT_ONCE)]
        work.go.set()


async def test_what_comes_meanwhile_goes_together_afterwards() -> None:
    work = Work()
    together = Together(work)
    async with asyncio.TaskGroup() as group:
        tasks = await _started(group, together, *range(AT_ONCE + 5))
        assert len(work.batches) == AT_ONCE
        work.go.set()
    assert work.batches[AT_ONCE:] == [list(range(AT_ONCE, AT_ONCE + 5))]
    assert [task.result() for task in tasks] == [2 * number for number in range(AT_ONCE + 5)]


async def test_an_error_of_one_is_raised_to_that_one_alone() -> None:
    work = Work()
    together = Together(work)
    given = [*range(AT_ONCE), 7, -7, 8]
    work.go.set()
    found = await asyncio.gather(*(together.do(item) for item in given), return_exceptions=True)
    assert isinstance(found.pop(-2), ValueError)
    assert found == [*(2 * number for number in range(AT_ONCE)), 14, 16]


async def test_an_error_of_the_work_is_raised_to_everyone_in_it_and_to_nobody_after() -> None:
    work = Work()
    together = Together(work)
    work.go.set()
    given = [*range(AT_ONCE), 12, 13]
    found = await asyncio.gather(*(together.do(item) for item in given), return_exceptions=True)
    assert [isinstance(one, RuntimeError) for one in found] == [*(False for _ in range(AT_ONCE)), True, True]
    assert await together.do(4) == 8


async def test_work_that_gives_too_few_results_leaves_nobody_waiting() -> None:
    async def lose(items: Sequence[int]) -> Sequence[int]:
        return items[1:]

    together = Together[int, int](lose)
    async with asyncio.timeout(60):
        found = await asyncio.gather(*(together.do(item) for item in range(5)), return_exceptions=True)
    assert [type(one) for one in found] == [RuntimeError] * 5


async def test_work_that_is_cancelled_leaves_nobody_waiting() -> None:
    async def leave(_items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    together = Together[int, int](leave)
    asking = [asyncio.ensure_future(together.do(item)) for item in range(AT_ONCE)]
    async with asyncio.timeout(60):
        await asyncio.wait(asking)
        await together.settle()
    assert all(one.cancelled() for one in asking)


@pytest.mark.parametrize("gone", [0, AT_ONCE, AT_ONCE + 1])
async def test_whoever_goes_away_leaves_the_others_their_answers(gone: int) -> None:
    work = Work()
    together = Together(work)
    async with asyncio.TaskGroup() as group:
        tasks = await _started(group, together, *range(AT_ONCE + 3))
        tasks[gone].cancel()
        await asyncio.sleep(0.01)
        work.go.set()
    left = [task for task in tasks if task is not tasks[gone]]
    assert [task.result() for task in left] == [2 * number for number in range(AT_ONCE + 3) if number != gone]
    assert tasks[gone].cancelled()


async def test_whoever_asks_in_the_moment_in_which_the_last_is_answered_is_answered_too() -> None:
    work = Work()
    work.go.set()
    together = Together(work)

    async def often(item: int) -> int:
        return sum([await together.do(item) for _ in range(50)])

    async with asyncio.timeout(60):
        found = await asyncio.gather(*(often(item) for item in range(AT_ONCE + 3)))
    assert found == [100 * item for item in range(AT_ONCE + 3)]


async def test_settling_waits_for_what_is_under_way_though_nobody_waits_for_it_any_more() -> None:
    work = Work()
    together = Together(work)
    async with asyncio.TaskGroup() as group:
        (asking,) = await _started(group, together, 1)
        asking.cancel()
    async with asyncio.TaskGroup() as group:
        settling = group.create_task(together.settle())
        await asyncio.sleep(0.01)
        assert not settling.done()
        work.go.set()
