"""The tables of this package.

Where the bytes of a row lie follows from its id (`keys.py`); no column holds a key, so none can point elsewhere.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.assets.asset import ArtifactStatus, UploadStatus
from cutroom.db import Base, IdText

_NOW: Final = text("clock_timestamp()")


def _one_of(column: str, values: type[UploadStatus] | type[ArtifactStatus]) -> CheckConstraint:
    names = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({names})", name=column)


class UploadRow(Base):
    """A promise of bytes."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    asset_id: Mapped[str] = mapped_column(IdText, unique=True)
    name: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=UploadStatus.PENDING)
    error: Mapped[dict[str, Any] | None]
    verifying_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    expires_at: Mapped[datetime]

    __table_args__ = (_one_of("status", UploadStatus), Index("ix_uploads_expires_at", "expires_at"))


class AssetRow(Base):
    """A media file that a workspace owns. `generation` is a part of its key, and changes when its links must die."""

    __tablename__ = "assets"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    name: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    info: Mapped[dict[str, Any]]
    generation: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    deleted_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]  # since when no link made before the deletion works any more

    __table_args__ = (
        Index("ix_assets_listing", "workspace_id", text("id DESC"), postgresql_where=text("deleted_at IS NULL")),
        Index("ix_assets_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    )


class ArtifactRow(Base):
    """A file that a job produced, from before its first byte is written until after its last is removed."""

    __tablename__ = "artifacts"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    job_id: Mapped[str] = mapped_column(IdText)
    kind: Mapped[str]
    name: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=ArtifactStatus.WRITING)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        _one_of("status", ArtifactStatus),
        Index("ix_artifacts_job_id", "job_id", "id"),
        Index("ix_artifacts_open", "status", "created_at", postgresql_where=text("status <> 'kept'")),
        Index("ix_artifacts_kept", "created_at", postgresql_where=text("status = 'kept'")),
    )
