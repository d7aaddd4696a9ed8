"""Which workflows are charged for, and what a finished one has made."""

from collections.abc import Mapping
from typing import Any, Final

from cutroom.kit.money import micro_of

CHARGED: Final = frozenset(
    {
        "export_clip",
        "find_highlights",
        "read_video",
        "render",
        "render.batch",
        "repurpose",
        "run",
        "subtitle",
        "transcribe",
        "write_posts",
    }
)
"""Looking at a document before it is rendered, and bringing files in, costs nothing."""
SPENDING: Final = frozenset({"find_highlights", "repurpose", "run", "write_posts"})
"""Those of them that may spend money on language models."""


def seconds_made(output: Mapping[str, Any]) -> float:
    """Seconds of media in the output of a charged workflow; further outputs of the same timeline are not added."""
    return float(output["duration"])


def micro_spent(output: Mapping[str, Any] | None) -> int:
    """What the output of a workflow says that models cost, in millionths of a dollar; 0 where nobody knows."""
    return micro_of((output or {}).get("cost") or 0)
