"""The seam at which accepted work is charged for."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database


class Meter(Protocol):
    """Decides, in the transaction that accepts a job, whether its workspace may have it; raises to refuse."""

    async def charges(self, database: Database, workspace_id: str) -> bool:
        """Whether `hold` would write anything, or anything could be refused, for this workspace."""
        ...

    async def most_queued(self, session: AsyncSession, workspace_id: str) -> int | None:
        """How many jobs of the workspace may wait for workers; None is without limit."""
        ...

    async def hold(self, session: AsyncSession, workspace_id: str, job_id: str, seconds: float, micro: int = 0) -> None:
        """A new job was made that may take so many seconds of media, and millionths of a dollar."""

    async def hold_more(self, session: AsyncSession, workspace_id: str, job_id: str, seconds: float) -> None:
        """A job that runs turned out to take so many seconds of media; nothing changes where it holds as many."""

    async def hold_again(self, session: AsyncSession, workspace_id: str, job_id: str) -> None:
        """An ended job was queued again."""
