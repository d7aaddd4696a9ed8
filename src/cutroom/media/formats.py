"""The formats that we read and write: what they are called, which part of FFmpeg does them, how they are served."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from cutroom.kit.errors import Invalid
from cutroom.media.words import Word

INDEXED: Final = frozenset({"mp4", "mov", "m4a", "matroska", "webm"})
"""Containers that list where their key frames are."""
UNSEEKABLE: Final = frozenset({"gif", "apng"})
"""Containers that are read from their start, wherever one wants to go."""
ROUNDED: Final = frozenset({"matroska", "webm", "flv", "asf"})
"""Containers that say in whole milliseconds when a packet is shown: where sound is read from, it may be so far off."""
MARGIN_WITHOUT_INDEX_S: Final = Fraction(10)
"""Where key frames are not listed, seeking lands anywhere; a key frame is rarely further than this."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that we make.

    Args:
        name: as in a request's `output.format`.
        kind: what it holds.
        muxer: FFmpeg's writer.
        video: FFmpeg's encoder for pictures, when it holds any.
        audio: FFmpeg's encoder for sound, when it holds any.
        content_type: media type to serve it with.
        extension: of its file name, without the dot.
    """

    name: str
    kind: Literal["video", "image", "audio"]
    muxer: Word
    video: Word | None
    audio: Word | None
    content_type: str
    extension: str


FORMATS: Final[Mapping[str, Format]] = {
    made.name: made
    for made in (
        Format("mp4", "video", Word.MP4, Word.LIBX264, Word.AAC, "video/mp4", "mp4"),
        Format("mov", "video", Word.MOV, Word.PRORES_KS, Word.PCM_S16LE, "video/quicktime", "mov"),
        Format("webm", "video", Word.WEBM, Word.LIBVPX_VP9, Word.LIBOPUS, "video/webm", "webm"),
        Format("gif", "image", Word.GIF, Word.GIF, None, "image/gif", "gif"),
        Format("mp3", "audio", Word.MP3, None, Word.LIBMP3LAME, "audio/mpeg", "mp3"),
        Format("m4a", "audio", Word.IPOD, None, Word.AAC, "audio/mp4", "m4a"),
        Format("wav", "audio", Word.WAV, None, Word.PCM_S16LE, "audio/wav", "wav"),
        Format("png", "image", Word.IMAGE2, Word.PNG, None, "image/png", "png"),
        Format("jpg", "image", Word.IMAGE2, Word.MJPEG, None, "image/jpeg", "jpg"),
    )
}

# `MediaInfo.format` to the demuxer that is forced on the file, so that ffmpeg does not guess.
_DEMUXERS: Final[Mapping[str, Word]] = {
    "mp4": Word.MOV,
    "mov": Word.MOV,
    "m4a": Word.MOV,
    "matroska": Word.MATROSKA,
    "webm": Word.MATROSKA,
    "mpegts": Word.MPEGTS,
    "avi": Word.AVI,
    "gif": Word.GIF,
    "mp3": Word.MP3,
    "wav": Word.WAV,
    "flac": Word.FLAC,
    "ogg": Word.OGG,
    "aac": Word.AAC,
    "ac3": Word.AC3,
    "eac3": Word.EAC3,
    "aiff": Word.AIFF,
    "caf": Word.CAF,
    "flv": Word.FLV,
    "asf": Word.ASF,
    "png": Word.PNG_PIPE,
    "jpeg": Word.JPEG_PIPE,
    "webp": Word.WEBP_PIPE,
    "apng": Word.APNG,
    # made by ourselves, between two of our own steps
    "nut": Word.NUT,
    "w64": Word.W64,
}


def format_named(name: str) -> Format:
    """The output format of that name.

    Raises:
        Invalid: `unknown_format`.
    """
    if name not in FORMATS:
        raise Invalid("unknown_format", f"The format {name[:40]!r} is not one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def demuxer(name: str) -> Word:
    """FFmpeg's reader for a `MediaInfo.format`.

    Raises:
        Invalid: `media_unsupported`, for a name that no probe gives.
    """
    if name not in _DEMUXERS:
        raise Invalid("media_unsupported", f"Files of the format {name[:40]!r} cannot be read.")
    return _DEMUXERS[name]


def shown_ms(said_ms: float) -> float:
    """How long a picture of a GIF, PNG, WebP or AVIF that moves is shown: browsers make 100 ms of 10 ms or less."""
    return said_ms if said_ms > 10 else 100
