"""Where the packets of a sound lie in a stranger's file: AAC in MP4 (ISO/IEC 14496-12) and in ADTS (14496-3, 1.A.2.2).

Read in Python, number by number and each checked against the file's size: nothing of a stranger's file reaches a
library here. What is unusual is not copied: no answer means that the sound will be decoded and encoded.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.media.boxes import boxes
from cutroom.media.info import MediaInfo
from cutroom.render.mux.samples import AAC_FRAME, Run

_CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})
_MOVIES: Final = frozenset({"mp4", "m4a", "mov"})
_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_MOST_PACKETS: Final = 10_000_000
_LOW_COMPLEXITY: Final = 2  # audio object type (ISO/IEC 14496-3, 1.5.1.1)
_LARGEST_HEADER: Final = 64 << 20
_LONGEST_WINDOW: Final = frozenset({0, 3})  # ONLY_LONG and LONG_STOP: what follows them is a long half
_HEAD_BYTES: Final = 3
CONFIGS: Final = {
    (48_000, 1): b"\x11\x88",
    (48_000, 2): b"\x11\x90",
    (44_100, 1): b"\x12\x08",
    (44_100, 2): b"\x12\x10",
}
"""AudioSpecificConfig of AAC-LC by sample rate and channels (ISO/IEC 14496-3, 1.6.2.1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """The packets of one sound.

    Args:
        run: where they lie.
        sample_rate: samples a second.
        channels: 1 or 2.
        first: presentation time of the first packet, in samples; what lies before 0 primes the decoder.
    """

    run: Run
    sample_rate: int
    channels: int
    first: int


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """That a sound can be copied, in numbers: `Packets` without the places. `count` is how many packets there are."""

    sample_rate: int
    channels: int
    first: int
    count: int


def copy_facts(path: Path, info: MediaInfo) -> CopyFacts | None:
    """What copying needs to know of a sound; None when it has to be encoded.

    It has to be when it is not AAC-LC in stereo or mono, when its packets are not where they usually are, or when most
    of its windows are not those that our encoder uses, so that the two could not be joined without a fault.
    """
    found = read_packets(path, info)
    if found is None or not _steady(found.run):
        return None
    return CopyFacts(found.sample_rate, found.channels, found.first, len(found.run))


def read_packets(path: Path, info: MediaInfo) -> Packets | None:
    """Find the packets of the sound that the probe chose; None when they cannot be copied."""
    stream = info.audio
    if stream is None or stream.codec != "aac" or stream.start != 0:
        return None
    return find_packets(path, info.format, stream.index, stream.sample_rate, stream.channels)


def find_packets(path: Path, format_: str, index: int, sample_rate: int, channels: int) -> Packets | None:
    """Find the packets of AAC in stream `index` of a file of that format, rate and channels; None as above."""
    if channels not in {1, 2} or not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            if format_ in _MOVIES:
                found = _movie(path, data, index)
            elif format_ == "aac":
                found = _adts(path, data)
            else:
                return None
        except (struct.error, ValueError, LookupError, OverflowError):
            return None
        size = len(data)
    if found is None or (found.sample_rate, found.channels) != (sample_rate, channels):
        return None
    run = found.run
    if len(run) < 2 or run.offsets.min() < 0 or run.sizes.min() < 1 or (run.offsets + run.sizes).max() > size:
        return None
    return found


def window_of(head: bytes) -> tuple[bool, int] | None:
    """The second half of a packet's window: whether it is long, and its shape (ISO/IEC 14496-3, 4.4.2).

    None when the packet does not begin with a single channel or with a pair of channels that share their windows.
    """
    if len(head) < _HEAD_BYTES:
        return None
    bits = int.from_bytes(head[:_HEAD_BYTES], "big")
    element = bits >> 21
    if element == 1 and bits >> 16 & 1:  # a channel pair with a common window: reserved, sequence, shape
        sequence, shape = bits >> 13 & 3, bits >> 12 & 1
    elif element == 0:  # a single channel: eight bits of gain come first
        sequence, shape = bits >> 6 & 3, bits >> 5 & 1
    else:
        return None
    return sequence in _LONGEST_WINDOW, shape


def heads(run: Run, first: int, last: int) -> list[bytes]:
    """The first bytes of packets [first, last)."""
    found: list[bytes] = []
    with run.path.open("rb") as file:
        for offset, size in zip(run.offsets[first:last].tolist(), run.sizes[first:last].tolist(), strict=True):
            file.seek(offset)
            found.append(file.read(min(size, _HEAD_BYTES)))
    return found


def _steady(run: Run) -> bool:
    """Whether most packets, of a thousand looked at, have long windows of the shape that our encoder gives them."""
    step = max(1, len(run) // 1000)
    thin = Run(run.path, run.offsets[::step], run.sizes[::step], run.shown[::step], run.keys[::step])
    windows = [window_of(head) for head in heads(thin, 0, len(thin))]
    return 2 * sum(window == (True, 1) for window in windows) > len(windows)


def _packets(
    path: Path, offsets: NDArray[np.int64], sizes: NDArray[np.int64], rate: int, channels: int, first: int
) -> Packets:
    count = len(offsets)
    run = Run(path, offsets, sizes.astype(np.int32), np.arange(count, dtype=np.int64), np.ones(count, np.bool_))
    return Packets(run, rate, channels, first)


def _movie(path: Path, data: mmap.mmap, index: int) -> Packets | None:
    """The sound in track number `index` of an MP4 that has all its tables in one place."""
    movie = next((span for name, span in boxes(data, 0, len(data)) if name == b"moov"), None)
    if movie is None or movie[1] - movie[0] > _LARGEST_HEADER:
        return None
    tracks = [span for name, span in boxes(data, *movie) if name == b"trak"]
    track = _flat(data, *tracks[index])
    if track.get(b"hdlr", b"")[8:12] != b"soun" or b"stsd" not in track:
        return None
    config = _config(track[b"stsd"])
    if config is None:
        return None
    rate, channels = config
    wide = track[b"mdhd"][0] == 1
    timescale = struct.unpack_from(">I", track[b"mdhd"], 20 if wide else 12)[0]
    gapless = b"iTunSMPB" in data[movie[0] : movie[1]]
    skipped = _edit(track.get(b"elst"))
    if skipped is None or timescale != rate or (gapless and b"elst" not in track) or not _even(track[b"stts"]):
        return None
    sizes = _sizes(track[b"stsz"])
    places = _chunks(track)
    if len(sizes) > _MOST_PACKETS or places is None:
        return None
    offsets = _offsets(sizes, places, track[b"stsc"])
    return None if offsets is None else _packets(path, offsets, sizes, rate, channels, -skipped)


def _flat(data: mmap.mmap, start: int, end: int) -> dict[bytes, bytes]:
    """The contents of the boxes of a track by their names, whatever they lie in; of two, the first."""
    found: dict[bytes, bytes] = {}
    stack = [(start, end)]
    while stack:
        for name, span in boxes(data, *stack.pop()):
            if name in _CONTAINERS:
                stack.append(span)
            else:
                found.setdefault(name, data[span[0] : span[1]])
    return found


def _config(entry: bytes) -> tuple[int, int] | None:
    """Sample rate and channels of a plain AAC-LC description; None for any other."""
    if struct.unpack_from(">I", entry, 4)[0] != 1 or entry[12:16] != b"mp4a" or b"esds" not in entry:
        return None
    at = entry.index(b"esds") + 8
    while at < len(entry):
        tag, size, used = entry[at], 0, 1
        while True:
            size = size << 7 | entry[at + used] & 127
            used += 1
            if not entry[at + used - 1] & 128 or used > 4:
                break
        at += used
        if tag == 3:
            at += 3 + (2 if entry[at + 2] & 0x80 else 0)
        elif tag == 4:
            if entry[at] != 0x40:
                return None
            at += 13
        elif tag == 5:
            return specific_config(entry[at : at + size])
        else:
            at += size
    return None


def specific_config(config: bytes) -> tuple[int, int] | None:
    """Sample rate and channels of an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1); None unless it is plain AAC-LC."""
    if len(config) < 2:
        return None
    bits = int.from_bytes(config[:2], "big")
    kind, rate, channels, special = bits >> 11, bits >> 7 & 15, bits >> 3 & 15, bits & 7
    if kind != _LOW_COMPLEXITY or rate >= len(_RATES) or channels not in {1, 2} or special:
        return None
    # After the core, 0x2B7 announces an extension; its fifth byte's first bit says that there really is SBR.
    if len(config) >= 5 and config[2] == 0x56 and config[4] & 0x80:
        return None
    return _RATES[rate], channels


def _edit(box: bytes | None) -> int | None:
    """Samples that a track leaves out at its start; None when its edits are anything more than that."""
    if box is None:
        return 0
    count = struct.unpack_from(">I", box, 4)[0]
    if count != 1:
        return None
    start, rate = struct.unpack_from(">qI", box, 16) if box[0] == 1 else struct.unpack_from(">iI", box, 12)
    return start if start >= 0 and rate == 0x10000 else None


def _even(box: bytes) -> bool:
    """Whether all packets last 1,024 samples; the last may be shorter."""
    count = struct.unpack_from(">I", box, 4)[0]
    pairs = np.frombuffer(box, ">u4", 2 * count, 8).reshape(-1, 2)
    plain = bool((pairs[:-1, 1] == AAC_FRAME).all())
    last = pairs[-1]
    return plain and (last[1] == AAC_FRAME or (last[0] == 1 and last[1] <= AAC_FRAME))


def _sizes(box: bytes) -> NDArray[np.int64]:
    same, count = struct.unpack_from(">II", box, 4)
    if same:
        return np.full(min(count, _MOST_PACKETS + 1), same, np.int64)
    return np.frombuffer(box, ">u4", count, 12).astype(np.int64)


def _chunks(track: dict[bytes, bytes]) -> NDArray[np.int64] | None:
    """Where each chunk begins."""
    name = b"stco" if b"stco" in track else b"co64"
    if name not in track:
        return None
    count = struct.unpack_from(">I", track[name], 4)[0]
    return np.frombuffer(track[name], ">u4" if name == b"stco" else ">u8", count, 8).astype(np.int64)


def _offsets(sizes: NDArray[np.int64], places: NDArray[np.int64], box: bytes) -> NDArray[np.int64] | None:
    """Where each packet begins: packets follow each other within a chunk."""
    count = struct.unpack_from(">I", box, 4)[0]
    groups = np.frombuffer(box, ">u4", 3 * count, 8).reshape(-1, 3).astype(np.int64)
    ends = np.append(groups[1:, 0], len(places) + 1)
    if not count or groups[0, 0] != 1 or (np.diff(np.append(groups[:, 0], len(places) + 1)) <= 0).any():
        return None
    in_chunk = np.repeat(groups[:, 1], ends - groups[:, 0])
    if int(in_chunk.sum()) != len(sizes) or (in_chunk < 1).any():
        return None
    before = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    first = np.concatenate(([0], np.cumsum(in_chunk)[:-1]))
    return np.repeat(places - before[first], in_chunk) + before


def _adts(path: Path, data: mmap.mmap) -> Packets | None:
    """The packets of an ADTS file, without their headers; each must hold one frame of the same kind."""
    offsets: list[int] = []
    sizes: list[int] = []
    kind: tuple[int, int, int] | None = None
    at, end = 0, len(data)
    while at + 7 <= end:
        if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0 or data[at + 6] & 3:
            return None
        word = int.from_bytes(data[at + 2 : at + 6], "big")
        this = (word >> 30, word >> 26 & 15, word >> 22 & 7)
        length = word >> 5 & 0x1FFF
        header = 7 if data[at + 1] & 1 else 9
        if kind not in {None, this} or length <= header or at + length > end:
            return None
        kind = this
        offsets.append(at + header)
        sizes.append(length - header)
        at += length
    if kind is None or at != end or kind[0] + 1 != _LOW_COMPLEXITY or kind[1] >= len(_RATES):
        return None
    return _packets(path, np.array(offsets, np.int64), np.array(sizes, np.int64), _RATES[kind[1]], kind[2], 0)
