"""Forgetting: events after 30 days, with their deliveries and attempts; deliveries whose endpoint is gone."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import TextClause, text

from cutroom.db import Database
from cutroom.jobs import Scheduler
from cutroom.kit.clock import Clock, SystemClock
from cutroom.webhooks import metrics, queue

BATCH: Final = 500
_EVENTS: Final = text("""
DELETE FROM webhook_events WHERE id = ANY(ARRAY(
  SELECT id FROM webhook_events WHERE created_at < :before ORDER BY created_at LIMIT :batch FOR UPDATE SKIP LOCKED
))
RETURNING id
""")
_STRAYS: Final = text("""
DELETE FROM webhook_deliveries WHERE id = ANY(ARRAY(
  SELECT d.id FROM webhook_deliveries AS d
  WHERE d.endpoint_id IS NOT NULL AND NOT EXISTS (SELECT FROM webhook_endpoints AS e WHERE e.id = d.endpoint_id)
  LIMIT :batch FOR UPDATE SKIP LOCKED
))
RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept for how long.

    Args:
        database: where.
        days: how long an event is kept.
        clock: says what time it is.
    """

    database: Database
    days: float = 30.0
    clock: Clock = field(default_factory=SystemClock)

    def schedule(self, scheduler: Scheduler) -> None:
        """Run all of it now and then."""
        scheduler.every("webhooks.forget", 600.0, self.forget)
        scheduler.every("webhooks.pending", 15.0, self.measure)

    async def forget(self) -> None:
        """Remove what is old, in batches; may be cut off at any moment."""
        await self._all(_EVENTS, before=self.clock.now() - timedelta(days=self.days))
        await self._all(_STRAYS)

    async def measure(self) -> None:
        """Set the gauge of deliveries that have not ended."""
        async with self.database.begin() as session:
            metrics.PENDING.set(await queue.pending(session))

    async def _all(self, one_batch: TextClause, **values: object) -> None:
        removed = BATCH
        while removed >= BATCH:
            async with self.database.begin() as session:
                removed = len((await session.execute(one_batch, {**values, "batch": BATCH})).all())
