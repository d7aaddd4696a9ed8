"""Named locks in the database: one holder among all processes."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# hashtextextended gives 64 bits, so two of our few names do not meet by chance.
_TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
_WAIT = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Take the lock `name` until this transaction ends, or return False when another transaction holds it."""
    return bool(await session.scalar(_TRY, {"name": name}))


async def lock(session: AsyncSession, name: str) -> None:
    """Take the lock `name` until this transaction ends, waiting for it.

    Raises:
        DBAPIError: when the wait exceeds the engine's lock timeout; `Database.begin` turns it into Unavailable.
    """
    await session.execute(_WAIT, {"name": name})
