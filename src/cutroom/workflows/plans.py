"""From a decided edit to its plan."""

from cutroom import render as engine
from cutroom.jobs import Context
from cutroom.render import RenderPlan
from cutroom.timeline import ResolvedEdit
from cutroom.workflows.blobs import locate


async def planned(ctx: Context, edit: ResolvedEdit, prefix: str = "") -> RenderPlan:
    """Plan a render; `prefix` begins the names of the steps that it takes.

    What may be copied is looked up anew in each attempt: lists of packets are long, and soon made again.
    """
    inputs = await locate(ctx.files, engine.copy_sources(edit))
    return engine.compile_plan(edit, indexes=await engine.index_copies(edit, inputs))
