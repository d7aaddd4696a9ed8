"""Asking together what is asked at the same moment.

A round trip and a commit cost about the same for one statement and for twenty. What is asked while others are under way
waits for one of them to end, and then goes in one go with everything that came meanwhile; what is asked while none is
goes at once. So an answer is never older than its question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE: Final = 2
"""Batches that may be under way: a second passes by one that waits for a lock."""
MOST: Final = 64


class Together(Generic[T, R]):
    """Hands items to `work` in batches.

    Args:
        work: does a batch; its results are in the order of the items, and an exception among them is raised to the one
            whose item it was. When it raises itself, everyone in the batch is told.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]]) -> None:
        self._work = work
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._carriers: set[asyncio.Task[None]] = set()
        self._under_way = 0

    async def do(self, item: T) -> R:
        """Have one item done; the result, or what `work` raised."""
        asked: tuple[T, asyncio.Future[R]] = (item, asyncio.get_running_loop().create_future())
        if self._under_way < AT_ONCE:
            self._under_way += 1
            # A task of its own, so that whoever is cancelled takes nothing from those who go with them.
            carrier = asyncio.create_task(self._carry([asked]))  # noqa: TID251 — held, and waited for by `settle`
            self._carriers.add(carrier)
            carrier.add_done_callback(self._carriers.discard)
        else:
            self._waiting.append(asked)
        return await asked[1]

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._carriers:
            await asyncio.wait(self._carriers)

    async def _carry(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        """Do a batch, then what came meanwhile."""
        try:
            while batch:
                for (_, asked), result in zip(batch, await self._results([item for item, _ in batch]), strict=True):
                    if asked.done():  # they went away
                        continue
                    if isinstance(result, Exception):
                        asked.set_exception(result)
                    else:
                        asked.set_result(result)
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        finally:  # at once, so that whoever asks from here on has somebody to go with
            self._under_way -= 1
            for _, asked in batch:  # there are any only when this was cancelled
                asked.cancel()

    async def _results(self, items: list[T]) -> Sequence[R | Exception]:
        """One for each item, whatever `work` does: nobody is left to wait."""
        try:
            results = await self._work(items)
        except Exception as error:  # noqa: BLE001 — whoever asked is told
            return [error] * len(items)
        if len(results) != len(items):
            return [RuntimeError(f"{len(results)} results for {len(items)} items")] * len(items)
        return results
