"""Queries of this package. What a caller asks for is always looked for within one workspace."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import case, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cutroom.assets.asset import ArtifactStatus, Asset, Once, Upload, UploadMethod, UploadStatus
from cutroom.assets.rows import ArtifactRow, AssetRow, UploadKeyRow, UploadRow
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
        method=UploadMethod(row.method),
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        status=UploadStatus(row.status),
        error=None if row.error is None else CutroomError.from_json(row.error),
        part_size_bytes=row.part_size_bytes,
        offset_bytes=row.offset_bytes,
        tus_metadata=row.tus_metadata,
        partial=row.partial,
        joins=row.joins,
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
        deleted_at=row.deleted_at,
    )


async def add_upload(session: AsyncSession, expires_s: int, **values: Any) -> UploadRow:
    """Insert a pending upload that expires after so many seconds of the database's clock."""
    expires_at = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, expires_s)
    added = await session.scalars(insert(UploadRow).values(expires_at=expires_at, **values).returning(UploadRow))
    return added.one()


async def find_upload(session: AsyncSession, workspace_id: str, upload_id: str) -> UploadRow | None:
    """An upload of this workspace that was not given up."""
    return await session.scalar(
        select(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.workspace_id == workspace_id)
        .where(UploadRow.status != UploadStatus.ABORTED)
    )


async def set_handle(session: AsyncSession, upload_id: str, handle: str) -> str | None:
    """Give an upload the store's handle for its parts unless it has one; returns the one that it has now."""
    await session.execute(
        update(UploadRow).where(UploadRow.id == upload_id, UploadRow.handle.is_(None)).values(handle=handle)
    )
    return await session.scalar(select(UploadRow.handle).where(UploadRow.id == upload_id))


async def set_aborted(session: AsyncSession, workspace_id: str, upload_id: str) -> UploadRow | None:
    """Give an upload up; None when it is being verified, or became an asset."""
    return await session.scalar(
        update(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.workspace_id == workspace_id)
        .where(UploadRow.status.in_((UploadStatus.PENDING, UploadStatus.RECEIVED, UploadStatus.FAILED)))
        .values(status=UploadStatus.ABORTED, writer=None)
        .returning(UploadRow)
    )


async def take_key(session: AsyncSession, workspace_id: str, once: Once, upload_id: str) -> bool:
    """Take an idempotency key for a new upload; waits for a transaction that is taking it right now."""
    old = UploadKeyRow.created_at < func.clock_timestamp() - func.make_interval(0, 0, 0, 1)
    values = {"body_hash": once.body_hash, "upload_id": upload_id}
    taken = await session.scalar(
        upsert(UploadKeyRow)
        .values(workspace_id=workspace_id, key=once.key, **values)
        .on_conflict_do_update(
            index_elements=[UploadKeyRow.workspace_id, UploadKeyRow.key],
            set_={**values, "created_at": func.clock_timestamp()},
            where=old,
        )
        .returning(UploadKeyRow.upload_id)
    )
    return taken is not None


async def kept_key(session: AsyncSession, workspace_id: str, key: str) -> UploadKeyRow | None:
    """What an idempotency key was used for."""
    return await session.get(UploadKeyRow, (workspace_id, key))


async def storage_used(session: AsyncSession, workspace_id: str) -> int:
    """Bytes of all assets and artifacts of a workspace, deleted ones included as long as they can come back."""
    assets = select(func.coalesce(func.sum(AssetRow.size_bytes), 0)).where(AssetRow.workspace_id == workspace_id)
    artifacts = select(func.coalesce(func.sum(ArtifactRow.size_bytes), 0)).where(
        ArtifactRow.workspace_id == workspace_id
    )
    found = await session.execute(select(assets.scalar_subquery(), artifacts.scalar_subquery()))
    return sum(int(part) for part in found.one())


async def storage_promised(session: AsyncSession, workspace_id: str) -> int:
    """Bytes that uploads of a workspace have been promised room for."""
    size = func.coalesce(UploadRow.size_bytes, UploadRow.offset_bytes)
    # A joined upload is as large as its pieces, which are counted themselves until there is an asset of them.
    whole = aliased(UploadRow)
    joined = select(whole.id).where(
        whole.workspace_id == workspace_id, whole.joins.is_not(None), whole.status == UploadStatus.COMPLETED
    )
    found = await session.scalar(
        select(func.coalesce(func.sum(size), 0))
        .where(UploadRow.workspace_id == workspace_id, UploadRow.joins.is_(None))
        .where(or_(~UploadRow.partial, ~joined.where(whole.joins.op("?")(UploadRow.id)).correlate(UploadRow).exists()))
        .where(UploadRow.status.in_(("pending", "received", "verifying")))
        .where(UploadRow.expires_at > func.clock_timestamp())
    )
    return int(found or 0)


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


async def add_asset_once(session: AsyncSession, info: MediaInfo, **values: Any) -> None:
    """Insert an asset unless there is one of this id: an attempt before may have done it."""
    data = _INFO.dump_python(info, mode="json")
    await session.execute(upsert(AssetRow).values(info=data, **values).on_conflict_do_nothing())


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
    session: AsyncSession, workspace_id: str, *, limit: int, before: str | None, deleted: bool
) -> Sequence[AssetRow]:
    """Assets of this workspace, or its deleted ones, newest first, older than the id `before`."""
    there = AssetRow.deleted_at.is_not(None) if deleted else AssetRow.deleted_at.is_(None)
    query = select(AssetRow).where(AssetRow.workspace_id == workspace_id, there)
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


async def find_made(session: AsyncSession, workspace_id: str, job_id: str, artifact_id: str) -> ArtifactRow | None:
    """An artifact of this job that is written, whether its result is known yet or not."""
    return await session.scalar(
        select(ArtifactRow)
        .where(ArtifactRow.id == artifact_id, ArtifactRow.workspace_id == workspace_id, ArtifactRow.job_id == job_id)
        .where(ArtifactRow.status.in_((ArtifactStatus.READY, ArtifactStatus.KEPT)))
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
