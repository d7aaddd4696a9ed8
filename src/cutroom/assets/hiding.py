"""Ending the links to what was deleted: the bytes move to a key that no link names."""

from cutroom.assets import repository, sweeping
from cutroom.assets.keys import asset_key
from cutroom.assets.store import Store
from cutroom.db import Database
from cutroom.kit.errors import NotFound


async def hide(database: Database, store: Store, workspace_id: str, asset_id: str) -> None:
    """Move the bytes of a deleted asset, unless that has been done."""
    async with database.begin() as session:
        row = await repository.find_asset(session, workspace_id, asset_id, deleted=True)
    if row is not None and row.deleted_at is not None and row.hidden_at is None:
        await hide_bytes(database, store, workspace_id, asset_id, row.generation)


async def hide_bytes(database: Database, store: Store, workspace_id: str, asset_id: str, generation: int) -> None:
    """Copy, say so, then remove the old: whoever dies in between is followed by a sweep that begins anew."""
    old, new = (asset_key(workspace_id, asset_id, generation + step) for step in (0, 1))
    try:
        await store.copy(old, new)
    except NotFound:
        if await store.head(new) is None:
            return  # something else took the bytes; the row goes in time
    async with database.begin() as session:
        await sweeping.hide_asset(session, asset_id, generation)
    await store.delete(old)
