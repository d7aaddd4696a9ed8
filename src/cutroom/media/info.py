"""What we know about a media file after probing it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from cutroom.media.timebase import Rational

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
class MediaInfo:
    """A file: what it holds, in numbers that can be relied on.

    Args:
        kind: `image` for a single still picture, `audio` for sound without pictures (cover art is no picture),
            `video` for all other media; `document` for text and PDF, which are read and never rendered.
        format: name of the container: `mp4`, `webm`, `matroska`, `mp3`, `png`…; of a document `text` or `pdf`.
        duration: seconds of the longest stream, counted from the earliest start; None for an image and a document.
        size_bytes: of the file.
        video: the pictures, when there are any.
        audio: the sound, when there is any.
    """

    kind: Literal["video", "image", "audio", "document"]
    format: str
    duration: Rational | None
    size_bytes: int
    video: VideoStream | None
    audio: AudioStream | None

    @property
    def start(self) -> Fraction:
        """Time of the earliest stream, in seconds on the file's own clock: what a player shows as 0."""
        return min((stream.start for stream in (self.video, self.audio) if stream is not None), default=Fraction(0))
