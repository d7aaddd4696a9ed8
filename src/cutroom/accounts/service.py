"""The front of this package: workspaces, who belongs to them, and the API keys that speak for them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.account import NewApiKey, Principal, Workspace
from cutroom.accounts.invitations import Invitations
from cutroom.accounts.keys import Keys
from cutroom.accounts.members import Members
from cutroom.accounts.roles import EVERYTHING
from cutroom.accounts.workspaces import Workspaces


class AccountService:
    """Its parts, and what programs other than the API need of them. Every method works in the caller's transaction."""

    def __init__(self) -> None:
        self.workspaces = Workspaces()
        self.members = Members()
        self.invitations = Invitations()
        self.keys = Keys()

    async def create_workspace(self, session: AsyncSession, name: str) -> Workspace:
        """Make a workspace without members."""
        return await self.workspaces.create(session, name)

    async def ensure_default(self, session: AsyncSession) -> Workspace:
        """The default workspace, made if this is the first to ask; safe when many start at once."""
        return await self.workspaces.ensure_default(session)

    async def create_api_key(
        self,
        session: AsyncSession,
        workspace_id: str,
        name: str,
        *,
        scopes: Collection[str] = (EVERYTHING,),
        expires_at: datetime | None = None,
    ) -> NewApiKey:
        """Make a key as whoever has the database may; its text is in the answer and nowhere else."""
        return await self.keys.create(session, workspace_id, name, scopes=scopes, expires_at=expires_at)

    async def authenticate(self, session: AsyncSession, plaintext: str) -> Principal | None:
        """Who this key speaks for, or None when there is no such key. Notes the use, at most once a minute."""
        return await self.keys.authenticate(session, plaintext)
