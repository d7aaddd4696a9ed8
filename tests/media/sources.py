"""Small media made by the real ffmpeg, for tests of every package. Call each from `tmp_path` or a session fixture."""

import subprocess
from fractions import Fraction
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe


def ffmpeg(*arguments: str | Path) -> bytes:
    """Run the real ffmpeg bare, as an oracle or a maker of sources; returns its standard output."""
    command = [get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout


def make_video(
    path: Path,
    seconds: float = 1,
    size: tuple[int, int] = (160, 90),
    fps: Fraction | int = 25,
    *,
    gop: int = 250,
    audio: bool = True,
    tone_hz: int = 440,
    codec: str = "libx264",
    audio_codec: str = "aac",
    pixel_format: str = "yuv420p",
    picture: str = "testsrc2",
    options: tuple[str, ...] = (),
) -> Path:
    """A moving test picture, and a tone when `audio`. `options` are more output options; the name gives the container.

    `seconds` are rounded to whole frames by ffmpeg. B-frames and everything else are the encoder's defaults.
    """
    rate = Fraction(fps)
    inputs = ["-f", "lavfi", "-i", f"{picture}=s={size[0]}x{size[1]}:r={rate.numerator}/{rate.denominator}:d={seconds}"]
    if audio:
        inputs += ["-f", "lavfi", "-i", f"sine=f={tone_hz}:r=48000:d={seconds}", "-c:a", audio_codec, "-ac", "2"]
    speed = ["-preset", "ultrafast"] if codec in {"libx264", "libx265"} else []
    ffmpeg(*inputs, "-c:v", codec, *speed, "-g", str(gop), "-pix_fmt", pixel_format, *options, path)
    return path


def make_audio(
    path: Path,
    seconds: float = 1,
    *,
    tone_hz: int = 440,
    rate: int = 48000,
    channels: int = 2,
    options: tuple[str, ...] = (),
) -> Path:
    """A tone; the name gives container and codec."""
    ffmpeg("-f", "lavfi", "-i", f"sine=f={tone_hz}:r={rate}:d={seconds}", "-ac", str(channels), *options, path)
    return path


def make_image(
    path: Path,
    size: tuple[int, int] = (160, 90),
    *,
    picture: str = "testsrc2",
    color: str | None = None,
    options: tuple[str, ...] = (),
) -> Path:
    """A still picture, of one `color` when given (`red`, `0x102030`, `red@0.5`); the name gives the format."""
    shape = f"s={size[0]}x{size[1]}"
    source = f"{picture}={shape}" if color is None else f"color=c={color}:{shape},format=rgba"
    ffmpeg("-f", "lavfi", "-i", source, "-frames:v", "1", *options, path)
    return path


def count_frames(path: Path) -> int:
    """How many pictures the real ffmpeg decodes."""
    out = ffmpeg("-i", path, "-map", "0:V:0", "-fps_mode", "passthrough", "-f", "framecrc", "-")
    return sum(1 for line in out.decode().splitlines() if not line.startswith("#"))


def count_samples(path: Path, rate: int) -> int:
    """How many samples per channel the real ffmpeg decodes."""
    return len(ffmpeg("-i", path, "-map", "0:a:0", "-ac", "1", "-ar", str(rate), "-f", "s16le", "-")) // 2


def picture_size(path: Path) -> tuple[int, int]:
    """Size of the first picture as the real ffmpeg turns it upright."""
    out = ffmpeg("-i", path, "-frames:v", "1", "-f", "framecrc", "-").decode()
    width, height = next(line.split(": ")[1] for line in out.splitlines() if line.startswith("#dimensions")).split("x")
    return int(width), int(height)
