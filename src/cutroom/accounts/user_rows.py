"""Tables of people: who they are, how they show it, and what was tried in their name."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText


class UserRow(Base):
    """A person. `email` is what they log in with: normalised, and null for people of an identity provider."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]  # when somebody first showed that they read what is sent to the address


class LinkRow(Base):
    """The last link made for a person, by the hash of its token. Another takes its place, and its use removes it."""

    __tablename__ = "user_links"

    user_id: Mapped[str] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]


class SessionRow(Base):
    """A browser that somebody has logged in with, by the hash of its cookie."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class IdentityRow(Base):
    """Who a subject of an identity provider is here. Tokens issued up to `valid_after` are refused."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(IdText, primary_key=True)
    subject: Mapped[str] = mapped_column(IdText, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    valid_after: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OrganisationRow(Base):
    """Which workspace an organisation of an identity provider is here."""

    __tablename__ = "organisations"

    issuer: Mapped[str] = mapped_column(IdText, primary_key=True)
    organisation: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText, ForeignKey("workspaces.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RevokedTokenRow(Base):
    """A token or session of an identity provider that ended early, by the claim that names it."""

    __tablename__ = "revoked_tokens"

    issuer: Mapped[str] = mapped_column(IdText, primary_key=True)
    claim: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(IdText, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (CheckConstraint("claim IN ('jti', 'sid')", name="claim"),)


class AttemptRow(Base):
    """How often something that may be guessed was tried since `since`, for one account or address."""

    __tablename__ = "login_attempts"

    subject: Mapped[str] = mapped_column(primary_key=True)
    attempts: Mapped[int]
    since: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
