"""What a finished render consists of."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MadeKind = Literal["render", "media", "poster", "sprites", "sprite_map", "report"]


@dataclass(frozen=True, slots=True)
class Made:
    """One file of a finished render.

    Args:
        kind: `render` is the file that was asked for (a playlist, for HLS); `media` what a playlist plays; the others
            stand beside it.
        name: file name under which the others refer to it.
    """

    path: Path
    kind: MadeKind
    name: str
    content_type: str

    @property
    def refers(self) -> bool:
        """Whether it names other files: links to those are written into it when they are published."""
        return self.kind == "sprite_map" or self.content_type == "application/vnd.apple.mpegurl"
