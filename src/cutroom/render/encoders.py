"""How pictures and sound are compressed, as plain data: part of every piece of a plan, and of its key."""

from dataclasses import dataclass
from typing import Final, Literal

SAMPLE_RATE: Final = 48_000
"""Samples a second of everything that is heard."""

VideoCodec = Literal["h264", "h265", "vp9", "av1", "prores", "ffv1"]
AudioCodec = Literal["aac", "mp3", "opus", "pcm"]
Pixels = Literal["yuv420p", "yuva420p", "yuv444p", "yuva444p", "yuv422p10le", "yuva444p10le"]


@dataclass(frozen=True, slots=True)
class VideoEncoder:
    """How pictures are compressed; the same for all segments of a plan, so that they can be joined.

    Args:
        codec: what comes out. `ffv1` loses nothing: what gif, webp and stills are made from at the end.
        preset: how hard it tries, in the encoder's own words; the profile, for ProRes.
        crf: constant quality, in the codec's own units; means nothing to ProRes and FFV1.
        keyint: frames from one key frame to the next, at most.
        threads: fixed, since x264's bytes depend on it.
        tick: length of a frame in units of 1 / `timescale` seconds.
        name: FFmpeg's encoder.
        pixels: what the encoder is given, as FFmpeg calls it.
        reorder: frames by which decoding runs ahead of showing.
        sets: id of the parameter sets in H.264, which no copied source uses for others of its own.
    """

    codec: VideoCodec
    preset: str
    crf: int
    keyint: int
    threads: int
    timescale: int
    tick: int
    name: str = "libx264"
    pixels: Pixels = "yuv420p"
    reorder: int = 2
    sets: int = 31

    @property
    def alpha(self) -> bool:
        """Whether pixels can be transparent."""
        return self.pixels.startswith("yuva")


_LAME_SCALES: Final = ((256_000, 1.0), (224_000, 0.98), (192_000, 0.97), (0, 0.95))
"""From which bit rate on (libmp3lame/presets.c, the column `scale`)."""


@dataclass(frozen=True, slots=True)
class AudioEncoder:
    """How sound is compressed; `bit_rate` means nothing to PCM."""

    codec: AudioCodec
    bit_rate: int
    sample_rate: int = SAMPLE_RATE

    @property
    def extension(self) -> str:
        """File name extension of the encoded sound."""
        return {"aac": "m4a", "mp3": "mp3", "opus": "webm", "pcm": "wav"}[self.codec]

    @property
    def scale(self) -> float:
        """What the encoder multiplies sound by."""
        if self.codec != "mp3":
            return 1.0
        return next(scale for least, scale in _LAME_SCALES if self.bit_rate >= least)
