"""The tables of this package."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText

_NOW: Final = text("clock_timestamp()")


class PromptRow(Base):
    """A prompt under its name. `version` is the latest; of a session, how many turns it has had."""

    __tablename__ = "prompts"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(IdText)
    version: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (Index("uq_prompts_name", "workspace_id", "kind", "name", unique=True),)


class PromptVersionRow(Base):
    """One version of a pattern, a strategy or a context. `facts` is what lists and searches need of the text."""

    __tablename__ = "prompt_versions"

    prompt_id: Mapped[str] = mapped_column(IdText, ForeignKey("prompts.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    text: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    sha256: Mapped[str]
    size_bytes: Mapped[int]
    editor: Mapped[str | None] = mapped_column(IdText)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (Index("ix_prompt_versions_size", "workspace_id", postgresql_include=["size_bytes"]),)


class PromptTurnRow(Base):
    """One turn of a session. `token` is what it was added under: the same token adds nothing twice."""

    __tablename__ = "prompt_turns"

    prompt_id: Mapped[str] = mapped_column(IdText, ForeignKey("prompts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    role: Mapped[str]
    text: Mapped[str]
    size_bytes: Mapped[int]
    token: Mapped[str | None] = mapped_column(IdText)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (Index("ix_prompt_turns_size", "workspace_id", postgresql_include=["size_bytes"]),)
