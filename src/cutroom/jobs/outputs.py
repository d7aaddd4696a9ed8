"""What the items of a job have given so far, while others are still at work, or after a cancel."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.statements import statement

_OUTPUTS: Final = statement("""
SELECT output FROM jobs
WHERE parent_id = :id AND workspace_id = :workspace AND type = :type AND status = 'succeeded'
  AND (parent_step, parent_index) >= (CAST(:step AS text), CAST(:index AS int))
  AND (CAST(:having AS text) IS NULL OR CAST(output ->> CAST(:having AS text) AS int) > 0)
ORDER BY parent_step, parent_index LIMIT :limit
""")


async def outputs_of_items(
    session: AsyncSession,
    workspace_id: str,
    job_id: str,
    type_: str,
    *,
    start: tuple[str, int],
    limit: int,
    having: str | None = None,
) -> Sequence[Any]:
    """Outputs of the items of one workflow that have succeeded, in order of their maps' names, then of the items.

    Args:
        session: the transaction.
        workspace_id: whose job it is.
        job_id: the job.
        type_: the workflow of the items.
        start: the map and the index in it to begin at.
        limit: at most so many.
        having: only outputs in which the number of this name is above 0.
    """
    values = {"id": job_id, "workspace": workspace_id, "type": type_, "limit": limit, "having": having}
    found = await session.scalars(_OUTPUTS, {**values, "step": start[0], "index": start[1]})
    return found.all()
