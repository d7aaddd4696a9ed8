"""The queries of this package."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.rows import ApiKeyRow, WorkspaceRow

LAST_USE_EVERY: Final = timedelta(minutes=1)
"""How stale a key's last use may be: a write per minute, not per request."""
_STALE: Final = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at < func.now() - LAST_USE_EVERY)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What a request needs to know of its key; `stale` when its use should be noted."""

    id: str
    workspace_id: str
    scopes: list[str]
    stale: bool


async def add_workspace(session: AsyncSession, **values: str) -> WorkspaceRow:
    """Insert a workspace."""
    return (await session.scalars(insert(WorkspaceRow).values(**values).returning(WorkspaceRow))).one()


async def default_workspace(session: AsyncSession, **values: str) -> WorkspaceRow:
    """The default workspace, inserted with these values if there is none; safe when many ask at once."""
    await session.execute(
        insert(WorkspaceRow)
        .values(is_default=True, **values)
        .on_conflict_do_nothing(index_elements=["is_default"], index_where=text("is_default"))
    )
    return (await session.scalars(select(WorkspaceRow).where(WorkspaceRow.is_default))).one()


async def add_api_key(session: AsyncSession, **values: str | bytes) -> ApiKeyRow:
    """Insert a key."""
    return (await session.scalars(insert(ApiKeyRow).values(**values).returning(ApiKeyRow))).one()


async def find_api_key(session: AsyncSession, workspace_id: str, api_key_id: str) -> ApiKeyRow | None:
    """A key of this workspace."""
    query = select(ApiKeyRow).where(ApiKeyRow.workspace_id == workspace_id, ApiKeyRow.id == api_key_id)
    return (await session.scalars(query)).one_or_none()


async def find_by_hash(session: AsyncSession, digest: bytes) -> KnownKey | None:
    """The key with this hash."""
    columns = select(ApiKeyRow.id, ApiKeyRow.workspace_id, ApiKeyRow.scopes, _STALE.label("stale"))
    found = (await session.execute(columns.where(ApiKeyRow.hash == digest))).one_or_none()
    return None if found is None else KnownKey(found.id, found.workspace_id, found.scopes, found.stale)


async def note_use(session: AsyncSession, api_key_id: str) -> None:
    """Remember that a key was used just now, unless somebody else has meanwhile."""
    await session.execute(update(ApiKeyRow).where(ApiKeyRow.id == api_key_id, _STALE).values(last_used_at=func.now()))
