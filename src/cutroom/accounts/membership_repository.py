"""The queries about members and invitations, always within one workspace, except by a person or by a token."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.membership import Member
from cutroom.accounts.roles import Role
from cutroom.accounts.rows import InvitationRow, MembershipRow, WorkspaceRow
from cutroom.accounts.user_rows import OrganisationRow, UserRow

_OPEN = and_(
    InvitationRow.accepted_at.is_(None), InvitationRow.revoked_at.is_(None), InvitationRow.expires_at > func.now()
)


async def add_member(session: AsyncSession, workspace_id: str, user_id: str, role: Role) -> bool:
    """Insert a membership; False when the person is a member already, whatever their role."""
    added = await session.scalar(
        insert(MembershipRow)
        .values(workspace_id=workspace_id, user_id=user_id, role=role)
        .on_conflict_do_nothing()
        .returning(MembershipRow.user_id)
    )
    return added is not None


async def role_of(session: AsyncSession, workspace_id: str, user_id: str) -> Role | None:
    """What a person is in a workspace; None when they are no member or it is closed."""
    found = await session.scalar(
        select(MembershipRow.role)
        .join(WorkspaceRow, WorkspaceRow.id == MembershipRow.workspace_id)
        .where(MembershipRow.workspace_id == workspace_id, MembershipRow.user_id == user_id)
        .where(WorkspaceRow.deleted_at.is_(None))
    )
    return None if found is None else Role(found)


async def seats_of(
    session: AsyncSession, user_id: str, *, limit: int, before: str | None
) -> Sequence[tuple[WorkspaceRow, str]]:
    """The workspaces of a person with their role there, newest first, older than the id `before`."""
    query = (
        select(WorkspaceRow, MembershipRow.role)
        .join(MembershipRow, MembershipRow.workspace_id == WorkspaceRow.id)
        .where(MembershipRow.user_id == user_id, WorkspaceRow.deleted_at.is_(None))
    )
    if before is not None:
        query = query.where(WorkspaceRow.id < before)
    rows = await session.execute(query.order_by(WorkspaceRow.id.desc()).limit(limit))
    return [(row, role) for row, role in rows]


async def count_owned(session: AsyncSession, user_id: str) -> int:
    """How many workspaces a person owns."""
    owned = and_(MembershipRow.user_id == user_id, MembershipRow.role == Role.OWNER)
    return await session.scalar(select(func.count()).select_from(MembershipRow).where(owned)) or 0


async def page_of_members(session: AsyncSession, workspace_id: str, *, limit: int, after: str | None) -> list[Member]:
    """Members of this workspace in the order of their ids, after the id `after`."""
    query = (
        select(MembershipRow.user_id, UserRow.name, UserRow.email, MembershipRow.role, MembershipRow.created_at)
        .join(UserRow, UserRow.id == MembershipRow.user_id)
        .where(MembershipRow.workspace_id == workspace_id)
    )
    if after is not None:
        query = query.where(MembershipRow.user_id > after)
    rows = await session.execute(query.order_by(MembershipRow.user_id).limit(limit))
    return [Member(user, name, email, Role(role), joined) for user, name, email, role, joined in rows]


async def find_member(session: AsyncSession, workspace_id: str, user_id: str) -> Member | None:
    """A member of this workspace."""
    found = await session.execute(
        select(MembershipRow.user_id, UserRow.name, UserRow.email, MembershipRow.role, MembershipRow.created_at)
        .join(UserRow, UserRow.id == MembershipRow.user_id)
        .where(MembershipRow.workspace_id == workspace_id, MembershipRow.user_id == user_id)
    )
    row = found.one_or_none()
    return None if row is None else Member(row[0], row[1], row[2], Role(row[3]), row[4])


async def lock_owners(session: AsyncSession, workspace_id: str) -> set[str]:
    """The owners of a workspace, who stay so until this transaction ends: whoever changes one asks here first."""
    query = select(MembershipRow.user_id).where(
        MembershipRow.workspace_id == workspace_id, MembershipRow.role == Role.OWNER
    )
    return set(await session.scalars(query.order_by(MembershipRow.user_id).with_for_update()))


async def set_role(session: AsyncSession, workspace_id: str, user_id: str, role: Role) -> None:
    """Make a member something else."""
    await session.execute(
        update(MembershipRow)
        .where(MembershipRow.workspace_id == workspace_id, MembershipRow.user_id == user_id)
        .values(role=role)
        .execution_options(synchronize_session=False)
    )


async def remove_member(session: AsyncSession, workspace_id: str, user_id: str) -> None:
    """Remove a member."""
    await session.execute(
        delete(MembershipRow)
        .where(MembershipRow.workspace_id == workspace_id, MembershipRow.user_id == user_id)
        .execution_options(synchronize_session=False)
    )


async def remove_everybody(session: AsyncSession, workspace_id: str) -> int:
    """Take every person out of a workspace, and with it the organisation that it stands for; how many they were."""
    await session.execute(delete(OrganisationRow).where(OrganisationRow.workspace_id == workspace_id))
    gone = delete(MembershipRow).where(MembershipRow.workspace_id == workspace_id).returning(MembershipRow.user_id)
    return len((await session.scalars(gone)).all())


async def add_invitation(session: AsyncSession, lifetime: timedelta, **values: Any) -> InvitationRow:
    """Insert an invitation that works for so long."""
    added = insert(InvitationRow).values(expires_at=func.now() + lifetime, **values).returning(InvitationRow)
    return (await session.scalars(added)).one()


async def count_open_invitations(session: AsyncSession, workspace_id: str) -> int:
    """How many invitations of the workspace can still be accepted."""
    counted = select(func.count()).select_from(InvitationRow).where(InvitationRow.workspace_id == workspace_id, _OPEN)
    return await session.scalar(counted) or 0


async def page_of_invitations(
    session: AsyncSession, workspace_id: str, *, limit: int, before: str | None
) -> Sequence[InvitationRow]:
    """Invitations of this workspace, newest first, older than the id `before`."""
    query = select(InvitationRow).where(InvitationRow.workspace_id == workspace_id)
    if before is not None:
        query = query.where(InvitationRow.id < before)
    return (await session.scalars(query.order_by(InvitationRow.id.desc()).limit(limit))).all()


async def find_invitation(session: AsyncSession, workspace_id: str, invitation_id: str) -> InvitationRow | None:
    """An invitation of this workspace."""
    return await session.scalar(
        select(InvitationRow).where(InvitationRow.workspace_id == workspace_id, InvitationRow.id == invitation_id)
    )


async def set_mail(session: AsyncSession, workspace_id: str, invitation_id: str, mail: str) -> None:
    """Note what became of an invitation's letter."""
    await session.execute(
        update(InvitationRow)
        .where(InvitationRow.workspace_id == workspace_id, InvitationRow.id == invitation_id)
        .values(mail=mail)
    )


