"""What a plan will cost, before anything of it is done. Pure; how fast this machine is comes in as a `Calibration`.

Everything is reckoned in one unit: a pixel that x264 encodes at `veryfast`. The figures are of processor time, measured
piece by piece on one machine; of others they tell how much longer one thing takes than another.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cutroom.media.info import MediaInfo
from cutroom.media.turns import ALONE, at_once
from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.painting import PaintedLayer, VideoSubject
from cutroom.render.plan import Layer, RenderPlan, Segment, SegmentPlan, TextLayer, VideoLayer
from cutroom.render.repeat import made_for, stillness
from cutroom.timeline.resolved import Format

Infos = Mapping[str, MediaInfo]
"""What sources are, by SHA-256."""

_X264: Final[Mapping[str, float]] = {
    "ultrafast": 0.3, "superfast": 0.45, "veryfast": 1, "faster": 1.5, "fast": 2.2, "medium": 3.3, "slow": 6,
}  # fmt: skip
_X265: Final[Mapping[str, float]] = {"superfast": 2.2, "veryfast": 3.5, "faster": 5, "medium": 9.5}
_AV1: Final[Mapping[str, float]] = {"12": 0.5, "11": 0.7, "10": 0.8, "8": 1.8, "6": 5}
_VP9: Final[Mapping[str, float]] = {"5": 9.6, "4": 12, "3": 16}
_PRORES: Final[Mapping[str, float]] = {"proxy": 4, "lt": 5, "standard": 6, "hq": 7, "4444": 3.5}
_ENCODING: Final[Mapping[str, Mapping[str, float]]] = {
    "h264": _X264, "h265": _X265, "av1": _AV1, "vp9": _VP9, "prores": _PRORES,
}  # fmt: skip
"""For each pixel, by the preset."""
_ON_A_CARD: Final = 0.3
_STANDING: Final = 0.4
"""Pictures of which nothing moves are encoded sooner."""
_APART: Final = frozenset({"prores", "ffv1"})
"""Codecs that look at each picture by itself."""
_DECODING: Final = 0.2
"""For each pixel of a source, whatever of it is shown."""
_SCALING: Final = 0.12
"""For each pixel of a source that is shown at another size."""
_BLENDING: Final = 0.3
_LETTERS: Final = 0.13
_PAINTING, _PAINTING_VIDEO = 1.6, 2.2
"""For each pixel of the window of what moves."""
_KEYING, _MATTING = 4.0, 2.0
_STARTING: Final = 14e6
"""What a piece costs before its first frame."""
_SOUND: Final = 2.6e6
"""For a second that is mixed and encoded."""
_PLANNING, _MEASURING, _LISTENING = 15e6, 25e6, 0.1e6
"""Reading sources and planning; measuring a finished file; that, for each second of its sound."""
_LAST: Final[Mapping[Format, float]] = {"gif": 16, "webp": 11}
"""For each pixel of what is put together only when all of it is there."""
_OWN_BYTES: Final = 180 << 20
"""What this process takes, with all that a render loads."""
_BASE_BYTES: Final = 40 << 20
"""What one ffmpeg and its libraries take before the first frame."""
_FRAMES_HELD: Final = 48
"""Frames that an encoder looks ahead over, of 1.5 bytes a pixel."""
_HELD_BY: Final[Mapping[str, float]] = {"h264": 1, "h265": 2.7, "av1": 5.5, "vp9": 2.1}
"""How much more of that others hold."""
_SURFACES: Final = 6
"""Frames that a decoder and the graph hold for each layer, of 4 bytes a pixel."""
_PAINTER_BYTES: Final = 60 << 20
_NOTHING: Final[Infos] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Calibration:
    """How fast this machine is.

    Args:
        pixels_per_s: pixels of H.264 that one core encodes in a second, at x264's `veryfast`.
        cores: its processors.
        pieces: how many pieces that were rendered here it was learned from; 0 when all that is known is how long a
            film of a few frames took.
        copy_bytes_per_s: what the disk writes.
    """

    pixels_per_s: float
    cores: int
    pieces: int = 0
    copy_bytes_per_s: float = 500e6


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
    infos: Infos = _NOTHING,
) -> Estimate:
    """What is to be done for a plan, and about how long it takes.

    Args:
        plan: the plan.
        calibration: of the machine that will do it.
        kept: keys of pieces that are there already.
        infos: what the sources are.
    """
    made: dict[str, SegmentPlan] = {}
    copied = repeated = reused = reused_pieces = 0
    copied_bytes = 0.0
    for segment in plan.segments:
        inner = _made(segment)
        if inner is None:
            copied += segment.frames
            copied_bytes += _byte_rate(segment, infos) * float(segment.frames / plan.output.fps)
            continue
        repeated += segment.frames - inner.frames
        if inner.key in kept or inner.key in made:
            reused += inner.frames
            reused_pieces += inner.key in kept
        else:
            made[inner.key] = inner
    work = [work_of(segment, infos) for segment in made.values()]
    if plan.audio is not None and not plan.audio.copies:
        reused_pieces += plan.audio.key in kept
        if plan.audio.key not in kept:
            work.append(_STARTING + plan.audio.samples / SAMPLE_RATE * _SOUND)
    cores = max(calibration.cores, 1)
    films = at_once("film", cores)
    alone = min(ALONE, cores)
    spread = max(max(work, default=0.0) / alone, sum(work) / (films * min(ALONE, cores / films)))
    return Estimate(
        frames=plan.frames,
        encoded_frames=sum(segment.frames for segment in made.values()),
        copied_frames=copied,
        repeated_frames=repeated,
        reused_frames=reused,
        copied_bytes=round(copied_bytes),
        pieces=len(work),
        reused_pieces=reused_pieces,
        seconds=(spread + _around(plan)) / calibration.pixels_per_s + copied_bytes / calibration.copy_bytes_per_s,
        memory_bytes=_OWN_BYTES + sum(sorted(map(_memory, made.values()), reverse=True)[:films]),
    )


def _made(segment: Segment) -> SegmentPlan | None:
    """What is encoded for a segment; None for one that is copied."""
    return None if segment.kind == "copy" else made_for(segment)


def _byte_rate(segment: Segment, infos: Infos) -> float:
    """Bytes a second of the source that a segment is copied from."""
    info = infos.get(segment.inputs[0]) if segment.inputs else None
    return info.size_bytes / float(info.duration) if info is not None and info.duration else 0.0


def work_of(segment: SegmentPlan, infos: Infos = _NOTHING) -> float:
    """How much there is to do for a segment: pixels of H.264 that cost as much to encode.

    Args:
        segment: the segment.
        infos: what its sources are; one that is missing is taken to be as large as it is shown.
    """
    canvas = segment.canvas
    work = _STARTING + segment.frames * canvas.width * canvas.height * _encoding(segment)
    for layer in segment.layers:
        live = max(min(layer.last, segment.frames) - max(layer.first, 0), 0)
        work += live * _layer(layer, segment, infos)
    return work


def _encoding(segment: SegmentPlan) -> float:
    encoder = segment.encoder
    standing = 1.0
    if encoder.codec not in _APART and stillness(segment.layers, segment.frames):
        standing = _STANDING
    known = _ENCODING.get(encoder.codec, {})
    return standing * (known.get(encoder.preset, 1.0) if encoder.preset or not known else _ON_A_CARD)


def _layer(layer: Layer, segment: SegmentPlan, infos: Infos) -> float:
    """What one frame of a layer costs."""
    if isinstance(layer, PaintedLayer):
        return _painted(layer, segment, infos)
    if isinstance(layer, TextLayer):
        return segment.canvas.width * segment.canvas.height * _LETTERS
    shown = layer.box.width * layer.box.height
    covered = layer is segment.layers[0] and layer.opacity == 1 and not layer.ramps
    blended = 0.0 if covered else shown * _BLENDING
    if not isinstance(layer, VideoLayer):
        return blended
    pixels = _pixels(layer.source.sha256, infos) or shown
    rate = float(layer.source.fps * layer.speed / segment.canvas.fps)
    return blended + pixels * rate * (_DECODING + (_SCALING if pixels != shown else 0.0))


def _painted(layer: PaintedLayer, segment: SegmentPlan, infos: Infos) -> float:
    painting, subject = layer.painting, layer.painting.subject
    window = layer.window.width * layer.window.height
    if painting.still:
        return window * _BLENDING
    extra = (_KEYING if painting.chroma is not None else 0.0) + (_MATTING if painting.matte is not None else 0.0)
    if not isinstance(subject, VideoSubject):
        return window * (_PAINTING + extra)
    pixels = _pixels(subject.source.sha256, infos) or subject.width * subject.height
    rate = float(subject.source.fps * subject.speed / segment.canvas.fps)
    return window * (_PAINTING_VIDEO + extra) + pixels * rate * _DECODING


def _pixels(sha256: str, infos: Infos) -> int:
    video = infos[sha256].video if sha256 in infos else None
    return 0 if video is None else video.coded_width * video.coded_height


def _around(plan: RenderPlan) -> float:
    """What is done before the pieces and after them."""
    heard = float(plan.duration) if plan.audio is not None else 0.0
    drawn = plan.frames * plan.output.width * plan.output.height * _LAST.get(plan.output.format, 0.0)
    return _PLANNING + _MEASURING + heard * _LISTENING + drawn


def _memory(segment: SegmentPlan) -> int:
    pixels = segment.canvas.width * segment.canvas.height
    held = min(_FRAMES_HELD, segment.frames) * 1.5 * _HELD_BY.get(segment.encoder.codec, 1.0)
    painted = any(isinstance(layer, PaintedLayer) for layer in segment.layers)
    painter = _PAINTER_BYTES if painted else 0
    return _BASE_BYTES + painter + round(pixels * (held + len(segment.layers) * _SURFACES * 4))
