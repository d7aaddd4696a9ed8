"""`cutroom agents`: the agents of a workspace, or the operator's own, for whoever has the database."""

from rich.table import Table

from cutroom.app.console import out
from cutroom.app.operating import operated
from cutroom.kit.page import MAX_LIMIT

_NAME = "cutroom-agents"


async def code(name: str, workspace_id: str | None) -> None:
    """Print a code with which one agent may enrol within the hour."""
    async with operated(_NAME) as parts, parts.database.begin() as session:
        if workspace_id is not None:
            await parts.accounts.workspaces.get(session, workspace_id)
        made = await parts.fleet.create_code(session, workspace_id, name)
    out.print(made.plaintext, markup=False)


async def show(workspace_id: str | None) -> None:
    """Print what is known of the agents, newest first."""
    table = Table("id", "name", "state", "seen", "slots", "labels", "host")
    async with operated(_NAME) as parts, parts.database.begin() as session:
        before: str | None = None
        while True:
            page = await parts.fleet.page(session, workspace_id, limit=MAX_LIMIT, before=before)
            for agent in page.items:
                offer = agent.offer or {}
                state = ("draining" if agent.draining else "connected") if agent.connected else "away"
                seen = "never" if agent.seen_at is None else agent.seen_at.isoformat(timespec="seconds")
                labels = " ".join(offer.get("labels", ()))
                table.add_row(
                    agent.id, agent.name, state, seen, str(offer.get("slots", "")), labels, str(offer.get("host", ""))
                )
            before = page.next_cursor
            if before is None:
                break
    out.print(table, markup=False)


async def drain(agent_id: str, workspace_id: str | None, *, draining: bool) -> None:
    """Give an agent no more jobs, or jobs again."""
    async with operated(_NAME) as parts, parts.database.begin() as session:
        await parts.fleet.set_draining(session, workspace_id, agent_id, draining=draining)
    out.print(f"{agent_id} is given {'no more jobs' if draining else 'jobs again'}.", markup=False)


async def revoke(agent_id: str, workspace_id: str | None) -> None:
    """Shut an agent out at once."""
    async with operated(_NAME) as parts, parts.database.begin() as session:
        await parts.fleet.revoke(session, workspace_id, agent_id)
    out.print(f"{agent_id} is shut out; what it ran goes to others.", markup=False)


async def rotate(agent_id: str, workspace_id: str | None) -> None:
    """Print another token for an agent; the one before works on for ten minutes."""
    async with operated(_NAME) as parts, parts.database.begin() as session:
        made = await parts.fleet.rotate(session, workspace_id, agent_id)
    out.print(made.plaintext, markup=False)
