"""Tables of agents: machines beyond the database's reach that run jobs for a workspace, or for all."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText


class AgentRow(Base):
    """An agent. That of no workspace is the operator's, and serves all. `offer` is what it last said it can do."""

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str | None] = mapped_column(IdText, ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    draining: Mapped[bool] = mapped_column(server_default=text("false"))
    revoked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    offer: Mapped[dict[str, Any] | None]

    __table_args__ = (Index("ix_agents_workspace_id_id", "workspace_id", "id"),)


class AgentCodeRow(Base):
    """A code that makes one agent, once, by its hash."""

    __tablename__ = "agent_codes"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str | None] = mapped_column(IdText, ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    agent_id: Mapped[str | None] = mapped_column(IdText)

    __table_args__ = (Index("ix_agent_codes_workspace_id_id", "workspace_id", "id"),)


class AgentTokenRow(Base):
    """What an agent proves itself with, by its hash. A new one lets the one before it work for a while."""

    __tablename__ = "agent_tokens"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    agent_id: Mapped[str] = mapped_column(IdText, ForeignKey("agents.id", ondelete="CASCADE"), index=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    last_four: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class AgentSessionRow(Base):
    """A session of an agent, which outlives its connections.

    `node` has it at the moment; whoever takes it over raises `epoch`, and what the node before it still writes about
    the session is refused. `applied` is the number of the agent's last report that was carried out.
    """

    __tablename__ = "agent_sessions"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    agent_id: Mapped[str] = mapped_column(IdText, ForeignKey("agents.id", ondelete="CASCADE"), index=True)
    token_id: Mapped[str] = mapped_column(IdText)
    node: Mapped[str]
    epoch: Mapped[int] = mapped_column(server_default=text("1"))
    applied: Mapped[int] = mapped_column(server_default=text("0"))
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
