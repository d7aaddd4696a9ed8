"""The smallest parts of a plan: the canvas, a fade, a place, a source of moving pictures."""

from dataclasses import dataclass

from cutroom.media.info import Hdr, Interlaced
from cutroom.media.timebase import Rational
from cutroom.timeline.resolved.media import Color


@dataclass(frozen=True, slots=True)
class Canvas:
    """The picture that layers are drawn on: `width` and `height` in pixels, both even.

    With `alpha` it begins transparent instead of as `background`, and what is drawn keeps its transparency.
    """

    width: int
    height: int
    fps: Rational
    background: Color
    alpha: bool = False


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
class ClipPart:
    """What every layer has: its clip's pointer, and the frames [first, last) of the segment in which it is live."""

    pointer: str
    first: int
    last: int
    ramps: tuple[Ramp, ...]
    opacity: float


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
        hdr: as in `VideoStream`.
        interlaced: as there.
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
    hdr: Hdr = None
    interlaced: Interlaced = False
