"""The file to make, decided."""

from dataclasses import dataclass
from typing import Literal

from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.media import Color

Format = Literal["mp4", "webm", "mov", "gif", "webp", "mp3", "m4a", "wav", "png", "jpg", "hls"]
Codec = Literal["h264", "h265", "vp9", "av1", "prores"]
Quality = Literal["lowest", "low", "medium", "high", "highest"]
SOUNDS: frozenset[str] = frozenset({"mp3", "m4a", "wav"})
"""Formats that hold sound alone."""
STILLS: frozenset[str] = frozenset({"png", "jpg"})
"""Formats that hold one picture."""
SILENT: frozenset[str] = frozenset({"gif", "webp", "png", "jpg"})
"""Formats that hold no sound."""


@dataclass(frozen=True, slots=True)
class Poster:
    """One picture of the result, as a JPEG or PNG beside it: output frame `frame`, scaled by `scale`."""

    frame: int
    scale: Rational
    format: Literal["jpg", "png"]


@dataclass(frozen=True, slots=True)
class Sprites:
    """A sheet of small pictures, one every `every_s` seconds, `columns` in a row, each `width_px` wide; and a VTT."""

    every_s: Rational
    columns: int
    width_px: int


@dataclass(frozen=True, slots=True)
class ResolvedOutput:
    """The file to make. Without pictures the picture fields hold defaults and mean nothing; `fps` still counts frames.

    Args:
        codec: of the pictures; None where the format leaves no choice or has none.
        crf: overrides `quality`, in the codec's own units; None for none.
        first: first frame of the edit that goes into the file, whose own frame 0 it is.
        frames: how many frames go into the file, 1 for a still; None for all from `first` on.
        repeat: how often a gif or webp plays; 0 for ever.
        transparent: whether the background stays transparent.
        posters: further pictures to make, each an artifact.
        hardware: whether an encoder of the machine's graphics card may be used.
    """

    format: Format
    width: int
    height: int
    fps: Rational
    quality: Quality
    background: Color
    mute: bool
    codec: Codec | None = None
    crf: int | None = None
    first: int = 0
    frames: int | None = None
    repeat: int = 0
    transparent: bool = False
    posters: tuple[Poster, ...] = ()
    sprites: Sprites | None = None
    hardware: bool = True
