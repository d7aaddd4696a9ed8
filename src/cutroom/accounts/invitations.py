"""Invitations: links that make one person a member, once.

The token is 256 random bits, stored by its hash. Whoever has the link may use it, so that it can be handed on: an
address only says where it was sent.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, cast

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import membership_repository as repository
from cutroom.accounts.account import Principal, Workspace
from cutroom.accounts.api_keys import digest, is_invitation_token, new_invitation_token
from cutroom.accounts.emails import normalise
from cutroom.accounts.members import refuse_above
from cutroom.accounts.membership import (
    INVITATION_PREFIX,
    Invitation,
    InvitationStatus,
    Mail,
    NewInvitation,
    Seat,
)
from cutroom.accounts.roles import Role
from cutroom.accounts.rows import InvitationRow, WorkspaceRow
from cutroom.db import lock
from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.errors import Conflict, NotFound, QuotaExceeded
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of

LIFETIME: Final = timedelta(days=7)
MAX_OPEN: Final = 200


class Invitations:
    """Every method works in the caller's transaction.

    Args:
        max_open: how many one workspace may have open at once.
        clock: says which have expired, for show; whether one works is up to the database's clock.
    """

    def __init__(self, *, max_open: int = MAX_OPEN, clock: Clock | None = None) -> None:
        self._max_open = max_open
        self._clock = clock or SystemClock()

    async def create(
        self, session: AsyncSession, by: Principal, workspace: Workspace, *, role: Role, email: str | None, mails: bool
    ) -> NewInvitation:
        """Make an invitation to a workspace; its token is in the answer and nowhere else.

        Args:
            session: the transaction.
            by: who invites, in this workspace.
            workspace: where to.
            role: what the invited will be.
            email: where a letter goes, if one can be sent.
            mails: whether letters can be sent.

        Raises:
            Invalid: `bad_email`.
            Forbidden: `role_above_yours`.
            QuotaExceeded: `too_many_invitations`.
        """
        refuse_above(by, role)
        address = None if email is None else normalise(email)
        await lock(session, f"cutroom.invitations {workspace.id}")
        if await repository.count_open_invitations(session, workspace.id) >= self._max_open:
            message = f"This workspace has {self._max_open} open invitations, the most it may have; revoke some first."
            raise QuotaExceeded("too_many_invitations", message)
        token = new_invitation_token()
        row = await repository.add_invitation(
            session,
            LIFETIME,
            id=new_id(INVITATION_PREFIX),
            workspace_id=workspace.id,
            role=role,
            email=address,
            hash=digest(token),
            mail="pending" if mails and address is not None else "off",
            created_by=by.who,
        )
        return NewInvitation(self._invitation(row), workspace.name, token)

    async def note_mail(self, session: AsyncSession, workspace_id: str, invitation_id: str, mail: Mail) -> Invitation:
        """Note what became of the letter. Raises `NotFound` (`invitation_not_found`)."""
        await repository.set_mail(session, workspace_id, invitation_id, mail)
        row = await repository.find_invitation(session, workspace_id, invitation_id)
        if row is None:
            raise _not_found()
        return self._invitation(row)

    async def page(
        self, session: AsyncSession, workspace_id: str, *, limit: int = 20, before: str | None = None
    ) -> Page[Invitation]:
        """A page of invitations, newest first, that are older than the id `before`; its cursor is the last id."""
        rows = await repository.page_of_invitations(session, workspace_id, limit=limit + 1, before=before)
        return page_of([self._invitation(row) for row in rows], limit)

    async def revoke(self, session: AsyncSession, workspace_id: str, invitation_id: str) -> None:
        """End an invitation. Raises `NotFound`, also when it was accepted or has ended already."""
        known = is_id(invitation_id, INVITATION_PREFIX)
        if not known or not await repository.revoke_invitation(session, workspace_id, invitation_id):
            raise _not_found()

    async def look(self, session: AsyncSession, token: str) -> Seat:
        """Where an invitation leads and what one will be there, before it is accepted.

        Raises:
            NotFound: `invitation_not_found`, for every token that does not work, whatever the reason.
        """
        found = await repository.open_invitation(session, digest(token)) if is_invitation_token(token) else None
        if found is None:
            raise _dead()
        return _seat(*found)

    async def proves(self, session: AsyncSession, token: str, email: str) -> bool:
        """Whether an open invitation was sent to this address and shown to nobody: who has it reads that mail."""
        found = await repository.open_invitation(session, digest(token))
        return found is not None and found[0].email == email and found[0].mail == "sent"

    async def accept(self, session: AsyncSession, token: str, user_id: str) -> Seat:
        """Make a person a member; no second one can use the same token.

        Raises:
            NotFound: `invitation_not_found`, for every token that does not work, whatever the reason.
            Conflict: `already_member`; the transaction must not be committed, so that the invitation stays open.
        """
        seat = await self.look(session, token)
        # Members before invitations, as whoever removes one: two in different orders would wait for each other.
        if not await repository.add_member(session, seat.workspace.id, user_id, seat.role or Role.VIEWER):
            raise Conflict("already_member", "You are a member of this workspace already.")
        if await repository.accept_invitation(session, digest(token), user_id) is None:
            raise _dead()
        return seat

    def _invitation(self, row: InvitationRow) -> Invitation:
        return Invitation(
            id=row.id,
            workspace_id=row.workspace_id,
            role=Role(row.role),
            email=row.email,
            mail=cast("Mail", row.mail),
            status=_status(row, self._clock.now().astimezone(UTC)),
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            accepted_by=row.accepted_by,
        )


def _status(row: InvitationRow, now: datetime) -> InvitationStatus:
    if row.accepted_at is not None:
        return InvitationStatus.ACCEPTED
    if row.revoked_at is not None:
        return InvitationStatus.REVOKED
    return InvitationStatus.EXPIRED if row.expires_at <= now else InvitationStatus.PENDING


def _seat(invitation: InvitationRow, workspace: WorkspaceRow) -> Seat:
    return Seat(Workspace(workspace.id, workspace.name, workspace.created_at, workspace.model), Role(invitation.role))


def _dead() -> NotFound:
    message = "This invitation does not work: it was used, revoked, has expired, or never was. Ask for another one."
    return NotFound("invitation_not_found", message)


def _not_found() -> NotFound:
    return NotFound("invitation_not_found", "There is no open invitation with this id.")
