"""Queries of this package, always within one workspace."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import any_, delete, func, insert, literal, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import IdText
from cutroom.kit.strict_json import UNSTORABLE
from cutroom.productions.production import Origin, Outdated
from cutroom.productions.rows import ProductionOriginRow, ProductionRow, ProductionVersionRow

# What the latest versions of some productions were made from, what that was made from, and so on; and what of it is not
# the latest any more. Nothing is made from itself: a version names versions that were there before it. What a product
# names itself counts in the version that it names, whichever those were made from that lie between.
_OUTDATED: Final = text("""
WITH RECURSIVE named AS (
  SELECT p.id AS product_id, o.origin_id AS id, o.origin_version AS version
  FROM productions AS p
  JOIN production_origins AS o ON o.production_id = p.id AND o.version = p.version
  WHERE p.workspace_id = :workspace AND o.workspace_id = p.workspace_id AND p.id = ANY(CAST(:ids AS text[]))
), made AS (
  SELECT named.product_id, named.id, named.version FROM named
  UNION
  SELECT made.product_id, o.origin_id, o.origin_version
  FROM made
  JOIN production_origins AS o ON o.production_id = made.id AND o.version = made.version
  WHERE o.workspace_id = :workspace
    AND NOT EXISTS (SELECT FROM named WHERE named.product_id = made.product_id AND named.id = o.origin_id)
)
SELECT made.product_id, p.id, p.kind, p.title, made.version, p.version AS latest
FROM made JOIN productions AS p ON p.id = made.id AND p.version > made.version
WHERE p.workspace_id = :workspace
ORDER BY made.product_id, p.id, made.version
""")

# Everything whose latest version was made, directly or by way of others, from any version of one production.
_FROM: Final = text("""
WITH RECURSIVE of AS (
  SELECT o.production_id, o.version FROM production_origins AS o
  WHERE o.workspace_id = :workspace AND o.origin_id = :origin
  UNION
  SELECT o.production_id, o.version FROM of
  JOIN production_origins AS o ON o.origin_id = of.production_id AND o.origin_version = of.version
  WHERE o.workspace_id = :workspace
)
SELECT DISTINCT p.id FROM of JOIN productions AS p ON p.id = of.production_id AND p.version = of.version
WHERE p.workspace_id = :workspace AND p.kind = :kind
""")


async def add(session: AsyncSession, **values: Any) -> None:
    """Insert a production without versions, unless there is one of this id."""
    await session.execute(upsert(ProductionRow).values(**values).on_conflict_do_nothing())


async def find(
    session: AsyncSession, workspace_id: str, production_id: str, *, lock: bool = False
) -> ProductionRow | None:
    """A production of this workspace; locked until the transaction ends when asked for."""
    query = select(ProductionRow).where(ProductionRow.id == production_id, ProductionRow.workspace_id == workspace_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def page(
    session: AsyncSession,
    workspace_id: str,
    kind: str,
    *,
    ids: Sequence[str] | None,
    facts: dict[str, str],
    limit: int,
    before: str | None,
) -> Sequence[ProductionRow]:
    """Productions of this workspace and kind, newest first, older than the id `before`.

    Args:
        session: the caller's transaction.
        workspace_id: whose.
        kind: which.
        ids: only these; all when None.
        facts: what must stand at the top of the body.
        limit: how many at most.
        before: the last id of the page before.
    """
    if any(UNSTORABLE.search(value) for value in facts.values()):
        return []  # what Postgres cannot hold stands in none
    query = select(ProductionRow).where(
        ProductionRow.workspace_id == workspace_id, ProductionRow.kind == kind, ProductionRow.version > 0
    )
    if ids is not None:
        query = query.where(ProductionRow.id == any_(literal(list(ids), ARRAY(IdText))))
    if facts:
        query = query.where(ProductionRow.facts.contains(facts))
    if before is not None:
        query = query.where(ProductionRow.id < before)
    return (await session.scalars(query.order_by(ProductionRow.id.desc()).limit(limit))).all()


async def made_from(session: AsyncSession, workspace_id: str, kind: str, origin_id: str) -> Sequence[str]:
    """Ids of the productions of a kind that were made from this one, directly or by way of others."""
    if UNSTORABLE.search(origin_id):
        return []
    found = await session.scalars(_FROM, {"workspace": workspace_id, "kind": kind, "origin": origin_id})
    return found.all()


async def outdated(session: AsyncSession, workspace_id: str, ids: Sequence[str]) -> dict[str, list[Outdated]]:
    """Of each of these productions, what has changed since it was made."""
    found: dict[str, list[Outdated]] = {}
    for row in await session.execute(_OUTDATED, {"workspace": workspace_id, "ids": list(ids)}):
        found.setdefault(row.product_id, []).append(Outdated(row.id, row.kind, row.title, row.version, row.latest))
    return found


async def origins(
    session: AsyncSession, workspace_id: str, versions: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], list[Origin]]:
    """What these versions were made from."""
    rows = await session.scalars(
        select(ProductionOriginRow)
        .where(ProductionOriginRow.workspace_id == workspace_id)
        .where(tuple_(ProductionOriginRow.production_id, ProductionOriginRow.version).in_(versions))
        .order_by(ProductionOriginRow.origin_id)
    )
    found: dict[tuple[str, int], list[Origin]] = {}
    for row in rows:
        found.setdefault((row.production_id, row.version), []).append(Origin(row.origin_id, row.origin_version))
    return found


async def version_of_job(session: AsyncSession, workspace_id: str, production_id: str, job_id: str) -> int | None:
    """Which version a job has written."""
    return await session.scalar(
        select(ProductionVersionRow.version).where(
            ProductionVersionRow.workspace_id == workspace_id,
            ProductionVersionRow.production_id == production_id,
            ProductionVersionRow.job_id == job_id,
        )
    )


async def add_version(
    session: AsyncSession, workspace_id: str, production_id: str, version: int, made: Sequence[Origin], **values: Any
) -> None:
    """Insert a version and what it was made from."""
    await session.execute(
        insert(ProductionVersionRow).values(
            workspace_id=workspace_id, production_id=production_id, version=version, **values
        )
    )
    if made:
        rows = [
            {
                "workspace_id": workspace_id,
                "production_id": production_id,
                "version": version,
                "origin_id": origin.id,
                "origin_version": origin.version,
            }
            for origin in made
        ]
        await session.execute(insert(ProductionOriginRow).values(rows))


async def advance(session: AsyncSession, workspace_id: str, production_id: str, **values: Any) -> None:
    """Say what a production is now."""
    await session.execute(
        update(ProductionRow)
        .where(ProductionRow.id == production_id, ProductionRow.workspace_id == workspace_id)
        .values(updated_at=func.clock_timestamp(), **values)
    )


async def find_version(
    session: AsyncSession, workspace_id: str, production_id: str, version: int
) -> ProductionVersionRow | None:
    """A version, its body included."""
    return await session.scalar(
        select(ProductionVersionRow).where(
            ProductionVersionRow.workspace_id == workspace_id,
            ProductionVersionRow.production_id == production_id,
            ProductionVersionRow.version == version,
        )
    )


async def versions(
    session: AsyncSession, workspace_id: str, production_id: str, *, limit: int, before: int | None
) -> Sequence[Any]:
    """Versions without their bodies, newest first, older than the number `before`."""
    row = ProductionVersionRow
    query = select(row.version, row.title, row.size_bytes, row.root_id, row.editor, row.created_at).where(
        ProductionVersionRow.workspace_id == workspace_id, ProductionVersionRow.production_id == production_id
    )
    if before is not None:
        query = query.where(row.version < before)
    return (await session.execute(query.order_by(row.version.desc()).limit(limit))).all()


async def forget_versions(session: AsyncSession, workspace_id: str, production_id: str, *, until: int) -> None:
    """Remove the versions up to this number."""
    await session.execute(
        delete(ProductionVersionRow).where(
            ProductionVersionRow.workspace_id == workspace_id,
            ProductionVersionRow.production_id == production_id,
            ProductionVersionRow.version <= until,
        )
    )


async def count(session: AsyncSession, workspace_id: str) -> int:
    """How many productions the workspace has."""
    found = await session.scalar(
        select(func.count()).select_from(ProductionRow).where(ProductionRow.workspace_id == workspace_id)
    )
    return found or 0


async def storage_used(session: AsyncSession, workspace_id: str) -> int:
    """How many bytes the bodies of all versions take."""
    found = await session.scalar(
        select(func.sum(ProductionVersionRow.size_bytes)).where(ProductionVersionRow.workspace_id == workspace_id)
    )
    return int(found or 0)


async def remove(session: AsyncSession, workspace_id: str, production_id: str, kind: str) -> bool:
    """Remove a production with its versions; False when there is none."""
    gone = await session.scalar(
        delete(ProductionRow)
        .where(
            ProductionRow.id == production_id, ProductionRow.workspace_id == workspace_id, ProductionRow.kind == kind
        )
        .returning(ProductionRow.id)
    )
    return gone is not None
