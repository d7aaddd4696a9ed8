"""Calling a step function: async or in a thread, within a time, again when that can help."""

import asyncio
import contextvars
import functools
import inspect
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

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


async def call(
    name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    *,
    retry: StepRetry,
    timeout_s: float | None,
    threads: Executor,
) -> tuple[Any, float]:
    """The function's result, and the seconds that the try which gave it took.

    Raises:
        CutroomError: what the last try raised.
    """
    failures = 0
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
            wait_s = error.retry_after_s or 0.0
            await asyncio.sleep(max(wait_s, retry.backoff.delay_s(failures)))


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
