"""What a finished file is, for people."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from cutroom.media.probe import MediaInfo
from cutroom.render import starts_fast
from cutroom.workflows.render import RenderOutput


def facts(info: MediaInfo, path: Path) -> Mapping[str, str]:
    """What a finished file is, in words."""
    found = {"file": str(path), "size": f"{info.size_bytes / 1e6:.2f} MB"}
    if info.duration is not None:
        found["duration"] = f"{float(info.duration):.3f} s"
    if info.video is not None:
        video = info.video
        found["video"] = f"{video.codec} {video.width}x{video.height}, {_rate(video.fps)} fps, {video.pixel_format}"
        if video.frames is not None:
            found["frames"] = str(video.frames)
    if info.audio is not None:
        found["audio"] = f"{info.audio.codec} {info.audio.sample_rate} Hz, {info.audio.layout}"
    if info.video is not None:
        found["faststart"] = "yes" if starts_fast(path) else "no"
    return found


def facts_of_webp(made: RenderOutput, path: Path) -> Mapping[str, str]:
    """The same of a webp, as its render measured it: what reads sources refuses those that move."""
    rate = "" if made.fps is None else f", {_rate(Fraction(made.fps))} fps"
    return {
        "file": str(path),
        "size": f"{made.size_bytes / 1e6:.2f} MB",
        "duration": f"{made.duration:.3f} s",
        "video": f"webp {made.width}x{made.height}{rate}",
        "frames": str(made.frames),
    }


def _rate(fps: Fraction) -> str:
    return str(fps.numerator) if fps.denominator == 1 else f"{float(fps):.3f}"
