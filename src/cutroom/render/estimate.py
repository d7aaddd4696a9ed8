"""What a plan will cost, before anything of it is done. Pure; how fast this machine is comes in as a `Calibration`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.plan import RenderPlan, Segment, SegmentPlan
from cutroom.render.repeat import made_for

_PRESETS: Final[Mapping[str, float]] = {
    "ultrafast": 88, "superfast": 49, "veryfast": 41, "faster": 30, "fast": 22, "medium": 10, "slow": 6,
}  # fmt: skip
"""Frames of 1080p a second of x264's presets on one core, measured beforehand; only their ratios count."""
_CODECS: Final[Mapping[str, float]] = {"h264": 1, "h265": 4, "vp9": 6, "av1": 3, "prores": 1.5}
"""How much longer other codecs take than H.264 at the preset that was measured; rough."""
_PAINTING: Final = 3.0
"""A painted layer costs about as much as so many frames that are encoded."""
_LAYER: Final = 0.15
_BASE_BYTES: Final = 90 << 20
"""What one ffmpeg and its libraries take before the first frame."""
_FRAMES_HELD: Final = 48
"""Frames that an encoder looks ahead over, of 1.5 bytes a pixel."""
_THREADS: Final = 2
"""Cores that one piece keeps busy: no more pieces are made at once than that leaves room for (`media/turns.py`)."""
_SURFACES: Final = 12
"""Frames that a decoder and the graph hold for each layer, of 4 bytes a pixel."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How fast this machine is, measured on it.

    Args:
        pixels_per_s: pixels that one core decodes, scales, covers with text and encodes in a second, at `preset`.
        start_s: seconds that a piece costs before its first frame.
        preset: the preset of x264 that was measured.
        cores: its processors.
        copy_bytes_per_s: what the disk writes.
        sound_rate: seconds of sound that are mixed and encoded in a second.
    """

    pixels_per_s: float
    start_s: float
    preset: str
    cores: int
    copy_bytes_per_s: float = 500e6
    sound_rate: float = 60.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan will cost.

    Args:
        frames: of the output.
        encoded_frames: that have to be encoded.
        copied_frames: whose packets are taken from sources.
        repeated_frames: written again from a cycle, or skipped through.
        reused_frames: in pieces that are kept from before.
        copied_bytes: of sources, about.
        pieces: to make.
        reused_pieces: kept from before.
        seconds: until the file is there, about.
        memory_bytes: of all programs that run at once, at most, about.
    """

    frames: int
    encoded_frames: int
    copied_frames: int
    repeated_frames: int
    reused_frames: int
    copied_bytes: int
    pieces: int
    reused_pieces: int
    seconds: float
    memory_bytes: int


def estimate(
    plan: RenderPlan,
    calibration: Calibration,
    *,
    kept: Collection[str] = frozenset(),
    bit_rates: Mapping[str, float] | None = None,
) -> Estimate:
    """What is to be done for a plan, and about how long it takes.

    Args:
        plan: the plan.
        calibration: of the machine that will do it.
        kept: keys of pieces that are there already.
        bit_rates: bits a second of sources by SHA-256, for what copying costs.
    """
    made: dict[str, SegmentPlan] = {}
    copied = repeated = reused = reused_pieces = 0
    copied_bytes = 0.0
    for segment in plan.segments:
        inner = _made(segment)
        if inner is None:
            copied += segment.frames
            rate = (bit_rates or {}).get(segment.inputs[0], 0.0) if segment.inputs else 0.0
            copied_bytes += rate / 8 * float(segment.frames / plan.output.fps)
            continue
        repeated += segment.frames - inner.frames
        if inner.key in kept or inner.key in made:
            reused += inner.frames
            reused_pieces += inner.key in kept
        else:
            made[inner.key] = inner
    times = [_seconds(segment, calibration) for segment in made.values()]
    sound = plan.audio is not None and not plan.audio.copies and plan.audio.key not in kept
    if plan.audio is not None and not plan.audio.copies:
        reused_pieces += plan.audio.key in kept
        if sound:
            times.append(calibration.start_s + plan.audio.samples / SAMPLE_RATE / calibration.sound_rate)
    joining = calibration.start_s + copied_bytes / calibration.copy_bytes_per_s
    at_once = max(calibration.cores, 1)
    return Estimate(
        frames=plan.frames,
        encoded_frames=sum(segment.frames for segment in made.values()),
        copied_frames=copied,
        repeated_frames=repeated,
        reused_frames=reused,
        copied_bytes=round(copied_bytes),
        pieces=len(times),
        reused_pieces=reused_pieces,
        seconds=max(max(times, default=0.0), sum(times) / at_once) + joining,
        memory_bytes=sum(sorted(map(_memory, made.values()), reverse=True)[: max(at_once // _THREADS, 1)]),
    )


def _made(segment: Segment) -> SegmentPlan | None:
    """What is encoded for a segment; None for one that is copied."""
    return None if segment.kind == "copy" else made_for(segment)


def work_of(segment: SegmentPlan, preset: str = "veryfast") -> float:
    """How much there is to do for a segment: pixels of H.264 at a preset of x264 that cost as much to encode."""
    encoder, canvas = segment.encoder, segment.canvas
    speed = _PRESETS.get(encoder.preset or "", _PRESETS["medium"]) / _PRESETS.get(preset, 41)
    work = _CODECS.get(encoder.codec, 1) / (speed if encoder.codec == "h264" else 1)
    frames = segment.frames * work
    for layer in segment.layers:
        live = min(layer.last, segment.frames) - max(layer.first, 0)
        frames += max(live, 0) * (_PAINTING if layer.kind == "painted" else _LAYER)
    return frames * canvas.width * canvas.height


def _seconds(segment: SegmentPlan, calibration: Calibration) -> float:
    return calibration.start_s + work_of(segment, calibration.preset) / calibration.pixels_per_s


def _memory(segment: SegmentPlan) -> int:
    pixels = segment.canvas.width * segment.canvas.height
    held = min(_FRAMES_HELD, segment.frames) * 3 // 2
    return _BASE_BYTES + pixels * (held + len(segment.layers) * _SURFACES * 4)
