"""Spans that need little or no encoding: a cycle whose packets are written again, and a picture that stands still.

A picture that stands still is encoded once, and better than a moving one would be; every further frame of it is a
picture of a dozen bytes that repeats it (`mux/skip.py`).

What the frames of a render must not depend on (where it is cut, how many workers there were, what was in the cache)
holds here in the strong sense: all frames of a still span decode to one and the same picture, wherever the span is cut.
They are not the pictures that x264 would make of it in one go, since it refines a still over its first frames. So
whether a segment is skipped through is decided by what it shows and how long it is, never by how the work is spread.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from cutroom.render.encoders import VideoEncoder
from cutroom.render.keys import segment_key
from cutroom.render.painting import PaintedLayer
from cutroom.render.plan import Layer, RepeatSegment, SegmentPlan, SkipSegment, VideoLayer

SHORTEST_S: Final = Fraction(1)
"""A still span shorter than this is not worth an IDR picture of its own."""
BETTER: Final = 8
"""Steps of constant quality by which a still is better than a moving picture. Measured on photographs and drawings in
1080p: so much its macroblock tree lets x264 improve a picture that stands still (to within 0.2 dB of PSNR).
"""


def stillness(layers: Sequence[Layer], frames: int) -> bool:
    """Whether all of a segment's `frames` frames are the same picture, as far as its layers tell.

    Images, texts, colours and what is painted once stand still where they neither come nor go, nor fade. Everything
    else may move.
    """
    return all(_still(layer) and layer.first <= 0 and layer.last >= frames and not layer.ramps for layer in layers)


def _still(layer: Layer) -> bool:
    return layer.painting.still if isinstance(layer, PaintedLayer) else not isinstance(layer, VideoLayer)


def skip_segment(segment: SegmentPlan, engine: str) -> SkipSegment | None:
    """The same span as one picture that stands still; None when it moves, is short, or is not for H.264.

    Args:
        segment: what would be encoded.
        engine: as for `segment_key`.
    """
    encoder = segment.encoder
    long = segment.frames >= SHORTEST_S * segment.canvas.fps
    if not long or not can_skip(encoder) or not stillness(segment.layers, segment.frames):
        return None
    return skip_still(segment, engine)


def skip_still(segment: SegmentPlan, engine: str) -> SkipSegment:
    """A span that shows the first picture of `segment` all along, however short it is."""
    layers = tuple(replace(layer, first=0, last=1) for layer in segment.layers)
    encoder = still_encoder(segment.encoder)
    still = replace(segment, start=0, index=0, frames=1, layers=layers, encoder=encoder, key="")
    still = replace(still, key=segment_key(still, engine))
    return SkipSegment(segment.index, segment.start, segment.frames, still)


def can_skip(encoder: VideoEncoder) -> bool:
    """Whether skipped pictures are written for what this encoder makes: x264's, in eight bits of 4:2:0."""
    return encoder.name == "libx264" and encoder.pixels == "yuv420p" and encoder.crf > 0


def still_encoder(encoder: VideoEncoder) -> VideoEncoder:
    """The settings for the one picture of a still; its parameter sets are those of `encoder`."""
    return replace(encoder, crf=max(1, encoder.crf - BETTER))


def made_for(segment: SegmentPlan | RepeatSegment | SkipSegment) -> SegmentPlan:
    """What has to be encoded for a segment."""
    if isinstance(segment, RepeatSegment):
        return segment.cycle
    return segment.still if isinstance(segment, SkipSegment) else segment
