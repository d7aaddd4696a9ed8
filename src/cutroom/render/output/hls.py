"""HTTP Live Streaming: one fragmented MP4 and a playlist that says where its segments lie (RFC 8216, 4.3.2.2).

One file instead of thousands: a player asks for ranges of it, and whoever stores it keeps two things together.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import av

if TYPE_CHECKING:
    from av.stream import Stream

PLAYLIST: Final = "index.m3u8"
MEDIA: Final = "media.mp4"
_SHORTEST_S: Final = 4
"""A segment ends at the first key frame after this; RFC 8216bis and Apple's rules ask for about six seconds."""


def package(film: Path, folder: Path) -> tuple[Path, Path]:
    """Write playlist and media of a finished MP4; returns their paths.

    Nothing is encoded: packets go over as they are.
    """
    playlist, media = folder / PLAYLIST, folder / MEDIA
    options = {
        "hls_segment_type": "fmp4",
        "hls_time": str(_SHORTEST_S),
        "hls_playlist_type": "vod",
        "hls_flags": "single_file+independent_segments",
        "hls_segment_filename": str(media),
        "hls_fmp4_init_filename": MEDIA,
        "fflags": "+bitexact",
        # What is decoded before second 0 is left out by an edit list; without one everything would begin later.
        "avoid_negative_ts": "0",
    }
    with av.open(str(film)) as source, av.open(str(playlist), "w", format="hls", options=options) as target:
        streams: dict[int, Stream] = {
            stream.index: target.add_stream_from_template(stream, opaque=True)
            for stream in (*source.streams.video, *source.streams.audio)
        }
        for number, stream in streams.items():
            stream.codec_context.codec_tag = source.streams[number].codec_context.codec_tag
        for packet in source.demux(*(source.streams[index] for index in streams)):
            if packet.size:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return playlist, media
