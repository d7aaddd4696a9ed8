"""What a finished file is, for people."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from cutroom.media.probe import MediaInfo
from cutroom.render import RenderReport, starts_fast


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


def facts_of_report(report: RenderReport) -> Mapping[str, str]:
    """The same of a file that was just made, as its render measured it."""
    found = {"size": f"{report.size_bytes / 1e6:.2f} MB", "duration": f"{float(report.duration):.3f} s"}
    if report.video_codec is not None:
        rate = "" if report.fps is None else f", {_rate(report.fps)} fps"
        pixels = "" if report.pixels is None else f", {report.pixels}"
        found["video"] = f"{report.video_codec} {report.width}x{report.height}{rate}{pixels}"
        found["frames"] = str(report.frames)
    if report.audio_codec is not None:
        layout = {1: "mono", 2: "stereo"}.get(report.audio_channels or 0, f"{report.audio_channels} channels")
        found["audio"] = f"{report.audio_codec} {report.audio_rate} Hz, {layout}"
    if report.video_codec is not None:
        found["faststart"] = "yes" if report.faststart else "no"
    return found


def _rate(fps: Fraction) -> str:
    return str(fps.numerator) if fps.denominator == 1 else f"{float(fps):.3f}"
