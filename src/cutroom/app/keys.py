"""`cutroom api-key`: keys of a workspace, made, shown and ended by whoever has the database."""

from collections.abc import Sequence

from rich.table import Column, Table
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import Workspace
from cutroom.app.console import out
from cutroom.app.container import Container
from cutroom.app.operating import operated
from cutroom.kit.page import MAX_LIMIT

_NAME = "cutroom-api-key"


async def make(name: str, scopes: Sequence[str], workspace_id: str | None) -> None:
    """Make a key that may do everything, or what the scopes say, and print its text."""
    async with operated(_NAME) as parts, parts.database.begin() as session:
        workspace = await _workspace(parts, session, workspace_id)
        key = await parts.accounts.create_api_key(session, workspace.id, name, scopes=scopes or ["*"])
    out.print(key.plaintext, markup=False)


async def show(workspace_id: str | None) -> None:
    """Print what is known of the keys, newest first."""
    # Whatever else is cut off on a narrow terminal, the id is what `--revoke` needs.
    table = Table(Column("id", min_width=30, no_wrap=True), "name", "ends with", "scopes", "last used", "expires")
    async with operated(_NAME) as parts, parts.database.begin() as session:
        workspace = await _workspace(parts, session, workspace_id)
        before: str | None = None
        while True:
            page = await parts.accounts.keys.page(session, workspace.id, limit=MAX_LIMIT, before=before)
            for key in page.items:
                used = "never" if key.last_used_at is None else key.last_used_at.isoformat(timespec="minutes")
                ends = "never" if key.expires_at is None else key.expires_at.isoformat(timespec="minutes")
                table.add_row(key.id, key.name, f"…{key.last_four}", " ".join(sorted(key.scopes)), used, ends)
            before = page.next_cursor
            if before is None:
                break
    out.print(table, markup=False)


async def revoke(api_key_id: str, workspace_id: str | None) -> None:
    """End a key at once."""
    async with operated(_NAME) as parts, parts.database.begin() as session:
        workspace = await _workspace(parts, session, workspace_id)
        await parts.accounts.keys.revoke(session, workspace.id, api_key_id)
    out.print(f"{api_key_id} does not work any more.", markup=False)


async def _workspace(parts: Container, session: AsyncSession, workspace_id: str | None) -> Workspace:
    if workspace_id is None:
        return await parts.accounts.ensure_default(session)
    return await parts.accounts.workspaces.get(session, workspace_id)
