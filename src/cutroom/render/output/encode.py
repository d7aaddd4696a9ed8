"""How pictures and sound are compressed, by the quality asked for."""

from fractions import Fraction
from typing import Final, Literal

from cutroom.media.kinds import Value
from cutroom.media.words import Word
from cutroom.render.plan import AudioEncoder, VideoEncoder
from cutroom.timeline.resolved import Quality

_PRESET_CRF: Final[dict[Quality, tuple[str, int]]] = {
    "lowest": ("superfast", 32),
    "low": ("superfast", 27),
    "medium": ("veryfast", 21),
    "high": ("faster", 18),
    "highest": ("medium", 15),
}
_AUDIO_BITS: Final[dict[Literal["aac", "mp3"], dict[Quality, int]]] = {
    "aac": {"lowest": 64_000, "low": 96_000, "medium": 128_000, "high": 192_000, "highest": 256_000},
    "mp3": {"lowest": 96_000, "low": 128_000, "medium": 192_000, "high": 320_000, "highest": 320_000},
}
_THREADS: Final = 2
_KEYFRAME_S: Final = 2
REORDER_FRAMES: Final = 2
"""Frames by which decoding runs ahead of showing: the depth of x264's pyramid of B-frames, whatever the preset."""
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


def video_options(encoder: VideoEncoder, frames: int) -> dict[str, Value]:
    """What ffmpeg is told for a segment of `frames` frames.

    Nothing of it depends on the pictures, so all segments get the same headers and can be joined.
    """
    tuning = {"keyint": encoder.keyint, "bframes": 3, "open_gop": 0, "force_cfr": 1, "stitchable": 1}
    return {
        "c:v": Word.LIBX264,
        "preset": Word(encoder.preset),
        "crf": encoder.crf,
        "x264-params": tuning,
        "threads": encoder.threads,
        "pix_fmt": Word.YUV420P,
        "fps_mode:v": Word.PASSTHROUGH,
        "frames:v": frames,
        "enc_time_base:v": Fraction(encoder.tick, encoder.timescale),
        "video_track_timescale": encoder.timescale,
        "flags:v": Word.PLUS_BITEXACT,
        "fflags": Word.PLUS_BITEXACT,
    }


def audio_options(encoder: AudioEncoder) -> dict[str, Value]:
    """What ffmpeg is told for the sound."""
    return {
        "c:a": Word.AAC if encoder.codec == "aac" else Word.LIBMP3LAME,
        "b:a": encoder.bit_rate,
        "flags:a": Word.PLUS_BITEXACT,
        "fflags": Word.PLUS_BITEXACT,
        # An MP4 says in this unit how much of the last frame counts; with the usual 1/1000 s samples would be lost.
        **({"movie_timescale": encoder.sample_rate} if encoder.codec == "aac" else {}),
    }


def audio_encoder(codec: Literal["aac", "mp3"], quality: Quality) -> AudioEncoder:
    """Settings for stereo sound at 48 kHz."""
    return AudioEncoder(codec=codec, bit_rate=_AUDIO_BITS[codec][quality])
