"""Callbacks: URLs that are told of the end of one job, signed with a secret of the workspace's own."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs import JobService, Submitted
from cutroom.kit.clock import Clock
from cutroom.kit.errors import Detail, Internal, Invalid
from cutroom.webhooks import repository
from cutroom.webhooks.announcing import Announcer
from cutroom.webhooks.endpoint import CallbackSecret
from cutroom.webhooks.keyring import Keyring, callbacks_of
from cutroom.webhooks.rows import CallbackSecretRow
from cutroom.webhooks.settings import WebhookSettings

FIELD: Final = "callbackUrl"


class Callbacks:
    """Keeps callbacks and their secrets. Every method works in the caller's transaction and within one workspace."""

    def __init__(self, announcer: Announcer, keyring: Keyring, settings: WebhookSettings, clock: Clock) -> None:
        self._announcer = announcer
        self._keyring = keyring
        self._settings = settings
        self._clock = clock

    async def add(self, session: AsyncSession, jobs: JobService, submitted: Submitted, url: str) -> None:
        """Have `url` told of the job's end, in the transaction that submits it.

        A job that was there already may have ended, or be ending just now: then the URL is told at once. The same URL
        is told once, however often it was asked for.

        Raises:
            Invalid: `too_many_callbacks`.
        """
        job = submitted.job
        if not submitted.created:
            await self._check_count(session, job.workspace_id, job.id, url)
        # This waits for a transaction that is ending the job, and none can end it until we commit.
        added = await repository.add_callback(session, job.workspace_id, job.id, url)
        await self._ensure_secret(session, job.workspace_id)
        if added and not submitted.created:
            job = await jobs.get(session, job.workspace_id, job.id)
            if job.status.ended:
                await self._announcer.tell_callback(session, job, url)

    async def secret(self, session: AsyncSession, workspace_id: str) -> CallbackSecret:
        """The workspace's secret, made if this is the first to ask.

        Raises:
            Internal: `callback_secret_unreadable`.
        """
        return self._value(await self._ensure_secret(session, workspace_id))

    async def rotate(self, session: AsyncSession, workspace_id: str) -> CallbackSecret:
        """Make a new secret; for a while callbacks are signed with the old one too."""
        row = await self._ensure_secret(session, workspace_id)
        _, sealed = self._keyring.make(callbacks_of(workspace_id))
        now = self._clock.now()
        changed = await repository.change_callback_secret(
            session,
            workspace_id,
            secret=sealed,
            old_secret=row.secret,
            old_secret_until=now + self._settings.secret_overlap,
            created_at=now,
        )
        return self._value(changed)

    async def _ensure_secret(self, session: AsyncSession, workspace_id: str) -> CallbackSecretRow:
        row = await repository.callback_secret(session, workspace_id)
        if row is None:
            _, sealed = self._keyring.make(callbacks_of(workspace_id))
            await repository.add_callback_secret(session, workspace_id, sealed)
            row = await repository.callback_secret(session, workspace_id)
        if row is None:
            raise Internal("callback_secret_missing", "The callback secret could not be made; try again.")
        return row

    async def _check_count(self, session: AsyncSession, workspace_id: str, job_id: str, url: str) -> None:
        most = self._settings.max_callbacks
        if await repository.count_callbacks(session, workspace_id, job_id) < most:
            return
        message = f"The same work is under way and tells {most} URLs already; use an endpoint at /webhooks instead."
        raise Invalid("too_many_callbacks", message, details=[Detail(f"/{FIELD}", "too_many_callbacks", message)])

    def _value(self, row: CallbackSecretRow) -> CallbackSecret:
        shown = self._keyring.shown(callbacks_of(row.workspace_id), row.secret)
        if shown is None:
            message = "The callback secret cannot be read since the server's own secret changed; rotate it."
            raise Internal("callback_secret_unreadable", message)
        return CallbackSecret(shown, row.created_at, row.old_secret_until)
