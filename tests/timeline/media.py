"""Media as a probe would describe them, for tests that need no file."""

from fractions import Fraction

from cutroom.media.info import AudioStream, FontFace, MediaInfo, VideoStream
from cutroom.timeline import Media

ZERO = Fraction(0)


def stream(width: int, height: int, seconds: Fraction | None, *, alpha: bool = False) -> VideoStream:
    return VideoStream(
        index=0,
        codec="h264",
        profile=None,
        pixel_format="yuv420p",
        width=width,
        height=height,
        coded_width=width,
        coded_height=height,
        rotation=0,
        sample_aspect=Fraction(1),
        fps=Fraction(30),
        time_base=Fraction(1, 15360),
        start=ZERO,
        duration=seconds,
        frames=None,
        has_alpha=alpha,
    )


def sound(seconds: Fraction | None, start: Fraction = ZERO) -> AudioStream:
    return AudioStream(1, "aac", 48000, 2, "stereo", Fraction(1, 48000), start, seconds)


def video(
    seconds: float | None = 10, *, size: tuple[int, int] = (1280, 720), audio: float | None = 10, alpha: bool = False
) -> Media:
    length = None if seconds is None else Fraction(seconds)
    heard = None if audio is None else sound(Fraction(audio))
    return Media("a" * 64, MediaInfo("video", "mp4", length, 1000, stream(*size, length, alpha=alpha), heard))


def image(*, size: tuple[int, int] = (1280, 720), alpha: bool = False) -> Media:
    return Media("b" * 64, MediaInfo("image", "png", None, 1000, stream(*size, None, alpha=alpha), None))


def audio(seconds: float | None = 10) -> Media:
    length = None if seconds is None else Fraction(seconds)
    return Media("c" * 64, MediaInfo("audio", "mp3", length, 1000, None, sound(length)))


def gif(seconds: float = 2) -> Media:
    """An image that moves."""
    length = Fraction(seconds)
    return Media("d" * 64, MediaInfo("video", "gif", length, 1000, stream(1280, 720, length, alpha=True), None))


def font(*faces: FontFace, sha256: str = "f" * 64) -> Media:
    """A font; of one regular face called Brand when nothing is said."""
    found = faces or (FontFace(("Brand", "Brand Regular"), 400, italic=False),)
    return Media(sha256, MediaInfo("font", "ttf", None, 1000, None, None, found))
