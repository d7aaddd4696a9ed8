"""Telling a waiting job's owner what its items have come to, before all of them have ended."""

import json
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs import payload
from cutroom.jobs.statements import statement

_TELL: Final = statement("""
WITH changed AS (
  UPDATE jobs SET event_seq = event_seq + 1 WHERE id = :id AND status IN ('waiting', 'queued') RETURNING id, event_seq
), event AS (
  INSERT INTO job_events (job_id, seq, at, kind, data)
  SELECT id, event_seq, clock_timestamp(), 'log', CAST(:data AS jsonb) FROM changed
)
SELECT pg_notify('cutroom_events', id) FROM changed
""")


async def tell_parent(session: AsyncSession, parent_id: str, message: str, **facts: Any) -> None:
    """Add a line to the log of a job whose item ends in this transaction, which has locked both.

    Args:
        session: the ending transaction of the item.
        parent_id: the job that waits for it.
        message: for its owner.
        facts: what goes with the message.
    """
    data = {**payload.clean_json(facts), "level": "info", "message": payload.clean(message, 8_000)}
    await session.execute(_TELL, {"id": parent_id, "data": json.dumps(data)})
