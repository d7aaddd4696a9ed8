"""The queue of deliveries: into it, out of it under a lease, and what became of each attempt.

A claim walks the targets that have deliveries pending (a loose index scan: one lookup per target, however much it has
waiting) and takes turns over them, so that a target with a long queue delays nobody. What a target may have under way
at once is known to the process that sends; rows that another process is claiming are skipped, never waited for.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.kit.clock import Clock, SystemClock

CHANNEL: Final = "cutroom_webhooks"

_ADD: Final = text("""
WITH event AS (
  INSERT INTO webhook_events (id, workspace_id, type, job_id, body, created_at)
  VALUES (:event, :workspace, :type, :job, :body, COALESCE(CAST(:now AS timestamptz), now()))
  RETURNING id, created_at AS now
), made AS (
  INSERT INTO webhook_deliveries (id, workspace_id, event_id, event_type, job_id, endpoint_id, url, target, next_at,
                                  created_at)
  SELECT d.id, :workspace, event.id, :type, :job, d.endpoint, d.url, d.target, event.now, event.now
  FROM event CROSS JOIN unnest(CAST(:ids AS text[]), CAST(:endpoints AS text[]), CAST(:urls AS text[]),
                               CAST(:targets AS text[])) AS d (id, endpoint, url, target)
  RETURNING 1
)
SELECT CASE WHEN EXISTS (SELECT FROM made) THEN pg_notify('cutroom_webhooks', '') END
""")
# `status || ''` keeps the planner from reading the whole index of pending deliveries for a few ids.
_CLAIM: Final = text("""
WITH RECURSIVE clock AS MATERIALIZED (
  SELECT COALESCE(CAST(:now AS timestamptz), now()) AS now
), ready AS (
  (SELECT target FROM webhook_deliveries WHERE status = 'pending' ORDER BY target LIMIT 1)
  UNION ALL
  SELECT next.target FROM ready CROSS JOIN LATERAL (
    SELECT target FROM webhook_deliveries WHERE status = 'pending' AND target > ready.target ORDER BY target LIMIT 1
  ) AS next
), known AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:targets AS text[]), CAST(:busy AS bigint[]), CAST(:most AS bigint[]),
                       CAST(:troubled AS boolean[])) AS k (target, busy, most, troubled)
), head AS MATERIALIZED (
  SELECT due.id, due.next_at, COALESCE(known.troubled, false) AS troubled,
         COALESCE(known.busy, 0) + row_number() OVER (PARTITION BY ready.target ORDER BY due.next_at, due.id) AS turn
  FROM ready LEFT JOIN known ON known.target = ready.target CROSS JOIN LATERAL (
    SELECT id, next_at FROM webhook_deliveries
    WHERE status = 'pending' AND target = ready.target AND next_at <= (SELECT now FROM clock)
    ORDER BY next_at, id
    LIMIT GREATEST(COALESCE(known.most, :untried) - COALESCE(known.busy, 0), 0)
  ) AS due
), chosen AS MATERIALIZED (
  SELECT id, next_at, troubled, turn, row_number() OVER (PARTITION BY troubled ORDER BY turn, next_at, id) AS nth
  FROM head
), locked AS MATERIALIZED (
  SELECT id, leased_at FROM webhook_deliveries
  WHERE status || '' = 'pending' AND next_at <= (SELECT now FROM clock) AND id = ANY(ARRAY(
    SELECT id FROM chosen WHERE NOT troubled OR nth <= :troubled_room ORDER BY turn, next_at, id LIMIT :count
  ))
  FOR UPDATE SKIP LOCKED
), changed AS (
  UPDATE webhook_deliveries AS d SET attempts = attempts + 1, tries = tries + 1, leased_at = clock.now,
    next_at = clock.now + make_interval(secs => :lease_s)
  FROM locked, clock WHERE d.id = ANY(ARRAY(SELECT id FROM locked)) AND d.id = locked.id
  RETURNING d.id, d.workspace_id, d.event_id, d.event_type, d.endpoint_id, d.url, d.target, d.attempts, d.tries,
            d.created_at, locked.leased_at AS lost_at
), lost AS (
  INSERT INTO webhook_attempts (delivery_id, number, at, error)
  SELECT id, attempts - 1, lost_at, 'sender_lost' FROM changed WHERE lost_at IS NOT NULL
  ON CONFLICT DO NOTHING
)
SELECT c.*, e.body, COALESCE(p.url, c.url) AS to_url, p.id IS NOT NULL AND p.disabled_at IS NULL AS enabled,
       COALESCE(p.secret, s.secret) AS secret, COALESCE(p.old_secret, s.old_secret) AS old_secret,
       COALESCE(p.old_secret_until, s.old_secret_until) AS old_secret_until
