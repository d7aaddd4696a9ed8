"""The boxes of an MP4 file (ISO/IEC 14496-12), as bytes."""

import struct
from itertools import chain
from typing import Final

_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED: Final = 0x55C4  # the language "und", packed as 8.4.2.3 says
_LARGEST: Final = (1 << 32) - 1


def box(name: bytes, *parts: bytes) -> bytes:
    """A box: its size, its name, its content."""
    size = 8 + sum(map(len, parts))
    return b"".join(chain((struct.pack(">I4s", size, name),), parts))


def full(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with a version and flags."""
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def file_type() -> bytes:
    """What kind of file this is: the brands that FFmpeg's muxer writes."""
    return box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")


def data_header(size: int) -> bytes:
    """The beginning of `mdat`, which holds `size` bytes: always the long form, so that its own length is known."""
    return struct.pack(">I4sQ", 1, b"mdat", size + 16)


def movie_header(timescale: int, duration: int, tracks: int) -> bytes:
    """`mvhd`: a duration in units of 1 / `timescale` seconds; without dates, so that the bytes are always the same."""
    rest = struct.pack(">IH10x", 0x10000, 0x0100) + _MATRIX + bytes(24) + struct.pack(">I", tracks + 1)
    if duration > _LARGEST:
        return full(b"mvhd", struct.pack(">QQIQ", 0, 0, timescale, duration), rest, version=1)
    return full(b"mvhd", struct.pack(">IIII", 0, 0, timescale, duration), rest)


def track_header(number: int, duration: int, *, width: int = 0, height: int = 0, sound: bool = False) -> bytes:
    """`tkhd` of an enabled track that belongs to the film; duration in the film's units, sizes in pixels."""
    rest = struct.pack(">8xHHHH", 0, 1 if sound else 0, 0x0100 if sound else 0, 0) + _MATRIX
    rest += struct.pack(">II", width << 16, height << 16)
    if duration > _LARGEST:
        return full(b"tkhd", struct.pack(">QQIIQ", 0, 0, number, 0, duration), rest, version=1, flags=3)
    return full(b"tkhd", struct.pack(">IIIII", 0, 0, number, 0, duration), rest, flags=3)


def edit_list(duration: int, first: int) -> bytes:
    """`edts`: the track is `duration` film units long and starts with its own time `first`."""
    if duration > _LARGEST or first > _LARGEST >> 1:
        return box(b"edts", full(b"elst", struct.pack(">IQqI", 1, duration, first, 0x10000), version=1))
    return box(b"edts", full(b"elst", struct.pack(">IIiI", 1, duration, first, 0x10000)))


def media(timescale: int, duration: int, handler: bytes, name: bytes, *information: bytes) -> bytes:
    """`mdia`: header, handler and information of a track, in its own units."""
    if duration > _LARGEST:
        times = full(b"mdhd", struct.pack(">QQIQHH", 0, 0, timescale, duration, _UNDETERMINED, 0), version=1)
    else:
        times = full(b"mdhd", struct.pack(">IIIIHH", 0, 0, timescale, duration, _UNDETERMINED, 0))
    kind = full(b"hdlr", struct.pack(">4x4s12x", handler), name, b"\x00")
    here = box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1)))
    header = full(b"vmhd", bytes(8), flags=1) if handler == b"vide" else full(b"smhd", bytes(4))
    return box(b"mdia", times, kind, box(b"minf", header, here, box(b"stbl", *information)))


def description(entry: bytes) -> bytes:
    """`stsd` with one entry."""
    return full(b"stsd", struct.pack(">I", 1), entry)


def picture_entry(codec: str, config: bytes, width: int, height: int) -> bytes:
    """The sample entry of H.264 or H.265 with square pixels in BT.709, limited range."""
    name, record = (b"avc1", b"avcC") if codec == "h264" else (b"hvc1", b"hvcC")
    fixed = struct.pack(">6xH16xHHIIIH32xHh", 1, width, height, 0x480000, 0x480000, 0, 1, 24, -1)
    color = box(b"colr", b"nclx", struct.pack(">HHHB", 1, 1, 1, 0))
    return box(name, fixed, box(record, config), color, box(b"pasp", struct.pack(">II", 1, 1)))


def sound_entry(config: bytes, channels: int, sample_rate: int, bit_rate: int) -> bytes:
    """The sample entry of AAC; `config` is the AudioSpecificConfig, `bit_rate` the average."""
    fixed = struct.pack(">6xH8xHHHHI", 1, channels, 16, 0, 0, (sample_rate & 0xFFFF) << 16)
    # ISO/IEC 14496-1, 7.2.6.5 to 7.2.6.7: object type 0x40 is MPEG-4 audio, stream type 5 is sound.
    decoder = struct.pack(">BB3xII", 0x40, 5 << 2 | 1, bit_rate, bit_rate) + _descriptor(5, config)
    stream = struct.pack(">HB", 0, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    return box(b"mp4a", fixed, full(b"esds", _descriptor(3, stream)))


def _descriptor(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes((0x80 | size >> 21 & 127, 0x80 | size >> 14 & 127, 0x80 | size >> 7 & 127, size & 127))
    return bytes((tag,)) + length + content


def preroll(samples: int) -> bytes:
    """The groups that say that every packet of sound needs the one before it (ISO/IEC 14496-12, 10.1)."""
    kind = full(b"sgpd", b"roll", struct.pack(">IIh", 2, 1, -1), version=1)
    return kind + full(b"sbgp", b"roll", struct.pack(">III", 1, samples, 1))
