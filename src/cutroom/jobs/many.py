"""Several jobs at once, by their ids."""

from collections.abc import Collection
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.job import Job
from cutroom.jobs.repository import job_of
from cutroom.jobs.statements import statement

_MANY: Final = statement(
    "SELECT $job FROM jobs WHERE id = ANY(CAST(:ids AS text[])) AND workspace_id = :workspace AND NOT internal"
)


async def jobs_by_id(session: AsyncSession, workspace_id: str, job_ids: Collection[str]) -> dict[str, Job]:
    """Those of the jobs that are this workspace's, by id."""
    rows = await session.execute(_MANY, {"workspace": workspace_id, "ids": list(job_ids)})
    return {row.id: job_of(row) for row in rows}
