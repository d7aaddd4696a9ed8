"""What the engine takes from a probe."""

from fractions import Fraction
from typing import Final

from cutroom.media.info import MediaInfo, VideoStream
from cutroom.render.plan import VideoSource

PRIMING_S: Final = Fraction(1, 10)
"""Sound that starts this much before the pictures, or less, does so for the sake of its codec."""
_HD_HEIGHT: Final = 720


def zero(info: MediaInfo) -> Fraction:
    """The presentation time, in seconds, that is second 0 of a file.

    It is the first picture's, so that a clip without trim starts with the first picture; but when sound starts well
    before the pictures, it is the sound's.
    """
    if info.video is not None and info.video.start - info.start <= PRIMING_S:
        return info.video.start
    return info.start


def video_source(sha256: str, info: MediaInfo, stream: VideoStream) -> VideoSource:
    """What a layer needs to know of its source."""
    start = zero(info)
    return VideoSource(
        sha256=sha256,
        format=info.format,
        codec=stream.codec,
        stream=stream.index,
        zero=start,
        time_base=stream.time_base,
        fps=stream.fps,
        duration=None if stream.duration is None else stream.start + stream.duration - start,
        alpha=stream.has_alpha,
        # Untagged pictures of standard definition are BT.601, others BT.709: what players assume.
        hd=max(stream.coded_width * _HD_HEIGHT // 1280, stream.coded_height) >= _HD_HEIGHT,
    )
