"""The workflows that need a document and nothing else: what `cutroom render` loads."""

from typing import Final

from cutroom.jobs import Context, Registry
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
    known.add("render.piece", render_piece, internal=True, max_attempts=ATTEMPTS)
    known.add("render.longform_item", render_longform_item, internal=True, max_attempts=ATTEMPTS)
    return known
