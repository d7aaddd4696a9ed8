"""Every workflow by name."""

from cutroom.jobs import Registry
from cutroom.workflows.batch import batch
from cutroom.workflows.explain import draw_storyboard, explain, preview
from cutroom.workflows.longform import render_document, render_longform_item
from cutroom.workflows.pieces import render_piece
from cutroom.workflows.windows import ATTEMPTS, render_window, try_piece

MAX_ATTEMPTS = ATTEMPTS
"""A machine that restarts three times while a film is made, and takes its worker with it, must not use the job up."""


def registry() -> Registry:
    """The workflows of this version, under the names that job rows carry."""
    known = Registry()
    known.add("render", render_document, deterministic=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.piece", render_piece, internal=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.longform_item", render_longform_item, internal=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.batch", batch, deterministic=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.window", render_window, internal=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.explain", explain, deterministic=True)
    known.add("render.storyboard", draw_storyboard, deterministic=True)
    known.add("render.preview", preview, deterministic=True)
    known.add("render.try_piece", try_piece, internal=True, max_attempts=MAX_ATTEMPTS)
    return known
