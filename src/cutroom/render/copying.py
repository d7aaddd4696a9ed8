"""Which frames of an edit can be taken from their sources as they are, packet by packet.

A clip's frames are copied where it alone is seen, as it is: H.264 in eight bits of 4:2:0, of the canvas's size, square
and upright, in BT.709 and limited range (tagged so; or not tagged at all, in high definition, where that is what the
engine takes it for), every one of its frames shown once. Colours outside of the range are then not clipped as encoding
would.

A copy starts at an IDR picture: decoders begin afresh there, so nothing before it is missed. It may end at any picture
before which, in decoding order, are the pictures before which it is shown, and no others: what was to be decoded later
is not needed by what is left. What lies between the start of a clip and its first IDR picture is encoded.

Who asks for a low quality, or for a constant one by number, gets what was asked for: then nothing is copied.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from cutroom.media.info import VideoStream
from cutroom.media.packets import Integers, PacketIndex, Wanted, list_packets
from cutroom.render.encoders import VideoEncoder
from cutroom.render.layers import Picture
from cutroom.render.mux.parameters import LENGTH_BYTES, Config, collide, read_config, read_sequence
from cutroom.render.plan import Box, Canvas
from cutroom.render.sampling import Sampling, due, sampling, tick
from cutroom.render.source import video_source
from cutroom.timeline.resolved import ResolvedClip, ResolvedOutput

SHORTEST_S: Final = Fraction(1, 2)
"""A copy shorter than this is not worth cutting what is encoded around it."""
_COPIED_INTO: Final = frozenset({"mp4", "hls"})
_COPIED_FROM: Final = frozenset({"mp4", "mov"})
_COPIED_QUALITIES: Final = frozenset({"medium", "high", "highest"})
_PROFILES: Final = frozenset({66, 77, 100})
_BT709, _UNSPECIFIED, _LIMITED = 1, 2, 1
_HD_HEIGHT: Final = 720
_SETS: Final = range(31, -1, -1)
_SKIP_SET: Final = 255
"""A skipped picture's parameter set has this number less that of the encoder's (`mux/skip.py`)."""
_MOST_SETS: Final = 24


@dataclass(frozen=True, slots=True)
class Candidate:
    """Output frames [first, last) in which nothing but one clip is seen, as it is in its source."""

    clip: ResolvedClip
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Copy:
    """Frames to be copied: `frames` from output frame `start` on.

    Args:
        first_pts: presentation time of the first packet, in ticks of the source.
        config: the `avcC` record that its packets need.
    """

    clip: ResolvedClip
    start: int
    frames: int
    first_pts: int
    config: bytes


def can_copy(output: ResolvedOutput, encoder: VideoEncoder) -> bool:
    """Whether an output may hold packets of its sources."""
    return (
        output.format in _COPIED_INTO
        and encoder.name == "libx264"
        and output.crf is None
        and output.quality in _COPIED_QUALITIES
    )


def find_candidates(pictures: Sequence[Picture], canvas: Canvas, span: tuple[int, int]) -> list[Candidate]:
    """Where clips may be copied, as far as one can tell without their packets.

    Args:
        pictures: what is seen, from the bottom up.
        canvas: what it is drawn on.
        span: frames [first, last) that go into the file.
    """
    shortest = shortest_copy(canvas.fps)
    found: list[Candidate] = []
    above = _Taken()
    for shown in reversed(pictures):
        clip = shown.clip
        if _plain(clip, canvas) and shown.box == _whole(canvas):
            first, last = max(shown.first + clip.fade_in, span[0]), min(shown.last - clip.fade_out, span[1])
            found += [Candidate(clip, a, b) for a, b in above.free(first, last) if b - a >= shortest]
        above.add(shown.first, shown.last)
    return sorted(found, key=lambda candidate: candidate.first)


def shortest_copy(fps: Fraction) -> int:
    """How many frames a copy has at least."""
    return max(1, round(SHORTEST_S * fps))


async def index_candidates(
    candidates: Iterable[Candidate], fps: Fraction, inputs: Mapping[str, Path]
) -> dict[str, PacketIndex]:
    """List the packets of the candidates, by the SHA-256 of their sources.

    Args:
        candidates: where clips may be copied.
        fps: frames a second of the output.
        inputs: a file for each SHA-256.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    sources: dict[str, tuple[str, int]] = {}
    for candidate in candidates:
        media, stream = _source(candidate.clip)
        rule, time_base = _rule(candidate, fps)
        first, last = (
            int(due(frame - candidate.clip.start, fps, rule) / (rule.ticks * time_base))
            for frame in (candidate.first - 1, candidate.last)
        )
        spans.setdefault(media, []).append((first, last))
        sources[media] = (_format(candidate.clip), stream.index)
    wanted = {
        media: Wanted(inputs[media], *sources[media], spans=tuple(asked)) for media, asked in sorted(spans.items())
    }
    return await list_packets(wanted)


