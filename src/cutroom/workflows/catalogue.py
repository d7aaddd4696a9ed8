"""Every workflow by name."""

from cutroom.jobs import Registry
from cutroom.workflows.render import render, render_piece

MAX_ATTEMPTS = 5
"""A machine that restarts three times while a film is made, and takes its worker with it, must not use the job up."""


def registry() -> Registry:
    """The workflows of this version, under the names that job rows carry."""
    known = Registry()
    known.add("render", render, deterministic=True, max_attempts=MAX_ATTEMPTS)
    known.add("render.piece", render_piece, internal=True, max_attempts=MAX_ATTEMPTS)
    return known
