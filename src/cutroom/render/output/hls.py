"""HTTP Live Streaming: one fragmented MP4 and a playlist that says where its segments lie (RFC 8216, 4.3.2.2).

One file instead of thousands: a player asks for ranges of it, and whoever stores it keeps two things together.
"""

from fractions import Fraction
from pathlib import Path
from typing import Final

from cutroom.render.output import packets

PLAYLIST: Final = "index.m3u8"
MEDIA: Final = "media.mp4"
_LENGTH: Final = "#EXTINF:"
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
        # What is decoded before second 0 is left out by an edit list; without one everything would begin later.
        "avoid_negative_ts": "0",
    }
    packets.rewrap(film, playlist, packets.Container("hls", options))
    return playlist, media


def segment_lengths(playlist: Path) -> list[Fraction]:
    """Seconds of each segment that a playlist names."""
    lines = playlist.read_text("utf-8").splitlines()
    return [Fraction(line[len(_LENGTH) :].partition(",")[0]) for line in lines if line.startswith(_LENGTH)]
