"""Every workflow by name."""

from cutroom.jobs import Registry
from cutroom.workflows.render import render, render_piece


def registry() -> Registry:
    """The workflows of this version, under the names that job rows carry."""
    known = Registry()
    known.add("render", render, deterministic=True)
    known.add("render.piece", render_piece, internal=True)
    return known
