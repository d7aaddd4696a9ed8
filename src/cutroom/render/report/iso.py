"""When every sample of an MP4 is shown, read from its tables (ISO/IEC 14496-12, 8.6) with no packet in hand.

Written apart from our muxer on purpose: what one gets wrong the other sees. A million samples take a tenth of a second.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_HEADER: Final = 8
_LONG: Final = 16
_MOOV_MOST: Final = 512 << 20
Ticks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Track:
    """One track.

    Args:
        handler: `vide` or `soun`.
        timescale: ticks a second.
        decoded: decoding time of each sample, in ticks, in the order of decoding.
        shown: presentation time of each, in ticks, as a player shows them: after the edit list.
        keys: whether decoding can start there.
        start: seconds before the first thing that counts.
        duration: seconds of what counts, without what comes before or after it for the codec's sake.
    """

    handler: str
    timescale: int
    decoded: Ticks
    shown: Ticks
    keys: NDArray[np.bool_]
    start: Fraction
    duration: Fraction


def tracks(path: Path) -> list[Track]:
    """The tracks of an MP4 or QuickTime file that is not fragmented; none when it has no index.

    Raises:
        ValueError: when a table is cut off.
    """
    moov = _moov(path)
    movie_scale = 1
    found: list[Track] = []
    for name, body in _boxes(moov):
        if name == b"mvhd":
            movie_scale = _number(body, 20 if body[0] == 1 else 12, 4)
    for name, body in _boxes(moov):
        if name == b"trak":
            found.append(_track(dict(_boxes(body)), movie_scale))
    return found


def _track(trak: dict[bytes, bytes], movie_scale: int) -> Track:
    mdia = dict(_boxes(trak[b"mdia"]))
    stbl = dict(_boxes(dict(_boxes(mdia[b"minf"]))[b"stbl"]))
    mdhd = mdia[b"mdhd"]
    wide = mdhd[0] == 1
    timescale = _number(mdhd, 20 if wide else 12, 4)
    media = Fraction(_number(mdhd, 24 if wide else 16, 8 if wide else 4), timescale)
    durations = _pairs(stbl[b"stts"])
    lengths = np.repeat(durations[:, 1], durations[:, 0])
    decoded = np.concatenate([[0], np.cumsum(lengths[:-1])]).astype(np.int64) if len(lengths) else lengths
    shown = decoded.copy()
    if b"ctts" in stbl:
        offsets = _pairs(stbl[b"ctts"], signed=True)
        shown += np.repeat(offsets[:, 1], offsets[:, 0])
    keys = np.ones(len(decoded), np.bool_)
    if b"stss" in stbl:
        keys[:] = False
        keys[np.frombuffer(stbl[b"stss"], ">u4", offset=8).astype(np.int64) - 1] = True
    start, skipped, duration = _edits(trak, movie_scale, media)
    shift = round(start * timescale) - skipped
    handler = mdia[b"hdlr"][8:12].decode("latin-1")
    return Track(handler, timescale, decoded, shown + shift, keys, start, duration)


def _edits(trak: dict[bytes, bytes], movie_scale: int, media: Fraction) -> tuple[Fraction, int, Fraction]:
    """Seconds of nothing at first; ticks of media that are skipped; seconds that are shown."""
    elst = dict(_boxes(trak[b"edts"])).get(b"elst") if b"edts" in trak else None
    if elst is None:
        return Fraction(0), 0, media
    size = 8 if elst[0] == 1 else 4
    start, shown, skipped = Fraction(0), Fraction(0), 0
    for number in range(_number(elst, 4, 4)):
        place = 8 + number * (2 * size + 4)
        length = Fraction(_number(elst, place, size), movie_scale)
        begin = int.from_bytes(elst[place + size : place + 2 * size], "big", signed=True)
        if begin < 0:
            start += length
        else:
            shown, skipped = shown + length, begin
    return start, skipped, shown or media


def starts_fast(path: Path) -> bool:
    """Whether an MP4's index lies before its data (ISO/IEC 14496-12, 8.1); other formats need none."""
    for name, _, _ in _top(path):
        if name not in _KNOWN:
            return True
        if name in {b"moov", b"mdat"}:
            return name == b"moov"
    return False


def whole(path: Path) -> bool:
    """Whether the file is as long as its boxes say."""
    size = path.stat().st_size
    return all(place + length <= size for _, place, length in _top(path))


_KNOWN: Final = frozenset({b"ftyp", b"free", b"skip", b"wide", b"uuid", b"moov", b"mdat"})


def _moov(path: Path) -> bytes:
    for name, place, size in _top(path):
        if name == b"moov" and size <= _MOOV_MOST:
            with path.open("rb") as file:
                file.seek(place)
                return file.read(size)
    return b""


def _top(path: Path) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and size of the content of each box of the file."""
    with path.open("rb") as file:
        while len(header := file.read(_LONG)) >= _HEADER:
            size, name = int.from_bytes(header[:4], "big"), header[4:8]
            length = _HEADER
            if size == 1:
                size, length = int.from_bytes(header[8:16], "big"), _LONG
            elif size == 0:
                size = os.fstat(file.fileno()).st_size - file.tell() + len(header)
            place = file.tell() - len(header) + length
            yield name, place, max(size - length, 0)
            file.seek(place + max(size - length, 0))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + _HEADER <= len(data):
        size, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        head = _HEADER
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16], "big"), _LONG
        size = size or len(data) - place
        if size < head or place + size > len(data):
            raise ValueError("a box is cut off")
        yield name, data[place + head : place + size]
        place += size


def _pairs(table: bytes, *, signed: bool = False) -> Ticks:
    """The rows of a table of two numbers: how many samples, and what they have."""
    count = _number(table, 4, 4)
    rows = np.frombuffer(table, ">u4", count * 2, offset=8).astype(np.uint32).reshape(-1, 2)
    second = rows[:, 1].astype(np.int32) if signed else rows[:, 1]
    return np.stack([rows[:, 0].astype(np.int64), second.astype(np.int64)], axis=1)


def _number(data: bytes, place: int, size: int) -> int:
    if place + size > len(data):
        raise ValueError("a table is cut off")
    return int.from_bytes(data[place : place + size], "big")
