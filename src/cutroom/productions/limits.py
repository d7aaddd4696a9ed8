"""How much of productions a workspace may keep."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.kit.errors import QuotaExceeded
from cutroom.productions import repository

BytesFor = Callable[[AsyncSession, str], Awaitable[int | None]]
"""How many bytes a workspace's productions may take, all versions together, asked in a transaction; None for any. Wired
to the plans by the composition root."""


@dataclass(frozen=True, slots=True)
class ProductionLimits:
    """How much of productions a workspace may keep.

    Args:
        productions: how many of them.
        versions: how many of each; the oldest go first.
        bytes_for: how many bytes; any number when None.
    """

    productions: int = 50_000
    versions: int = 50
    bytes_for: BytesFor | None = None

    async def make_room(self, session: AsyncSession, workspace_id: str, size_bytes: int) -> None:
        """Refuse a version for which there is no room.

        Raises:
            QuotaExceeded: `storage_full`.
        """
        most = None if self.bytes_for is None else await self.bytes_for(session, workspace_id)
        if most is None:
            return
        kept = await repository.storage_used(session, workspace_id)
        if kept + size_bytes > most:
            message = (
                f"The workspace keeps {kept} bytes of transcripts, posts and the like, and its files leave room for "
                f"{max(0, most)}; delete some of either, or choose a larger plan."
            )
            raise QuotaExceeded("storage_full", message)
