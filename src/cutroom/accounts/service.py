"""Workspaces and their API keys."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import repository
from cutroom.accounts.account import ApiKey, NewApiKey, Principal, Workspace
from cutroom.accounts.api_keys import digest, is_api_key, new_api_key
from cutroom.accounts.rows import ApiKeyRow, WorkspaceRow
from cutroom.kit.ids import new_id

DEFAULT_NAME: Final = "default"


class AccountService:
    """Every method works in the caller's transaction."""

    async def create_workspace(self, session: AsyncSession, name: str) -> Workspace:
        """Make a workspace."""
        return _workspace(await repository.add_workspace(session, id=new_id("ws"), name=name))

    async def ensure_default(self, session: AsyncSession) -> Workspace:
        """The default workspace, made if this is the first to ask; safe when many start at once."""
        return _workspace(await repository.default_workspace(session, id=new_id("ws"), name=DEFAULT_NAME))

    async def create_api_key(self, session: AsyncSession, workspace_id: str, name: str) -> NewApiKey:
        """Make a key that may do everything in its workspace; its text is in the answer and nowhere else."""
        plaintext = new_api_key()
        row = await repository.add_api_key(
            session,
            id=new_id("key"),
            workspace_id=workspace_id,
            name=name,
            hash=digest(plaintext),
            last_four=plaintext[-4:],
        )
        return NewApiKey(_api_key(row), plaintext)

    async def authenticate(self, session: AsyncSession, plaintext: str) -> Principal | None:
        """Who this key speaks for, or None when there is no such key. Notes the use, at most once a minute."""
        found = await repository.find_by_hash(session, digest(plaintext)) if is_api_key(plaintext) else None
        if found is None:
            return None
        if found.stale:
            await repository.note_use(session, found.id)
        return Principal(found.workspace_id, found.id, "api_key", frozenset(found.scopes))

    async def api_key(self, session: AsyncSession, workspace_id: str, api_key_id: str) -> ApiKey | None:
        """What may be shown of a key of this workspace."""
        row = await repository.find_api_key(session, workspace_id, api_key_id)
        return None if row is None else _api_key(row)


def _workspace(row: WorkspaceRow) -> Workspace:
    return Workspace(row.id, row.name, row.created_at)


def _api_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(row.id, row.workspace_id, row.name, row.last_four, row.created_at, row.last_used_at)
