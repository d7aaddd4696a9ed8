"""Joining a longform: packets of pieces and of sources become one file, without decoding any."""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from cutroom.kit.errors import Internal
from cutroom.render.longform.plan import MARGIN, CopiedSound, LongformPlan, LongformSound, PictureSegment, SoundPart
from cutroom.render.mux.aac import CONFIGS, heads, read_packets, window_of
from cutroom.render.mux.mp4 import AudioTrack, VideoTrack, write_mp4
from cutroom.render.mux.parameters import merged
from cutroom.render.mux.samples import Pictures, Run, read_pictures, read_sound
from cutroom.render.mux.skip import skipped
from cutroom.render.plan import RepeatSegment, SkipSegment
from cutroom.render.repeat import made_for

_IDR_S: Final = 30
"""Seconds between IDR pictures of a still: in hours of film they are most of its bytes, and most of the time to write
it. What lies between decodes in no time, so that seeking does not suffer.
"""


async def join_longform(
    plan: LongformPlan, *, pieces: Mapping[str, Path], sources: Mapping[str, Path], out: Path
) -> None:
    """Write the output; memory does not grow with its length, but for a few dozen bytes a packet.

    Args:
        plan: what the pieces were made from.
        pieces: a file for each of `longform_pieces(plan)`, by its key.
        sources: a file for each copied sound, by the SHA-256 of its source.
        out: the MP4 or M4A to write.

    Raises:
        Internal: `segment_mismatch` when a piece is not what the plan says.
    """
    await asyncio.to_thread(_join, plan, pieces, sources, out)


def _join(plan: LongformPlan, pieces: Mapping[str, Path], sources: Mapping[str, Path], out: Path) -> None:
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        video = _pictures(plan, pieces, Path(scratch)) if plan.segments else None
        write_mp4(out, video=video, audio=_sound(plan.sound, pieces, sources))


def _pictures(plan: LongformPlan, pieces: Mapping[str, Path], scratch: Path) -> VideoTrack:
    read: dict[str, Pictures] = {}
    stills: dict[tuple[str, int], Pictures] = {}
    runs: list[Run] = []
    configs: dict[bytes, None] = {}
    for segment in plan.segments:
        if segment.key not in read:
            read[segment.key] = _read(segment, pieces[segment.key], plan)
        found = read[segment.key]
        if isinstance(segment, SkipSegment):
            kept = (segment.key, segment.frames)
            if kept not in stills:
                packets = scratch / f"{len(stills)}.h264"
                stills[kept] = skipped(found, segment.frames, plan.output.fps, packets, key_s=_IDR_S)
            found = stills[kept]
        elif isinstance(segment, RepeatSegment):
            found = Pictures(found.run.repeated(segment.frames // segment.cycle.frames), found.config)
        runs.append(found.run)
        configs.setdefault(found.config)
    encoder = plan.segments[0].encoder
    try:
        config = merged(configs)
    except ValueError as error:
        raise _mismatch(f"pictures were encoded with different parameters: {error}") from error
    output = plan.output
    return VideoTrack("h264", config, output.width, output.height, encoder.timescale, encoder.tick, runs)


def _read(segment: PictureSegment, path: Path, plan: LongformPlan) -> Pictures:
    made = made_for(segment)
    try:
        found = read_pictures(path, plan.output.fps)
    except ValueError as error:
        raise _mismatch(f"segment {segment.index} {error}") from error
    if len(found.run) != made.frames or not found.run.whole or not found.run.keys[0]:
        raise _mismatch(f"segment {segment.index} has {len(found.run)} frames instead of {made.frames}")
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Packets to take from: packet q of the output is number q - `shift` of the run."""

    run: Run
    shift: int

    def part(self, first: int, last: int) -> Run:
        """Output packets [first, last)."""
        if first < self.shift or last - self.shift > len(self.run):
            raise _mismatch("a part of the sound is too short")
        return self.run.part(first - self.shift, last - self.shift)

    def windows(self, first: int, last: int) -> list[tuple[bool, int] | None]:
        """The second halves of the windows of output packets [first, last); None where there is no packet."""
        low, high = max(first - self.shift, 0), min(last - self.shift, len(self.run))
        there = [window_of(head) for head in heads(self.run, low, high)] if high > low else []
        before = min(low + self.shift, last) - first
        return [None] * before + there + [None] * (last - first - before - len(there))


def _sound(sound: LongformSound, pieces: Mapping[str, Path], sources: Mapping[str, Path]) -> AudioTrack:
    shelves = [_shelf(part, pieces, sources) for part in sound.parts]
    edges = [0]
    for (before, after), part in zip(pairwise(shelves), sound.parts[1:], strict=True):
        edges.append(max(seam(before, after, part.first), edges[-1] + 1))
    edges.append(sound.packets)
    runs = [shelf.part(first, last) for shelf, (first, last) in zip(shelves, pairwise(edges), strict=True)]
    return AudioTrack(
        config=CONFIGS[sound.sample_rate, sound.channels],
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        runs=runs,
        priming=sound.priming,
        samples=sound.samples,
    )


def _shelf(part: SoundPart, pieces: Mapping[str, Path], sources: Mapping[str, Path]) -> Shelf:
    if not isinstance(part, CopiedSound):
        return Shelf(read_sound(pieces[part.key]).run, part.leading)
    found = read_packets(sources[part.media.sha256], part.media.info)
    if found is None:
        raise _mismatch("a source is not what it was")
    return Shelf(found.run, part.shift)


def seam(before: Shelf, after: Shelf, wanted: int) -> int:
    """The first packet to take from `after`: near `wanted`, where the windows of both fit together.

    Both hold the same sound there, so the second half of the last packet of the one and the first half of the first
    packet of the other add up to it, free of aliasing, when their windows have the same form (ISO/IEC 14496-3,
    4.6.11.3). The first half's form is that of the second half before it, so the packets before the seam are compared.
    """
    low = max(wanted - MARGIN, before.shift + 1, after.shift + 1)
    high = min(wanted + MARGIN, before.shift + len(before.run), after.shift + len(after.run) - 1)
    one, other = before.windows(low - 1, high), after.windows(low - 1, high)
    fits = [low + n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a is not None and a == b]
    # Long windows join best; where nothing fits, one block of a fiftieth of a second is joined as it is.
    long = [low + n for n, window in enumerate(one) if window is not None and window[0]]
    best = [place for place in fits if place in set(long)] or fits or [wanted]
    return min(best, key=lambda place: abs(place - wanted))


def _mismatch(what: str) -> Internal:
    return Internal("segment_mismatch", f"The pieces of the render do not fit: {what}; render it again.")
