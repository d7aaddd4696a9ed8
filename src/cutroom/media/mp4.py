"""Where the pictures of a stranger's MP4 lie, read from its tables (ISO/IEC 14496-12) in this process.

Read in Python, number by number and each checked against the file's size: nothing of a stranger's file reaches a
library here. Only what most files are like is read: H.264 in one piece, under one edit at most (after an empty one if
the track begins late) that leaves out nothing but what is decoded before the first picture is shown. Of any other file
nothing is said, and a child of its own lists its packets with FFmpeg (`packets.py`), which knows them all.
"""

import mmap
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from cutroom.media.boxes import boxes

Integers = NDArray[np.int64]
_CONTAINERS: Final = frozenset({b"mdia", b"minf", b"stbl", b"edts"})
_TABLES: Final = frozenset(
    {b"tkhd", b"mdhd", b"elst", b"stsd", b"stts", b"ctts", b"stss", b"stsz", b"stsc", b"stco", b"co64"}
)
_LARGEST_HEADER: Final = 64 << 20
_MOST_SAMPLES: Final = 5_000_000
_UPRIGHT: Final = struct.pack(">5i", 0x10000, 0, 0, 0, 0x10000)
_ENTRY_BYTES: Final = 78  # of a visual sample entry, before the boxes within it (12.1.3)
_PLAIN: Final = frozenset({1, 5, 6, 9, 12})
_SETS: Final = frozenset({7, 8})
_IDR: Final = 5
_SLICE: Final = 1
_IMPORTANCE: Final = 3 << 5
"""The bits of a NAL unit's first byte that are 0 when nothing refers to it (nal_ref_idc; ITU-T H.264, 7.4.1)."""
_BARE: Final = frozenset({_SLICE, 9, 12})
INSTANT, FOREIGN, SPARE = 2, 4, 16
"""Marks of a packet: it is an IDR picture; it holds what cannot be copied; all others are decoded the same without it.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The pictures of a track in decoding order; arrays have one entry for each, and times are in ticks of the track.

    Args:
        config: the `avcC` record.
        upright: whether no track of the file is turned or mirrored.
        colors: range, primaries, transfer and matrix, as `PacketIndex` has them.
        marks: `INSTANT`, `FOREIGN` and `SPARE` of each.
    """

    config: bytes
    upright: bool
    colors: tuple[int, int, int, int]
    pts: Integers
    dts: Integers
    offsets: Integers
    sizes: NDArray[np.int32]
    keys: NDArray[np.bool_]
    marks: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """All samples of a track; fields as in `Samples`."""

    config: bytes
    upright: bool
    colors: tuple[int, int, int, int]
    pts: Integers
    dts: Integers
    offsets: Integers
    sizes: Integers
    keys: NDArray[np.bool_]


T = TypeVar("T")


def read_samples(path: Path, stream: int, spans: Sequence[tuple[int, int]]) -> Samples | None:
    """The samples of an H.264 track that are shown in spans of time, and those that they are decoded with.

    Args:
        path: the file.
        stream: number of the track in the file.
        spans: presentation times, first and last, in order and apart from each other.

    Returns:
        None when the file is not of the kind that is read here, or is damaged.
    """
    return _within(path, lambda data: _read(data, stream, spans))


def read_keys(path: Path, stream: int) -> Integers | None:
    """When the pictures of an H.264 track are shown that its file calls key frames, in ticks of the track, in order.

    Args:
        path: the file.
        stream: number of the track in the file.

    Returns:
        None when the file is not of the kind that is read here, or is damaged.
    """
    found = _within(path, lambda data: _tables(data, stream))
    return None if found is None else np.sort(found.pts[found.keys])


def _within(path: Path, read: Callable[[mmap.mmap], T | None]) -> T | None:
    if not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return read(data)
        except (struct.error, ValueError, LookupError, OverflowError):
            return None


def _read(data: mmap.mmap, stream: int, spans: Sequence[tuple[int, int]]) -> Samples | None:
    all_ = _tables(data, stream)
    if all_ is None:
        return None
    chosen = _chosen(spans, all_.pts, all_.dts, all_.keys)
    return Samples(
        all_.config,
        all_.upright,
        all_.colors,
        all_.pts[chosen],
        all_.dts[chosen],
        all_.offsets[chosen],
        all_.sizes[chosen].astype(np.int32),
        all_.keys[chosen],
        _marks(data, all_.config, all_.offsets[chosen], all_.sizes[chosen]),
    )


