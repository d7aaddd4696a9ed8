"""What jobs tell their owners beside what they do: what items have come to, and sums of what all log lines say."""

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

# Lines of agents are strangers': what is no amount is passed over, and nothing takes away from what others have told.
_TOLD_SUM: Final = statement("""
SELECT LEAST(coalesce(sum(CAST(e.data ->> CAST(:fact AS text) AS bigint)), 0), 1000000000000000)
FROM job_events AS e JOIN jobs AS j ON j.id = e.job_id
WHERE j.workspace_id = :workspace AND (j.id = :job OR (j.root_id = :job AND j.parent_id IS NOT NULL))
  AND e.kind = 'log' AND jsonb_typeof(e.data -> CAST(:fact AS text)) = 'number'
  AND e.data ->> CAST(:fact AS text) ~ '^[0-9]{1,15}\\Z'
""")


async def told_sum(session: AsyncSession, workspace_id: str, job_id: str, fact: str) -> int:
    """The sum of a whole number that the log lines of a job and its items carry, those of all attempts."""
    total = await session.scalar(_TOLD_SUM, {"workspace": workspace_id, "job": job_id, "fact": fact})
    return int(total or 0)


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
