"""The tables of this package."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText

_NOW: Final = text("clock_timestamp()")


class RepositoryRow(Base):
    """A registered repository."""

    __tablename__ = "repositories"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    name: Mapped[str] = mapped_column(IdText)
    url: Mapped[str]
    branch: Mapped[str | None]
    command: Mapped[str | None]
    labels: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    secrets: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        Index("uq_repositories_name", "workspace_id", "name", unique=True),
        Index("ix_repositories_listing", "workspace_id", text("id DESC")),
    )


class TaskRow(Base):
    """What a task has that its job has not."""

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(IdText, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    repository_id: Mapped[str | None] = mapped_column(IdText, ForeignKey("repositories.id", ondelete="SET NULL"))
    queue: Mapped[str]
    rework_of: Mapped[str | None] = mapped_column(IdText)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        Index("ix_tasks_listing", "workspace_id", text("id DESC")),
        Index("ix_tasks_board", "workspace_id", "queue", text("id DESC")),
        Index("ix_tasks_repository", "repository_id", text("id DESC")),
    )
