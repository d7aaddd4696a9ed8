"""The packets of copied segments, in their sources."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np

from cutroom.kit.errors import Internal
from cutroom.media.packets import PacketIndex, Wanted, list_packets
from cutroom.render.mux.samples import Pictures, Run
from cutroom.render.plan import CopySegment


async def find_copied(parts: Sequence[tuple[CopySegment, Path]]) -> dict[int, Pictures]:
    """Find the packets of copied segments, by the segments' numbers.

    Args:
        parts: each with the file that has its source's bytes.

    Raises:
        Internal: `segment_mismatch` when a source is not what the plan says.
    """
    wanted: dict[str, Wanted] = {}
    for segment, path in parts:
        source = segment.source
        one = wanted.setdefault(source.sha256, Wanted(path, source.format, source.stream, ()))
        last = segment.first_pts + ceil(segment.frames / (segment_fps(segment) * source.time_base))
        wanted[source.sha256] = replace(one, spans=(*one.spans, (segment.first_pts, last)))
    indexes = await list_packets(wanted)
    return {segment.index: _pictures(segment, path, indexes.get(segment.source.sha256)) for segment, path in parts}


def _pictures(segment: CopySegment, path: Path, index: PacketIndex | None) -> Pictures:
    if index is None:
        raise _changed(segment)
    found = np.flatnonzero((index.pts == segment.first_pts) & index.instant)
    if len(found) != 1:
        raise _changed(segment)
    part = slice(int(found[0]), int(found[0]) + segment.frames)
    ranks = np.argsort(np.argsort(index.pts[part], kind="stable"), kind="stable").astype(np.int64)
    run = Run(path, index.offsets[part], index.sizes[part], ranks, index.instant[part])
    if len(run) != segment.frames or (index.foreign | index.discarded)[part].any() or index.offsets[part].min() < 0:
        raise _changed(segment)
    return Pictures(run, index.config)


def segment_fps(segment: CopySegment) -> Fraction:
    """Frames a second of the output."""
    return Fraction(segment.encoder.timescale, segment.encoder.tick)


def _changed(segment: CopySegment) -> Internal:
    sentence = f"Segment {segment.index} of the render is no longer in its source; render it again."
    return Internal("segment_mismatch", sentence)
