"""`cutroom plan`: which plan a workspace has, and giving it another. For operators; nobody sets a plan over HTTP."""

from cutroom.app.console import show_facts
from cutroom.app.operating import operated
from cutroom.jobs import MAX_RUNNING
from cutroom.kit.money import dollars_of


async def plan(workspace_id: str, name: str | None) -> None:
    """Show the plan of a workspace, or give it the one of this name.

    Raises:
        NotFound: `workspace_not_found`.
        Invalid: `unknown_plan`.
    """
    async with operated("cutroom-plan") as parts, parts.database.begin() as session:
        workspace = await parts.accounts.workspaces.get(session, workspace_id)
        if name is not None:
            given = await parts.quotas.set_plan(session, workspace.id, name)
            await parts.jobs.set_limit(session, workspace.id, given.concurrent_jobs or MAX_RUNNING)
        found = await parts.quotas.plan(session, workspace.id)
        used = (await parts.quotas.usage(session, workspace.id, months=1))[0]
    show_facts(
        f"{workspace.name}: {found.name}",
        {
            "jobs this month": _of(used.jobs, found.jobs_per_month),
            "minutes this month": _of(round(used.seconds / 60, 2), found.minutes_per_month),
            "US dollars this month": _of(dollars_of(used.micro), found.spending_per_month),
            "jobs at once": str(found.concurrent_jobs or MAX_RUNNING),
        },
    )


def _of(used: float, limit: float | None) -> str:
    return f"{used:g}" if limit is None else f"{used:g} of {limit:g}"
