"""The workflows that need a document and nothing else: what `cutroom render` loads."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from cutroom.jobs import Context, Registry
from cutroom.render.plan import FORM
from cutroom.timeline import Limits
from cutroom.workflows.longform import Document, render_document, render_longform_item
from cutroom.workflows.pieces import render_piece
from cutroom.workflows.render import RenderOutput

ATTEMPTS: Final = 5
"""A machine that restarts three times while a film is made, and takes its worker with it, must not use the job up."""
_DEFAULT: Final = Limits()


def rendering(limits: Limits = _DEFAULT) -> Registry:
    """Those workflows, under the names that job rows carry; `limits` are those of plain renders."""

    async def render(ctx: Context, document: Document) -> RenderOutput:
        return await render_document(ctx, document, limits)

    known = Registry()
    known.add("render", render, deterministic=True, max_attempts=ATTEMPTS)
    add_maker(known, "render.piece", render_piece)
    add_maker(known, "render.longform_item", render_longform_item)
    return known


def add_maker(known: Registry, name: str, function: Callable[[Context, Any], Coroutine[Any, Any, Any]]) -> None:
    """Make known what makes pieces of plans, under a name that versions which would misread the plan do not know.

    They would leave out what they have no field for, and keep what they made under the key of the whole. Items that a
    version before has queued are read here.
    """
    before = [name, *(f"{name}.{form}" for form in range(2, FORM))]
    known.add(f"{name}.{FORM}", function, internal=True, max_attempts=ATTEMPTS, formerly=before)
