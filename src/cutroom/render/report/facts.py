"""What a finished file says of itself: streams, sizes, codecs."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
from PIL import Image

from cutroom.render.report import iso
from cutroom.render.report.timing import Frames, Sounding, measure

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_NAMES: Final = {
    "hevc": "h265",
    "mp3float": "mp3",
    "libdav1d": "av1",
    "libopus": "opus",
    "pcm_s16le": "pcm",
    "mjpeg": "jpg",
}
_ISO: Final = frozenset({"mp4", "mov", "m4a"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read; picture fields are None when there are no pictures, sound fields when there is no sound.

    Args:
        alpha: whether its pixels can be transparent.
        whole: whether all that its index speaks of is there.
    """

    size_bytes: int
    frames: Frames | None
    sound: Sounding | None
    width: int | None
    height: int | None
    pixels: str | None
    alpha: bool
    video_codec: str | None
    audio_codec: str | None
    faststart: bool
    whole: bool
    audio_rate: int | None = None
    audio_channels: int | None = None


def facts(path: Path, format_: str) -> Facts:
    """Read a file of a render.

    Raises:
        av.FFmpegError, ValueError, OSError: when it cannot be read.
    """
    frames, sound = measure(path, format_)
    size = path.stat().st_size
    if format_ == "webp":
        with Image.open(path) as picture:
            alpha, (width, height) = picture.mode == "RGBA", picture.size
        return Facts(size, frames, sound, width, height, "rgb", alpha, "webp", None, faststart=True, whole=True)
    with av.open(str(path)) as file:
        video = file.streams.video[0] if file.streams.video else None
        audio = file.streams.audio[0] if file.streams.audio else None
        return Facts(
            size_bytes=size,
            frames=frames,
            sound=sound,
            width=video.codec_context.width if video is not None else None,
            height=video.codec_context.height if video is not None else None,
            pixels=video.codec_context.pix_fmt if video is not None else None,
            alpha=video is not None and _alpha(video),
            video_codec=_name(video.codec_context.name) if video is not None else None,
            audio_codec=_name(audio.codec_context.name) if audio is not None else None,
            faststart=iso.starts_fast(path),
            whole=format_ not in _ISO or iso.whole(path),
            audio_rate=audio.sample_rate if audio is not None else None,
            audio_channels=audio.codec_context.channels if audio is not None else None,
        )


def _alpha(video: "VideoStream") -> bool:
    pixels = video.codec_context.pix_fmt or ""
    marked = any(name.lower() == "alpha_mode" and value == "1" for name, value in video.metadata.items())
    return marked or pixels.startswith(("yuva", "rgba", "bgra", "argb", "abgr", "gbrap"))


def _name(codec: str) -> str:
    return _NAMES.get(codec, codec)


def seconds(frames: Frames, fps: Fraction) -> Fraction:
    """How long the pictures last."""
    if frames.end is not None:
        return round(frames.end / frames.timescale * fps) / fps
    return len(frames.shown) / fps
