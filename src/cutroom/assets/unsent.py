"""Getting rid of what was sent for an upload that will never be an asset."""

from cutroom.assets.keys import tail_key, upload_key
from cutroom.assets.rows import UploadRow
from cutroom.assets.store import Store


async def forget(store: Store, row: UploadRow) -> None:
    """Remove its bytes: whole, in parts, and what waits to become a part. Again, it changes nothing."""
    key = upload_key(row.workspace_id, row.id)
    if row.handle is not None:
        await store.abort_parts(key, row.handle)
    tails = [] if row.tail is None else [tail_key(row.workspace_id, row.id, row.tail)]
    await store.delete(key, *tails)
