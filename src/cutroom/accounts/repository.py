"""The queries about workspaces and their API keys."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, LargeBinary, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.rows import ApiKeyRow, WorkspaceRow
from cutroom.db import Database, Quick

LAST_USE_EVERY: Final = timedelta(minutes=1)
"""How stale a key's last use may be: a write per minute, not per request."""
_STALE: Final = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at < func.now() - LAST_USE_EVERY)
_LIVING: Final = or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > func.now())


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What a request needs to know of its key; `stale` when its use should be noted."""

    id: str
    workspace_id: str
    scopes: list[str]
    expires_at: datetime | None
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


async def is_default_workspace(session: AsyncSession, workspace_id: str) -> bool:
    """Whether this is the default workspace."""
    query = select(WorkspaceRow.is_default).where(WorkspaceRow.id == workspace_id)
    return bool(await session.scalar(query))


async def find_workspace(session: AsyncSession, workspace_id: str) -> WorkspaceRow | None:
    """The workspace with this id, unless it is closed."""
    query = select(WorkspaceRow).where(WorkspaceRow.id == workspace_id, WorkspaceRow.deleted_at.is_(None))
    return (await session.scalars(query)).one_or_none()


async def change_workspace(session: AsyncSession, workspace_id: str, **values: str | None) -> WorkspaceRow | None:
    """Give a workspace another name or model; None when there is none."""
    change = update(WorkspaceRow).where(WorkspaceRow.id == workspace_id, WorkspaceRow.deleted_at.is_(None))
    return await session.scalar(
        change.values(**values).returning(WorkspaceRow).execution_options(populate_existing=True)
    )


async def close_workspace(session: AsyncSession, workspace_id: str) -> bool:
    """Mark a workspace as closed; it is no longer the default. False when there is none."""
    closed = await session.scalar(
        update(WorkspaceRow)
        .where(WorkspaceRow.id == workspace_id, WorkspaceRow.deleted_at.is_(None))
        .values(deleted_at=func.now(), is_default=False)
        .returning(WorkspaceRow.id)
    )
    return closed is not None


async def add_api_key(session: AsyncSession, **values: Any) -> ApiKeyRow:
    """Insert a key."""
    return (await session.scalars(insert(ApiKeyRow).values(**values).returning(ApiKeyRow))).one()


async def count_api_keys(session: AsyncSession, workspace_id: str) -> int:
    """How many keys the workspace has."""
    counted = select(func.count()).select_from(ApiKeyRow).where(ApiKeyRow.workspace_id == workspace_id)
    return await session.scalar(counted) or 0


async def find_api_key(session: AsyncSession, workspace_id: str, api_key_id: str) -> ApiKeyRow | None:
    """A key of this workspace."""
    query = select(ApiKeyRow).where(ApiKeyRow.workspace_id == workspace_id, ApiKeyRow.id == api_key_id)
    return (await session.scalars(query)).one_or_none()


async def page_of_api_keys(
    session: AsyncSession, workspace_id: str, *, limit: int, before: str | None
) -> Sequence[ApiKeyRow]:
    """Keys of this workspace, newest first, older than the id `before`."""
    query = select(ApiKeyRow).where(ApiKeyRow.workspace_id == workspace_id)
    if before is not None:
        query = query.where(ApiKeyRow.id < before)
    return (await session.scalars(query.order_by(ApiKeyRow.id.desc()).limit(limit))).all()


async def rotate_api_key(
    session: AsyncSession, workspace_id: str, api_key_id: str, *, overlap: timedelta, **values: Any
) -> ApiKeyRow | None:
    """Put another hash in the place of a key's, which works on for `overlap`; None when there is no such key."""
    return await session.scalar(
        update(ApiKeyRow)
        .where(ApiKeyRow.workspace_id == workspace_id, ApiKeyRow.id == api_key_id)
        .values(
            previous_hash=ApiKeyRow.hash,
            previous_until=func.now() + overlap,
            rotated_at=func.now(),
            **values,
        )
        .returning(ApiKeyRow)
        .execution_options(populate_existing=True)
    )


async def remove_api_key(session: AsyncSession, workspace_id: str, api_key_id: str) -> bool:
    """Remove a key; False when there is none."""
    gone = await session.scalar(
        delete(ApiKeyRow)
        .where(ApiKeyRow.workspace_id == workspace_id, ApiKeyRow.id == api_key_id)
        .returning(ApiKeyRow.id)
    )
    return gone is not None


async def remove_api_keys(
    session: AsyncSession, workspace_id: str, *, made_by: Collection[str] | None = None
) -> Sequence[str]:
    """Remove all keys of a workspace, or those that these people or keys made; the ids of those that were."""
    which: list[ColumnElement[bool]] = [] if made_by is None else [ApiKeyRow.created_by.in_(made_by)]
    gone = delete(ApiKeyRow).where(ApiKeyRow.workspace_id == workspace_id, *which).returning(ApiKeyRow.id)
    return (await session.scalars(gone)).all()


async def count_api_keys_of(session: AsyncSession, workspace_id: str, made_by: str) -> int:
    """How many keys of the workspace this person or key made."""
    mine = select(func.count(ApiKeyRow.id)).where(ApiKeyRow.workspace_id == workspace_id)
    return await session.scalar(mine.where(ApiKeyRow.created_by == made_by)) or 0


_FORMER: Final = and_(ApiKeyRow.previous_hash == bindparam("digest"), ApiKeyRow.previous_until > func.now())
_BY_HASH: Final = select(
    ApiKeyRow.id, ApiKeyRow.workspace_id, ApiKeyRow.scopes, ApiKeyRow.expires_at, _STALE.label("stale")
).where(or_(ApiKeyRow.hash == bindparam("digest"), _FORMER), _LIVING)
_BY_HASH_QUICK: Final = Quick(_BY_HASH.add_columns(bindparam("digest", type_=LargeBinary).label("digest")))


async def find_by_hash(session: AsyncSession, digest: bytes) -> KnownKey | None:
    """The living key with this hash, or whose former text had it and still works."""
    row = (await session.execute(_BY_HASH, {"digest": digest})).one_or_none()
    return None if row is None else KnownKey(*row)


async def look_up_hash(database: Database, digest: bytes) -> KnownKey | None:
    """The same for the door, which asks at every request."""
    row = await database.one_of_many(_BY_HASH_QUICK, "digest", digest=digest)
    return None if row is None else KnownKey(*row[:-1])


async def note_use(session: AsyncSession, api_key_id: str) -> None:
    """Remember that a key was used just now, unless somebody else has meanwhile."""
    await session.execute(update(ApiKeyRow).where(ApiKeyRow.id == api_key_id, _STALE).values(last_used_at=func.now()))