def _tables(data: mmap.mmap, stream: int) -> _Tables | None:
    movie = next((span for name, span in boxes(data, 0, len(data)) if name == b"moov"), None)
    if movie is None or movie[1] - movie[0] > _LARGEST_HEADER:
        return None
    parts = list(boxes(data, *movie))
    tracks = [_flat(data, *span) for name, span in parts if name == b"trak"]
    header = next(data[first:last] for name, (first, last) in parts if name == b"mvhd")
    if any(name == b"mvex" for name, _ in parts) or not 0 <= stream < len(tracks):
        return None
    track = tracks[stream]
    if track[b"hdlr"][8:12] != b"vide" or (described := _described(track[b"stsd"])) is None:
        return None
    config, colors = described
    sizes = _sizes(track[b"stsz"])
    offsets = _offsets(sizes, _chunks(track), track[b"stsc"])
    dts = _decoded(track[b"stts"], len(sizes))
    pts = dts + _delays(track.get(b"ctts"), len(sizes))
    if not 0 < len(sizes) <= _MOST_SAMPLES or (sizes < 1).any() or (offsets + sizes).max() > len(data):
        return None
    shift = _shift(track, header, dts, pts)
    if shift is None:
        return None
    pts, dts = pts - shift, dts - shift
    keys = _keys(track.get(b"stss"), len(sizes))
    upright = all(_upright(one[b"tkhd"]) for one in tracks)
    return _Tables(config, upright, colors, pts, dts, offsets, sizes, keys)


def _flat(data: mmap.mmap, start: int, end: int) -> dict[bytes, bytes]:
    """The contents of the boxes of a track by their names, whatever they lie in.

    No table comes twice. QuickTime's second `hdlr`, of where the data lie, comes after the one that is meant.
    """
    found: dict[bytes, bytes] = {}
    stack = [(start, end)]
    while stack:
        for name, span in boxes(data, *stack.pop()):
            if name in _CONTAINERS:
                stack.append(span)
            elif name not in found:
                found[name] = data[span[0] : span[1]]
            elif name in _TABLES:
                raise ValueError("a table comes twice")
    return found


def _described(table: bytes) -> tuple[bytes, tuple[int, int, int, int]] | None:
    """The `avcC` record and the colours of the one description of a track (8.5.2, 12.1); None for any other."""
    if struct.unpack_from(">I", table, 4)[0] != 1:
        return None
    [(name, (first, last))] = boxes(table, 8, len(table))
    if name != b"avc1":
        return None
    inside = {name: table[a:b] for name, (a, b) in boxes(table, first + _ENTRY_BYTES, last)}
    color = inside.get(b"colr")
    colors = (0, 2, 2, 2)
    if color is not None and color[:4] in {b"nclx", b"nclc"}:
        primaries, transfer, matrix = struct.unpack_from(">HHH", color, 4)
        ranged = (2 if color[10] & 0x80 else 1) if color[:4] == b"nclx" else 0
        colors = (ranged, primaries, transfer, matrix)
    elif color is not None:
        return None
    return inside[b"avcC"], colors


def _table(box: bytes, width: int) -> NDArray[np.int64]:
    """The rows of a full box: a count, then so many rows of 32-bit numbers."""
    count = struct.unpack_from(">I", box, 4)[0]
    rows: NDArray[np.int64] = np.frombuffer(box, ">u4", count * width, 8).astype(np.int64).reshape(-1, width)
    return rows


def _spread(rows: NDArray[np.int64], count: int) -> Integers:
    """The second column, each as often as the first says; that must be for `count` samples."""
    if int(rows[:, 0].sum()) != count or count > _MOST_SAMPLES:
        raise ValueError("a table is not for all samples")
    return np.repeat(rows[:, 1], rows[:, 0])


def _decoded(box: bytes, count: int) -> Integers:
    lengths = _spread(_table(box, 2), count)
    if (lengths[:-1] < 1).any():
        raise ValueError("two pictures are decoded at once")
    return np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)


def _delays(box: bytes | None, count: int) -> Integers:
    if box is None:
        return np.zeros(count, np.int64)
    delays = _spread(_table(box, 2), count)
    if (delays >= 1 << 31).any():
        raise ValueError("a delay is negative")
    return delays


def _sizes(box: bytes) -> Integers:
    same, count = struct.unpack_from(">II", box, 4)
    if count > _MOST_SAMPLES:
        raise ValueError("too many samples")
    if same:
        return np.full(count, same, np.int64)
    return np.frombuffer(box, ">u4", count, 12).astype(np.int64)


def _chunks(track: dict[bytes, bytes]) -> Integers:
    """Where each chunk begins."""
    name = b"stco" if b"stco" in track else b"co64"
    count = struct.unpack_from(">I", track[name], 4)[0]
    places = np.frombuffer(track[name], ">u4" if name == b"stco" else ">u8", count, 8)
    if len(places) and int(places.max()) >= 1 << 62:
        raise ValueError("a chunk lies beyond every file")
    return places.astype(np.int64)


