"""The endpoints of workspaces. Every method works in the caller's transaction and within one workspace."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import lock
from cutroom.kit.clock import Clock
from cutroom.kit.errors import NotFound, QuotaExceeded
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of
from cutroom.webhooks import queue, repository
from cutroom.webhooks.endpoint import ENDPOINT_PREFIX, Endpoint, NewEndpoint
from cutroom.webhooks.keyring import Keyring
from cutroom.webhooks.rows import EndpointRow
from cutroom.webhooks.settings import WebhookSettings


class Endpoints:
    """Keeps endpoints; URLs are checked by whoever calls, outside of the transaction (`Sender.check`)."""

    def __init__(self, keyring: Keyring, settings: WebhookSettings, clock: Clock) -> None:
        self._keyring = keyring
        self._settings = settings
        self._clock = clock

    async def create(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        url: str,
        description: str = "",
        events: Sequence[str] | None = None,
    ) -> NewEndpoint:
        """Make an endpoint, with its secret.

        Args:
            session: the transaction.
            workspace_id: whose.
            url: where to send.
            description: for people.
            events: the types to send, from `catalogue.SUBSCRIBABLE`; all when None.

        Raises:
            QuotaExceeded: `too_many_webhooks`.
        """
        # Without the lock, requests that come together would all see room for one more.
        await lock(session, f"cutroom.webhooks {workspace_id}")
        if await repository.count_endpoints(session, workspace_id) >= self._settings.max_endpoints:
            most = self._settings.max_endpoints
            message = f"This workspace has {most} webhooks, the most it may have; delete some first."
            raise QuotaExceeded("too_many_webhooks", message)
        endpoint_id = new_id(ENDPOINT_PREFIX)
        shown, sealed = self._keyring.make(endpoint_id)
        row = await repository.add_endpoint(
            session,
            id=endpoint_id,
            workspace_id=workspace_id,
            url=url,
            description=description,
            events=None if events is None else list(events),
            secret=sealed,
            created_at=self._clock.now(),
            updated_at=self._clock.now(),
        )
        return NewEndpoint(repository.endpoint_of(row), shown)

    async def get(self, session: AsyncSession, workspace_id: str, endpoint_id: str) -> Endpoint:
        """An endpoint. Raises `NotFound` (`webhook_not_found`), also for another workspace's."""
        return repository.endpoint_of(await find(session, workspace_id, endpoint_id))

    async def list_endpoints(
        self, session: AsyncSession, workspace_id: str, *, limit: int = 20, before: str | None = None
    ) -> Page[Endpoint]:
        """A page of endpoints, newest first, that are older than the id `before`; its cursor is the last id."""
        rows = await repository.page_of_endpoints(session, workspace_id, limit=limit + 1, before=before)
        return page_of([repository.endpoint_of(row) for row in rows], limit)

    async def change(
        self, session: AsyncSession, workspace_id: str, endpoint_id: str, *, enabled: bool | None = None, **values: Any
    ) -> Endpoint:
        """Change some of `url`, `description` and `events`; switch it on or off.

        Switched off, what is pending for it is cancelled; switched on, it starts with a clean record, and `replay`
        sends what it has missed.

        Raises:
            NotFound: `webhook_not_found`.
        """
        row = await find(session, workspace_id, endpoint_id, locked=True)
        now = self._clock.now()
        if enabled is True and row.disabled_at is not None:
            values |= {"disabled_at": None, "disabled_reason": None, "failing_since": None}
        elif enabled is False and row.disabled_at is None:
            values |= {"disabled_at": now, "disabled_reason": "asked"}
            await queue.cancel(session, endpoint_id, now)
        changed = await repository.change_endpoint(session, workspace_id, endpoint_id, updated_at=now, **values)
        if changed is None:
            raise not_found()
        return repository.endpoint_of(changed)

    async def rotate(self, session: AsyncSession, workspace_id: str, endpoint_id: str) -> NewEndpoint:
        """Give it a new secret; for a while it is signed with the old one too.

        Raises:
            NotFound: `webhook_not_found`.
        """
        row = await find(session, workspace_id, endpoint_id, locked=True)
        shown, sealed = self._keyring.make(endpoint_id)
        now = self._clock.now()
        changed = await repository.change_endpoint(
            session,
            workspace_id,
            endpoint_id,
            secret=sealed,
            old_secret=row.secret,
            old_secret_until=now + self._settings.secret_overlap,
            updated_at=now,
        )
        if changed is None:
            raise not_found()
        return NewEndpoint(repository.endpoint_of(changed), shown)

    async def delete(self, session: AsyncSession, workspace_id: str, endpoint_id: str) -> None:
        """Delete an endpoint for good, with its deliveries. Raises `NotFound`."""
        known = is_id(endpoint_id, ENDPOINT_PREFIX)
        if not known or not await repository.remove_endpoint(session, workspace_id, endpoint_id):
            raise not_found()


async def find(session: AsyncSession, workspace_id: str, endpoint_id: str, *, locked: bool = False) -> EndpointRow:
    """The row of an endpoint. Raises `NotFound` (`webhook_not_found`)."""
    row: EndpointRow | None = None
    if is_id(endpoint_id, ENDPOINT_PREFIX):
        row = await repository.find_endpoint(session, workspace_id, endpoint_id, lock=locked)
    if row is None:
        raise not_found()
    return row


def not_found() -> NotFound:
    """The same for what is not there and what is another's."""
    return NotFound("webhook_not_found", "There is no webhook with this id.")