FROM changed AS c JOIN webhook_events AS e ON e.id = c.event_id
LEFT JOIN webhook_endpoints AS p ON p.id = c.endpoint_id
LEFT JOIN callback_secrets AS s ON c.endpoint_id IS NULL AND s.workspace_id = c.workspace_id
""")
# Rows are locked in one order. A late report about an attempt that was given up tells what it knows of that attempt,
# and nothing else.
_RECORD: Final = text("""
WITH clock AS MATERIALIZED (
  SELECT COALESCE(CAST(:now AS timestamptz), now()) AS now
), given AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:outcomes AS jsonb)) AS g (
    id text, number bigint, at timestamptz, duration_ms bigint, status_code bigint, error text, answer text,
    sent boolean, status text, pause_s double precision)
), locked AS MATERIALIZED (
  SELECT id FROM webhook_deliveries WHERE id = ANY(CAST(:ids AS text[])) ORDER BY id FOR UPDATE
), attempt AS (
  INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status_code, error, answer)
  SELECT g.id, g.number, g.at, g.duration_ms, g.status_code, g.error, g.answer
  FROM given AS g JOIN locked ON locked.id = g.id WHERE g.sent
  ON CONFLICT (delivery_id, number) DO UPDATE SET at = excluded.at, duration_ms = excluded.duration_ms,
    status_code = excluded.status_code, error = excluded.error, answer = excluded.answer
), changed AS (
  UPDATE webhook_deliveries AS d SET status = g.status, leased_at = NULL,
    next_at = COALESCE(clock.now + make_interval(secs => g.pause_s), d.next_at),
    ended_at = CASE WHEN g.status <> 'pending' THEN clock.now END
  FROM clock CROSS JOIN given AS g JOIN locked ON locked.id = g.id
  WHERE d.id = g.id AND d.attempts = g.number AND d.status = 'pending'
)
SELECT id, failing_since FROM webhook_endpoints WHERE id = ANY(CAST(:endpoints AS text[])) AND disabled_at IS NULL
""")
# What is being sent is left to its sender: what became of it is recorded, and a next attempt is not made.
_CANCEL: Final = text("""
UPDATE webhook_deliveries SET status = 'cancelled', ended_at = :now WHERE id = ANY(ARRAY(
  SELECT id FROM webhook_deliveries WHERE status = 'pending' AND leased_at IS NULL AND target = :endpoint
  FOR UPDATE SKIP LOCKED
))
""")
_AGAIN: Final = text("""
WITH changed AS (
  UPDATE webhook_deliveries SET status = 'pending', tries = 0, ended_at = NULL,
    next_at = COALESCE(CAST(:now AS timestamptz), now())
  WHERE id = ANY(CAST(:ids AS text[])) AND leased_at IS NULL
  RETURNING id
)
SELECT count(*), pg_notify('cutroom_webhooks', '') FROM changed
""")
_PENDING: Final = text("""
SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries WHERE status = 'pending' LIMIT 100000) AS p
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event is to go: to an endpoint, or to a callback's URL; `target` is what is slow or dead together."""

    endpoint_id: str | None
    url: str | None
    target: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery as its sender holds it.

    Args:
        number: of the attempt, and its fence.
        tries: attempts since it was last sent anew, this one included.
        url: where to; None when its endpoint has been deleted.
        enabled: whether its endpoint wants it; always, for callbacks.
        secret: sealed, as is `old_secret`.
    """

    id: str
    workspace_id: str
    event_id: str
    event_type: str
    endpoint_id: str | None
    target: str
    number: int
    tries: int
    created_at: datetime
    body: str
    url: str | None
    enabled: bool
    secret: bytes | None
    old_secret: bytes | None
    old_secret_until: datetime | None


async def add(
    session: AsyncSession,
    event: Mapping[str, Any],
    places: Sequence[Place],
    delivery_ids: Sequence[str],
    clock: Clock,
) -> None:
    """Write an event, and a delivery for each place; deliverers are told when the transaction commits.

    `event` has `event` (its id), `workspace`, `type`, `job` and `body`.
    """
    values = {
        "ids": list(delivery_ids),
        "endpoints": [place.endpoint_id for place in places],
        "urls": [place.url for place in places],
        "targets": [place.target for place in places],
        "now": _held(clock),
    }
    await session.execute(_ADD, {**event, **values})


@dataclass(frozen=True, slots=True)
class Known:
    """What a sender knows of a target: how many it is sending to it, how many it may, and whether the last failed."""

    busy: int
    most: int
    troubled: bool


async def claim(
    session: AsyncSession,
    *,
    count: int,
    untried: int,
    troubled_room: int,
    known: Mapping[str, Known],
    clock: Clock,
    lease_s: float,
) -> list[Claimed]:
    """Take at most `count` deliveries that are due, in turn over targets.

    Args:
        session: the transaction.
        count: at most so many.
        untried: at most so many of a target that the sender knows nothing of.
        troubled_room: at most so many of troubled targets.
        known: targets that the sender has met.
        clock: the sender's.
        lease_s: seconds until another may take them.
    """
    values = {
        "targets": list(known),
        "busy": [one.busy for one in known.values()],
        "most": [one.most for one in known.values()],
        "troubled": [one.troubled for one in known.values()],
        "count": count,
        "untried": untried,
        "troubled_room": troubled_room,
        "now": _held(clock),
        "lease_s": lease_s,
    }
    return [
        Claimed(
            id=row.id,
            workspace_id=row.workspace_id,
            event_id=row.event_id,
            event_type=row.event_type,
            endpoint_id=row.endpoint_id,
            target=row.target,
            number=row.attempts,
            tries=row.tries,
            created_at=row.created_at,
            body=row.body,
            url=row.to_url,
            enabled=row.enabled or row.endpoint_id is None,
            secret=row.secret,
            old_secret=row.old_secret,
            old_secret_until=row.old_secret_until,
        )
        for row in await session.execute(_CLAIM, values)
    ]


async def record(
    session: AsyncSession, outcomes: Sequence[Mapping[str, Any]], endpoints: Sequence[str], clock: Clock
) -> dict[str, datetime | None]:
    """Write what became of attempts; since when each of these endpoints that are enabled has been failing.

    Each outcome has the fields that the statement unpacks: `id` of the delivery, `number` of the attempt, what the
    attempt gave, `sent` (whether there was one), the `status` that follows and `pause_s`, seconds until one more.
    """
    values = {
        "outcomes": json.dumps(outcomes),
        "ids": sorted({str(one["id"]) for one in outcomes}),
        "endpoints": list(endpoints),
        "now": _held(clock),
    }
    return {row.id: row.failing_since for row in await session.execute(_RECORD, values)}


async def cancel(session: AsyncSession, endpoint_id: str, now: datetime) -> None:
    """End what is pending for an endpoint; what is being sent or held by another transaction, a claim ends later."""
    await session.execute(_CANCEL, {"endpoint": endpoint_id, "now": now})


async def again(session: AsyncSession, delivery_ids: Sequence[str], clock: Clock) -> int:
    """Send deliveries anew, with all their attempts; how many. Those that are being sent are left alone."""
    found = (await session.execute(_AGAIN, {"ids": list(delivery_ids), "now": _held(clock)})).one_or_none()
    return 0 if found is None else int(found[0])


async def pending(session: AsyncSession) -> int:
    """How many deliveries of all workspaces have not ended, counted to 100,000 at most."""
    return int(await session.scalar(_PENDING) or 0)


def _held(clock: Clock) -> datetime | None:
    """The time of a clock that is held; else none is told, and the database's counts: those of machines differ."""
    return None if isinstance(clock, SystemClock) else clock.now()
