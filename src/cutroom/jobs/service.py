"""What the floors above may do with jobs. Every call works in the caller's transaction and within one workspace."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database
from cutroom.jobs import backlog, cancelling, redriving, repeating, repository, submitting
from cutroom.jobs.backlog import Backlog
from cutroom.jobs.ending import OnEnd
from cutroom.jobs.errors import not_found
from cutroom.jobs.job import JOB_PREFIX, Attempt, Idempotency, Job, JobEvent, Submission, Submitted
from cutroom.jobs.metering import Meter
from cutroom.jobs.registry import Registry
from cutroom.jobs.statements import statement
from cutroom.jobs.states import Status
from cutroom.kit.ids import is_id
from cutroom.kit.page import Page, page_of

MAX_RUNNING: Final = 32
MOST_QUEUED: Final = 1_000_000
"""Claims cost as much beyond it, but those who wait would do so for days."""
_SET_LIMIT: Final = statement("""
INSERT INTO lanes (workspace_id, max_running, served_at) VALUES (:workspace, :max_running, '-infinity')
ON CONFLICT (workspace_id) DO UPDATE SET max_running = excluded.max_running
""")


class JobService:
    """Submits, shows, cancels and repeats jobs.

    Args:
        registry: the workflows that may be submitted.
        max_running: how many jobs of one workspace may run at once, unless `set_limit` says otherwise.
        on_end: called in the transaction that ends a job, with the ended job.
        meter: asked in the transaction that accepts or repeats a job; without one, nothing is charged for.
        most_queued: jobs that may wait for workers in all.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        max_running: int = MAX_RUNNING,
        on_end: OnEnd | None = None,
        meter: Meter | None = None,
        most_queued: int = MOST_QUEUED,
    ) -> None:
        self._meter = meter
        self._backlog = Backlog(most_queued)
        self._registry = registry
        self._max_running = max_running
        self._on_end = on_end

    async def submit(self, session: AsyncSession, workspace_id: str, submission: Submission) -> Submitted:
        """Make a job. It is accepted when the caller's transaction commits, and workers are told at that moment.

        With an idempotency key, the same request gives the same job for 24 hours; a request that arrives while another
        transaction holds the key waits for it. Without one, a deterministic workflow gives the job with the same input
        that has not ended, if there is one.

        Raises:
            Invalid: `unknown_workflow`, `invalid_input` with pointers, `bad_priority`, `bad_max_attempts`,
                `idempotency_key_reused` when the key came with another body.
            QuotaExceeded: what the meter refuses with; `queue_full`, `too_many_needs`.
            Unavailable: `too_busy`, when too many jobs wait for workers.
        """
        submitted = await submitting.submit(
            session, self._registry, workspace_id, submission, max_running=self._max_running
        )
        if submitted.created:
            await self._backlog.check(session)
        if self._meter is not None and submitted.created:
            if submission.seconds is not None:
                await self._meter.hold(session, workspace_id, submitted.job.id, submission.seconds, submission.micro)
            if (most := await self._meter.most_queued(session, workspace_id)) is not None:
                await backlog.check_queue(session, workspace_id, most)
        return submitted

    async def repeated(self, session: AsyncSession, workspace_id: str, key: Idempotency | None) -> Submitted | None:
        """The job that an earlier request with this key made, if any, for those who look things up before they submit.

        What an input names may be gone since: the same request still gives the same job.

        Raises:
            Invalid: `idempotency_key_reused`.
            Conflict: `idempotent_job_gone`.
        """
        return None if key is None else await repeating.repeated(session, workspace_id, key)

    async def submit_alone(self, database: Database, workspace_id: str, submission: Submission) -> Submitted:
        """The same in a transaction of its own, or in none: where only the job is written, it is one statement.

        Raises:
            Invalid: as `submit`.
            QuotaExceeded: as `submit`.
            Unavailable: as `submit`; `database_unavailable`, and then the job may have been made: what must not happen
                twice needs a key.
        """
        charged = self._meter is not None and await self._meter.charges(database, workspace_id)
        if charged or submission.idempotency is not None:
            async with database.begin() as session:
                return await self.submit(session, workspace_id, submission)
        await self._backlog.check(database)
        return await submitting.submit_alone(
            database, self._registry, workspace_id, submission, max_running=self._max_running
        )

    async def get(self, session: AsyncSession, workspace_id: str, job_id: str) -> Job:
        """One job.

        Raises:
            NotFound: `job_not_found`, also when it is another workspace's or an item of a map.
        """
        job = await repository.find(session, workspace_id, job_id) if is_id(job_id, JOB_PREFIX) else None
        if job is None:
            raise not_found()
        return job

    async def look(self, database: Database, workspace_id: str, job_id: str) -> Job:
        """One job, as `get`, in no transaction: for those who ask for nothing else.

        Raises:
            NotFound: `job_not_found`.
        """
        job = await repository.look_up(database, workspace_id, job_id) if is_id(job_id, JOB_PREFIX) else None
        if job is None:
            raise not_found()
        return job

    async def list_jobs(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        limit: int = 20,
        before: str | None = None,
        statuses: Collection[Status] = (),
        types: Collection[str] = (),
    ) -> Page[Job]:
        """Jobs, newest first; the page's `next_cursor` is the bare `before` of the next page.

        Args:
            session: the transaction.
            workspace_id: whose.
            limit: at most so many.
            before: id of the last job of the page before.
            statuses: only these, as shown to users: `running` includes jobs that wait. All when empty.
            types: only these workflows. All when empty.
        """
        wanted = set(statuses) | ({Status.WAITING} if Status.RUNNING in statuses else set())
        jobs = await repository.page(
            session, workspace_id, before=before, limit=limit + 1, statuses=wanted, types=types
        )
        return page_of(jobs, limit)

    async def attempts(self, session: AsyncSession, workspace_id: str, job_id: str) -> list[Attempt]:
        """Every claim of a job, in order, with how it ended.

        Raises:
            NotFound: `job_not_found`.
        """
        await self.get(session, workspace_id, job_id)
        return await repository.attempts(session, job_id)

    async def events(
        self, session: AsyncSession, workspace_id: str, job_id: str, *, after: int = 0, limit: int = 100
    ) -> list[JobEvent]:
        """At most `limit` events with a sequence number above `after`, in order.

        Raises:
            NotFound: `job_not_found`.
        """
        await self.get(session, workspace_id, job_id)
        return await repository.events(session, job_id, after=after, limit=limit)

    async def cancel(self, session: AsyncSession, workspace_id: str, job_id: str) -> Job:
        """Cancel a job and its items: at once, or within seconds where a worker is at it.

        From the moment this commits, the job ends as cancelled whatever its worker reports. A job that is cancelled
        already, or is being, is returned as it is.

        Raises:
            NotFound: `job_not_found`.
            Conflict: `job_ended`, when it succeeded or failed before.
        """
        if not is_id(job_id, JOB_PREFIX):
            raise not_found()
        return await cancelling.cancel(session, workspace_id, job_id, self._on_end)

    async def retry(self, session: AsyncSession, workspace_id: str, job_id: str) -> Job:
        """Queue a failed or cancelled job again, with all its attempts. What succeeded in it does not run again.

        Raises:
            NotFound: `job_not_found`.
            Conflict: `job_not_retryable`, when it runs or succeeded; `job_stopping`, while parts of it still run.
        """
        if not is_id(job_id, JOB_PREFIX):
            raise not_found()
        job = await redriving.retry(session, workspace_id, job_id)
        if self._meter is not None:
            await self._meter.hold_again(session, workspace_id, job_id)
        return job

    async def dead_letters(
        self, session: AsyncSession, workspace_id: str, *, limit: int = 20, before: str | None = None
    ) -> Page[Job]:
        """Jobs that used up their attempts, newest first; pages as in `list_jobs`."""
        return page_of(await repository.dead(session, workspace_id, before=before, limit=limit + 1), limit)

    async def redrive(
        self, session: AsyncSession, workspace_id: str, job_ids: Sequence[str] | None = None
    ) -> list[str]:
        """Retry dead letters: those of the given ids that are dead letters of this workspace, or all (None).

        Returns the ids that were queued, at most 1,000 in one call, oldest first.
        """
        queued = await redriving.redrive(session, workspace_id, job_ids)
        if self._meter is not None:
            for job_id in queued:
                await self._meter.hold_again(session, workspace_id, job_id)
        return queued

    async def set_limit(self, session: AsyncSession, workspace_id: str, max_running: int) -> None:
        """Let at most `max_running` jobs of the workspace run at once, from the next claim on."""
        await session.execute(_SET_LIMIT, {"workspace": workspace_id, "max_running": max_running})

    async def over(self, session: AsyncSession, job_ids: Collection[str]) -> set[str]:
        """Those of the jobs, of any workspace, that have ended or are not there: for maintenance alone."""
        return set(job_ids) - await repository.alive(session, job_ids)

    async def depths(self, session: AsyncSession) -> Mapping[str, int]:
        """How many jobs of all workspaces are queued, running, delayed and dead; each counted to 100,000 at most."""
        return await repository.depths(session)
