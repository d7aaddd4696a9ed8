"""What the engine takes from a probe."""

from typing import Final

from cutroom.media.info import MediaInfo, VideoStream
from cutroom.media.origin import zero
from cutroom.render.plan import VideoSource

__all__ = ["video_source", "zero"]

_HD_HEIGHT: Final = 720


def video_source(sha256: str, info: MediaInfo, stream: VideoStream) -> VideoSource:
    """What a layer needs to know of its source."""
    start = zero(info)
    return VideoSource(
        sha256=sha256,
        format=info.format,
        codec=stream.codec,
        stream=stream.index,
        zero=start + stream.late,
        time_base=stream.time_base,
        fps=stream.fps,
        duration=None if stream.duration is None else stream.start + stream.duration - start,
        alpha=stream.has_alpha,
        # Untagged pictures of standard definition are BT.601, others BT.709: what players assume.
        hd=max(stream.coded_width * _HD_HEIGHT // 1280, stream.coded_height) >= _HD_HEIGHT,
        hdr=stream.hdr,
        interlaced=stream.interlaced,
    )