async def revoke_invitation(session: AsyncSession, workspace_id: str, invitation_id: str) -> bool:
    """End an invitation that nobody has accepted; False when there is no such open one."""
    ended = await session.scalar(
        update(InvitationRow)
        .where(InvitationRow.workspace_id == workspace_id, InvitationRow.id == invitation_id, _OPEN)
        .values(revoked_at=func.now())
        .returning(InvitationRow.id)
    )
    return ended is not None


async def revoke_invitations(
    session: AsyncSession, workspace_id: str, *, made_by: Collection[str] | None = None
) -> int:
    """End all open invitations of a workspace, or those that these people or keys made; how many they were."""
    which = [_OPEN] if made_by is None else [_OPEN, InvitationRow.created_by.in_(made_by)]
    ended = (
        update(InvitationRow)
        .where(InvitationRow.workspace_id == workspace_id, *which)
        .values(revoked_at=func.now())
        .returning(InvitationRow.id)
    )
    return len((await session.scalars(ended)).all())


async def open_invitation(session: AsyncSession, digest: bytes) -> tuple[InvitationRow, WorkspaceRow] | None:
    """The invitation with this hash and its workspace, if it can still be accepted."""
    found = await session.execute(
        select(InvitationRow, WorkspaceRow)
        .join(WorkspaceRow, WorkspaceRow.id == InvitationRow.workspace_id)
        .where(InvitationRow.hash == digest, WorkspaceRow.deleted_at.is_(None), _OPEN)
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1])


async def accept_invitation(session: AsyncSession, digest: bytes, user_id: str) -> InvitationRow | None:
    """Mark the invitation with this hash as accepted; None when it cannot be any more. One of many at once succeeds."""
    living = exists().where(WorkspaceRow.id == InvitationRow.workspace_id, WorkspaceRow.deleted_at.is_(None))
    return await session.scalar(
        update(InvitationRow)
        .where(InvitationRow.hash == digest, _OPEN, living)
        .values(accepted_at=func.now(), accepted_by=user_id)
        .returning(InvitationRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
