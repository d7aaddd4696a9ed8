"""Videos of YouTube: what is said in them, by their captions or their sound.

yt-dlp knows how YouTube answers, and nothing else of it is used: its extractor runs in a sandbox without a network, and
every request that it wants is made by us, through the guard, to hosts of YouTube alone (threats A45 and A46).
"""

from cutroom.media.youtube.address import video_id
from cutroom.media.youtube.captions import Captions, Line
from cutroom.media.youtube.errands import Web
from cutroom.media.youtube.video import CaptionTrack, SoundTrack, Video
from cutroom.media.youtube.youtube import YouTube

__all__ = ["CaptionTrack", "Captions", "Line", "SoundTrack", "Video", "Web", "YouTube", "video_id"]
