"""How pictures and sound are compressed, by the format and the quality asked for.

Nothing of it depends on the pictures, so all segments of an edit get the same headers and can be joined; and every
number that a codec's bytes depend on is fixed, threads among them.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from cutroom.media.kinds import Value
from cutroom.media.words import Word
from cutroom.render.encoders import AudioCodec, AudioEncoder, Pixels, VideoCodec, VideoEncoder
from cutroom.timeline.resolved import Quality, ResolvedOutput

_Scale = Mapping[Quality, tuple[str, int]]

_SOFTWARE: Final[Mapping[VideoCodec, tuple[str, int, _Scale]]] = {
    # FFmpeg's encoder, frames by which decoding runs ahead of showing, preset and constant quality.
    # A pyramid of B-frames is two deep in x264 and x265; AV1 and VP9 hide what they reorder inside their packets.
    "h264": (
        "libx264",
        2,
        {
            "lowest": ("superfast", 32),
            "low": ("superfast", 27),
            "medium": ("veryfast", 21),
            "high": ("faster", 18),
            "highest": ("medium", 15),
        },
    ),
    "h265": (
        "libx265",
        2,
        {
            "lowest": ("superfast", 34),
            "low": ("superfast", 29),
            "medium": ("veryfast", 24),
            "high": ("faster", 21),
            "highest": ("medium", 18),
        },
    ),
    "av1": (
        "libsvtav1",
        0,
        {
            "lowest": ("12", 52),
            "low": ("11", 44),
            "medium": ("10", 35),
            "high": ("8", 28),
            "highest": ("6", 22),
        },
    ),
    "vp9": (
        "libvpx-vp9",
        0,
        {
            "lowest": ("5", 46),
            "low": ("5", 39),
            "medium": ("5", 32),
            "high": ("4", 26),
            "highest": ("3", 20),
        },
    ),
    "prores": (
        "prores_ks",
        0,
        {
            "lowest": ("proxy", 0),
            "low": ("lt", 0),
            "medium": ("standard", 0),
            "high": ("hq", 0),
            "highest": ("hq", 0),
        },
    ),
    "ffv1": ("ffv1", 0, dict.fromkeys(("lowest", "low", "medium", "high", "highest"), ("", 0))),
}
_PRORES_ALPHA: Final = "4444"
_PRORES_STEPS: Final[Mapping[Quality, int]] = {"lowest": 8, "low": 4, "medium": 2, "high": 1, "highest": 1}
"""How coarsely its coefficients are rounded. Left to itself the encoder looks for this step in every slice, by the rate
of the profile: it finds 1 nearly everywhere, in four to five times the time."""
_AUDIO_BITS: Final[Mapping[AudioCodec, Mapping[Quality, int]]] = {
    "aac": {"lowest": 64_000, "low": 96_000, "medium": 128_000, "high": 192_000, "highest": 256_000},
    "mp3": {"lowest": 96_000, "low": 128_000, "medium": 192_000, "high": 320_000, "highest": 320_000},
    "opus": {"lowest": 48_000, "low": 64_000, "medium": 96_000, "high": 128_000, "highest": 192_000},
    "pcm": dict.fromkeys(("lowest", "low", "medium", "high", "highest"), 0),
}
_MUXERS: Final[Mapping[VideoCodec, Word]] = {
    "h264": Word.MP4,
    "h265": Word.MP4,
    "av1": Word.MP4,
    "vp9": Word.WEBM,  # whose blocks alone have a place for transparency
    "prores": Word.MOV,
    "ffv1": Word.NUT,
}
_THREADS: Final = 2
_KEYFRAME_S: Final = 2
_FINEST_MIN: Final = 10_000  # ticks a second; below it, libavformat's mp4 muxer would choose another number itself


def video_codec(output: ResolvedOutput) -> VideoCodec:
    """What an output's segments are encoded with: its own codec, or what loses nothing when that comes last."""
    if output.format in {"gif", "webp", "png", "jpg"}:
        return "ffv1"
    if output.codec is not None:
        return output.codec
    if output.format == "webm":
        return "vp9"
    return "prores" if output.format == "mov" and output.transparent else "h264"


