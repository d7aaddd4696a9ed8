"""Queries of the sweeps: over all workspaces, because a sweep acts for none. A part of the repository."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets.asset import ArtifactStatus, UploadStatus
from cutroom.assets.keys import artifact_key, asset_key, parse, upload_key
from cutroom.assets.rows import ArtifactRow, AssetRow, UploadKeyRow, UploadRow
from cutroom.assets.settings import DAY_S

_OPEN: Final = (ArtifactStatus.WRITING, ArtifactStatus.READY)


def _ago(seconds: float) -> Any:
    return func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)


async def old_uploads(session: AsyncSession, kept_s: float, limit: int) -> Sequence[Row[str, str, str, bool]]:
    """Uploads that expired so long ago; `became_asset` says whether their asset's bytes belong to an asset."""
    became_asset = exists().where(AssetRow.id == UploadRow.asset_id).label("became_asset")
    # An upload in the middle of its verification is left for a later sweep.
    found = await session.execute(
        select(UploadRow.id, UploadRow.workspace_id, UploadRow.asset_id, became_asset)
        .where(UploadRow.expires_at < _ago(kept_s))
        .where(or_(UploadRow.status != UploadStatus.VERIFYING, UploadRow.verifying_at < _ago(kept_s)))
        .order_by(UploadRow.expires_at)
        .limit(limit)
    )
    return found.all()


async def give_up_uploads(
    session: AsyncSession, grace_s: float, error: dict[str, Any], limit: int
) -> Sequence[UploadRow]:
    """Fail uploads that were not completed in time, and return them; their bytes may go."""
    late = (
        select(UploadRow.id)
        .where(UploadRow.status.in_((UploadStatus.PENDING, UploadStatus.RECEIVED)))
        .where(UploadRow.expires_at < _ago(grace_s))
        .order_by(UploadRow.expires_at)
        .limit(limit)
    )
    failed = await session.scalars(
        update(UploadRow)
        .where(UploadRow.id.in_(late), UploadRow.status.in_((UploadStatus.PENDING, UploadStatus.RECEIVED)))
        .values(status=UploadStatus.FAILED, error=error, writer=None)
        .returning(UploadRow)
    )
    return failed.all()


async def remove_keys(session: AsyncSession) -> None:
    """Forget idempotency keys that are older than a day."""
    await session.execute(delete(UploadKeyRow).where(UploadKeyRow.created_at < _ago(DAY_S)))


async def remove_uploads(session: AsyncSession, ids: Sequence[str]) -> int:
    """Delete rows."""
    return len((await session.scalars(delete(UploadRow).where(UploadRow.id.in_(ids)).returning(UploadRow.id))).all())


async def deleted_assets(session: AsyncSession, limit: int) -> Sequence[Row[str, str, int]]:
    """Deleted assets to whose bytes old links still lead."""
    found = await session.execute(
        select(AssetRow.id, AssetRow.workspace_id, AssetRow.generation)
        .where(AssetRow.deleted_at.is_not(None), AssetRow.hidden_at.is_(None))
        .order_by(AssetRow.deleted_at)
        .limit(limit)
    )
    return found.all()


async def hide_asset(session: AsyncSession, asset_id: str, generation: int) -> None:
    """Say that the bytes of an asset lie under its next generation now."""
    await session.execute(
        update(AssetRow)
        .where(AssetRow.id == asset_id, AssetRow.generation == generation)
        .values(generation=generation + 1, hidden_at=func.clock_timestamp())
    )


async def remove_trashed_assets(session: AsyncSession, trash_s: float, limit: int) -> Sequence[Row[str, str, int]]:
    """Delete the rows of assets that were deleted so long ago that they cannot be restored; returns what they said."""
    long_ago = select(AssetRow.id).where(AssetRow.deleted_at < _ago(trash_s)).limit(limit)
    removed = await session.execute(
        delete(AssetRow)
        .where(AssetRow.id.in_(long_ago), AssetRow.deleted_at.is_not(None))
        .returning(AssetRow.id, AssetRow.workspace_id, AssetRow.generation)
    )
    return removed.all()


