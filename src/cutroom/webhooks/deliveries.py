"""What was sent, and sending it again. Every method works in the caller's transaction and within one workspace."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.kit.clock import Clock
from cutroom.kit.errors import Conflict, Detail, Internal, Invalid, NotFound
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of
from cutroom.webhooks import catalogue, endpoints, queue, repository
from cutroom.webhooks.announcing import Announcer
from cutroom.webhooks.endpoint import DELIVERY_PREFIX, Delivery, DeliveryRecord, DeliveryStatus, Endpoint, Replayed
from cutroom.webhooks.queue import Place
from cutroom.webhooks.rows import DeliveryRow
from cutroom.webhooks.settings import WebhookSettings

# Tests are one endpoint's own. What is pending is on its way.
_MISSED: Final = text("""
SELECT e.id, e.type, e.job_id, e.created_at, d.id AS delivery_id
FROM webhook_events AS e LEFT JOIN webhook_deliveries AS d ON d.endpoint_id = :endpoint AND d.event_id = e.id
WHERE e.workspace_id = :workspace AND e.created_at >= :since AND e.created_at < :until
  AND e.type = ANY(CAST(:types AS text[]))
  AND (d.id IS NULL OR d.status IN ('failed', 'cancelled') OR (:all AND d.status = 'succeeded'))
ORDER BY e.created_at, e.id LIMIT :limit
""")
_ADD: Final = text("""
INSERT INTO webhook_deliveries (id, workspace_id, event_id, event_type, job_id, endpoint_id, target, next_at,
                                created_at)
SELECT d.id, :workspace, d.event, d.type, d.job, :endpoint, :endpoint, :now, :now
FROM unnest(CAST(:ids AS text[]), CAST(:events AS text[]), CAST(:types AS text[]), CAST(:jobs AS text[]))
  AS d (id, event, type, job)
