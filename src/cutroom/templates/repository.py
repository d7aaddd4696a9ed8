"""Queries of this package, always within one workspace."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.templates.rows import TemplateRow
from cutroom.templates.template import Template


def template_of(row: TemplateRow) -> Template:
    """The value of a row."""
    return Template(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        document=row.document,
        fields=row.fields,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def add(session: AsyncSession, **values: Any) -> TemplateRow:
    """Insert a template."""
    return (await session.scalars(insert(TemplateRow).values(**values).returning(TemplateRow))).one()


async def find(session: AsyncSession, workspace_id: str, template_id: str) -> TemplateRow | None:
    """A template of this workspace."""
    return await session.scalar(
        select(TemplateRow).where(TemplateRow.id == template_id, TemplateRow.workspace_id == workspace_id)
    )


async def page(session: AsyncSession, workspace_id: str, *, limit: int, before: str | None) -> Sequence[TemplateRow]:
    """Templates of this workspace, newest first, older than the id `before`."""
    query = select(TemplateRow).where(TemplateRow.workspace_id == workspace_id)
    if before is not None:
        query = query.where(TemplateRow.id < before)
    return (await session.scalars(query.order_by(TemplateRow.id.desc()).limit(limit))).all()


async def count(session: AsyncSession, workspace_id: str) -> int:
    """How many templates the workspace has."""
    found = await session.scalar(
        select(func.count()).select_from(TemplateRow).where(TemplateRow.workspace_id == workspace_id)
    )
    return found or 0


async def change(session: AsyncSession, workspace_id: str, template_id: str, **values: Any) -> TemplateRow | None:
    """Replace what a template holds and raise its version; None when there is none."""
    return await session.scalar(
        update(TemplateRow)
        .where(TemplateRow.id == template_id, TemplateRow.workspace_id == workspace_id)
        .values(version=TemplateRow.version + 1, updated_at=func.clock_timestamp(), **values)
        .returning(TemplateRow)
        .execution_options(populate_existing=True)
    )


async def remove(session: AsyncSession, workspace_id: str, template_id: str) -> bool:
    """Remove a template; False when there is none."""
    gone = await session.scalar(
        delete(TemplateRow)
        .where(TemplateRow.id == template_id, TemplateRow.workspace_id == workspace_id)
        .returning(TemplateRow.id)
    )
    return gone is not None
