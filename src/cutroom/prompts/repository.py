"""Queries of this package, always within one workspace."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.prompts.rows import PromptRow, PromptTurnRow, PromptVersionRow


async def add(session: AsyncSession, **values: Any) -> None:
    """Insert a prompt without versions, unless there is one of this kind and name."""
    await session.execute(upsert(PromptRow).values(**values).on_conflict_do_nothing())


async def find(
    session: AsyncSession, workspace_id: str, kind: str, name: str, *, lock: bool = False
) -> PromptRow | None:
    """A prompt of this workspace; locked until the transaction ends when asked for."""
    query = select(PromptRow).where(
        PromptRow.workspace_id == workspace_id, PromptRow.kind == kind, PromptRow.name == name
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return await session.scalar(query)


async def names(session: AsyncSession, workspace_id: str, kind: str) -> Sequence[str]:
    """The names of this kind, sorted by their bytes."""
    query = select(PromptRow.name).where(PromptRow.workspace_id == workspace_id, PromptRow.kind == kind)
    return (await session.scalars(query.order_by(PromptRow.name))).all()


async def page(
    session: AsyncSession,
    workspace_id: str,
    kind: str,
    *,
    words: Sequence[str],
    tags: Sequence[str],
    limit: int,
    after: str | None,
) -> Sequence[tuple[PromptRow, Any]]:
    """Prompts that have versions, by name, each with what its latest version is, without its text.

    Args:
        session: the caller's transaction.
        workspace_id: whose.
        kind: which.
        words: all of them stand in the name, the facts or the text, in whatever capitals.
        tags: all of them are among the `tags` of the facts.
        limit: how many at most.
        after: the last name of the page before.
    """
    query = _with_latest(workspace_id).where(PromptRow.kind == kind)
    for word in words:
        query = query.where(_says(word))
    for tag in tags:
        query = query.where(PromptVersionRow.facts.contains({"tags": [tag]}))
    if after is not None:
        query = query.where(PromptRow.name > after)
    rows = await session.execute(query.order_by(PromptRow.name).limit(limit))
    return [(row[0], row) for row in rows]


def _with_latest(workspace_id: str) -> "Select[Any]":
    row = PromptVersionRow
    latest = and_(row.prompt_id == PromptRow.id, row.version == PromptRow.version)
    return (
        select(PromptRow, row.facts, row.sha256, row.size_bytes, row.editor)
        .join(PromptVersionRow, latest)
        .where(PromptRow.workspace_id == workspace_id, PromptVersionRow.workspace_id == workspace_id)
    )


def _says(word: str) -> ColumnElement[bool]:
    wanted = word.lower()
    places = (PromptRow.name, PromptVersionRow.facts["description"].as_string(), PromptVersionRow.text)
    found = [func.lower(place).contains(wanted, autoescape=True) for place in places]
    tagged = func.lower(PromptVersionRow.facts["tags"].as_string()).contains(wanted, autoescape=True)
    return or_(*found, tagged)


async def add_version(session: AsyncSession, workspace_id: str, prompt_id: str, version: int, **values: Any) -> None:
    """Insert a version, and say that it is the latest."""
    await session.execute(
        insert(PromptVersionRow).values(workspace_id=workspace_id, prompt_id=prompt_id, version=version, **values)
    )
    await advance(session, workspace_id, prompt_id, version=version)


async def advance(session: AsyncSession, workspace_id: str, prompt_id: str, **values: Any) -> None:
    """Say what a prompt is now."""
    await session.execute(
        update(PromptRow)
        .where(PromptRow.id == prompt_id, PromptRow.workspace_id == workspace_id)
        .values(updated_at=func.clock_timestamp(), **values)
    )


async def find_version(
    session: AsyncSession, workspace_id: str, prompt_id: str, version: int
) -> PromptVersionRow | None:
    """A version, its text included."""
    return await session.scalar(
        select(PromptVersionRow).where(
            PromptVersionRow.workspace_id == workspace_id,
            PromptVersionRow.prompt_id == prompt_id,
            PromptVersionRow.version == version,
        )
    )


async def versions(
    session: AsyncSession, workspace_id: str, prompt_id: str, *, limit: int, before: int | None
) -> Sequence[Any]:
    """Versions without their texts, newest first, older than the number `before`."""
    row = PromptVersionRow
    query = select(row.version, row.facts, row.sha256, row.size_bytes, row.editor, row.created_at).where(
        PromptVersionRow.workspace_id == workspace_id, PromptVersionRow.prompt_id == prompt_id
    )
    if before is not None:
        query = query.where(row.version < before)
    return (await session.execute(query.order_by(row.version.desc()).limit(limit))).all()


async def forget_versions(session: AsyncSession, workspace_id: str, prompt_id: str, *, until: int) -> None:
    """Remove the versions up to this number."""
    await session.execute(
        delete(PromptVersionRow).where(
            PromptVersionRow.workspace_id == workspace_id,
            PromptVersionRow.prompt_id == prompt_id,
            PromptVersionRow.version <= until,
        )
    )


async def turns(session: AsyncSession, workspace_id: str, prompt_id: str) -> Sequence[PromptTurnRow]:
    """The turns of a session, in their order."""
    query = select(PromptTurnRow).where(
        PromptTurnRow.workspace_id == workspace_id, PromptTurnRow.prompt_id == prompt_id
    )
    return (await session.scalars(query.order_by(PromptTurnRow.number))).all()


async def was_added(session: AsyncSession, workspace_id: str, prompt_id: str, token: str) -> bool:
    """Whether turns were added under this token."""
    found = await session.scalar(
        select(PromptTurnRow.number)
        .where(PromptTurnRow.workspace_id == workspace_id, PromptTurnRow.prompt_id == prompt_id)
        .where(PromptTurnRow.token == token)
        .limit(1)
    )
    return found is not None


async def add_turns(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert turns."""
    await session.execute(insert(PromptTurnRow).values(list(rows)))


