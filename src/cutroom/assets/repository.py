"""Queries of this package. What a caller asks for is always looked for within one workspace."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets.asset import ArtifactStatus, Asset, Upload, UploadStatus
from cutroom.assets.rows import ArtifactRow, AssetRow, UploadRow
from cutroom.kit.errors import CutroomError
from cutroom.media.info import MediaInfo

_INFO: Final = TypeAdapter(MediaInfo)
_OPEN: Final = (ArtifactStatus.WRITING, ArtifactStatus.READY)


def upload_of(row: UploadRow) -> Upload:
    """The value of a row."""
    return Upload(
        id=row.id,
        workspace_id=row.workspace_id,
        asset_id=row.asset_id,
        name=row.name,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        status=UploadStatus(row.status),
        error=None if row.error is None else CutroomError.from_json(row.error),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def asset_of(row: AssetRow) -> Asset:
    """The value of a row."""
    return Asset(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        info=_INFO.validate_python(row.info, strict=False),
        created_at=row.created_at,
    )


async def add_upload(session: AsyncSession, expires_s: int, **values: Any) -> UploadRow:
    """Insert a pending upload that expires after so many seconds of the database's clock."""
    expires_at = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, expires_s)
    added = await session.scalars(insert(UploadRow).values(expires_at=expires_at, **values).returning(UploadRow))
    return added.one()


async def find_upload(session: AsyncSession, workspace_id: str, upload_id: str) -> UploadRow | None:
    """An upload of this workspace."""
    return await session.scalar(
        select(UploadRow).where(UploadRow.id == upload_id, UploadRow.workspace_id == workspace_id)
    )


async def start_verifying(
    session: AsyncSession, workspace_id: str, upload_id: str, *, takeover_s: float
) -> UploadRow | None:
    """Claim a pending upload, or one whose verifier has not finished for so long that it must be dead."""
    now = func.clock_timestamp()
    dead = (UploadRow.status == UploadStatus.VERIFYING) & (
        UploadRow.verifying_at < now - func.make_interval(0, 0, 0, 0, 0, 0, takeover_s)
    )
    return await session.scalar(
        update(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.workspace_id == workspace_id)
        .where((UploadRow.status == UploadStatus.PENDING) | dead)
        .values(status=UploadStatus.VERIFYING, verifying_at=now)
        .returning(UploadRow)
    )


async def end_verifying(
    session: AsyncSession, upload_id: str, claimed_at: datetime | None, status: UploadStatus, **values: Any
) -> bool:
    """Move an upload on, if it is still held by the claim that was made at `claimed_at`."""
    ended = await session.scalar(
        update(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.status == UploadStatus.VERIFYING)
        .where(UploadRow.verifying_at == claimed_at)
        .values(status=status, verifying_at=None, **values)
        .returning(UploadRow.id)
    )
    return ended is not None


async def add_asset(session: AsyncSession, info: MediaInfo, **values: Any) -> AssetRow:
    """Insert an asset."""
    data = _INFO.dump_python(info, mode="json")
    added = await session.scalars(insert(AssetRow).values(info=data, **values).returning(AssetRow))
    return added.one()


async def find_asset(
    session: AsyncSession, workspace_id: str, asset_id: str, *, deleted: bool = False
) -> AssetRow | None:
    """An asset of this workspace; a deleted one only when asked for."""
    query = select(AssetRow).where(AssetRow.id == asset_id, AssetRow.workspace_id == workspace_id)
    return await session.scalar(query if deleted else query.where(AssetRow.deleted_at.is_(None)))


async def find_asset_of_upload(session: AsyncSession, workspace_id: str, upload_id: str) -> AssetRow | None:
    """The asset that an upload of this workspace became."""
    return await session.scalar(
        select(AssetRow)
        .join(UploadRow, UploadRow.asset_id == AssetRow.id)
        .where(UploadRow.id == upload_id, UploadRow.workspace_id == workspace_id)
        .where(AssetRow.workspace_id == workspace_id, AssetRow.deleted_at.is_(None))
    )


