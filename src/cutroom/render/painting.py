"""What a painted layer shows: everything that determines its pixels, as plain data.

A painting knows nothing of segments: its frames count from the clip's own first frame, so that a frame is the same
wherever the edit is cut.
"""

from dataclasses import dataclass
from math import ceil
from typing import Annotated, Final, Literal

from pydantic import Field

from cutroom.kit.schema import is_absent
from cutroom.media.timebase import Rational
from cutroom.render.parts import Box, ClipPart, VideoSource
from cutroom.timeline.resolved.captions import Captions
from cutroom.timeline.resolved.media import Color
from cutroom.timeline.resolved.picture import (
    BlendMode,
    Border,
    ChromaKey,
    Look,
    MatteMode,
    Motion,
    Passage,
    Shadow,
    View,
)
from cutroom.timeline.resolved.shapes import Gradient, Shape, Waveform
from cutroom.timeline.resolved.text import OwnFace, TextStyle

_SIGMAS: Final = 3
"""Sigmas of a blur beyond which nothing of it is seen."""
TICKS: Final = 1000
"""Ticks a second of what a painter sends; one tick is one frame, whatever the output's rate."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the canvas, in pixels; all four are even."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class VideoSubject:
    """Moving pictures, `width` by `height` pixels as displayed: second `trim` of the source is the clip's first."""

    source: VideoSource
    trim: Rational
    speed: Rational
    width: int
    height: int
    kind: Literal["video"] = "video"


@dataclass(frozen=True, slots=True)
class ImageSubject:
    """A still picture, `width` by `height` pixels as displayed."""

    sha256: str
    format: str
    alpha: bool
    width: int
    height: int
    kind: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class LoopSubject:
    """A picture that moves, played again and again: GIF or APNG."""

    sha256: str
    format: str
    width: int
    height: int
    kind: Literal["loop"] = "loop"


@dataclass(frozen=True, slots=True)
class ColorSubject:
    """One colour."""

    color: Color
    kind: Literal["color"] = "color"


@dataclass(frozen=True, slots=True)
class TextSubject:
    """A block of text, drawn with the fonts that have the digest `fonts`, and with the document's own."""

    text: TextStyle
    fonts: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class CaptionSubject:
    """Captions on a canvas of `width` by `height` pixels; `vertical` is where a cue stands that leaves room."""

    captions: Captions
    fonts: str
    width: int
    height: int
    vertical: Literal["top", "center", "bottom"]
    kind: Literal["captions"] = "captions"


@dataclass(frozen=True, slots=True)
class ShapeSubject:
    """A figure."""

    shape: Shape
    kind: Literal["shape"] = "shape"


@dataclass(frozen=True, slots=True)
class GradientSubject:
    """Colours that run into each other."""

    gradient: Gradient
    kind: Literal["gradient"] = "gradient"


@dataclass(frozen=True, slots=True)
class WaveformSubject:
    """Sound made visible."""

    waveform: Waveform
    kind: Literal["waveform"] = "waveform"


Subject = Annotated[
    VideoSubject
    | ImageSubject
    | LoopSubject
    | ColorSubject
    | TextSubject
    | CaptionSubject
    | ShapeSubject
    | GradientSubject
    | WaveformSubject,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class MatteSubject:
    """The picture that decides how opaque another one is; it is stretched over that one's box."""

    picture: Annotated[VideoSubject | ImageSubject, Field(discriminator="kind")]
    mode: MatteMode


@dataclass(frozen=True, slots=True)
class Painting:
    """How a clip looks, frame by frame.

    Args:
        width: of the canvas, in pixels.
        height: of the canvas.
        box: which part of the subject is shown, and where it stands before any motion; those of text may be odd. Around
            the picture it has the `margin` on every side.
        frames: length of the clip, its tail included.
        still: whether all frames are the same picture.
        opaque: whether every pixel of the window is opaque in all frames.
        padded: whether the subject is contained in the box over a blurred picture of itself (fit "blur").
        radius_px: of the picture's corners.
    """

    subject: Subject
    width: int
    height: int
    box: Box
    frames: int
    fps: Rational
    still: bool
    opaque: bool
    padded: bool = False
    view: View | None = None
    motion: Motion | None = None
    enter: Passage | None = None
    leave: Passage | None = None
    looks: tuple[Look, ...] = ()
    chroma: ChromaKey | None = None
    matte: MatteSubject | None = None
    radius_px: float = 0.0
    flip_x: bool = False
    flip_y: bool = False
    border: Annotated[Border | None, Field(exclude_if=is_absent)] = None
    shadow: Annotated[Shadow | None, Field(exclude_if=is_absent)] = None

    @property
    def margin(self) -> int:
        """Pixels around the picture, on every side of it, in which its shadow lies; even."""
        shadow = self.shadow
        if shadow is None:
            return 0
        return 2 * ceil((_SIGMAS * shadow.blur_px + max(abs(shadow.dx_px), abs(shadow.dy_px))) / 2)


@dataclass(frozen=True, slots=True)
class PaintedLayer(ClipPart):
    """A clip that is painted for its whole life.

    Args:
        window: holds all that is ever seen of the clip.
        at: number of frame `first`, counted over the painting; 0 for a still one.
        blend: how it meets what lies below.
    """

    window: Window
    at: int
    painting: Painting
    blend: BlendMode = "normal"
    kind: Literal["painted"] = "painted"


def own_faces(subject: Subject) -> tuple[OwnFace, ...]:
    """What a subject is lettered with of the fonts that its document brings."""
    if isinstance(subject, TextSubject):
        return subject.text.faces
    return subject.captions.style.faces if isinstance(subject, CaptionSubject) else ()


def sources(painting: Painting) -> tuple[str, ...]:
    """SHA-256 of every file that a painting is made from."""
    subjects = [painting.subject, *([painting.matte.picture] if painting.matte else [])]
    found = [face.sha256 for face in own_faces(painting.subject)]
    for subject in subjects:
        if isinstance(subject, VideoSubject):
            found.append(subject.source.sha256)
        elif isinstance(subject, ImageSubject | LoopSubject):
            found.append(subject.sha256)
        elif isinstance(subject, WaveformSubject):
            found.append(subject.waveform.media.sha256)
    return tuple(found)
