"""What a running attempt writes: steps, progress and log lines, never without its fence."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.recorder import Notes
from cutroom.jobs.statements import statement


@dataclass(frozen=True, slots=True)
class StepResult:
    """A finished step: `result` is JSON text."""

    name: str
    result: str
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Write:
    """Something that an attempt wants kept."""

    job_id: str
    fence: int
    notes: Notes | None = None
    step: StepResult | None = None


class Written(Enum):
    """What became of a write."""

    YES = "yes"
    BUSY = "busy"  # somebody else has the row locked: try again
    LOST = "lost"  # the fence is old: this attempt no longer holds the job


# Rows that others have locked are left out rather than waited for: one stuck client must not hold up everybody.
_WRITE: Final = statement("""
WITH given AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:writes AS jsonb)) AS w (
    id text, fence bigint, progress real, stage text, events jsonb, step text, result jsonb, elapsed_s float8)
), locked AS MATERIALIZED (
  SELECT j.id FROM jobs AS j JOIN given AS g ON j.id = g.id AND j.fence = g.fence
  WHERE j.id = ANY(CAST(:ids AS text[])) AND j.status = 'running'
  ORDER BY j.depth, j.id FOR UPDATE OF j SKIP LOCKED
), changed AS (
  UPDATE jobs AS j SET progress = COALESCE(g.progress, j.progress), stage = COALESCE(g.stage, j.stage),
    event_seq = j.event_seq + jsonb_array_length(g.events)
  FROM given AS g
  WHERE j.id = ANY(ARRAY(SELECT id FROM locked)) AND j.id = g.id AND j.fence = g.fence AND j.status = 'running'
  RETURNING j.id, j.fence, j.attempt, j.event_seq - jsonb_array_length(g.events) AS seq, g.events,
            g.step, g.result, g.elapsed_s
), event AS (
  INSERT INTO job_events (job_id, seq, at, kind, data)
  SELECT c.id, c.seq + e.nr, statement_timestamp() - make_interval(secs => CAST(e.value ->> 'age_s' AS float8)),
         e.value ->> 'kind', e.value -> 'data'
  FROM changed AS c CROSS JOIN LATERAL jsonb_array_elements(c.events) WITH ORDINALITY AS e (value, nr)
), step AS (
  INSERT INTO job_steps (job_id, name, result, attempt, started_at, finished_at)
  SELECT id, step, COALESCE(result, 'null'), attempt,
         clock_timestamp() - make_interval(secs => elapsed_s), clock_timestamp()
  FROM changed WHERE step IS NOT NULL
  ON CONFLICT (job_id, name) DO NOTHING
)
SELECT g.id, g.fence, changed.id IS NOT NULL AS written,
       EXISTS (SELECT FROM jobs AS j WHERE j.id = g.id AND j.fence = g.fence AND j.status = 'running') AS held,
       CASE WHEN jsonb_array_length(changed.events) > 0 THEN pg_notify('cutroom_events', g.id) END
FROM given AS g LEFT JOIN changed ON changed.id = g.id AND changed.fence = g.fence
""")


async def write(session: AsyncSession, writes: Sequence[Write]) -> list[Written]:
    """Keep what several attempts want kept, at most one of each attempt; what became of each, in order."""
    now = time.monotonic()
    given = f"[{','.join(_text(write, now) for write in writes)}]"
    rows = await session.execute(_WRITE, {"writes": given, "ids": [write.job_id for write in writes]})
    found = {
        (row.id, row.fence): Written.YES if row.written else Written.BUSY if row.held else Written.LOST for row in rows
    }
    return [found[write.job_id, write.fence] for write in writes]


def noted(notes: Notes | None, now: float) -> dict[str, Any]:
    """The fields `progress`, `stage` and `events` of a record that a statement unpacks."""
    if notes is None:
        return {"progress": None, "stage": None, "events": []}
    events = [{"kind": note.kind, "data": note.data, "age_s": now - note.at} for note in notes.events]
    return {"progress": notes.progress, "stage": notes.stage, "events": events}


def record(fields: dict[str, Any], **ready: str | None) -> str:
    """A JSON object of `fields`, and of those that are JSON text already."""
    text = json.dumps(fields)[:-1]
    for name, value in ready.items():
        text += f', "{name}": {value or "null"}'
    return text + "}"


def _text(write: Write, now: float) -> str:
    fields: dict[str, Any] = {"id": write.job_id, "fence": write.fence, **noted(write.notes, now)}
    if write.step is None:
        return record(fields)
    return record({**fields, "step": write.step.name, "elapsed_s": write.step.elapsed_s}, result=write.step.result)
