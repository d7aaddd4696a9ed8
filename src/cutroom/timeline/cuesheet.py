"""The cues of one caption file."""

from dataclasses import dataclass

from cutroom.timeline.resolved import Cue


@dataclass(frozen=True, slots=True)
class CueSheet:
    """What a caption file says: cues ordered by start, in seconds after the file's own zero."""

    cues: tuple[Cue, ...]
