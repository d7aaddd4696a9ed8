"""Progress of a job whose items run elsewhere: the mean of theirs, within the span that its map was given."""

import asyncio
from collections.abc import Iterable
from typing import Final, NoReturn

import structlog

from cutroom.db import Database, unavailable
from cutroom.jobs.recorder import MIN_STEP
from cutroom.jobs.statements import statement

EVERY_S: Final = 0.5
log = structlog.get_logger()

# Only the parent's row is locked, and only here: no item's own write ever waits for its parent.
_RAISE: Final = statement("""
WITH measured AS MATERIALIZED (
  SELECT s.job_id AS id, CAST(s.result ->> 'low' AS float8)
    + (CAST(s.result ->> 'high' AS float8) - CAST(s.result ->> 'low' AS float8)) * (
      SELECT avg(CASE WHEN c.status IN $ended THEN 1 ELSE c.progress END) FROM jobs AS c
      WHERE c.parent_id = s.job_id AND c.parent_step = s.name
    ) AS fraction
  FROM job_steps AS s WHERE s.job_id = :id AND s.name = :step AND s.kind = 'map'
), changed AS (
  UPDATE jobs AS p SET progress = m.fraction, event_seq = p.event_seq + 1
  FROM measured AS m
  WHERE p.id = :id AND p.id = m.id AND p.status = 'waiting' AND m.fraction >= p.progress + :min_step
  RETURNING p.*
), event AS (
  INSERT INTO job_events (job_id, seq, at, kind, data)
  SELECT id, event_seq, clock_timestamp(), 'progress',
         jsonb_build_object('progress', round(CAST(progress AS numeric) * 100, 1), 'stage', stage)
  FROM changed
)
SELECT parent_id, parent_step, pg_notify('cutroom_events', id) FROM changed
""")


class Parents:
    """Raises the progress of parents, at most twice a second each.

    Args:
        database: the worker's own connections.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moved: set[tuple[str, str]] = set()
        self._some = asyncio.Event()

    def moved(self, parent_id: str | None, step: str | None) -> None:
        """An item of this parent's map moved on or ended."""
        if parent_id is not None and step is not None:
            self._moved.add((parent_id, step))
            self._some.set()

    async def run(self) -> NoReturn:
        """Work until cancelled."""
        while True:
            await self._some.wait()
            moved, self._moved = self._moved, set()
            self._some.clear()
            try:
                await self._raise(moved)
            except Exception as error:
                if unavailable(error) is None:
                    log.exception("parents.failed")
            await asyncio.sleep(EVERY_S)

    async def _raise(self, moved: Iterable[tuple[str, str]]) -> None:
        for parent_id, step in moved:
            async with self._database.begin() as session:
                values = {"id": parent_id, "step": step, "min_step": MIN_STEP}
                for row in await session.execute(_RAISE, values):
                    self.moved(row.parent_id, row.parent_step)
