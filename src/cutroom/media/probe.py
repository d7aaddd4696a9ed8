"""Finding out what a file holds."""

from cutroom.media.info import AudioStream, MediaInfo, VideoStream

__all__ = ["AudioStream", "MediaInfo", "VideoStream"]
