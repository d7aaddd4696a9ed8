"""What the package does for others. Every method works in the caller's transaction and within one workspace."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import Database
from cutroom.kit.errors import Conflict
from cutroom.kit.ids import is_id
from cutroom.kit.page import Page, page_of
from cutroom.productions import repository
from cutroom.productions.limits import ProductionLimits
from cutroom.productions.of_job import Maker, ProductionsOfJob, written_of
from cutroom.productions.production import PREFIXES, Origin, Outdated, Production, Recipe, Version, Written
from cutroom.productions.rows import ProductionRow
from cutroom.productions.writing import Body, add_version, not_found


class ProductionService:
    """Keeps productions.

    Args:
        limits: how much one workspace may keep.
    """

    def __init__(self, limits: ProductionLimits | None = None) -> None:
        self._limits = limits or ProductionLimits()

    def for_jobs(self, database: Database) -> Callable[[Maker], ProductionsOfJob]:
        """What makes productions as a job sees them."""

        def productions(maker: Maker) -> ProductionsOfJob:
            return ProductionsOfJob(database, maker, self._limits)

        return productions

    async def get(self, session: AsyncSession, workspace_id: str, kind: str, production_id: str) -> Production:
        """A production as it is now. Raises `NotFound` (`transcript_not_found`…), also for another workspace's."""
        row = await self._row(session, workspace_id, kind, production_id)
        return (await _with_more(session, workspace_id, [row]))[0]

    async def read(
        self, session: AsyncSession, workspace_id: str, kind: str, production_id: str, version: int | None = None
    ) -> Written:
        """One version with its body, the latest when None. Raises `NotFound`, also for versions that were forgotten."""
        row = await self._row(session, workspace_id, kind, production_id)
        found = await repository.find_version(session, workspace_id, production_id, version or row.version)
        if found is None:
            raise not_found(kind)
        made = await repository.origins(session, workspace_id, [(production_id, found.version)])
        return written_of(found, row.kind, made.get((production_id, found.version), ()))

    async def page(
        self,
        session: AsyncSession,
        workspace_id: str,
        kind: str,
        *,
        made_from: str | None = None,
        facts: Mapping[str, str] | None = None,
        limit: int = 20,
        before: str | None = None,
    ) -> Page[Production]:
        """A page of one kind, newest first, that are older than the id `before`; its cursor is the last id.

        Args:
            session: the caller's transaction.
            workspace_id: whose.
            kind: which.
            made_from: only what was made from this production, directly or by way of others.
            facts: only what has these at the top of its body.
            limit: how many at most.
            before: the last id of the page before.
        """
        ids = None if made_from is None else await repository.made_from(session, workspace_id, kind, made_from)
        rows = await repository.page(
            session, workspace_id, kind, ids=ids, facts=dict(facts or {}), limit=limit + 1, before=before
        )
        items = tuple(await _with_more(session, workspace_id, rows[:limit]))
        return Page(items, items[-1].id if len(rows) > limit else None)

    async def versions(
        self,
        session: AsyncSession,
        workspace_id: str,
        kind: str,
        production_id: str,
        *,
        limit: int = 20,
        before: int | None = None,
    ) -> Page[Version]:
        """A page of versions, newest first, older than the number `before`; its cursor is the last number."""
        await self._row(session, workspace_id, kind, production_id)
        rows = await repository.versions(session, workspace_id, production_id, limit=limit + 1, before=before)
        made = await repository.origins(session, workspace_id, [(production_id, row.version) for row in rows])
        found = [
            Version(
                row.version,
                row.title,
                row.size_bytes,
                row.root_id,
                row.editor,
                row.created_at,
                tuple(made.get((production_id, row.version), ())),
            )
            for row in rows
        ]
        return page_of(found, limit, lambda one: one.version)

    async def edit(
        self,
        session: AsyncSession,
        workspace_id: str,
        kind: str,
        production_id: str,
        *,
        version: int,
        body: Body,
        editor: str,
        title: str | None = None,
    ) -> Production:
        """Put what a person made of a version in the place of it, as the next one; it is made from what that was.

        Raises:
            NotFound: there is no such production.
            Conflict: `version_changed`, when that version is not the latest any more.
            QuotaExceeded: `storage_full`.
        """
        row = await self._row(session, workspace_id, kind, production_id, lock=True)
        if row.version != version:
            message = f"This was made of version {version}, and there is a version {row.version} now; read it again."
            raise Conflict("version_changed", message)
        await self._limits.make_room(session, workspace_id, body.size_bytes)
        made = await repository.origins(session, workspace_id, [(row.id, row.version)])
        await add_version(
            session,
            row,
            body,
            title=row.title if title is None else title,
            made_from=made.get((row.id, row.version), ()),
            max_versions=self._limits.versions,
            editor=editor,
        )
        await session.refresh(row)
        return (await _with_more(session, workspace_id, [row]))[0]

    async def storage_used(self, session: AsyncSession, workspace_id: str) -> int:
        """How many bytes the workspace's productions take, all versions together."""
        return await repository.storage_used(session, workspace_id)

    async def delete(self, session: AsyncSession, workspace_id: str, kind: str, production_id: str) -> None:
        """Delete a production with its versions for good; what was made from it stays. Raises `NotFound`."""
        known = is_id(production_id, PREFIXES[kind])
        if not known or not await repository.remove(session, workspace_id, production_id, kind):
            raise not_found(kind)

    async def _row(
        self, session: AsyncSession, workspace_id: str, kind: str, production_id: str, *, lock: bool = False
    ) -> ProductionRow:
        row: ProductionRow | None = None
        if is_id(production_id, PREFIXES[kind]):
            row = await repository.find(session, workspace_id, production_id, lock=lock)
        if row is None or row.kind != kind or row.version == 0:
            raise not_found(kind)
        return row


async def _with_more(session: AsyncSession, workspace_id: str, rows: Sequence[ProductionRow]) -> list[Production]:
    """The values of rows, with what they were made from and what of it has changed."""
    if not rows:
        return []
    made = await repository.origins(session, workspace_id, [(row.id, row.version) for row in rows])
    changed = await repository.outdated(session, workspace_id, [row.id for row in rows])
    return [_production(row, made.get((row.id, row.version), ()), changed.get(row.id, ())) for row in rows]


def _production(row: ProductionRow, origins: Sequence[Origin], outdated: Sequence[Outdated]) -> Production:
    recipe = None if row.recipe_type is None else Recipe(row.recipe_type, row.recipe_input)
    return Production(
        id=row.id,
        workspace_id=row.workspace_id,
        kind=row.kind,
        title=row.title,
        version=row.version,
        facts=row.facts,
        size_bytes=row.size_bytes,
        job_id=row.root_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        origins=tuple(origins),
        outdated=tuple(outdated),
        recipe=recipe,
    )
