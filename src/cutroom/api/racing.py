"""Waiting for one of several things."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.types import Receive


async def first_to_end(*works: Coroutine[Any, Any, object]) -> None:
    """Run all of them at once until the first ends, then cancel the others.

    Raises:
        Exception: what the first that failed raised, bare.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failures:
        failure: BaseException = failures
        while isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
        raise failure from failure.__cause__


async def until_disconnected(receive: Receive) -> None:
    """Return when the client has gone away. Nobody else may read the request meanwhile."""
    while (await receive())["type"] != "http.disconnect":
        pass
