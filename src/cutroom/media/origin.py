"""Where second 0 of a file is, and how long its streams last from there."""

from fractions import Fraction
from typing import Final

from cutroom.media.info import AudioStream, MediaInfo, VideoStream

PRIMING_S: Final = Fraction(1, 10)
"""Sound that starts this much before the pictures, or less, does so for the sake of its codec."""


def zero(info: MediaInfo) -> Fraction:
    """The presentation time, in seconds, that is second 0 of a file.

    It is the first picture's, so that a clip without trim starts with the first picture; but when sound starts well
    before the pictures, it is the sound's.
    """
    if info.video is not None and info.video.start - info.start <= PRIMING_S:
        return info.video.start
    return info.start


def length_s(info: MediaInfo, stream: VideoStream | AudioStream | None) -> Fraction | None:
    """Seconds from second 0 of a file to the end of a stream of it; None when the file does not say."""
    if stream is not None and stream.duration is not None and stream.duration > 0:
        return stream.start + stream.duration - zero(info)
    return info.duration if info.duration is not None and info.duration > 0 else None
