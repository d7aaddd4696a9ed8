"""Endpoints that keep failing, and their end: switched off after days of nothing but failure, or when told to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.media.shown import show
from cutroom.webhooks import metrics, queue
from cutroom.webhooks.announcing import Announcer
from cutroom.webhooks.endpoint import DisabledReason

log = structlog.get_logger()

_CHANGE: Final = text("""
UPDATE webhook_endpoints SET failing_since = :since,
  disabled_at = CASE WHEN CAST(:reason AS text) IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END,
  disabled_reason = CAST(:reason AS text)
WHERE id = :id AND disabled_at IS NULL
RETURNING workspace_id, url
""")


@dataclass(frozen=True, slots=True)
class Sign:
    """How an attempt to reach an endpoint ended."""

    endpoint_id: str
    at: datetime
    succeeded: bool
    gone: bool


async def note(
    session: AsyncSession,
    announcer: Announcer,
    signs: Sequence[Sign],
    known: Mapping[str, datetime | None],
    *,
    failing_days: float,
    now: datetime,
) -> None:
    """Write what the signs change about endpoints.

    Args:
        session: the transaction that records the attempts.
        announcer: tells other endpoints of one that is switched off.
        signs: in the order in which they came.
        known: since when each of the endpoints that are enabled has been failing.
        failing_days: after so long one is switched off.
        now: the time.
    """
    # In one order, so that two deliverers that change the same rows cannot wait for each other.
    for endpoint_id in sorted(known):
        mine = [sign for sign in signs if sign.endpoint_id == endpoint_id]
        since = known[endpoint_id]
        for sign in mine:
            since = None if sign.succeeded else since or sign.at
        reason: DisabledReason | None = None
        if any(sign.gone for sign in mine):
            reason = "gone"
        elif since is not None and mine and now - since >= timedelta(days=failing_days):
            reason = "failing"
        if since != known[endpoint_id] or reason is not None:
            await _change(session, announcer, endpoint_id, since, reason, now)


async def _change(
    session: AsyncSession,
    announcer: Announcer,
    endpoint_id: str,
    since: datetime | None,
    reason: DisabledReason | None,
    now: datetime,
) -> None:
    values = {"id": endpoint_id, "since": since, "reason": reason, "now": now}
    row = (await session.execute(_CHANGE, values)).one_or_none()
    if row is None or reason is None:
        return
    await queue.cancel(session, endpoint_id, now)
    data = {
        "id": endpoint_id,
        "url": row.url,
        "reason": reason,
        "failingSince": None if since is None else since.isoformat(),
        "disabledAt": now.isoformat(),
    }
    await announcer.tell_of_disabled(session, row.workspace_id, data)
    metrics.DISABLED.labels(reason).inc()
    log.warning(
        "webhook.disabled",
        endpoint_id=endpoint_id,
        workspace_id=row.workspace_id,
        url=show(row.url),
        reason=reason,
        failing_since=since,
    )
