"""Workspaces and their API keys."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.account import ApiKey, NewApiKey, Principal, Workspace
from cutroom.accounts.api_keys import digest, is_api_key, new_api_key
from cutroom.accounts.rows import ApiKeyRow, WorkspaceRow
from cutroom.kit.ids import new_id

LAST_USE_EVERY: Final = timedelta(minutes=1)
"""How stale a key's last use may be: a write per minute, not per request."""
DEFAULT_NAME: Final = "default"


class AccountService:
    """Every method works in the caller's transaction."""

    async def create_workspace(self, session: AsyncSession, name: str) -> Workspace:
        """Make a workspace."""
        row = WorkspaceRow(id=new_id("ws"), name=name)
        session.add(row)
        await session.flush()
        await session.refresh(row)
        return _workspace(row)

    async def ensure_default(self, session: AsyncSession) -> Workspace:
        """The default workspace, made if this is the first to ask; safe when many start at once."""
        await session.execute(
            insert(WorkspaceRow)
            .values(id=new_id("ws"), name=DEFAULT_NAME, is_default=True)
            .on_conflict_do_nothing(index_elements=["is_default"], index_where=text("is_default"))
        )
        return _workspace((await session.scalars(select(WorkspaceRow).where(WorkspaceRow.is_default))).one())

    async def create_api_key(self, session: AsyncSession, workspace_id: str, name: str) -> NewApiKey:
        """Make a key that may do everything in its workspace; its text is in the answer and nowhere else."""
        plaintext = new_api_key()
        row = ApiKeyRow(
            id=new_id("key"), workspace_id=workspace_id, name=name, hash=digest(plaintext), last_four=plaintext[-4:]
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
        return NewApiKey(_api_key(row), plaintext)

    async def authenticate(self, session: AsyncSession, plaintext: str) -> Principal | None:
        """Who this key speaks for, or None when there is no such key. Notes the use, at most once a minute."""
        if not is_api_key(plaintext):
            return None
        stale = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at < func.now() - LAST_USE_EVERY)
        found = (
            await session.execute(
                select(ApiKeyRow.id, ApiKeyRow.workspace_id, ApiKeyRow.scopes, stale.label("stale")).where(
                    ApiKeyRow.hash == digest(plaintext)
                )
            )
        ).one_or_none()
        if found is None:
            return None
        if found.stale:
            await session.execute(
                update(ApiKeyRow).where(ApiKeyRow.id == found.id, stale).values(last_used_at=func.now())
            )
        return Principal(found.workspace_id, found.id, frozenset(found.scopes))

    async def api_key(self, session: AsyncSession, workspace_id: str, api_key_id: str) -> ApiKey | None:
        """What may be shown of a key of this workspace."""
        query = select(ApiKeyRow).where(ApiKeyRow.workspace_id == workspace_id, ApiKeyRow.id == api_key_id)
        row = (await session.scalars(query)).one_or_none()
        return None if row is None else _api_key(row)


def _workspace(row: WorkspaceRow) -> Workspace:
    return Workspace(row.id, row.name, row.created_at)


def _api_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(row.id, row.workspace_id, row.name, row.last_four, row.created_at, row.last_used_at)
