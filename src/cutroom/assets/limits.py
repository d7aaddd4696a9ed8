"""How much a workspace may send and keep; what its plan says, told by whoever knows plans."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets import repository
from cutroom.db.locks import lock
from cutroom.kit.errors import Invalid, QuotaExceeded
from cutroom.media.info import MediaInfo


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a workspace may send and keep.

    Args:
        max_upload_bytes: its largest file.
        max_duration_s: the longest film or sound that it may send, in seconds; None for any.
        storage_bytes: how much its assets and results may take together; None for any.
    """

    max_upload_bytes: int
    max_duration_s: float | None = None
    storage_bytes: int | None = None

    def check_size(self, size_bytes: int) -> None:
        """Refuse a file that is too large. Raises `Invalid` (`upload_too_large`)."""
        if size_bytes > self.max_upload_bytes:
            raise Invalid("upload_too_large", f"At most {self.max_upload_bytes} bytes can be uploaded.")

    def check_duration(self, info: MediaInfo) -> None:
        """Refuse a film that is too long. Raises `Invalid` (`media_too_long`)."""
        if self.max_duration_s is not None and info.duration is not None and info.duration > self.max_duration_s:
            sentence = (
                f"The file lasts {float(info.duration):.1f} seconds; at most {self.max_duration_s:g} are accepted."
            )
            raise Invalid("media_too_long", sentence)


LimitsOf = Callable[[AsyncSession, str], Awaitable[FileLimits]]
"""What a workspace may do, asked in a transaction; wired to the plans by the composition root."""


def same_for_all(limits: FileLimits) -> LimitsOf:
    """Limits that do not depend on the workspace."""

    async def limits_of(_session: AsyncSession, _workspace_id: str) -> FileLimits:
        return limits

    return limits_of


async def make_room(session: AsyncSession, workspace_id: str, limits: FileLimits, size_bytes: int) -> None:
    """Refuse a file for which there is no room, counting what is on its way; until the transaction ends, one at a time.

    Raises:
        QuotaExceeded: `storage_full`.
    """
    if limits.storage_bytes is None:
        return
    await lock(session, f"storage:{workspace_id}")
    kept = await repository.storage_used(session, workspace_id)
    coming = await repository.storage_promised(session, workspace_id)
    if kept + coming + size_bytes > limits.storage_bytes:
        sentence = (
            f"The workspace keeps {kept} of {limits.storage_bytes} bytes and {coming} are on their way; "
            "delete assets, or choose a larger plan."
        )
        raise QuotaExceeded("storage_full", sentence)
