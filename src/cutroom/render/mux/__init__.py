"""One file out of many runs of packets: nothing is decoded, nothing is rounded.

`read_pictures` and `read_sound` find the packets of our own pieces, `write_mp4` lays any runs of them end to end, and
`join` does so for a plan.
"""

from cutroom.render.mux.join import check_parts, join
from cutroom.render.mux.mp4 import AudioTrack, VideoTrack, write_mp4
from cutroom.render.mux.parameters import merged
from cutroom.render.mux.samples import AAC_FRAME, Pictures, Run, Sounds, read_pictures, read_sound

__all__ = [
    "AAC_FRAME",
    "AudioTrack",
    "Pictures",
    "Run",
    "Sounds",
    "VideoTrack",
    "check_parts",
    "join",
    "merged",
    "read_pictures",
    "read_sound",
    "write_mp4",
]
