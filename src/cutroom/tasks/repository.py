"""Queries of this package, always within one workspace."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import column, delete, func, insert, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.tasks.rows import RepositoryRow, TaskRow
from cutroom.tasks.task import BACKLOG, REWORK, Repository, Task

_JOBS: Final = table("jobs", column("id"), column("workspace_id"), column("status"))
"""Where a task stands is written in its job and nowhere else; boards read it there, by the id that both share."""


def repository_of(row: RepositoryRow) -> Repository:
    """The value of a row."""
    return Repository(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        url=row.url,
        branch=row.branch,
        command=row.command,
        labels=tuple(row.labels),
        secrets=tuple(row.secrets),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def task_of(row: TaskRow) -> Task:
    """The value of a row."""
    return Task(
        id=row.id,
        workspace_id=row.workspace_id,
        repository_id=row.repository_id,
        queue=REWORK if row.queue == REWORK else BACKLOG,
        rework_of=row.rework_of,
        created_at=row.created_at,
    )


async def add(session: AsyncSession, **values: Any) -> RepositoryRow:
    """Insert a repository."""
    return (await session.scalars(insert(RepositoryRow).values(**values).returning(RepositoryRow))).one()


async def find(session: AsyncSession, workspace_id: str, repository_id: str) -> RepositoryRow | None:
    """A repository of this workspace."""
    return await session.scalar(
        select(RepositoryRow).where(RepositoryRow.id == repository_id, RepositoryRow.workspace_id == workspace_id)
    )


async def page(session: AsyncSession, workspace_id: str, *, limit: int, before: str | None) -> Sequence[RepositoryRow]:
    """Repositories of this workspace, newest first, older than the id `before`."""
    query = select(RepositoryRow).where(RepositoryRow.workspace_id == workspace_id)
    if before is not None:
        query = query.where(RepositoryRow.id < before)
    return (await session.scalars(query.order_by(RepositoryRow.id.desc()).limit(limit))).all()


async def count(session: AsyncSession, workspace_id: str) -> int:
    """How many repositories the workspace has."""
    found = await session.scalar(
        select(func.count()).select_from(RepositoryRow).where(RepositoryRow.workspace_id == workspace_id)
    )
    return found or 0


async def change(session: AsyncSession, workspace_id: str, repository_id: str, **values: Any) -> RepositoryRow | None:
    """Replace what is said of a repository and raise its version; None when there is none."""
    return await session.scalar(
        update(RepositoryRow)
        .where(RepositoryRow.id == repository_id, RepositoryRow.workspace_id == workspace_id)
        .values(version=RepositoryRow.version + 1, updated_at=func.clock_timestamp(), **values)
        .returning(RepositoryRow)
        .execution_options(populate_existing=True)
    )


async def remove(session: AsyncSession, workspace_id: str, repository_id: str) -> bool:
    """Remove a repository; False when there is none."""
    gone = await session.scalar(
        delete(RepositoryRow)
        .where(RepositoryRow.id == repository_id, RepositoryRow.workspace_id == workspace_id)
        .returning(RepositoryRow.id)
    )
    return gone is not None


async def add_task(session: AsyncSession, **values: Any) -> TaskRow:
    """Insert a task beside its job."""
    return (await session.scalars(insert(TaskRow).values(**values).returning(TaskRow))).one()


async def find_task(session: AsyncSession, workspace_id: str, task_id: str) -> TaskRow | None:
    """A task of this workspace."""
    return await session.scalar(select(TaskRow).where(TaskRow.id == task_id, TaskRow.workspace_id == workspace_id))


async def tasks(
    session: AsyncSession,
    workspace_id: str,
    *,
    queue: str | None,
    repository_id: str | None,
    statuses: Collection[str],
    limit: int,
    before: str | None,
) -> Sequence[TaskRow]:
    """Tasks of this workspace, newest first, older than the id `before`.

    Args:
        session: the caller's transaction.
        workspace_id: whose.
        queue: only this one's.
        repository_id: only of this repository.
        statuses: only those whose jobs stand like that; all when empty.
        limit: how many at most.
        before: the last id of the page before.
    """
    query = select(TaskRow).where(TaskRow.workspace_id == workspace_id)
    if queue is not None:
        query = query.where(TaskRow.queue == queue)
    if repository_id is not None:
        query = query.where(TaskRow.repository_id == repository_id)
    if before is not None:
        query = query.where(TaskRow.id < before)
    if statuses:
        query = query.join(_JOBS, _JOBS.c.id == TaskRow.id).where(
            _JOBS.c.workspace_id == workspace_id, _JOBS.c.status.in_(sorted(statuses))
        )
    return (await session.scalars(query.order_by(TaskRow.id.desc()).limit(limit))).all()
