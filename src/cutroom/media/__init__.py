"""Floor 2: ffmpeg and media files. No database, no web, no tenant."""

from cutroom.media.info import AudioStream, MediaInfo, VideoStream

__all__ = ["AudioStream", "MediaInfo", "VideoStream"]
