"""Captions, decided: cues with word times, and how they look."""

from dataclasses import dataclass
from typing import Literal

from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.media import Color
from cutroom.timeline.resolved.text import TextStyle

CaptionAnimation = Literal[
    "none", "highlight", "karaoke", "pop", "fade", "slide", "bounce", "typewriter", "box", "single"
]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and when it is spoken, in seconds after the clip's start."""

    text: str
    start: Rational
    end: Rational


@dataclass(frozen=True, slots=True)
class Cue:
    """What is on screen from `start` to `end`, in seconds after the clip's start.

    `words` follow each other as they are read and together are the text; `lines` says how many of them stand in each
    line when the author broke the lines, and is empty when the text is to be wrapped.
    """

    start: Rational
    end: Rational
    words: tuple[SpokenWord, ...]
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Captions:
    """All cues of a clip.

    Args:
        style: how words look; its `text` is empty and its `wrap_px` is the room of a line.
        active: colour of the word that is spoken.
        active_background: colour of a box behind that word; None for none.
        active_scale: how much larger that word is.
        spoken: colour of words already spoken, for karaoke; None leaves them.
        animation: how words or cues come.
        most_lines: a cue with more lines than this is shown in parts.
    """

    cues: tuple[Cue, ...]
    style: TextStyle
    active: Color
    active_background: Color | None
    active_scale: float
    spoken: Color | None
    animation: CaptionAnimation
    most_lines: int = 2
