"""A longform, decided: hours of sound over a few pictures."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.edit import Fit, Warning  # noqa: A004 — the word of the document
from cutroom.timeline.resolved.media import Media
from cutroom.timeline.resolved.output import ResolvedOutput


@dataclass(frozen=True, slots=True)
class ResolvedBackground:
    """A picture, or a moving picture without its sound, that takes its turn behind the sound.

    A moving one starts with its first picture at every turn, and again whenever it has ended.
    """

    pointer: str
    src: str
    media: Media
    kind: Literal["image", "video"]
    fit: Fit


@dataclass(frozen=True, slots=True)
class ResolvedTrack:
    """A piece of sound, heard from second `start` of the output to `end`, from `trim` of the source on.

    `fade_in` and `fade_out` are seconds of rise and fall inside these; together never more than there are.
    """

    pointer: str
    src: str
    media: Media
    start: Rational
    end: Rational
    trim: Rational
    volume: float
    fade_in: Rational
    fade_out: Rational


@dataclass(frozen=True, slots=True)
class ResolvedLongform:
    """The whole longform, decided.

    The k-th turn belongs to background k modulo their number. It starts at frame k x `turn` by dissolving, over
    `crossfade` frames, out of the turn before, whose background plays on that long.

    Args:
        frames: output frames.
        turn: frames from one turn to the next.
        crossfade: fewer than `turn`; 0 for cuts.
        tracks: in the order of time; they never overlap.
    """

    output: ResolvedOutput
    frames: int
    backgrounds: tuple[ResolvedBackground, ...]
    turn: int
    crossfade: int
    tracks: tuple[ResolvedTrack, ...]
    warnings: tuple[Warning, ...]

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frames / self.output.fps