async def discard_artifacts(
    session: AsyncSession, *, writing_s: float, kept_s: float, limit: int
) -> Sequence[Row[str, str]]:
    """Mark what is to go as discarded, so that its writer learns of it; returns some of all that is discarded."""
    never_finished = (ArtifactRow.status == ArtifactStatus.WRITING) & (ArtifactRow.created_at < _ago(writing_s))
    kept_long = (ArtifactRow.status == ArtifactStatus.KEPT) & (ArtifactRow.created_at < _ago(kept_s))
    for condition in (never_finished, kept_long):
        await session.execute(
            update(ArtifactRow)
            .where(ArtifactRow.id.in_(select(ArtifactRow.id).where(condition).limit(limit)))
            .values(status=ArtifactStatus.DISCARDED)
        )
    found = await session.execute(
        select(ArtifactRow.id, ArtifactRow.workspace_id)
        .where(ArtifactRow.status == ArtifactStatus.DISCARDED)
        .order_by(ArtifactRow.created_at)
        .limit(limit)
    )
    return found.all()


async def remove_artifacts(session: AsyncSession, ids: Sequence[str]) -> int:
    """Delete rows."""
    removed = delete(ArtifactRow).where(ArtifactRow.id.in_(ids)).returning(ArtifactRow.id)
    return len((await session.scalars(removed)).all())


async def jobs_with_open_artifacts(session: AsyncSession, after: str, limit: int) -> Sequence[str]:
    """Ids of jobs that have artifacts nobody has decided about, in order, from `after` on."""
    found = await session.scalars(
        select(ArtifactRow.job_id)
        .where(ArtifactRow.status.in_(_OPEN), ArtifactRow.job_id > after)
        .distinct()
        .order_by(ArtifactRow.job_id)
        .limit(limit)
    )
    return found.all()


async def discard_of_jobs(session: AsyncSession, job_ids: Sequence[str]) -> int:
    """Discard every open artifact of these jobs."""
    discarded = (
        update(ArtifactRow)
        .where(ArtifactRow.job_id.in_(job_ids), ArtifactRow.status.in_(_OPEN))
        .values(status=ArtifactStatus.DISCARDED)
        .returning(ArtifactRow.id)
    )
    return len((await session.scalars(discarded)).all())


async def known_keys(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Those of the keys that rows know."""
    ids: dict[str, set[str]] = {"uploads": set(), "assets": set(), "artifacts": set()}
    for key in keys:
        place = parse(key)
        if place is not None and place[1] in ids:
            ids[place[1]].add(place[2].partition(".")[0])
    uploads = select(UploadRow.workspace_id, UploadRow.id, UploadRow.asset_id)
    sent = await session.execute(uploads.where(UploadRow.id.in_(ids["uploads"])))
    places = {upload_key(row.workspace_id, row.id) for row in sent}
    known = {key for key in keys if key.split(".", 1)[0] in places}  # its parts and its tail are beside it
    promised = await session.execute(uploads.where(UploadRow.asset_id.in_(ids["assets"])))
    known |= {asset_key(row.workspace_id, row.asset_id, 0) for row in promised}
    assets = await session.execute(
        select(AssetRow.workspace_id, AssetRow.id, AssetRow.generation).where(AssetRow.id.in_(ids["assets"]))
    )
    # The next generation is where a sweep is about to put the bytes.
    known |= {asset_key(row.workspace_id, row.id, row.generation + step) for row in assets for step in (0, 1)}
    artifacts = await session.execute(
        select(ArtifactRow.workspace_id, ArtifactRow.id).where(ArtifactRow.id.in_(ids["artifacts"]))
    )
    return known | {artifact_key(row.workspace_id, row.id) for row in artifacts}
