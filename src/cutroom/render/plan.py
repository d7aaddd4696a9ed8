"""The render plan: what to make, as plain data.

A plan can be printed, stored, compared and sent to another machine: every class is a frozen dataclass of numbers, text
and tuples, and goes to JSON and back through `pydantic.TypeAdapter` (fractions as "n/d"). A piece of a plan (one
segment, or the sound) is self-contained: whoever holds it and its inputs can make its bytes, and its `key` names them.

Frames are output frames. Inside a segment they count from the segment's own first frame, so the same picture later in
the edit has the same key. Samples are output samples, 48,000 a second.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import Field

from cutroom.kit.adapter import Adapter
from cutroom.media.timebase import Rational
from cutroom.render.encoders import VideoEncoder
from cutroom.render.painting import PaintedLayer
from cutroom.render.parts import Box, Canvas, ClipPart, Ramp, VideoSource
from cutroom.render.sound.plan import AudioPlan
from cutroom.timeline.resolved import (
    Color,
    Format,
    Position,
    Poster,
    Quality,
    Sprites,
    TextStyle,
    Warning,  # noqa: A004 — the word of the document
)

__all__ = ["Box", "Canvas", "Ramp", "VideoSource"]

FORM: Final = 2
"""Of plans: one more whenever a piece can say what the version before would not understand."""


@dataclass(frozen=True, slots=True)
class VideoLayer(ClipPart):
    """A clip of moving pictures; `at` is the source's second at frame `first`.

    `speed` is how many seconds of the source are in one of the output.
    """

    box: Box
    source: VideoSource
    at: Rational
    speed: Rational = Fraction(1)
    kind: Literal["video"] = "video"


@dataclass(frozen=True, slots=True)
class ImageLayer(ClipPart):
    """A still picture."""

    box: Box
    sha256: str
    format: str
    alpha: bool
    kind: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class TextLayer(ClipPart):
    """A block of text; its size is known when it is laid out.

    Args:
        position: the point of the canvas, and of the block, that are laid on each other.
        x: pixels by which the block is then moved right.
        y: pixels by which it is then moved down.
        fonts: digest of the fonts that it is drawn with.
    """

    text: TextStyle
    position: Position
    x: int
    y: int
    fonts: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ColorLayer(ClipPart):
    """A rectangle of one colour."""

    box: Box
    color: Color
    kind: Literal["color"] = "color"


Layer = Annotated[VideoLayer | ImageLayer | TextLayer | ColorLayer | PaintedLayer, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Span:
    """What every segment has.

    Args:
        index: place among the segments.
        start: first output frame.
        frames: how many.
    """

    index: int
    start: int
    frames: int


@dataclass(frozen=True, slots=True)
class SegmentPlan(Span):
    """A span of output frames that is made on its own.

    Args:
        layers: bottom to top.
        inputs: SHA-256 of every source that is read.
        key: SHA-256 over everything that determines the bytes; neither `index` nor `start` does.
    """

    canvas: Canvas
    encoder: VideoEncoder
    layers: tuple[Layer, ...]
    inputs: tuple[str, ...]
    key: str
    kind: Literal["encode"] = "encode"


@dataclass(frozen=True, slots=True)
class CopySegment(Span):
    """A span of output frames whose packets are taken from a source as they are; nothing is made for it.

    Args:
        encoder: that of the plan; it says how long a frame is.
        pointer: JSON pointer of the clip.
        source: where the packets are; `inputs` holds its SHA-256 alone.
        first_pts: presentation time of the first packet, in ticks of the source; it is an IDR picture. The segment is
            this packet and those that follow it in decoding order.
        key: SHA-256 over everything that says which bytes these are.
    """

    encoder: VideoEncoder
    pointer: str
    source: VideoSource
    first_pts: int
    inputs: tuple[str, ...]
    key: str
    kind: Literal["copy"] = "copy"


@dataclass(frozen=True, slots=True)
class RepeatSegment(Span):
    """A span of output frames that shows a cycle over and over: encoded once, written `frames / cycle.frames` times.

    `frames` is a whole multiple of the cycle's. What is kept under `key` is the cycle.
    """

    cycle: SegmentPlan
    kind: Literal["repeat"] = "repeat"

    @property
    def encoder(self) -> VideoEncoder:
        """How the cycle is compressed."""
        return self.cycle.encoder

    @property
    def inputs(self) -> tuple[str, ...]:
        """SHA-256 of every source that the cycle reads."""
        return self.cycle.inputs

    @property
    def key(self) -> str:
        """The cycle's key."""
        return self.cycle.key


@dataclass(frozen=True, slots=True)
class SkipSegment(Span):
    """A span of output frames that all show one picture: encoded once, then repeated by skipped pictures.

    What is kept under `key` is `still`, a segment of one frame.
    """

    still: SegmentPlan
    kind: Literal["skip"] = "skip"

    @property
    def encoder(self) -> VideoEncoder:
        """How the picture is compressed."""
        return self.still.encoder

    @property
    def inputs(self) -> tuple[str, ...]:
        """SHA-256 of every source that the picture reads."""
        return self.still.inputs

    @property
    def key(self) -> str:
        """The picture's key."""
        return self.still.key


Segment = Annotated[SegmentPlan | CopySegment | RepeatSegment | SkipSegment, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class PlanOutput:
    """The file to make, and the pictures to make beside it; the fields are those of `ResolvedOutput`."""

    format: Format
    width: int
    height: int
    fps: Rational
    quality: Quality = "medium"
    repeat: int = 0
    transparent: bool = False
    posters: tuple[Poster, ...] = ()
    sprites: Sprites | None = None


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """Everything there is to do; `segments` lie end to end and cover `frames`, and are empty for an mp3."""

    output: PlanOutput
    frames: int
    segments: tuple[Segment, ...]
    audio: AudioPlan | None
    warnings: tuple[Warning, ...]
    engine: str

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frames / self.output.fps


PLAN: Final[Adapter[RenderPlan]] = Adapter(RenderPlan)
"""Reads and writes a whole plan as JSON."""