def find_copies(candidates: Sequence[Candidate], indexes: Mapping[str, PacketIndex], canvas: Canvas) -> list[Copy]:
    """The frames to copy, in order: those of the candidates that their packets allow.

    Where sources have different parameter sets under one id, those are copied that give more frames.
    """
    known: dict[str, _Shown | None] = {}
    copies: list[Copy] = []
    for candidate in candidates:
        sha256, stream = _source(candidate.clip)
        if sha256 not in known:
            index = indexes.get(sha256)
            fits = index is not None and len(index) > 0 and _fits(index, stream, canvas)
            rule, time_base = _rule(candidate, canvas.fps)
            known[sha256] = _Shown(index, time_base, rule) if index is not None and fits else None
        if (shown := known[sha256]) is not None:
            copies += _copies(candidate, shown, canvas.fps)
    return _agreeing(copies)


def free_sets(copies: Iterable[Copy]) -> int:
    """An id for our encoder's parameter sets that no copied source uses.

    Raises:
        ValueError: when there is none left; `find_copies` leaves some.
    """
    used = {name for config in {copy.config for copy in copies} for name in read_config(config).sets}
    for number in _SETS:
        ours = {("sequence", number), ("picture", number), ("picture", _SKIP_SET - number)}
        if not used & ours:
            return number
    raise ValueError("every id of a parameter set is used")


def _plain(clip: ResolvedClip, canvas: Canvas) -> bool:
    """Whether a clip shows what is in its source, at the speed of its source."""
    if clip.kind != "video" or clip.media is None or clip.media.info.video is None:
        return False
    stream = clip.media.info.video
    whole = clip.crop is None and clip.view is None and clip.matte is None and clip.chroma is None
    still = clip.motion is None and clip.enter is None and clip.leave is None and clip.speed == 1
    bare = not clip.looks and clip.blend == "normal" and clip.radius_px == 0 and not clip.flip_x and not clip.flip_y
    bare = bare and clip.border is None and clip.shadow is None
    suits = (
        clip.media.info.format in _COPIED_FROM
        and (stream.codec, stream.pixel_format, stream.rotation) == ("h264", "yuv420p", 0)
        and (stream.coded_width, stream.coded_height) == (canvas.width, canvas.height)
        and stream.sample_aspect == 1
        and not stream.interlaced
        and abs(stream.fps / canvas.fps - 1) < Fraction(1, 1000)
    )
    return whole and still and bare and suits and clip.opacity >= 1


def _whole(canvas: Canvas) -> Box:
    zero_, one = Fraction(0), Fraction(1)
    return Box(zero_, zero_, one, one, 0, 0, canvas.width, canvas.height)


def _source(clip: ResolvedClip) -> tuple[str, VideoStream]:
    if clip.media is None or clip.media.info.video is None:
        raise ValueError(f"{clip.pointer} has no moving pictures")
    return clip.media.sha256, clip.media.info.video


def _format(clip: ResolvedClip) -> str:
    return "" if clip.media is None else clip.media.info.format


def _rule(candidate: Candidate, fps: Fraction) -> tuple[Sampling, Fraction]:
    """How the source's pictures fall on the output frames of its clip, and its tick in seconds."""
    clip = candidate.clip
    sha256, stream = _source(clip)
    if clip.media is None:
        raise ValueError(f"{clip.pointer} has no media")
    source = video_source(sha256, clip.media.info, stream)
    return sampling(source, clip.trim, Fraction(1), fps), stream.time_base