def video_encoder(output: ResolvedOutput) -> VideoEncoder:
    """Settings for the pictures; the same for every segment of an edit."""
    codec = video_codec(output)
    name, reorder, scale = _SOFTWARE[codec]
    preset, crf = scale[output.quality]
    pixels = _pixels(codec, transparent=output.transparent)
    if codec == "prores" and pixels.startswith("yuva"):
        preset, crf = _PRORES_ALPHA, _PRORES_STEPS[output.quality]
    factor = -(-_FINEST_MIN // output.fps.numerator)
    return VideoEncoder(
        codec=codec,
        preset=preset,
        crf=crf if output.crf is None or codec in {"prores", "ffv1"} else output.crf,
        keyint=max(1, round(_KEYFRAME_S * output.fps)),
        threads=_THREADS,
        timescale=output.fps.numerator * factor,
        tick=output.fps.denominator * factor,
        name=name,
        pixels=pixels,
        reorder=reorder,
    )


def on_hardware(encoder: VideoEncoder, name: str) -> VideoEncoder:
    """The same settings for an encoder of a graphics card, which reorders no frames."""
    return replace(encoder, name=name, preset="", reorder=0)


def _pixels(codec: VideoCodec, *, transparent: bool) -> Pixels:
    if codec == "prores":
        return "yuva444p10le" if transparent else "yuv422p10le"
    if codec == "ffv1":
        return "yuva444p" if transparent else "yuv444p"
    return "yuva420p" if transparent and codec == "vp9" else "yuv420p"


def segment_muxer(encoder: VideoEncoder) -> Word:
    """What a segment is written as."""
    return _MUXERS[encoder.codec]


def video_options(encoder: VideoEncoder, frames: int) -> dict[str, Value]:
    """What ffmpeg is told for a segment of `frames` frames."""
    options: dict[str, Value] = {
        "c:v": Word(encoder.name),
        **_tuning(encoder),
        "threads": encoder.threads,
        "pix_fmt": Word(encoder.pixels),
        "fps_mode:v": Word.PASSTHROUGH,
        "frames:v": frames,
        "enc_time_base:v": Fraction(encoder.tick, encoder.timescale),
        "flags:v": Word.PLUS_BITEXACT,
        "fflags": Word.PLUS_BITEXACT,
    }
    if segment_muxer(encoder) in {Word.MP4, Word.MOV}:
        options["video_track_timescale"] = encoder.timescale
    return options


def _tuning(encoder: VideoEncoder) -> dict[str, Value]:
    keyint, crf = encoder.keyint, encoder.crf
    tuned: dict[str, Value]
    match encoder.name:
        case "libx264":
            tuning = {"keyint": keyint, "bframes": 3, "open_gop": 0, "force_cfr": 1, "stitchable": 1}
            # Without frames that only smooth the waiting of x264's threads: 30 MB in 1080p, and not one bit of output.
            tuning |= {"sps_id": encoder.sets, "sync_lookahead": 0}
            tuned = {"preset": Word(encoder.preset), "crf": crf, "x264-params": tuning}
        case "libx265":
            # `info` would write settings into the stream; frame threads and pools change its bytes.
            tuning = {"keyint": keyint, "bframes": 3, "b_pyramid": 1, "open_gop": 0, "frame_threads": 1}
            tuning |= {"pools": encoder.threads, "info": 0, "log_level": 0}
            tuned = {"preset": Word(encoder.preset), "crf": crf, "x265-params": tuning, "tag:v": Word.HVC1}
        case "libsvtav1":
            tuned = {"preset": Word(encoder.preset), "crf": crf, "g": keyint, "svtav1-params": {"lp": encoder.threads}}
        case "libvpx-vp9":
            tuned = {"deadline": Word.GOOD, "cpu-used": int(encoder.preset), "row-mt": True}
            # Alternate reference frames know no transparency: FFmpeg refuses both together.
            tuned |= {"auto-alt-ref": 0} if encoder.alpha else {}
            tuned |= {"crf": crf, "b:v": 0, "g": keyint}
        case "prores_ks":
            tuned = {"profile:v": Word(encoder.preset), "vendor": Word.APL0}
            tuned |= {"q:v": crf} if crf else {}  # as the profile's rate allows
        case "ffv1":
            tuned = {"level": 3, "g": 1, "slices": 4, "slicecrc": 1}
        case _:
            tuned = _hardware_tuning(encoder)
    return tuned


def _hardware_tuning(encoder: VideoEncoder) -> dict[str, Value]:
    """What an encoder of a graphics card is told: constant quality, key frames as often as the others, no B-frames."""
    family = encoder.name.rpartition("_")[2]
    common: dict[str, Value] = {"g": encoder.keyint, "bf": 0}
    if family == "nvenc":
        return {**common, "rc": Word.VBR, "cq": encoder.crf, "b:v": 0, "preset": Word.P4}
    if family == "qsv":
        return {**common, "global_quality": max(1, encoder.crf)}
    if family == "videotoolbox":
        return {**common, "q:v": float(max(1, 100 - 2 * encoder.crf))}
    return common


def audio_codec(output: ResolvedOutput) -> AudioCodec:
    """What an output's sound is compressed with."""
    if output.format == "mp3":
        return "mp3"
    if output.format == "webm":
        return "opus"
    return "pcm" if output.format == "wav" or video_codec(output) == "prores" else "aac"


def audio_encoder(output: ResolvedOutput) -> AudioEncoder:
    """Settings for stereo sound at 48 kHz."""
    codec = audio_codec(output)
    return AudioEncoder(codec=codec, bit_rate=_AUDIO_BITS[codec][output.quality])
