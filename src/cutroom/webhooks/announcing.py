"""Events: written, with a delivery for whoever wants them, in the transaction of what happened.

So none is lost, and none is sent of what did not commit. Workspaces that have neither endpoint nor callback get none.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs import Job
from cutroom.kit.clock import Clock
from cutroom.kit.ids import new_id
from cutroom.webhooks import catalogue, queue
from cutroom.webhooks.endpoint import DELIVERY_PREFIX, EVENT_PREFIX
from cutroom.webhooks.queue import Place
from cutroom.webhooks.sending import Sender

Describe = Callable[[AsyncSession, Job], Awaitable[Mapping[str, Any]]]
"""A job as it is on the wire; wired by the composition root, for the wire is the matter of the door."""

_WANTED: Final = text("""
SELECT EXISTS (SELECT FROM webhook_endpoints WHERE workspace_id = :workspace) AS kept,
  ARRAY(
    SELECT id FROM webhook_endpoints
    WHERE workspace_id = :workspace AND disabled_at IS NULL AND (events IS NULL OR jsonb_exists(events, :type))
    ORDER BY id
  ) AS endpoints,
  ARRAY(SELECT url FROM webhook_callbacks WHERE job_id = CAST(:job AS text) ORDER BY url) AS callbacks
""")


class Announcer:
    """Writes events.

    Args:
        describe: gives a job as it is on the wire.
        sender: says which callbacks fail together.
        clock: says when things happened.
    """

    def __init__(self, describe: Describe, sender: Sender, clock: Clock) -> None:
        self._describe = describe
        self._sender = sender
        self._clock = clock

    async def on_end(self, session: AsyncSession, job: Job) -> None:
        """Tell of a job that ends in this transaction; items of maps are nobody's business."""
        if job.parent_id is not None:
            return
        event_type = catalogue.JOB_EVENTS[job.status]
        wanted = (
            await session.execute(_WANTED, {"workspace": job.workspace_id, "type": event_type, "job": job.id})
        ).one()
        if wanted.kept or wanted.callbacks:
            places = [*_endpoints(wanted.endpoints), *self._callbacks(job.workspace_id, wanted.callbacks)]
            await self._job(session, job, places)

    async def tell_callback(self, session: AsyncSession, job: Job, url: str) -> None:
        """Tell one callback of a job that had ended before it was asked for."""
        await self._job(session, job, self._callbacks(job.workspace_id, [url]))

    async def tell_of_disabled(self, session: AsyncSession, workspace_id: str, data: Mapping[str, Any]) -> None:
        """Tell the other endpoints of the workspace that one was switched off; `data` is about it."""
        values = {"workspace": workspace_id, "type": catalogue.WEBHOOK_DISABLED, "job": None}
        wanted = (await session.execute(_WANTED, values)).one()
        now = self._clock.now()
        body = catalogue.body(catalogue.WEBHOOK_DISABLED, now, data)
        await self.write(session, workspace_id, catalogue.WEBHOOK_DISABLED, body, _endpoints(wanted.endpoints))

    async def write(
        self,
        session: AsyncSession,
        workspace_id: str,
        event_type: str,
        body: str,
        places: Sequence[Place],
        *,
        job_id: str | None = None,
    ) -> list[str]:
        """Write an event and its deliveries; the ids of these, in the order of the places."""
        ids = [new_id(DELIVERY_PREFIX) for _ in places]
        event = {
            "event": new_id(EVENT_PREFIX),
            "workspace": workspace_id,
            "type": event_type,
            "job": job_id,
            "body": body,
        }
        await queue.add(session, event, places, ids, self._clock)
        return ids

    async def _job(self, session: AsyncSession, job: Job, places: Sequence[Place]) -> None:
        event_type = catalogue.JOB_EVENTS[job.status]
        body = catalogue.body(event_type, self._clock.now(), await self._describe(session, job))
        await self.write(session, job.workspace_id, event_type, body, places, job_id=job.id)

    def _callbacks(self, workspace_id: str, urls: Sequence[str]) -> list[Place]:
        return [Place(None, url, f"{workspace_id} {self._sender.target_of(url)}") for url in urls]


def _endpoints(ids: Sequence[str]) -> list[Place]:
    return [Place(endpoint_id, None, endpoint_id) for endpoint_id in ids]