ON CONFLICT (endpoint_id, event_id) WHERE endpoint_id IS NOT NULL DO NOTHING
RETURNING id, pg_notify('cutroom_webhooks', '')
""")


class Deliveries:
    """Shows deliveries and repeats them."""

    def __init__(self, announcer: Announcer, settings: WebhookSettings, clock: Clock) -> None:
        self._announcer = announcer
        self._settings = settings
        self._clock = clock

    async def of_endpoint(
        self,
        session: AsyncSession,
        workspace_id: str,
        endpoint_id: str,
        *,
        limit: int = 20,
        before: str | None = None,
        status: DeliveryStatus | None = None,
        event_type: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Delivery]:
        """Deliveries to an endpoint, newest first; the page's cursor is the last id.

        Raises:
            NotFound: `webhook_not_found`.
        """
        await endpoints.find(session, workspace_id, endpoint_id)
        rows = await repository.page_of_deliveries(
            session,
            workspace_id,
            limit=limit + 1,
            before=before,
            status=status,
            event_type=event_type,
            since=since,
            until=until,
            endpoint_id=endpoint_id,
        )
        return _page(rows, limit)

    async def of_job(
        self, session: AsyncSession, workspace_id: str, job_id: str, *, limit: int = 20, before: str | None = None
    ) -> Page[Delivery]:
        """Deliveries of a job's events, to endpoints and callbacks, newest first; pages as `of_endpoint`."""
        rows = await repository.page_of_deliveries(session, workspace_id, limit=limit + 1, before=before, job_id=job_id)
        return _page(rows, limit)

    async def get(self, session: AsyncSession, workspace_id: str, delivery_id: str, **where: str) -> DeliveryRecord:
        """A delivery with its body and its attempts; `where` names its `endpoint_id` or its `job_id`.

        Raises:
            NotFound: `delivery_not_found`.
        """
        row = await _find(session, workspace_id, delivery_id, **where)
        body = await repository.body_of(session, workspace_id, row.event_id)
        return DeliveryRecord(repository.delivery_of(row), body, await repository.attempts(session, delivery_id))

    async def redeliver(self, session: AsyncSession, workspace_id: str, delivery_id: str, **where: str) -> Delivery:
        """Send an event anew under its own id, at once and with all attempts; one that is being sent is left alone.

        Raises:
            NotFound: `delivery_not_found`.
            Conflict: `webhook_disabled`.
        """
        row = await _find(session, workspace_id, delivery_id, **where)
        if row.endpoint_id is not None:
            await self._enabled(session, workspace_id, row.endpoint_id)
        await queue.again(session, [delivery_id], self._clock)
        return repository.delivery_of(await _find(session, workspace_id, delivery_id, **where))

    async def replay(
        self,
        session: AsyncSession,
        workspace_id: str,
        endpoint_id: str,
        *,
        since: datetime,
        until: datetime | None = None,
        everything: bool = False,
    ) -> Replayed:
        """Send what an endpoint has missed in a time: what failed, what was cancelled, what was never sent to it.

        Args:
            session: the transaction.
            workspace_id: whose.
            endpoint_id: which endpoint; only events that it wants now are sent.
            since: from when on, at most `replay_days` ago.
            until: up to when; now when None.
            everything: what was delivered too.

        Raises:
            NotFound: `webhook_not_found`.
            Conflict: `webhook_disabled`.
            Invalid: `bad_time_range`.
        """
        now = self._clock.now()
        self._check_range(since, until, now)
        endpoint = await self._enabled(session, workspace_id, endpoint_id)
        limit = self._settings.replay_limit
        values = {
            "workspace": workspace_id,
            "endpoint": endpoint_id,
            "since": since,
            "until": until or now,
            "types": list(catalogue.SUBSCRIBABLE if endpoint.events is None else endpoint.events),
            "all": everything,
            "limit": limit + 1,
        }
        found = (await session.execute(_MISSED, values)).all()
        taken = found[:limit]
        old = [row.delivery_id for row in taken if row.delivery_id is not None]
        count = await queue.again(session, old, self._clock)
        new = [row for row in taken if row.delivery_id is None]
        if new:
            made = {
                "workspace": workspace_id,
                "endpoint": endpoint_id,
                "now": now,
                "ids": [new_id(DELIVERY_PREFIX) for _ in new],
                "events": [row.id for row in new],
                "types": [row.type for row in new],
                "jobs": [row.job_id for row in new],
            }
            count += len((await session.execute(_ADD, made)).all())
        return Replayed(count, found[limit].created_at if len(found) > limit else None)

    async def test(self, session: AsyncSession, workspace_id: str, endpoint_id: str, event_type: str) -> Delivery:
        """Send the example of a type of event to one endpoint, whatever it has asked for.

        Raises:
            NotFound: `webhook_not_found`.
            Conflict: `webhook_disabled`.
        """
        await self._enabled(session, workspace_id, endpoint_id)
        body = catalogue.example(event_type, self._clock.now())
        place = Place(endpoint_id, None, endpoint_id)
        # Written as a test whatever it looks like: a replay must not send it to anybody as if it had happened.
        (delivery_id,) = await self._announcer.write(session, workspace_id, catalogue.WEBHOOK_TEST, body, [place])
        row = await repository.find_delivery(session, workspace_id, delivery_id)
        if row is None:
            raise Internal("delivery_not_written", "The test could not be written; try again.")
        return repository.delivery_of(row)

    async def _enabled(self, session: AsyncSession, workspace_id: str, endpoint_id: str) -> Endpoint:
        endpoint = repository.endpoint_of(await endpoints.find(session, workspace_id, endpoint_id))
        if not endpoint.enabled:
            message = 'This webhook is disabled; enable it first (PATCH with "enabled": true).'
            raise Conflict("webhook_disabled", message)
        return endpoint

    def _check_range(self, since: datetime, until: datetime | None, now: datetime) -> None:
        message = None
        if since < now - timedelta(days=self._settings.replay_days, minutes=5):
            message = f"Events are kept for {self._settings.replay_days:g} days; ask for a later 'since'."
        elif since >= (until or now):
            message = "'since' must lie before 'until', and before now."
        if message is not None:
            raise Invalid("bad_time_range", message, details=[Detail("/since", "bad_time_range", message)])


async def _find(session: AsyncSession, workspace_id: str, delivery_id: str, **where: str) -> DeliveryRow:
    row: DeliveryRow | None = None
    if is_id(delivery_id, DELIVERY_PREFIX):
        row = await repository.find_delivery(session, workspace_id, delivery_id, **where)
    if row is None:
        raise NotFound("delivery_not_found", "There is no delivery with this id.")
    return row


def _page(rows: Sequence[DeliveryRow], limit: int) -> Page[Delivery]:
    return page_of([repository.delivery_of(row) for row in rows], limit)
