"""Workspaces themselves: made, named, closed."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import membership_repository, repository
from cutroom.accounts.account import Principal, Workspace
from cutroom.accounts.membership import Closed, Seat
from cutroom.accounts.refusals import no_such_workspace
from cutroom.accounts.roles import Role
from cutroom.accounts.rows import WorkspaceRow
from cutroom.db import lock
from cutroom.kit.errors import QuotaExceeded
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of

WORKSPACE_PREFIX: Final = "ws"
DEFAULT_NAME: Final = "default"
MAX_OWNED: Final = 50


class Workspaces:
    """Every method works in the caller's transaction.

    Args:
        max_owned: how many workspaces one person may own.
    """

    def __init__(self, *, max_owned: int = MAX_OWNED) -> None:
        self._max_owned = max_owned

    async def create(self, session: AsyncSession, name: str, *, owner: str | None = None) -> Workspace:
        """Make a workspace, owned by this person if one is named.

        Raises:
            QuotaExceeded: `too_many_workspaces`.
        """
        if owner is not None:
            # Without the lock, requests that come together would all see room for one more; here and in keys and
            # invitations.
            await lock(session, f"cutroom.workspaces {owner}")
            if await membership_repository.count_owned(session, owner) >= self._max_owned:
                message = f"You own {self._max_owned} workspaces, the most that one may; delete one first."
                raise QuotaExceeded("too_many_workspaces", message)
        made = _workspace(await repository.add_workspace(session, id=new_id(WORKSPACE_PREFIX), name=name))
        if owner is not None:
            await membership_repository.add_member(session, made.id, owner, Role.OWNER)
        return made

    async def ensure_default(self, session: AsyncSession) -> Workspace:
        """The default workspace, made if this is the first to ask; safe when many start at once."""
        found = await repository.default_workspace(session, id=new_id(WORKSPACE_PREFIX), name=DEFAULT_NAME)
        return _workspace(found)

    async def is_default(self, session: AsyncSession, workspace_id: str) -> bool:
        """Whether this is the default workspace, which is the operator's own."""
        return await repository.is_default_workspace(session, workspace_id)

    async def get(self, session: AsyncSession, workspace_id: str) -> Workspace:
        """A workspace. Raises `NotFound` (`workspace_not_found`), also for closed ones."""
        known = is_id(workspace_id, WORKSPACE_PREFIX)
        row = await repository.find_workspace(session, workspace_id) if known else None
        if row is None:
            raise no_such_workspace()
        return _workspace(row)

    async def seat(self, session: AsyncSession, principal: Principal) -> Seat:
        """The workspace that somebody acts in, and what they are there. Raises `NotFound`."""
        workspace = await self.get(session, principal.workspace_id)
        role = None
        if principal.user_id is not None:
            role = await membership_repository.role_of(session, workspace.id, principal.user_id)
        return Seat(workspace, role)

    async def page(
        self, session: AsyncSession, principal: Principal, *, limit: int = 20, before: str | None = None
    ) -> Page[Seat]:
        """A page of the workspaces that somebody may act in, newest first; of an API key it is the one."""
        if principal.user_id is None:
            return Page((await self.seat(session, principal),) if before is None else ())
        rows = await membership_repository.seats_of(session, principal.user_id, limit=limit + 1, before=before)
        seats = [Seat(_workspace(row), Role(role)) for row, role in rows]
        return page_of(seats, limit, lambda seat: seat.workspace.id)

    async def rename(self, session: AsyncSession, workspace_id: str, name: str) -> Workspace:
        """Give it another name. Raises `NotFound`."""
        row = await repository.change_workspace(session, workspace_id, name=name)
        if row is None:
            raise no_such_workspace()
        return _workspace(row)

    async def choose_model(self, session: AsyncSession, workspace_id: str, model: str | None) -> Workspace:
        """Say which language model is asked where nothing names one; None is the server's. Raises `NotFound`."""
        row = await repository.change_workspace(session, workspace_id, model=model)
        if row is None:
            raise no_such_workspace()
        return _workspace(row)

    async def close(self, session: AsyncSession, workspace_id: str) -> Closed:
        """Take away every way into a workspace: members, invitations, keys. What it holds stays, out of reach.

        Raises:
            NotFound: `workspace_not_found`.
        """
        if not await repository.close_workspace(session, workspace_id):
            raise no_such_workspace()
        return Closed(
            members=await membership_repository.remove_everybody(session, workspace_id),
            api_keys=len(await repository.remove_api_keys(session, workspace_id)),
            invitations=await membership_repository.revoke_invitations(session, workspace_id),
        )


def _workspace(row: WorkspaceRow) -> Workspace:
    return Workspace(row.id, row.name, row.created_at, row.model)