async def list_assets(
    session: AsyncSession, workspace_id: str, *, limit: int, before: str | None
) -> Sequence[AssetRow]:
    """Assets of this workspace, newest first, older than the id `before`."""
    query = select(AssetRow).where(AssetRow.workspace_id == workspace_id, AssetRow.deleted_at.is_(None))
    if before is not None:
        query = query.where(AssetRow.id < before)
    return (await session.scalars(query.order_by(AssetRow.id.desc()).limit(limit))).all()


async def set_deleted(session: AsyncSession, workspace_id: str, asset_id: str) -> bool:
    """Mark an asset as deleted; False when there is none."""
    marked = await session.scalar(
        update(AssetRow)
        .where(AssetRow.id == asset_id, AssetRow.workspace_id == workspace_id, AssetRow.deleted_at.is_(None))
        .values(deleted_at=func.clock_timestamp(), hidden_at=None)
        .returning(AssetRow.id)
    )
    return marked is not None


async def set_restored(session: AsyncSession, workspace_id: str, asset_id: str) -> AssetRow | None:
    """Take the mark away again; None when there is no such deleted asset."""
    return await session.scalar(
        update(AssetRow)
        .where(AssetRow.id == asset_id, AssetRow.workspace_id == workspace_id, AssetRow.deleted_at.is_not(None))
        .values(deleted_at=None, hidden_at=None)
        .returning(AssetRow)
    )


async def add_artifact(session: AsyncSession, **values: Any) -> None:
    """Insert an artifact that is about to be written."""
    await session.execute(insert(ArtifactRow).values(**values))


async def set_ready(session: AsyncSession, workspace_id: str, artifact_id: str) -> bool:
    """Mark an artifact as written; False when it was discarded meanwhile."""
    marked = await session.scalar(
        update(ArtifactRow)
        .where(ArtifactRow.id == artifact_id, ArtifactRow.workspace_id == workspace_id)
        .where(ArtifactRow.status == ArtifactStatus.WRITING)
        .values(status=ArtifactStatus.READY)
        .returning(ArtifactRow.id)
    )
    return marked is not None


async def kept_artifacts(
    session: AsyncSession, workspace_id: str, job_ids: Sequence[str]
) -> Mapping[str, Sequence[ArtifactRow]]:
    """The artifacts that belong to the results of these jobs, in the order they were made."""
    rows = await session.scalars(
        select(ArtifactRow)
        .where(ArtifactRow.job_id.in_(job_ids), ArtifactRow.workspace_id == workspace_id)
        .where(ArtifactRow.status == ArtifactStatus.KEPT)
        .order_by(ArtifactRow.id)
    )
    found: dict[str, list[ArtifactRow]] = {job_id: [] for job_id in job_ids}
    for row in rows:
        found[row.job_id].append(row)
    return found


async def find_artifact(session: AsyncSession, workspace_id: str, artifact_id: str) -> ArtifactRow | None:
    """An artifact of this workspace that belongs to a result."""
    return await session.scalar(
        select(ArtifactRow)
        .where(ArtifactRow.id == artifact_id, ArtifactRow.workspace_id == workspace_id)
        .where(ArtifactRow.status == ArtifactStatus.KEPT)
    )


async def settle(session: AsyncSession, workspace_id: str, job_id: str, keep: Sequence[str]) -> set[str]:
    """Decide about every open artifact of a job; returns the ids that are kept."""
    kept = (ArtifactRow.status == ArtifactStatus.READY) & ArtifactRow.id.in_(keep)
    settled = await session.execute(
        update(ArtifactRow)
        .where(ArtifactRow.job_id == job_id, ArtifactRow.workspace_id == workspace_id)
        .where(ArtifactRow.status.in_(_OPEN))
        .values(status=case((kept, ArtifactStatus.KEPT), else_=ArtifactStatus.DISCARDED))
        .returning(ArtifactRow.id, ArtifactRow.status)
    )
    return {row.id for row in settled if row.status == ArtifactStatus.KEPT}