async def remove_turns(session: AsyncSession, workspace_id: str, prompt_id: str) -> None:
    """Remove all turns of a session."""
    await session.execute(
        delete(PromptTurnRow).where(PromptTurnRow.workspace_id == workspace_id, PromptTurnRow.prompt_id == prompt_id)
    )


async def turns_size(session: AsyncSession, workspace_id: str, prompt_id: str) -> int:
    """How many bytes the turns of a session take."""
    found = await session.scalar(
        select(func.sum(PromptTurnRow.size_bytes)).where(
            PromptTurnRow.workspace_id == workspace_id, PromptTurnRow.prompt_id == prompt_id
        )
    )
    return int(found or 0)


async def count(session: AsyncSession, workspace_id: str) -> int:
    """How many prompts the workspace keeps, of all kinds."""
    found = await session.scalar(
        select(func.count()).select_from(PromptRow).where(PromptRow.workspace_id == workspace_id)
    )
    return found or 0


async def storage_used(session: AsyncSession, workspace_id: str) -> int:
    """How many bytes all texts and turns take."""
    texts = await session.scalar(
        select(func.sum(PromptVersionRow.size_bytes)).where(PromptVersionRow.workspace_id == workspace_id)
    )
    said = await session.scalar(
        select(func.sum(PromptTurnRow.size_bytes)).where(PromptTurnRow.workspace_id == workspace_id)
    )
    return int(texts or 0) + int(said or 0)


async def rename(session: AsyncSession, workspace_id: str, prompt_id: str, name: str) -> None:
    """Give a prompt another name; the index refuses one that is taken."""
    await session.execute(
        update(PromptRow)
        .where(PromptRow.id == prompt_id, PromptRow.workspace_id == workspace_id)
        .values(name=name, updated_at=func.clock_timestamp())
    )


async def remove(session: AsyncSession, workspace_id: str, kind: str, name: str) -> bool:
    """Remove a prompt with all it has; False when there is none."""
    gone = await session.scalar(
        delete(PromptRow)
        .where(PromptRow.workspace_id == workspace_id, PromptRow.kind == kind, PromptRow.name == name)
        .returning(PromptRow.id)
    )
    return gone is not None
