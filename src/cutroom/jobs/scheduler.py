"""Recurring maintenance: each task runs in one process at a time, whoever is there."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NoReturn

import structlog

from cutroom.db import Database, unavailable
from cutroom.jobs.statements import statement

log = structlog.get_logger()
_jitter = random.Random()  # noqa: S311 — spreads load; guards nothing

# Whoever moves the time forward runs the task. A new task is due at once.
_TAKE: Final = statement("""
INSERT INTO maintenance AS m (name, last_run_at) VALUES (:name, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET last_run_at = clock_timestamp()
  WHERE m.last_run_at <= clock_timestamp() - make_interval(secs => :every_s)
RETURNING name
""")


@dataclass(frozen=True, slots=True)
class _Task:
    name: str
    every_s: float
    function: Callable[[], Awaitable[None]]


class Scheduler:
    """Runs functions about every so many seconds, each in one of all processes that schedule it.

    A function must bear being cut off and run again: its process may die in the middle, and another runs it next time.

    Args:
        database: where it is kept what ran when.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tasks: list[_Task] = []

    def every(self, name: str, seconds: float, function: Callable[[], Awaitable[None]]) -> None:
        """Run `function` every `seconds`, and at the first chance.

        Raises:
            ValueError: when the name is taken.
        """
        if any(task.name == name for task in self._tasks):
            raise ValueError(f"maintenance task {name!r} is scheduled already")
        self._tasks.append(_Task(name, seconds, function))

    async def run(self) -> NoReturn:
        """Run what is due until cancelled."""
        while True:
            for task in self._tasks:
                await self._run_if_due(task)
            shortest = min((task.every_s for task in self._tasks), default=60.0)
            await asyncio.sleep(max(shortest, 0.1) / 4 * _jitter.uniform(0.5, 1.5))

    async def _run_if_due(self, task: _Task) -> None:
        try:
            async with self._database.begin() as session:
                values = {"name": task.name, "every_s": task.every_s}
                if await session.scalar(_TAKE, values) is None:
                    return
            await task.function()
        except Exception as error:
            if unavailable(error) is None:
                log.exception("maintenance.failed", task=task.name)
            else:
                log.warning("maintenance.database_unavailable", task=task.name)
        else:
            log.debug("maintenance.ran", task=task.name)