def _fits(index: PacketIndex, stream: VideoStream, canvas: Canvas) -> bool:
    """Whether a source's packets can stand beside ours."""
    try:
        config = read_config(index.config)
        sequences = [read_sequence(nal) for nal in config.sequences]
    except ValueError:
        return False
    hd = max(stream.coded_width * _HD_HEIGHT // 1280, stream.coded_height) >= _HD_HEIGHT
    known = {_BT709, _UNSPECIFIED}
    ranges, codes = index.colors[:1], index.colors[1:]
    sizes = {(one.width, one.height) for one in sequences}
    return (
        index.upright
        and config.length_bytes == LENGTH_BYTES
        and len(config.sets) == len(config.sequences) + len(config.pictures) <= _MOST_SETS
        and sizes == {(canvas.width, canvas.height)}
        and all(one.profile in _PROFILES and (one.chroma, one.depth) == (1, 8) for one in sequences)
        and all(one.progressive and one.square and not one.shifted and not one.full_range for one in sequences)
        and all({one.primaries, one.transfer, one.matrix} <= known for one in sequences)
        and set(codes) <= known
        and set(ranges) <= {0, _LIMITED}
        and (hd or all(one.matrix == _BT709 for one in sequences))
    )


class _Shown:
    """The packets of a source in the order of showing."""

    def __init__(self, index: PacketIndex, time_base: Fraction, rule: Sampling) -> None:
        self.index = index
        self.order = np.argsort(index.pts, kind="stable")
        self.ranks = np.empty(len(self.order), np.int64)
        self.ranks[self.order] = np.arange(len(self.order))
        pts = index.pts[self.order]
        factor = time_base * rule.ticks
        whole = factor.denominator == 1
        self.times = (
            pts * factor.numerator
            if whole
            else np.array([tick(one, time_base, rule) for one in pts.tolist()], np.int64)
        )
        self.instants = np.sort(self.ranks[index.instant & ~index.discarded & ~index.foreign])

    def ranked(self, dues: Integers) -> Integers:
        """Which picture is shown at each of these ticks; -1 before the first."""
        return np.searchsorted(self.times, dues, "right") - 1


def _copies(candidate: Candidate, shown: _Shown, fps: Fraction) -> Iterator[Copy]:
    """The copies within one candidate."""
    rule, _ = _rule(candidate, fps)
    frames = range(candidate.first - candidate.clip.start, candidate.last - candidate.clip.start)
    ranked = shown.ranked(np.array([due(frame, fps, rule) for frame in frames], np.int64))
    shortest = shortest_copy(fps)
    for first, last in _steady(ranked):
        at, end = int(ranked[first]), int(ranked[last - 1]) + 1
        start = candidate.first + first - at  # the output frame that the picture of rank 0 would fall on
        while (place := int(np.searchsorted(shown.instants, at))) < len(shown.instants):
            key = int(shown.instants[place])
            if end - key < shortest:
                break
            count = _prefix(shown, key, end - key)
            if count >= shortest:
                pts = int(shown.index.pts[shown.order[key]])
                yield Copy(candidate.clip, start + key, count, pts, shown.index.config)
            at = key + max(count, 1)


def _steady(ranked: Integers) -> Iterator[tuple[int, int]]:
    """Stretches [first, last) in which every output frame shows the picture after the one before it."""
    edges = [0, *(np.flatnonzero(np.diff(ranked) != 1) + 1).tolist(), len(ranked)]
    for first, last in pairwise(edges):
        first += int(ranked[first] < 0)  # noqa: PLW2901 — a stretch may begin with the frame before the first picture
        if last > first:
            yield first, last


def _prefix(shown: _Shown, key: int, most: int) -> int:
    """How many pictures can be copied from the IDR picture of rank `key` on, when `most` are wanted."""
    index, at = shown.index, int(shown.order[key])
    part = slice(at, at + most)
    bad = np.flatnonzero(index.foreign[part] | index.discarded[part] | (index.offsets[part] < 0))
    part = slice(at, at + int(bad[0])) if len(bad) else part
    behind = shown.ranks[part] - key
    if not len(behind) or behind.min() < 0:
        return 0
    whole = np.flatnonzero(np.maximum.accumulate(behind) == np.arange(len(behind)))
    return int(whole[-1]) + 1 if len(whole) else 0


def _agreeing(copies: Sequence[Copy]) -> list[Copy]:
    """The copies whose parameter sets have ids that mean the same in all of them; more frames come first."""
    frames: dict[bytes, int] = {}
    for copy in copies:
        frames[copy.config] = frames.get(copy.config, 0) + copy.frames
    kept: dict[bytes, Config] = {}
    for record in sorted(frames, key=lambda record: (-frames[record], record)):
        config = read_config(record)
        sets = {name for one in kept.values() for name in one.sets} | set(config.sets)
        if len(sets) <= _MOST_SETS and not any(collide(config, one) for one in kept.values()):
            kept[record] = config
    return [copy for copy in copies if copy.config in kept]


class _Taken:
    """Frames that something is drawn on, as spans apart from each other."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, first: int, last: int) -> None:
        """Take [first, last)."""
        low, high = bisect_left(self._lasts, first), bisect_right(self._firsts, last)
        if low < high:
            first, last = min(first, self._firsts[low]), max(last, self._lasts[high - 1])
        self._firsts[low:high], self._lasts[low:high] = [first], [last]

    def free(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The parts of [first, last) that are not taken."""
        for number in range(bisect_right(self._lasts, first), len(self._firsts)):
            if self._firsts[number] >= last:
                break
            if self._firsts[number] > first:
                yield first, self._firsts[number]
            first = max(first, self._lasts[number])
        if first < last:
            yield first, last
