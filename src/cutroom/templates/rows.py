"""The table of this package."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText

_NOW: Final = text("clock_timestamp()")


class TemplateRow(Base):
    """A template. `document` and `fields` are `json`, not `jsonb`, so that they read as their author ordered them."""

    __tablename__ = "templates"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    name: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (Index("ix_templates_listing", "workspace_id", text("id DESC")),)
