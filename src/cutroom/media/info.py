"""What we know about a media file after probing it."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from operator import not_
from typing import Annotated, Final, Literal

from pydantic import Field

from cutroom.kit.schema import is_absent
from cutroom.media.timebase import Rational

Light = Literal["pq", "hlg"]
"""How the numbers of HDR pictures stand for light (ITU-R BT.2100)."""
Hdr = Annotated[Light | None, Field(exclude_if=is_absent)]
"""None is left out, so that what is said of other pictures, and named after that, stays as it was."""
Interlaced = Annotated[bool, Field(exclude_if=not_)]
"""False is left out, as above."""

MAX_PIXELS: Final = 8192 * 8192
"""Pixels of the largest picture that is let in. One of 16384 x 16384 took 2.2 GB to convert (threat A35)."""


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The pictures of a file.

    Args:
        index: number of the stream in the file, counted over streams of every kind.
        codec: name of the codec as FFmpeg has it: `h264`, `vp9`, `png`.
        profile: profile of the codec, when it has one.
        pixel_format: name as FFmpeg has it: `yuv420p`.
        width: pixels as displayed, after rotation, with square pixels.
        height: the same, downwards.
        coded_width: pixels as stored, before rotation and aspect.
        coded_height: the same, downwards.
        rotation: degrees clockwise by which the stored picture is to be turned: 0, 90, 180 or 270.
        sample_aspect: width of a stored pixel divided by its height.
        fps: frames per second, the average when the rate varies; 25 for a still image, as FFmpeg has it.
        time_base: seconds of one tick of the stream's timestamps.
        start: time of the first frame, in seconds, on the file's own clock.
        duration: seconds from the first frame's start to the last one's end; None for a still image.
        frames: how many there are, when the file says so or they were counted.
        has_alpha: whether the pictures can be transparent.
        hdr: how they stand for light, where that is more than screens for BT.709 show.
        interlaced: whether the two halves of a picture, its odd lines and its even ones, may be of two moments.
        late: seconds by which pictures come later out of FFmpeg than the file means them, as in AVI.
    """

    index: int
    codec: str
    profile: str | None
    pixel_format: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: int
    sample_aspect: Rational
    fps: Rational
    time_base: Rational
    start: Rational
    duration: Rational | None
    frames: int | None
    has_alpha: bool
    hdr: Hdr = None
    interlaced: Interlaced = False
    late: Annotated[Rational, Field(exclude_if=not_)] = Fraction(0)


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The sound of a file.

    Args:
        index: number of the stream in the file, counted over streams of every kind.
        codec: name of the codec as FFmpeg has it: `aac`, `mp3`, `pcm_s16le`.
        sample_rate: samples per second and channel.
        channels: how many.
        layout: their arrangement as FFmpeg has it: `stereo`, `5.1`.
        time_base: seconds of one tick of the stream's timestamps.
        start: time of the first sample, in seconds, on the file's own clock.
        duration: seconds from the first sample to the end of the last.
    """

    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    time_base: Rational
    start: Rational
    duration: Rational | None


@dataclass(frozen=True, slots=True)
class FontFace:
    """One face of a font file at one weight; a variable font has one for each weight that it can take.

    Args:
        names: what a document may call it: the family's name first, then the names of the face alone ("Brand Bold").
        weight: 1 to 1000; 400 is regular, 700 bold.
        italic: whether its letters are slanted.
        index: which face of a collection.
        color: whether it holds coloured pictures (COLR), drawn as they are.
        axes: values of a variable font's axes, in the font's order; empty for any other font.
    """

    names: tuple[str, ...]
    weight: int
    italic: bool
    index: int = 0
    color: bool = False
    axes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A file: what it holds, in numbers that can be relied on.

    Args:
        kind: `image` for a single still picture, `audio` for sound without pictures (cover art is no picture),
            `video` for all other media; `document` for text and PDF, which are read and never rendered; `font` for
            what letters are drawn with.
        format: name of the container: `mp4`, `webm`, `matroska`, `mp3`, `png`…; of a document `text` or `pdf`; of a
            font `ttf`, `otf`, `ttc`, `woff` or `woff2`.
        duration: seconds of the longest stream, counted from the earliest start; None for whatever has no time.
        size_bytes: of the file.
        video: the pictures, when there are any.
        audio: the sound, when there is any.
        faces: those of a font.
    """

    kind: Literal["video", "image", "audio", "document", "font"]
    format: str
    duration: Rational | None
    size_bytes: int
    video: VideoStream | None
    audio: AudioStream | None
    faces: tuple[FontFace, ...] = ()

    @property
    def start(self) -> Fraction:
        """Time of the earliest stream, in seconds on the file's own clock: what a player shows as 0."""
        return min((stream.start for stream in (self.video, self.audio) if stream is not None), default=Fraction(0))


def nearest(faces: Iterable[tuple[int, bool]], weight: int, *, italic: bool) -> tuple[int, bool]:
    """The weight and the slant, of those that there are, that come nearest to what is asked for.

    Of two weights equally near it is the lighter up to 500 (CSS Fonts 4, 5.2); upright where there is no italic.
    """
    there = list(faces)
    kinds = [one for one in there if one[1] == italic] or there
    return min(kinds, key=lambda one: (abs(one[0] - weight), one[0] if weight <= 500 else -one[0]))
