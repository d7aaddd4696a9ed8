"""What the package does for others. Every method works in the caller's transaction and within one workspace."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import lock
from cutroom.kit.errors import NotFound, QuotaExceeded
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of
from cutroom.templates import repository
from cutroom.templates.rows import TemplateRow
from cutroom.templates.template import TEMPLATE_PREFIX, Template

MAX_TEMPLATES: Final = 1_000


class TemplateService:
    """Keeps templates.

    Args:
        max_templates: how many one workspace may have.
    """

    def __init__(self, *, max_templates: int = MAX_TEMPLATES) -> None:
        self._max_templates = max_templates

    async def create(
        self,
        session: AsyncSession,
        workspace_id: str,
        *,
        name: str,
        document: Mapping[str, Any],
        fields: Mapping[str, Any],
    ) -> Template:
        """Store a template.

        Raises:
            QuotaExceeded: `too_many_templates`.
        """
        await lock(session, f"cutroom.templates {workspace_id}")
        if await repository.count(session, workspace_id) >= self._max_templates:
            message = f"This workspace has {self._max_templates} templates, the most it may have; delete some first."
            raise QuotaExceeded("too_many_templates", message)
        row = await repository.add(
            session,
            id=new_id(TEMPLATE_PREFIX),
            workspace_id=workspace_id,
            name=name,
            document=dict(document),
            fields=dict(fields),
        )
        return repository.template_of(row)

    async def get(self, session: AsyncSession, workspace_id: str, template_id: str) -> Template:
        """A template. Raises `NotFound` (`template_not_found`), also for another workspace's."""
        row: TemplateRow | None = None
        if is_id(template_id, TEMPLATE_PREFIX):
            row = await repository.find(session, workspace_id, template_id)
        if row is None:
            raise _not_found()
        return repository.template_of(row)

    async def list_templates(
        self, session: AsyncSession, workspace_id: str, *, limit: int = 20, before: str | None = None
    ) -> Page[Template]:
        """A page of templates, newest first, that are older than the id `before`; its cursor is the last id."""
        rows = await repository.page(session, workspace_id, limit=limit + 1, before=before)
        return page_of([repository.template_of(row) for row in rows], limit)

    async def replace(
        self,
        session: AsyncSession,
        workspace_id: str,
        template_id: str,
        *,
        name: str,
        document: Mapping[str, Any],
        fields: Mapping[str, Any],
    ) -> Template:
        """Put something else in its place, under the next version. Raises `NotFound`."""
        row: TemplateRow | None = None
        if is_id(template_id, TEMPLATE_PREFIX):
            row = await repository.change(
                session, workspace_id, template_id, name=name, document=dict(document), fields=dict(fields)
            )
        if row is None:
            raise _not_found()
        return repository.template_of(row)

    async def delete(self, session: AsyncSession, workspace_id: str, template_id: str) -> None:
        """Delete a template for good; jobs that were made from it are not disturbed. Raises `NotFound`."""
        if not is_id(template_id, TEMPLATE_PREFIX) or not await repository.remove(session, workspace_id, template_id):
            raise _not_found()


def _not_found() -> NotFound:
    return NotFound("template_not_found", "There is no template with this id.")
