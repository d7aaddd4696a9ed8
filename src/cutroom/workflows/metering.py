"""Which workflows are charged for, and what a finished one has made."""

from collections.abc import Mapping
from typing import Any, Final

CHARGED: Final = frozenset(
    {"export_clip", "find_highlights", "render", "render.batch", "repurpose", "subtitle", "transcribe", "write_posts"}
)
"""Looking at a document before it is rendered, and bringing files in, costs nothing."""


def seconds_made(output: Mapping[str, Any]) -> float:
    """Seconds of media in the output of a charged workflow; further outputs of the same timeline are not added."""
    return float(output["duration"])
