"""How every program of the command line is run."""

import asyncio
import signal
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import typer

from cutroom.app.console import fail
from cutroom.kit import heap
from cutroom.kit.errors import CutroomError, Unavailable, first_of, is_full


def run(
    program: Callable[[], Coroutine[Any, Any, None]],
    *,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Run an async program until it ends or a signal cancels it.

    A `CutroomError` becomes a sentence and status 1, and so does a full disk; a signal becomes 128 and its number, as
    shells have it.
    """
    told: list[int] = []
    heap.give_back()
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_cancelled_by_signals(program, told))
    except (CutroomError, BaseExceptionGroup, OSError) as error:
        known = first_of(error) or _full(error)
        if known is None:
            raise
        fail(known)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(128 + (told[0] if told else signal.SIGINT)) from None


def _full(error: BaseException) -> CutroomError | None:
    """What is told of a disk that is full, wherever that was noticed."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := _full(one)) is not None), None)
    if is_full(error):
        sentence = f"There is no room left in {tempfile.gettempdir()} or beside the result; free some, or set TMPDIR."
        return Unavailable("disk_full", sentence)
    return None


async def _cancelled_by_signals(program: Callable[[], Awaitable[None]], told: list[int]) -> None:
    """Run the program; the first signal is noted in `told`, and cancels it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop(number: int) -> None:
        told.append(number)
        if task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    await program()
