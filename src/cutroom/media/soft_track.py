"""Subtitles as a track of their own beside the pictures and the sound, which stay as they are, packet by packet."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from cutroom.kit.errors import Invalid
from cutroom.media.command import Command, Input, Output
from cutroom.media.info import MediaInfo
from cutroom.media.kinds import Value
from cutroom.media.languages import language_of
from cutroom.media.run import run_ffmpeg
from cutroom.media.words import Word


@dataclass(frozen=True, slots=True)
class SoftTrack:
    """How a container holds subtitles.

    Args:
        muxer: FFmpeg's writer.
        codec: FFmpeg's encoder of subtitles; WebVTT is copied, since the one for it leaves out the escapes.
        extension: of the file's name, without the dot.
        content_type: to serve it with.
    """

    muxer: Word
    codec: Word
    extension: str
    content_type: str


_MP4: Final = SoftTrack(Word.MP4, Word.MOV_TEXT, "mp4", "video/mp4")
_KINDS: Final[Mapping[str, SoftTrack]] = {
    "mp4": _MP4,
    "m4a": _MP4,
    "mov": SoftTrack(Word.MOV, Word.MOV_TEXT, "mov", "video/quicktime"),
    "webm": SoftTrack(Word.WEBM, Word.COPY, "webm", "video/webm"),
    "matroska": SoftTrack(Word.MATROSKA, Word.COPY, "mkv", "video/x-matroska"),
}


def soft_track_of(info: MediaInfo) -> SoftTrack:
    """How a file would hold subtitles.

    Raises:
        Invalid: `soft_track_unsupported`, of a container that holds none.
    """
    if info.video is None or info.format not in _KINDS:
        what = f"{info.format} file{' without pictures' if info.video is None else ''}"
        raise Invalid(
            "soft_track_unsupported",
            f"This {what} cannot hold a track of subtitles; MP4, MOV, WebM and Matroska with pictures can. Burn them "
            "in, or take them as a file beside it.",
        )
    return _KINDS[info.format]


async def add_soft_track(
    source: Path, info: MediaInfo, vtt: Path, out: Path, *, zero: Fraction, language: str, scratch: Path
) -> None:
    """Write a copy of a file with a track of subtitles that players show unless they are told otherwise.

    Pictures and sound are copied, the first stream of each; subtitles that were there are not.

    Args:
        source: the file.
        info: what the probe found in it.
        vtt: a WebVTT file that we wrote.
        out: the file to write.
        zero: second of the source's own clock at which the subtitles' clock begins.
        language: BCP 47 tag of the subtitles.
        scratch: folder to run in.

    Raises:
        Invalid: `soft_track_unsupported`; and what `run_ffmpeg` raises.
    """
    kind = soft_track_of(info)
    streams = [f"0:{stream.index}" for stream in (info.video, info.audio) if stream is not None]
    options: dict[str, Value] = {
        "c:v": Word.COPY,
        "c:a": Word.COPY,
        "c:s": kind.codec,
        "metadata:s:s:0": language_of(language),
        "disposition:s:0": Word.DEFAULT,
    }
    if kind.muxer in {Word.MP4, Word.MOV}:
        options["movflags"] = (Word.FASTSTART,)
    # FFmpeg lets a file begin at 0 when it copies: the clock of the subtitles then begins that much later.
    words = Input(vtt, Word.WEBVTT, offset=max(Fraction(0), zero - info.start))
    await run_ffmpeg(
        Command([Input.of(source, info), words], [Output(out, kind.muxer, [*streams, "1:0"], options)]), scratch=scratch
    )
