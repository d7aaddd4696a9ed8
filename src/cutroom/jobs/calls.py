"""Calling a step function: async or in a thread, within a time, again when that can help."""

import asyncio
import contextvars
import functools
import inspect
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cutroom.kit import tracing
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import CutroomError, Unavailable

Executor = ThreadPoolExecutor | None
STEP_BACKOFF: Final = Backoff(base_s=0.5, factor=2.0, cap_s=30.0)


@dataclass(frozen=True, slots=True)
class StepRetry:
    """How often to try a step within one attempt of its job, for errors that are retryable.

    Args:
        max_attempts: tries in all.
        backoff: how long to wait between them.
    """

    max_attempts: int = 1
    backoff: Backoff = STEP_BACKOFF


class Pace(Protocol):
    """Says when the tries of steps begin."""

    async def ready(self, name: str, retry: StepRetry, error: CutroomError | None, wait_s: float) -> None:
        """Wait until step `name` may be tried: at once, or `wait_s` after it failed with `error`."""
        ...

    def over(self, name: str, error: BaseException | None) -> None:
        """The step's result is kept, or it ended by `error`: it is not tried again in this attempt."""
        ...


class AtOnce:
    """The pace of the embedded engine: a step is tried as soon as it is asked for, and again after its pause."""

    async def ready(self, name: str, retry: StepRetry, error: CutroomError | None, wait_s: float) -> None:
        """Wait for the pause."""
        if error is not None:
            await asyncio.sleep(wait_s)

    def over(self, name: str, error: BaseException | None) -> None:
        """Nobody wants to know."""


AT_ONCE: Final[Pace] = AtOnce()


async def call(
    name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    *,
    retry: StepRetry,
    timeout_s: float | None,
    threads: Executor,
    pace: Pace = AT_ONCE,
) -> tuple[Any, float]:
    """The function's result, and the seconds that the try which gave it took.

    Raises:
        CutroomError: what the last try raised.
    """
    failures = 0
    await pace.ready(name, retry, None, 0.0)
    while True:
        started = time.monotonic()
        try:
            # "row:17" and "row:18" are one kind of step.
            with tracing.span("step", step=name.partition(":")[0], name=name, failures=failures):
                return await _once(name, function, args, timeout_s, threads), time.monotonic() - started
        except CutroomError as error:
            failures += 1
            if not error.retryable or failures >= retry.max_attempts:
                raise
            await pace.ready(name, retry, error, max(error.retry_after_s or 0.0, retry.backoff.delay_s(failures)))


async def _once(
    name: str, function: Callable[..., Any], args: tuple[Any, ...], timeout_s: float | None, threads: Executor
) -> Any:
    try:
        async with asyncio.timeout(timeout_s) as limit:
            if _is_async(function):
                return await function(*args)
            run = functools.partial(contextvars.copy_context().run, function, *args)
            return await asyncio.get_running_loop().run_in_executor(threads, run)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise Unavailable("step_timeout", f"Step '{name}' took longer than {timeout_s:g} s.") from error


def _is_async(function: Callable[..., Any]) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
