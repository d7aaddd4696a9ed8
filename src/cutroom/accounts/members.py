"""The people of a workspace and what they are there.

One rule keeps roles in their order: nobody gives, changes or takes away a role that may do more than they may. So an
admin neither makes nor touches owners, and a key that may only manage members manages none that can do more.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import membership_repository as repository
from cutroom.accounts.account import Principal
from cutroom.accounts.identity_repository import organisation_of
from cutroom.accounts.membership import Member, Removed
from cutroom.accounts.repository import count_api_keys_of, remove_api_keys
from cutroom.accounts.roles import SCOPES_OF, Role, covers
from cutroom.kit.errors import Conflict, Forbidden, NotFound
from cutroom.kit.ids import is_id
from cutroom.kit.page import Page, page_of

_USER: Final = "usr"


class Members:
    """Every method works in the caller's transaction."""

    async def add(self, session: AsyncSession, workspace_id: str, user_id: str, role: Role) -> bool:
        """Make somebody a member, unless they are one already, which leaves their role as it is; whether it was so.

        This asks nobody: for the one who has just made the workspace, was invited, or is sent by an organisation.
        """
        return await repository.add_member(session, workspace_id, user_id, role)

    async def principal_in(self, session: AsyncSession, principal: Principal, workspace_id: str) -> Principal | None:
        """The same one, acting in another workspace with the role they have there; None where they have none.

        In a workspace that stands for an organisation, a token that does not name it has none, whatever the table says.
        """
        if principal.workspace_id == workspace_id:
            return principal
        role = None
        by_token = principal.kind == "token" and await organisation_of(session, workspace_id) is not None
        if principal.user_id is not None and not by_token:
            role = await repository.role_of(session, workspace_id, principal.user_id)
        return None if role is None else replace(principal, workspace_id=workspace_id, scopes=SCOPES_OF[role])

    async def role_of(self, session: AsyncSession, workspace_id: str, user_id: str) -> Role | None:
        """What somebody is in a workspace; None when they are no member, or the workspace is closed."""
        return await repository.role_of(session, workspace_id, user_id)

    async def page(
        self, session: AsyncSession, workspace_id: str, *, limit: int = 20, after: str | None = None
    ) -> Page[Member]:
        """A page of members in the order in which they first came to this installation; its cursor is the last id."""
        rows = await repository.page_of_members(session, workspace_id, limit=limit + 1, after=after)
        return page_of(rows, limit, lambda member: member.user_id)

    async def change(self, session: AsyncSession, by: Principal, user_id: str, role: Role) -> Member:
        """Make a member something else. Invitations that they made end, for they were made with other powers.

        Raises:
            NotFound: `member_not_found`.
            Forbidden: `role_above_yours`.
            Conflict: `last_owner`.
        """
        owners = await repository.lock_owners(session, by.workspace_id)
        member = await _find(session, by.workspace_id, user_id)
        refuse_above(by, role)
        refuse_above(by, member.role)
        if member.role is role:
            return member
        if role is not Role.OWNER:
            _keep_an_owner(owners, user_id)
        await repository.set_role(session, by.workspace_id, user_id, role)
        await repository.revoke_invitations(session, by.workspace_id, made_by=[user_id])
        return replace(member, role=role)

    async def remove(self, session: AsyncSession, by: Principal, user_id: str, *, revoke_keys: bool = False) -> Removed:
        """Take somebody out of the workspace, or leave it oneself. Invitations that they made end.

        Args:
            session: the transaction.
            by: who asks, in their workspace.
            user_id: who goes.
            revoke_keys: end the API keys that they made, too, and what was made with those; else they stay the
                workspace's.

        Raises:
            NotFound: `member_not_found`.
            Forbidden: `role_above_yours`.
            Conflict: `last_owner`.
        """
        owners = await repository.lock_owners(session, by.workspace_id)
        member = await _find(session, by.workspace_id, user_id)
        if user_id != by.user_id:
            refuse_above(by, member.role)
        _keep_an_owner(owners, user_id)
        await repository.remove_member(session, by.workspace_id, user_id)
        makers = [user_id]
        last: Sequence[str] = makers if revoke_keys else ()
        while last:
            last = await remove_api_keys(session, by.workspace_id, made_by=last)
            makers += last
        invitations = await repository.revoke_invitations(session, by.workspace_id, made_by=makers)
        left = await count_api_keys_of(session, by.workspace_id, user_id)
        return Removed(user_id, invitations_revoked=invitations, keys_revoked=len(makers) - 1, keys_left=left)


def refuse_above(by: Principal, role: Role) -> None:
    """Refuse to give or take what one is not.

    Raises:
        Forbidden: `role_above_yours`.
    """
    if not all(covers(by.scopes, scope) for scope in SCOPES_OF[role]):
        message = f"The role '{role}' may do more than you may here, so you can neither give it nor take it away."
        raise Forbidden("role_above_yours", message)


def _keep_an_owner(owners: set[str], user_id: str) -> None:
    if owners == {user_id}:
        message = "This is the last owner; make somebody else an owner first, or delete the workspace."
        raise Conflict("last_owner", message)


async def _find(session: AsyncSession, workspace_id: str, user_id: str) -> Member:
    member = await repository.find_member(session, workspace_id, user_id) if is_id(user_id, _USER) else None
    if member is None:
        raise NotFound("member_not_found", "There is no member with this id.")
    return member
