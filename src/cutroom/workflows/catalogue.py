"""Every workflow by name."""

from cutroom.jobs import Registry
from cutroom.workflows.batch import ATTEMPTS, batch, render_window, try_piece
from cutroom.workflows.pieces import render_piece
from cutroom.workflows.render import render

MAX_ATTEMPTS = ATTEMPTS
"""A machine that restarts three times while a film is made, and takes its worker with it, must not use the job up."""


def registry() -> Registry:
    """The workflows of this version, under the names that job rows carry."""
    known = Registry()
    known.add("render", render, deterministic=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.piece", render_piece, internal=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.batch", batch, deterministic=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.window", render_window, internal=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.try_piece", try_piece, internal=True, max_attempts=MAX_ATTEMPTS)
    return known
