"""The tables of this package.

Bodies are text, not `jsonb`: a transcript of ten hours is 6 MB, which nobody looks into with SQL, and which would be
parsed on every write and printed on every read. What lists and filters need of them stands beside, in `facts`.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.db import Base, IdText

_NOW: Final = text("clock_timestamp()")


class ProductionRow(Base):
    """A production as it is now. `recipe_input` is `json`, not `jsonb`: it is only ever handed back."""

    __tablename__ = "productions"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int] = mapped_column(server_default="0")
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    size_bytes: Mapped[int] = mapped_column(server_default="0")
    root_id: Mapped[str | None] = mapped_column(IdText)
    recipe_type: Mapped[str | None]
    recipe_input: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (Index("ix_productions_listing", "workspace_id", "kind", text("id DESC")),)


class ProductionVersionRow(Base):
    """One version of a production. A job writes one at most, however often it is run.

    `job_id` may be an item of a map; `root_id` is the job that somebody asked for.
    """

    __tablename__ = "production_versions"

    production_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("productions.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    title: Mapped[str]
    body: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int]
    job_id: Mapped[str | None] = mapped_column(IdText)
    root_id: Mapped[str | None] = mapped_column(IdText)
    editor: Mapped[str | None] = mapped_column(IdText)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        Index(
            "uq_production_versions_job",
            "production_id",
            "job_id",
            unique=True,
            postgresql_where=text("job_id IS NOT NULL"),
        ),
        Index("ix_production_versions_size", "workspace_id", postgresql_include=["size_bytes"]),
    )


class ProductionOriginRow(Base):
    """What one version was made from. The origin may be gone: what was made from it stays."""

    __tablename__ = "production_origins"

    production_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    origin_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    origin_version: Mapped[int]
    workspace_id: Mapped[str] = mapped_column(IdText)

    __table_args__ = (
        ForeignKeyConstraint(
            ["production_id", "version"],
            ["production_versions.production_id", "production_versions.version"],
            ondelete="CASCADE",
        ),
        Index("ix_production_origins_origin", "workspace_id", "origin_id"),
    )


class VoiceRow(Base):
    """How a brand speaks. Names are unique within a workspace, however they are capitalised."""

    __tablename__ = "voices"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    name: Mapped[str]
    description: Mapped[str]
    dos: Mapped[list[str]]
    donts: Mapped[list[str]]
    examples: Mapped[list[str]]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        Index("ix_voices_listing", "workspace_id", text("id DESC")),
        Index("uq_voices_name", "workspace_id", text("lower(name)"), unique=True),
    )
