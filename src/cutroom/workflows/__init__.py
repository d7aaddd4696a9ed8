"""Floor 7: one file per product feature; here records and engines meet.

A workflow is an async function of a `Context` and one typed input. It is deterministic apart from the context, so it
can be run again from the top at any time: finished steps come from the journal.
"""

from cutroom.workflows.catalogue import registry

__all__ = ["registry"]
