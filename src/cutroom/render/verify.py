"""A render proves itself: the finished file is measured against its plan before anybody gets it."""

import asyncio
import os
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av

from cutroom.kit.errors import Internal
from cutroom.media.timebase import Rational
from cutroom.render.plan import RenderPlan

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_HEADER_BYTES: Final = 16
_BOXES: Final = frozenset({b"ftyp", b"free", b"skip", b"wide", b"uuid", b"moov", b"mdat"})
_CODECS: Final = {"aac": "aac", "mp3": "mp3", "mp3float": "mp3"}


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What was measured on the finished file; picture fields are None when it has no pictures.

    Args:
        duration: seconds of pictures, or of sound when there are none.
        frames: pictures in the file, each with a time of its own.
        audio_duration: seconds of sound after the encoder's lead-in; None without sound.
        audio_offset: seconds from the first picture to the first sound; None unless there are both.
        faststart: whether players can start before they have the whole file.
    """

    format: str
    size_bytes: int
    duration: Rational
    frames: int
    width: int | None
    height: int | None
    fps: Rational | None
    video_codec: str | None
    audio_codec: str | None
    audio_duration: Rational | None
    audio_offset: Rational | None
    faststart: bool


async def verify(plan: RenderPlan, out: Path) -> RenderReport:
    """Measure a finished file.

    Raises:
        Internal: `render_check_failed`, naming the check, when it is not what the plan says.
    """
    report = await asyncio.to_thread(_measure, plan, out)
    _compare(plan, report)
    return report


def _measure(plan: RenderPlan, out: Path) -> RenderReport:
    try:
        with av.open(str(out)) as file:
            video = file.streams.video[0] if file.streams.video else None
            audio = file.streams.audio[0] if file.streams.audio else None
            frames = _count_frames(file, video, plan.output.fps) if video is not None else 0
            sound = _seconds(audio.duration, audio.time_base) if audio is not None else None
            return RenderReport(
                format=plan.output.format,
                size_bytes=out.stat().st_size,
                duration=frames / plan.output.fps if video is not None else sound or Fraction(0),
                frames=frames,
                width=video.codec_context.width if video is not None else None,
                height=video.codec_context.height if video is not None else None,
                fps=plan.output.fps if video is not None else None,
                video_codec=video.codec_context.name if video is not None else None,
                audio_codec=audio.codec_context.name if audio is not None else None,
                audio_duration=sound,
                audio_offset=_seconds(audio.start_time, audio.time_base)
                if audio is not None and video is not None
                else None,
                faststart=starts_fast(out),
            )
    except av.FFmpegError as error:
        raise _failed("readable", f"it cannot be read: {error.strerror}") from error


def _count_frames(file: "InputContainer", video: "VideoStream", fps: Fraction) -> int:
    """How many pictures there are; each must be shown at its own multiple of 1 / `fps`, from 0 on."""
    tick = Fraction(video.time_base or 1)
    decoded: list[int] = []
    shown: list[int] = []
    for packet in file.demux(video):
        if packet.size and packet.pts is not None and packet.dts is not None:
            decoded.append(packet.dts)
            shown.append(packet.pts)
    if any(later <= earlier for earlier, later in pairwise(decoded)):
        raise _failed("decoding_times", "its frames are not in order")
    if any(pts * tick * fps != frame for frame, pts in enumerate(sorted(shown))):
        raise _failed("frame_times", f"its frames are not {float(1 / fps):.4f} seconds apart")
    return len(shown)


def _compare(plan: RenderPlan, report: RenderReport) -> None:
    output, frame = plan.output, 1 / plan.output.fps
    pictures = output.format == "mp4"
    wanted: dict[str, tuple[object, object]] = {
        "frame_count": (report.frames, plan.frames if pictures else 0),
        "size": ((report.width, report.height), (output.width, output.height) if pictures else (None, None)),
        "video_codec": (report.video_codec, "h264" if pictures else None),
        "audio_codec": (_CODECS.get(report.audio_codec or ""), plan.audio.encoder.codec if plan.audio else None),
        "faststart": (report.faststart, True),
    }
    for check, (found, asked) in wanted.items():
        if found != asked:
            raise _failed(check, f"it has {found} where the plan says {asked}")
    sound, offset = report.audio_duration, report.audio_offset
    if sound is not None and not -frame <= sound - plan.duration <= frame:
        raise _failed("audio_duration", f"its sound lasts {float(sound):.3f} s of {float(plan.duration):.3f} s")
    if offset is not None and not -frame <= offset <= frame:
        raise _failed("audio_offset", f"its sound starts at {float(offset):.3f} s")


def starts_fast(path: Path) -> bool:
    """Whether an MP4's index lies before its data (ISO/IEC 14496-12, 8.1); other formats need none."""
    with path.open("rb") as file:
        while len(header := file.read(_HEADER_BYTES)) >= _HEADER_BYTES // 2:
            size, name = int.from_bytes(header[:4], "big"), header[4:8]
            if name not in _BOXES:
                return True
            if name in {b"moov", b"mdat"}:
                return name == b"moov"
            size = int.from_bytes(header[8:16], "big") if size == 1 else size
            file.seek(max(size, 8) - len(header), os.SEEK_CUR)
    return False


def _seconds(ticks: int | None, time_base: Fraction | None) -> Fraction | None:
    return None if ticks is None or time_base is None else ticks * Fraction(time_base)


def _failed(check: str, what: str) -> Internal:
    return Internal("render_check_failed", f"The finished file failed the check '{check}': {what}.")