def _offsets(sizes: Integers, places: Integers, box: bytes) -> Integers:
    """Where each sample begins: samples follow each other within a chunk."""
    groups = _table(box, 3)
    ends = np.append(groups[1:, 0], len(places) + 1)
    if not len(groups) or groups[0, 0] != 1 or (ends <= groups[:, 0]).any() or (groups[:, 2] != 1).any():
        raise ValueError("the chunks are not in order")
    held = np.repeat(groups[:, 1], ends - groups[:, 0])
    if (held < 1).any() or int(held.sum()) != len(sizes):
        raise ValueError("the chunks do not hold all samples")
    before = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    first = np.concatenate(([0], np.cumsum(held)[:-1]))
    return np.repeat(places - before[first], held) + before


def _keys(box: bytes | None, count: int) -> NDArray[np.bool_]:
    if box is None:
        return np.ones(count, np.bool_)
    keys = np.zeros(count, np.bool_)
    numbers = _table(box, 1)[:, 0]
    if len(numbers) and (numbers.min() < 1 or numbers.max() > count):
        raise ValueError("a key frame is none of the samples")
    keys[numbers - 1] = True
    return keys


def _shift(track: dict[bytes, bytes], header: bytes, dts: Integers, pts: Integers) -> int | None:
    """Ticks by which players show everything earlier; None when an edit does more than that (8.6.6)."""
    if b"elst" not in track:
        return 0
    edits, wide = track[b"elst"], track[b"elst"][0] == 1
    form, count = struct.Struct(">QqI" if wide else ">IiI"), struct.unpack_from(">I", edits, 4)[0]
    if not 1 <= count <= 2:
        return None
    movie = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0]
    media = track[b"mdhd"]
    timescale = struct.unpack_from(">I", media, 20 if media[0] == 1 else 12)[0]
    wait = 0
    if count == 2:  # the first may be empty: the track begins later than the film
        empty, start, _ = form.unpack_from(edits, 8)
        if start != -1:
            return None
        wait = (2 * empty * timescale + movie) // (2 * movie)
    length, start, rate = form.unpack_from(edits, 8 + (count - 1) * form.size)
    # The usual: what is decoded first is shown a little later, and the track begins when it is shown.
    if rate != 0x10000 or start != int(pts.min()):
        return None
    step = int(dts[-1] - dts[-2]) if len(dts) > 1 else 1
    # The edit must show the last picture; how long it stays matters not.
    shown = int(pts.max()) - start
    return start - wait if length * timescale >= (shown + min(step, 1)) * movie or length == 0 else None


def _chosen(spans: Sequence[tuple[int, int]], pts: Integers, dts: Integers, keys: NDArray[np.bool_]) -> Integers:
    """Numbers of the samples to tell of: from the key frame before each span to the first decoded after it."""
    starts = np.flatnonzero(keys)
    chosen: list[Integers] = []
    done = 0
    for first, last in spans:
        before = starts[pts[starts] <= first]
        low = max(int(before[-1]) if len(before) else 0, done)
        high = min(int(np.searchsorted(dts, last, "right")) + 1, len(dts))
        if high > low:
            chosen.append(np.arange(low, high, dtype=np.int64))
            done = high
    return np.concatenate(chosen) if chosen else np.zeros(0, np.int64)


def _marks(data: mmap.mmap, config: bytes, offsets: Integers, sizes: Integers) -> NDArray[np.int8]:
    if len(config) < 7 or config[0] != 1:
        raise ValueError("there is no avcC record")
    length = (config[4] & 3) + 1
    found = (
        _mark(data, at, at + size, length, config) for at, size in zip(offsets.tolist(), sizes.tolist(), strict=True)
    )
    return np.fromiter(found, np.int8, len(offsets))


def _mark(data: mmap.mmap, at: int, end: int, length: int, config: bytes) -> int:
    """What a packet holds: NAL units, each after its length (ISO/IEC 14496-15, 5.3.3.1; ITU-T H.264, table 7-1)."""
    kinds, spare = 0, True
    while at < end:
        size = int.from_bytes(data[at : at + length], "big")
        at += length
        if not 0 < size <= end - at:
            return FOREIGN
        kind = data[at] & 31
        if kind in _SETS:
            if data[at : at + size] not in config:
                return FOREIGN
        elif kind not in _PLAIN:
            return FOREIGN
        kinds |= 1 << kind
        spare = spare and kind in _BARE and not data[at] & _IMPORTANCE
        at += size
    slices = kinds & (1 << _SLICE | 1 << _IDR)
    if not slices:
        return FOREIGN
    return SPARE if spare else INSTANT if slices == 1 << _IDR else 0


def _upright(header: bytes) -> bool:
    """Whether a track is neither turned nor mirrored (8.3.2)."""
    matrix = header[52:88] if header[:1] == b"\x01" else header[40:76]
    a, b, _, c, d = struct.unpack_from(">5i", matrix)
    return struct.pack(">5i", a, b, 0, c, d) == _UPRIGHT
