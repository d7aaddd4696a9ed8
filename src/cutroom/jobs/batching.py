"""Group commit: what arrives while a transaction is under way shares the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Hands items to `work` in batches, one batch at a time; nothing is delayed to fill a batch.

    Args:
        work: does a batch; its results are in the order of the items, and an exception among them is raised to the one
            whose item it was. When it raises itself, everyone in the batch is told.
        limit: items in one batch.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]], *, limit: int = 256) -> None:
        self._work = work
        self._limit = limit
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._serving: list[tuple[T, asyncio.Future[R]]] = []
        self._arrived = asyncio.Event()

    async def do(self, item: T) -> R:
        """Have one item done; the result, or what `work` raised.

        An item cannot be taken back: who is cancelled meanwhile leaves only when it is done.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._arrived.set()
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait({future})
            raise

    async def run(self) -> NoReturn:
        """Work until cancelled; who still waits then is cancelled too."""
        try:
            while True:
                await self._arrived.wait()
                self._serving, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
                if not self._waiting:
                    self._arrived.clear()
                await self._serve()
        finally:
            for _, future in (*self._serving, *self._waiting):
                future.cancel()

    async def _serve(self) -> None:
        results: Sequence[R | Exception]
        try:
            results = await self._work([item for item, _ in self._serving])
        except Exception as error:  # noqa: BLE001 — whoever asked is told
            results = [error] * len(self._serving)
        for (_, future), result in zip(self._serving, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
                future.exception()  # it counts as looked at, also when nobody waits any more
            else:
                future.set_result(result)
