"""How pictures and sound are compressed, by the quality asked for."""

from fractions import Fraction
from typing import Final, Literal

from cutroom.render.plan import AudioEncoder, VideoEncoder
from cutroom.timeline.resolved import Quality

_PRESET_CRF: Final[dict[Quality, tuple[str, int]]] = {
    "low": ("veryfast", 28),
    "medium": ("veryfast", 23),
    "high": ("faster", 18),
}
_AUDIO_BITS: Final[dict[Literal["aac", "mp3"], dict[Quality, int]]] = {
    "aac": {"low": 96_000, "medium": 128_000, "high": 192_000},
    "mp3": {"low": 128_000, "medium": 192_000, "high": 320_000},
}
_THREADS: Final = 2
_KEYFRAME_S: Final = 2
_FINEST_MIN: Final = 10_000  # ticks a second; below it, libavformat's mp4 muxer would choose another number itself


def video_encoder(quality: Quality, fps: Fraction) -> VideoEncoder:
    """Settings for H.264; the same for every segment of an edit."""
    preset, crf = _PRESET_CRF[quality]
    factor = -(-_FINEST_MIN // fps.numerator)
    return VideoEncoder(
        codec="h264",
        preset=preset,
        crf=crf,
        keyint=max(1, round(_KEYFRAME_S * fps)),
        threads=_THREADS,
        timescale=fps.numerator * factor,
        tick=fps.denominator * factor,
    )


def audio_encoder(codec: Literal["aac", "mp3"], quality: Quality) -> AudioEncoder:
    """Settings for stereo sound at 48 kHz."""
    return AudioEncoder(codec=codec, bit_rate=_AUDIO_BITS[codec][quality])
