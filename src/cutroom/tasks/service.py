"""What the package does for others. Every method works in the caller's transaction and within one workspace."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import lock
from cutroom.kit.errors import Conflict, Detail, NotFound, QuotaExceeded
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of
from cutroom.tasks import repository
from cutroom.tasks.rows import RepositoryRow
from cutroom.tasks.task import REPOSITORY_PREFIX, REWORK, Queue, Repository, Task, Written


@dataclass(frozen=True, slots=True)
class TaskLimits:
    """How tasks are kept and queued.

    Args:
        repositories: how many one workspace may register.
        rework_first: whether what is to be made better goes before what is new.
    """

    repositories: int = 1_000
    rework_first: bool = True

    def priority(self, queue: Queue) -> int:
        """The priority of jobs of a queue."""
        return 10 if self.rework_first and queue == REWORK else 0


class TaskService:
    """Keeps repositories, and what tasks have that jobs have not.

    Args:
        limits: how many there may be, and what goes first.
    """

    def __init__(self, limits: TaskLimits | None = None) -> None:
        self.limits = limits or TaskLimits()

    async def register(self, session: AsyncSession, workspace_id: str, written: Written) -> Repository:
        """Register a repository.

        Raises:
            QuotaExceeded: `too_many_repositories`.
            Conflict: `repository_exists`, when the name is taken.
        """
        await lock(session, f"cutroom.repositories {workspace_id}")
        if await repository.count(session, workspace_id) >= self.limits.repositories:
            message = f"This workspace has {self.limits.repositories} repositories, the most; delete some first."
            raise QuotaExceeded("too_many_repositories", message)
        try:
            async with session.begin_nested():
                row = await repository.add(
                    session, id=new_id(REPOSITORY_PREFIX), workspace_id=workspace_id, **_values(written)
                )
        except IntegrityError as error:
            raise _taken(written.name) from error
        return repository.repository_of(row)

    async def get(self, session: AsyncSession, workspace_id: str, repository_id: str) -> Repository:
        """A repository. Raises `NotFound` (`repository_not_found`), also for another workspace's."""
        row: RepositoryRow | None = None
        if is_id(repository_id, REPOSITORY_PREFIX):
            row = await repository.find(session, workspace_id, repository_id)
        if row is None:
            raise _not_found()
        return repository.repository_of(row)

    async def list_repositories(
        self, session: AsyncSession, workspace_id: str, *, limit: int = 20, before: str | None = None
    ) -> Page[Repository]:
        """A page of repositories, newest first, that are older than the id `before`; its cursor is the last id."""
        rows = await repository.page(session, workspace_id, limit=limit + 1, before=before)
        return page_of([repository.repository_of(row) for row in rows], limit)

    async def replace(
        self, session: AsyncSession, workspace_id: str, repository_id: str, written: Written
    ) -> Repository:
        """Say something else of a repository. Raises `NotFound`, and `Conflict` as `register`."""
        row: RepositoryRow | None = None
        if is_id(repository_id, REPOSITORY_PREFIX):
            try:
                async with session.begin_nested():
                    row = await repository.change(session, workspace_id, repository_id, **_values(written))
            except IntegrityError as error:
                raise _taken(written.name) from error
        if row is None:
            raise _not_found()
        return repository.repository_of(row)

    async def delete(self, session: AsyncSession, workspace_id: str, repository_id: str) -> None:
        """Forget a repository; its tasks are not disturbed. Raises `NotFound`."""
        known = is_id(repository_id, REPOSITORY_PREFIX)
        if not known or not await repository.remove(session, workspace_id, repository_id):
            raise _not_found()

    async def add(
        self,
        session: AsyncSession,
        workspace_id: str,
        job_id: str,
        *,
        repository_id: str,
        queue: Queue,
        rework_of: str | None = None,
    ) -> Task:
        """Make the job of this id, which the same transaction has made, a task."""
        row = await repository.add_task(
            session, id=job_id, workspace_id=workspace_id, repository_id=repository_id, queue=queue, rework_of=rework_of
        )
        return repository.task_of(row)

    async def get_task(self, session: AsyncSession, workspace_id: str, task_id: str) -> Task:
        """A task. Raises `NotFound` (`task_not_found`), also for another workspace's, and for other jobs."""
        row = await repository.find_task(session, workspace_id, task_id) if is_id(task_id, "job") else None
        if row is None:
            raise NotFound("task_not_found", "There is no task with this id.")
        return repository.task_of(row)

    async def list_tasks(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        queue: Queue | None = None,
        repository_id: str | None = None,
        statuses: Collection[str] = (),
        limit: int = 20,
        before: str | None = None,
    ) -> Page[Task]:
        """A page of tasks, newest first; `statuses` are those of their jobs, all when empty."""
        if repository_id is not None and not is_id(repository_id, REPOSITORY_PREFIX):
            return Page((), None)
        rows = await repository.tasks(
            session,
            workspace_id,
            queue=queue,
            repository_id=repository_id,
            statuses=statuses,
            limit=limit + 1,
            before=before,
        )
        return page_of([repository.task_of(row) for row in rows], limit)


def _values(written: Written) -> dict[str, Any]:
    values = asdict(written)
    return {**values, "labels": list(written.labels), "secrets": list(written.secrets)}


def _not_found() -> NotFound:
    return NotFound("repository_not_found", "There is no repository with this id.")


def _taken(name: str) -> Conflict:
    message = f"The workspace has a repository '{name}' already; choose another name."
    return Conflict("repository_exists", message, details=[Detail("/name", "repository_exists", message)])
