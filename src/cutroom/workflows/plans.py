"""From a decided edit to its plan."""

from cutroom import render as engine
from cutroom.jobs import Context
from cutroom.render import RenderPlan
from cutroom.timeline import ResolvedEdit


async def planned(ctx: Context, edit: ResolvedEdit, prefix: str = "") -> RenderPlan:
    """Plan a render; `prefix` begins the names of the steps that it takes."""
    return engine.compile_plan(edit)
