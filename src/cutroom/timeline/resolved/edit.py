"""The resolved edit: what the render engine reads.

Everything that was optional, automatic or relative in the document is decided here: times are integer output frames,
lengths in the picture are output pixels, sources are media with a hash and a probe. Plain data, no behaviour; every
class goes to JSON and back through `pydantic.TypeAdapter` (fractions as "n/d").
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from cutroom.kit.schema import is_absent
from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.captions import Captions
from cutroom.timeline.resolved.curve import Curve
from cutroom.timeline.resolved.media import Color, Media
from cutroom.timeline.resolved.output import ResolvedOutput
from cutroom.timeline.resolved.picture import (
    BlendMode,
    Border,
    ChromaKey,
    Crop,
    Look,
    Matte,
    Motion,
    Passage,
    Shadow,
    View,
)
from cutroom.timeline.resolved.shapes import Gradient, Shape, Waveform
from cutroom.timeline.resolved.sound import Ducking, Loudness, ResolvedSoundtrack
from cutroom.timeline.resolved.text import Measured, TextStyle

ClipKind = Literal["video", "image", "text", "color", "audio", "captions", "shape", "gradient", "waveform"]
Fit = Literal["cover", "contain", "fill", "none", "blur"]
Position = Literal["top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"]


@dataclass(frozen=True, slots=True)
class ResolvedClip:
    """One clip, decided.

    Args:
        pointer: JSON pointer of the clip in the document, such as "/timeline/tracks/0/clips/1".
        layer: 0 is the bottom; the first track of the document is the top layer.
        src: the source as the document names it; None for text and color.
        start: first output frame.
        end: first output frame after the clip, before any tail.
        tail: frames for which the picture stays beyond `end`, underneath the next clip's dissolve; it plays on, and
            freezes when its media ends.
        trim: seconds into the source at `start`.
        fade_in: frames of opacity ramp from `start` (0 to full).
        fade_out: frames of opacity ramp that end at `end + tail` (full to 0).
        offset_x: moves the placed box right, as a fraction of the canvas width.
        offset_y: moves the placed box DOWN, as a fraction of the canvas height.
        width_px: width of the box that the picture is fitted into; None is the whole canvas.
        height_px: height of that box; None is the whole canvas.
        audio_start: second of the output at which the clip is first heard.
        audio_end: second of the output at which it is last heard, the tail of a crossfade included. Equal to
            `audio_start` when the clip makes no sound. The source is heard from `trim` on.
        audio_fade_in: seconds of volume ramp from `audio_start`.
        audio_fade_out: seconds of volume ramp that end at `audio_end`.
        speed: seconds of source in one second of output; its sound keeps its pitch.
        swell: changes of volume over the clip's life, multiplied with `volume`; keyframes count from `start`.
        ducking: how this clip's sound makes room for speech; None when it does not.
        crop: what is left out of the source before fitting.
        view: window inside the box, for Ken Burns; None shows all.
        motion: how the box moves; None for a box that stands still.
        enter: how the clip comes, other than by fading.
        leave: how the clip goes, other than by fading.
        looks: filters, in the order they are applied.
        radius_px: of the box's corners.
        border: along the edges of the box; None for none.
        shadow: below the picture; None for none.
        flip_x: left and right swapped.
        flip_y: top and bottom swapped.
        measured: what letters take that were measured elsewhere; those in fonts that the document brings have to be.
    """

    pointer: str
    layer: int
    kind: ClipKind
    media: Media | None
    src: str | None
    start: int
    end: int
    tail: int
    trim: Rational
    fade_in: int
    fade_out: int
    text: TextStyle | None
    color: Color | None
    fit: Fit
    position: Position
    offset_x: Rational
    offset_y: Rational
    width_px: int | None
    height_px: int | None
    opacity: float
    volume: float
    audio_start: Rational
    audio_end: Rational
    audio_fade_in: Rational
    audio_fade_out: Rational
    speed: Rational = Fraction(1)
    swell: Curve = 1.0
    ducking: Ducking | None = None
    crop: Crop | None = None
    view: View | None = None
    motion: Motion | None = None
    enter: Passage | None = None
    leave: Passage | None = None
    looks: tuple[Look, ...] = ()
    chroma: ChromaKey | None = None
    matte: Matte | None = None
    blend: BlendMode = "normal"
    radius_px: float = 0.0
    flip_x: bool = False
    flip_y: bool = False
    captions: Captions | None = None
    shape: Shape | None = None
    gradient: Gradient | None = None
    waveform: Waveform | None = None
    measured: Measured | None = None
    border: Annotated[Border | None, Field(exclude_if=is_absent)] = None
    shadow: Annotated[Shadow | None, Field(exclude_if=is_absent)] = None


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 — the word of the document; nothing here is a Python warning
    """Something that renders, but perhaps not as meant; `pointer` is a JSON pointer into the document."""

    code: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class ResolvedEdit:
    """The whole edit, decided: `frames` output frames, `clips` from the bottom layer to the top, then by start.

    `families` are the names of the fonts that its document brings.
    """

    output: ResolvedOutput
    frames: int
    clips: tuple[ResolvedClip, ...]
    soundtrack: ResolvedSoundtrack | None
    warnings: tuple[Warning, ...]
    loudness: Loudness | None = None
    families: tuple[str, ...] = ()
