"""Tables of workspaces: who is in them, who is invited, and which keys speak for them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.accounts.roles import Role
from cutroom.db import Base, IdText


def _a_role() -> CheckConstraint:
    names = ", ".join(f"'{role}'" for role in Role)
    return CheckConstraint(f"role IN ({names})", name="role")


class WorkspaceRow(Base):
    """A tenant. At most one is the default, which the first start makes. A closed one is as good as not there."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    name: Mapped[str]
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]
    model: Mapped[str | None]  # the language model that is asked where nothing names one

    __table_args__ = (Index("uq_workspaces_default", "is_default", unique=True, postgresql_where=text("is_default")),)


class MembershipRow(Base):
    """A person in a workspace."""

    __tablename__ = "memberships"

    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (_a_role(),)


class InvitationRow(Base):
    """A link that makes one person a member, by the hash of its token. `mail` says what became of the letter."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey("workspaces.id", ondelete="CASCADE"))
    role: Mapped[str]
    email: Mapped[str | None]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    mail: Mapped[str]
    created_by: Mapped[str] = mapped_column(IdText)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None] = mapped_column(IdText)
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        _a_role(),
        CheckConstraint("mail IN ('off', 'pending', 'sent', 'failed')", name="mail"),
        Index("ix_invitations_listing", "workspace_id", text("id DESC")),
    )


class ApiKeyRow(Base):
    """An API key, by its hash. After a rotation its former text works on until `previous_until`.

    A key belongs to its workspace; `created_by` (a person, a key, or null for the command line) is told, not asked.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    last_four: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{*}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    created_by: Mapped[str | None] = mapped_column(IdText)
    expires_at: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    previous_until: Mapped[datetime | None]
