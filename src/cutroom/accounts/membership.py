"""The values that tell of workspaces from within: who belongs to them, who is invited, what closing one took away."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cutroom.accounts.account import Workspace
from cutroom.accounts.roles import Role

INVITATION_PREFIX = "inv"
Mail = Literal["off", "pending", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class Seat:
    """A workspace as one who may act in it sees it; `role` is None for API keys."""

    workspace: Workspace
    role: Role | None


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a workspace."""

    user_id: str
    name: str
    email: str | None
    role: Role
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of the things of somebody who was removed or left."""

    user_id: str
    invitations_revoked: int
    keys_revoked: int
    keys_left: int


class InvitationStatus(StrEnum):
    """Where an invitation stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that makes one person a member, once.

    Args:
        email: where the letter goes; not a condition of who may accept, for the link itself is the proof.
        mail: what became of the letter: off (nobody was to be written to), pending, sent, failed.
        created_by: the person or key that made it.
    """

    id: str
    workspace_id: str
    role: Role
    email: str | None
    mail: Mail
    status: InvitationStatus
    created_by: str
    created_at: datetime
    expires_at: datetime
    accepted_by: str | None


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation at the only moment at which the text of its token is known."""

    invitation: Invitation
    workspace_name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Closed:
    """What went with a workspace that was closed: how many of each."""

    members: int
    invitations: int
    api_keys: int
