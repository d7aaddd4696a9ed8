"""How large a document may be."""

from dataclasses import dataclass
from typing import Final

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

MAX_KEYFRAMES: Final = 1000
"""Keyframes of one value."""
MAX_CUES: Final = 20_000
"""Cues of one caption clip: three hours with two in a second."""
MAX_STOPS: Final = 16
"""Colours of one gradient."""
MAX_FILTERS: Final = 16
"""Filters of one clip."""
MAX_OUTPUTS: Final = 8
"""Further outputs of one edit."""
MAX_POSTERS: Final = 20
"""Posters of one output."""
MAX_FONTS: Final = 32
"""Font files of one timeline: four faces of a family that is spread over eight files, as for the web."""
MAX_NESTED: Final = 4
"""How deep timelines lie in each other, the outermost not counted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What `parse` and `resolve` accept; an operator raises them by setting.

    Args:
        tracks: tracks in a timeline.
        clips: clips in a timeline, all tracks together.
        duration_s: seconds of output.
        longform_s: seconds of output of a longform.
        long_side_px: pixels of the longer side of the picture.
        short_side_px: pixels of the shorter side, so that 1920x1080 and 1080x1920 are one limit.
        text_length: characters in one text clip.
        allow_local: whether a source may be a path; for the command line tool only.
        urls: whether a source may be a URL; else assets alone.
        html: whether pages may be drawn.
        fonts: the font families that exist; None leaves the check to the renderer.
    """

    tracks: int = 32
    clips: int = 500
    duration_s: int = 300
    longform_s: int = 10_800
    long_side_px: int = 1920
    short_side_px: int = 1080
    text_length: int = 5000
    allow_local: bool = False
    urls: bool = True
    html: bool = True
    fonts: frozenset[str] | None = None


def limits_of(info: ValidationInfo) -> Limits | None:
    """The limits that `parse` put into Pydantic's context; None when a model is read back from our own rows."""
    return info.context if isinstance(info.context, Limits) else None


def switched_off(what: str) -> PydanticCustomError:
    """The complaint about something that the operator does not allow at all."""
    return PydanticCustomError("feature_disabled", "This server does not take {what}.", {"what": what})
