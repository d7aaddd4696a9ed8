"""The seam at which accepted work is charged for."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession


class Meter(Protocol):
    """Decides, in the transaction that accepts a job, whether its workspace may have it; raises to refuse."""

    async def hold(self, session: AsyncSession, workspace_id: str, job_id: str, seconds: float) -> None:
        """A new job was made that may take so many seconds of media."""

    async def hold_again(self, session: AsyncSession, workspace_id: str, job_id: str) -> None:
        """An ended job was queued again."""
