"""Timers of cancelled jobs are taken back, or left; nothing else depends on it."""

import asyncio
from typing import Any

from cutroom.jobs import WorkerSettings
from cutroom.kit.errors import Unavailable
from cutroom.temporal import TemporalEngine, TemporalSettings


class Looks:
    """Takes back what it is asked to, when the database answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def take_back(self, _client: object, job_id: str) -> None:
        self.asked.append(job_id)
        if len(self.asked) == 1:
            raise Unavailable("database_unavailable", "The database does not answer.")


async def test_a_timer_that_cannot_be_taken_back_while_the_database_is_away_ends_no_worker() -> None:
    none: Any = None
    engine = TemporalEngine(none, none, none, none, none, None, TemporalSettings(), WorkerSettings())
    looks: Any = Looks()
    engine._looks = looks
    forgetting = asyncio.create_task(engine._forget())
    for job_id in ("job_1", "", "job_2"):
        engine._forgotten.put_nowait(job_id)
    async with asyncio.timeout(30):
        while len(looks.asked) < 2 and not forgetting.done():
            await asyncio.sleep(0.01)
    assert looks.asked == ["job_1", "job_2"]
    forgetting.cancel()
