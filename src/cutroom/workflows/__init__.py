"""Floor 7: one file per product feature; here records and engines meet.

A workflow is an async function of a `Context` and one typed input. It is deterministic apart from the context, so it
can be run again from the top at any time: finished steps come from the journal.

The registry of all is imported when it is first asked for: a command that renders does without most of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cutroom.workflows.catalogue import registry

__all__ = ["registry"]


def __getattr__(name: str) -> Any:
    """Import the catalogue when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("cutroom.workflows.catalogue"), name)
