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

from pydantic import Field, TypeAdapter

from cutroom.media.timebase import Rational
from cutroom.render.encoders import AudioEncoder, VideoEncoder
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


@dataclass(frozen=True, slots=True)
class Canvas:
    """The picture that layers are drawn on: `width` and `height` in pixels, both even."""

    width: int
    height: int
    fps: Rational
    background: Color


@dataclass(frozen=True, slots=True)
class Ramp:
    """Strength that goes linearly from nothing to all (`rising`) or back.

    The k-th of its `length` units has the strength (k + 1/2) / length, or one minus that, so that a falling and a
    rising ramp over the same units always add up to one. `first` may lie before what the ramp is applied to.
    """

    first: int
    length: int
    rising: bool


@dataclass(frozen=True, slots=True)
class Box:
    """Where a picture goes and which part of it.

    Args:
        crop_x: left edge of the part that is shown, as a fraction of the width of the picture as displayed.
        crop_y: its top edge, as a fraction of the height.
        crop_width: its width, in (0, 1].
        crop_height: its height, in (0, 1].
        x: left edge on the canvas, in pixels; even, perhaps negative.
        y: top edge on the canvas; even, perhaps negative.
        width: size on the canvas; even.
        height: size on the canvas; even.
    """

    crop_x: Rational
    crop_y: Rational
    crop_width: Rational
    crop_height: Rational
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class VideoSource:
    """The moving picture of a file.

    Args:
        format: name of the demuxer, as the probe gave it.
        stream: index of the stream in the file.
        zero: presentation time, in seconds, that counts as second 0 of the file.
        alpha: whether pixels can be transparent.
        hd: whether untagged colours are to be taken as BT.709; BT.601 otherwise.
        duration: seconds from `zero`; None when the file does not say.
    """

    sha256: str
    format: str
    codec: str
    stream: int
    zero: Rational
    time_base: Rational
    fps: Rational
    duration: Rational | None
    alpha: bool
    hd: bool


@dataclass(frozen=True, slots=True)
class VideoLayer:
    """A clip of moving pictures, live in frames [first, last); `at` is the source's second at frame `first`."""

    pointer: str
    first: int
    last: int
    ramps: tuple[Ramp, ...]
    opacity: float
    box: Box
    source: VideoSource
    at: Rational
    kind: Literal["video"] = "video"


@dataclass(frozen=True, slots=True)
class ImageLayer:
    """A still picture, live in frames [first, last)."""

    pointer: str
    first: int
    last: int
    ramps: tuple[Ramp, ...]
    opacity: float
    box: Box
    sha256: str
    format: str
    alpha: bool
    kind: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class TextLayer:
    """A block of text, live in frames [first, last); its size is known when it is laid out.

    Args:
        position: the point of the canvas, and of the block, that are laid on each other.
        x: pixels by which the block is then moved right.
        y: pixels by which it is then moved down.
        fonts: digest of the fonts that it is drawn with.
    """

    pointer: str
    first: int
    last: int
    ramps: tuple[Ramp, ...]
    opacity: float
    text: TextStyle
    position: Position
    x: int
    y: int
    fonts: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ColorLayer:
    """A rectangle of one colour, live in frames [first, last)."""

    pointer: str
    first: int
    last: int
    ramps: tuple[Ramp, ...]
    opacity: float
    box: Box
    color: Color
    kind: Literal["color"] = "color"


Layer = Annotated[VideoLayer | ImageLayer | TextLayer | ColorLayer, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """A span of output frames that is made on its own.

    Args:
        index: place among the segments.
        start: first output frame.
        frames: how many.
        layers: bottom to top.
        inputs: SHA-256 of every source that is read.
        key: SHA-256 over everything that determines the bytes; neither `index` nor `start` does.
    """

    index: int
    start: int
    frames: int
    canvas: Canvas
    encoder: VideoEncoder
    layers: tuple[Layer, ...]
    inputs: tuple[str, ...]
    key: str
    kind: Literal["encode"] = "encode"


@dataclass(frozen=True, slots=True)
class CopySegment:
    """A span of output frames whose packets are taken from a source as they are; nothing is made for it.

    Args:
        index: place among the segments.
        start: first output frame.
        frames: how many.
        encoder: that of the plan; it says how long a frame is.
        pointer: JSON pointer of the clip.
        source: where the packets are; `inputs` holds its SHA-256 alone.
        first_pts: presentation time of the first packet, in ticks of the source; it is an IDR picture. The segment is
            this packet and those that follow it in decoding order.
        key: SHA-256 over everything that says which bytes these are.
    """

    index: int
    start: int
    frames: int
    encoder: VideoEncoder
    pointer: str
    source: VideoSource
    first_pts: int
    inputs: tuple[str, ...]
    key: str
    kind: Literal["copy"] = "copy"


@dataclass(frozen=True, slots=True)
class RepeatSegment:
    """A span of output frames that shows a cycle over and over: encoded once, written `frames / cycle.frames` times.

    `frames` is a whole multiple of the cycle's. What is kept under `key` is the cycle.
    """

    index: int
    start: int
    frames: int
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
class SkipSegment:
    """A span of output frames that all show one picture: encoded once, then repeated by skipped pictures.

    What is kept under `key` is `still`, a segment of one frame.
    """

    index: int
    start: int
    frames: int
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
class AudioSource:
    """The sound of a file; `zero`, `format` and `stream` as in `VideoSource`.

    `start` is the presentation time, in seconds, of the first sample.
    """

    sha256: str
    format: str
    stream: int
    zero: Rational
    start: Rational
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Voice:
    """One use of a source in the mix, heard in output samples [first, last).

    `at` is the source's second at sample `first`. `ramps` count samples of the output.
    """

    pointer: str
    first: int
    last: int
    source: AudioSource
    at: Rational
    volume: float
    ramps: tuple[Ramp, ...]


@dataclass(frozen=True, slots=True)
class AudioSpan:
    """Output samples [first, last), mixed in one go from the voices with these indices."""

    first: int
    last: int
    voices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """The whole sound: `samples` of stereo; spans lie end to end and cover all of it."""

    samples: int
    encoder: AudioEncoder
    voices: tuple[Voice, ...]
    spans: tuple[AudioSpan, ...]
    inputs: tuple[str, ...]
    key: str
    kind: Literal["mix"] = "mix"

    @property
    def extension(self) -> str:
        """File name extension of what `render_audio` writes."""
        return self.encoder.extension


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


PLAN: Final[TypeAdapter[RenderPlan]] = TypeAdapter(RenderPlan)
"""Reads and writes a whole plan as JSON."""
