"""Queries of uploads that grow (tus). A part of the repository.

At most one request may append to an upload: the last that asked. Its token is in every statement here, so that one
before it, however late, changes nothing; and part numbers are given out once, so that it overwrites no part either.
"""

from collections.abc import Sequence

from sqlalchemy import Text, func, insert, select, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.assets.asset import UploadMethod, UploadStatus
from cutroom.assets.rows import UploadPartRow, UploadRow
from cutroom.assets.store import Part


async def lock_upload(session: AsyncSession, workspace_id: str, upload_id: str) -> UploadRow | None:
    """A tus upload of this workspace, held until the transaction ends."""
    return await session.scalar(
        select(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.workspace_id == workspace_id)
        .where(UploadRow.method == UploadMethod.TUS, UploadRow.status != UploadStatus.ABORTED)
        .with_for_update()
    )


async def is_expired(session: AsyncSession, upload_id: str) -> bool:
    """Whether an upload's time is over, on the database's clock."""
    return bool(
        await session.scalar(select(UploadRow.expires_at <= func.clock_timestamp()).where(UploadRow.id == upload_id))
    )


async def next_number(session: AsyncSession, upload_id: str, writer: str) -> int | None:
    """Give out a part number; None when another request writes now, or the upload has ended."""
    return await session.scalar(
        update(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.writer == writer, UploadRow.status == UploadStatus.PENDING)
        .values(numbers_used=UploadRow.numbers_used + 1)
        .returning(UploadRow.numbers_used)
    )


async def advance(
    session: AsyncSession, upload_id: str, writer: str, *, by_bytes: int, tail: str | None, tail_bytes: int
) -> bool:
    """Say that `by_bytes` more are durable, the last of them in a tail; False when another request writes now."""
    moved = await session.scalar(
        update(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.writer == writer, UploadRow.status == UploadStatus.PENDING)
        .values(offset_bytes=UploadRow.offset_bytes + by_bytes, tail=tail, tail_bytes=tail_bytes)
        .returning(UploadRow.id)
    )
    return moved is not None


async def add_part(session: AsyncSession, upload_id: str, part: Part) -> None:
    """Remember a part."""
    await session.execute(
        insert(UploadPartRow).values(
            upload_id=upload_id, number=part.number, size_bytes=part.size_bytes, etag=part.etag
        )
    )


async def parts_of(session: AsyncSession, upload_id: str) -> list[Part]:
    """The parts of a tus upload, in order."""
    rows = await session.scalars(
        select(UploadPartRow).where(UploadPartRow.upload_id == upload_id).order_by(UploadPartRow.number)
    )
    return [Part(row.number, row.size_bytes, row.etag) for row in rows]


async def pieces(session: AsyncSession, workspace_id: str, ids: Sequence[str]) -> dict[str, UploadRow]:
    """Those of the uploads that are pieces of this workspace, all of whose bytes are here; for one joiner at a time."""
    rows = await session.scalars(
        select(UploadRow)
        .where(UploadRow.id.in_(ids), UploadRow.workspace_id == workspace_id)
        .where(UploadRow.partial, UploadRow.status == UploadStatus.RECEIVED)
        .order_by(UploadRow.id)
        .with_for_update()
    )
    return {row.id: row for row in rows}


async def joined_from(session: AsyncSession, workspace_id: str, ids: Sequence[str]) -> set[UploadStatus]:
    """How the uploads of this workspace stand that are made of some of these pieces."""
    found = await session.scalars(
        select(UploadRow.status)
        .where(UploadRow.workspace_id == workspace_id, UploadRow.joins.is_not(None))
        .where(UploadRow.joins.has_any(array(ids, type_=Text)))
        .distinct()
    )
    return set(map(UploadStatus, found))


async def all_received(session: AsyncSession, takeover_s: float, limit: int) -> Sequence[tuple[str, str, bool]]:
    """Workspace, id, and whether it is a piece, of tus uploads that are all here and that nobody is verifying."""
    now = func.clock_timestamp()
    resting = UploadRow.status == UploadStatus.PENDING
    dead = (UploadRow.status == UploadStatus.VERIFYING) & (
        UploadRow.verifying_at < now - func.make_interval(0, 0, 0, 0, 0, 0, takeover_s)
    )
    found = await session.execute(
        select(UploadRow.workspace_id, UploadRow.id, UploadRow.partial)
        .where(UploadRow.method == UploadMethod.TUS, UploadRow.offset_bytes == UploadRow.size_bytes)
        .where(resting | dead)
        .order_by(UploadRow.id)
        .limit(limit)
    )
    return [(row.workspace_id, row.id, row.partial) for row in found]
