"""The tables of this package.

Where the bytes of a row lie follows from its id (`keys.py`); no column holds a key, so none can point elsewhere.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from cutroom.assets.asset import ArtifactStatus, UploadMethod, UploadStatus
from cutroom.db import Base, IdText

_NOW: Final = text("clock_timestamp()")


def _one_of(column: str, values: type[UploadStatus | UploadMethod | ArtifactStatus]) -> CheckConstraint:
    names = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({names})", name=column)


class UploadRow(Base):
    """A promise of bytes.

    Bytes that come in parts are the store's from the first on. `handle` is the store's name for them all; for tus,
    `UploadPartRow` has each part, and what is too small to be one yet lies beside them as a tail.
    """

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(IdText, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(IdText)
    asset_id: Mapped[str] = mapped_column(IdText, unique=True)
    name: Mapped[str]
    content_type: Mapped[str]
    method: Mapped[str] = mapped_column(server_default=UploadMethod.SINGLE)
    size_bytes: Mapped[int | None]  # None: tus, and the client will say it later
    sha256: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=UploadStatus.PENDING)
    error: Mapped[dict[str, Any] | None]
    part_size_bytes: Mapped[int | None]
    handle: Mapped[str | None]
    offset_bytes: Mapped[int] = mapped_column(server_default="0")  # tus: how many bytes are durable
    numbers_used: Mapped[int] = mapped_column(server_default="0")  # tus: part numbers given out, used or not
    writer: Mapped[str | None]  # tus: token of the one request that may append
    tail: Mapped[str | None]  # tus: name of what is too small to be a part
    tail_bytes: Mapped[int] = mapped_column(server_default="0")
    tus_metadata: Mapped[str | None]
    partial: Mapped[bool] = mapped_column(server_default=text("false"))  # tus: only ever a piece of another upload
    joins: Mapped[list[str] | None]  # tus: the uploads that this one is made of
    verifying_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    expires_at: Mapped[datetime]

    __table_args__ = (
        _one_of("status", UploadStatus),
        _one_of("method", UploadMethod),
        Index("ix_uploads_expires_at", "expires_at"),
        Index(
            "ix_uploads_open",
            "workspace_id",
            postgresql_where=text("status IN ('pending', 'received', 'verifying')"),
        ),
        Index("ix_uploads_joined", "workspace_id", postgresql_where=text("joins IS NOT NULL")),
    )


class UploadPartRow(Base):
    """A part of a tus upload that is in the store."""

    __tablename__ = "upload_parts"

    upload_id: Mapped[str] = mapped_column(IdText, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size_bytes: Mapped[int]
    etag: Mapped[str]


class UploadKeyRow(Base):
    """An Idempotency-Key, and the upload that it made."""

    __tablename__ = "upload_keys"

    workspace_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[str]
    upload_id: Mapped[str] = mapped_column(IdText)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (Index("ix_upload_keys_created_at", "created_at"),)


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
        # How much a workspace keeps, and the list of what it has deleted.
        Index("ix_assets_workspace", "workspace_id", text("id DESC"), postgresql_include=["size_bytes"]),
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
        Index("ix_artifacts_workspace", "workspace_id", postgresql_include=["size_bytes"]),
    )
