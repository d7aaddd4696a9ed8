"""Asking together what is asked at the same moment.

A round trip and a commit cost about the same for one statement and for twenty. What is asked while others are under way
waits for one of them to end, and then goes in one go with everything that came meanwhile; what is asked while none is
goes at once. So an answer is never older than its question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE: Final = 2
"""Batches that may be under way: a second passes by one that waits for a lock."""
MOST: Final = 64


class _Abandoned(Exception):
    """Whoever was to carry a batch was cancelled before its turn."""


class _Batch(Generic[T, R]):
    def __init__(self) -> None:
        self.items: list[T] = []
        self.begun = False
        self.results: asyncio.Future[Sequence[R | Exception]] = asyncio.get_running_loop().create_future()


class Together(Generic[T, R]):
    """Hands items to `work` in batches, each carried by whoever came first in it.

    Args:
        work: does a batch; its results are in the order of the items, and an exception among them is raised to the one
            whose item it was. When it raises itself, everyone in the batch is told.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]]) -> None:
        self._work = work
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._gathering: _Batch[T, R] | None = None

    async def do(self, item: T) -> R:
        """Have one item done; the result, or what `work` raised."""
        while True:
            batch = self._gathering
            if batch is None or len(batch.items) >= MOST:
                batch = self._gathering = _Batch()
            place = len(batch.items)
            batch.items.append(item)
            try:
                if place == 0:
                    await self._carry(batch)
                    result = batch.results.result()[place]
                else:
                    # Shielded: one that is cancelled would cancel what the others wait for.
                    result = (await asyncio.shield(batch.results))[place]
            except _Abandoned:
                continue
            if isinstance(result, Exception):
                raise result
            return result

    async def _carry(self, batch: _Batch[T, R]) -> None:
        try:
            async with self._turns:
                self._close(batch)
                batch.begun = True
                # The work is not its carrier's alone: it goes on when they are cancelled, who leave when it is done.
                await asyncio.shield(self._finish(batch))
        except asyncio.CancelledError:
            if not batch.begun:
                self._close(batch)
                _fail(batch, _Abandoned())
            await asyncio.wait({batch.results})
            raise

    async def _finish(self, batch: _Batch[T, R]) -> None:
        try:
            batch.results.set_result(await self._work(batch.items))
        except Exception as error:  # noqa: BLE001 — whoever asked is told
            _fail(batch, error)

    def _close(self, batch: _Batch[T, R]) -> None:
        """Let nobody else join."""
        if self._gathering is batch:
            self._gathering = None


def _fail(batch: _Batch[Any, Any], error: Exception) -> None:
    batch.results.set_exception(error)
    batch.results.exception()  # it counts as looked at, also when nobody waits any more
