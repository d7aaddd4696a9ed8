"""Parameter sets of H.264: what they say, and many of them in one `avcC` record.

A stream may switch between sequence parameter sets at any IDR picture when each has an id of its own; so packets of
several encoders can follow each other in one track, if no two sets share an id (ITU-T H.264, 7.4.1.2.1; ISO/IEC
14496-15, 5.3.3.1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cutroom.render.mux.bits import Bits, payload

LENGTH_BYTES: Final = 4
"""Bytes before each NAL unit of a sample that say how long it is."""
_PLAIN: Final = frozenset({66, 77, 88})  # profiles whose record says nothing of chroma and depth
_CHROMA: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_UNSPECIFIED: Final = 2
_EXTENDED_SAR: Final = 255
_MOST_SEQUENCES, _MOST_PICTURES = 31, 255


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence parameter set says (ITU-T H.264, 7.3.2.1.1 and E.1.1).

    Args:
        width: pixels that are shown.
        height: the same, downwards.
        shifted: whether something is cut off at the left or at the top.
        progressive: frames only, never fields.
        counter_bits: of the number that each picture has (frame_num).
        square: pixels are square, or not said to be otherwise.
        full_range: samples use 0 to 255.
        primaries: colour code points of ITU-T H.273; 2 is unspecified.
    """

    id: int
    profile: int
    level: int
    chroma: int
    depth: int
    width: int
    height: int
    shifted: bool
    progressive: bool
    counter_bits: int
    square: bool = True
    full_range: bool = False
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED
    matrix: int = _UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Config:
    """An `avcC` record (ISO/IEC 14496-15, 5.3.3.1): its sets, each a whole NAL unit."""

    length_bytes: int
    sequences: tuple[bytes, ...]
    pictures: tuple[bytes, ...]

    @property
    def sets(self) -> dict[tuple[str, int], bytes]:
        """Every set by its kind and id."""
        found = {("sequence", read_sequence(nal).id): nal for nal in self.sequences}
        return found | {("picture", picture_id(nal)): nal for nal in self.pictures}


def read_config(record: bytes) -> Config:
    """Read an `avcC` record.

    Raises:
        ValueError: when it is none.
    """
    if len(record) < 7 or record[0] != 1:
        raise ValueError("this is no avcC record")
    sequences, at = _sets(record, 6, record[5] & 31)
    if at >= len(record):
        raise ValueError("an avcC record ends too soon")
    pictures, _ = _sets(record, at + 1, record[at])
    return Config((record[4] & 3) + 1, sequences, pictures)


def _sets(record: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found: list[bytes] = []
    for _ in range(count):
        size = int.from_bytes(record[at : at + 2], "big")
        nal = record[at + 2 : at + 2 + size]
        if len(nal) != size or size < 2:
            raise ValueError("an avcC record ends too soon")
        found.append(nal)
        at += 2 + size
    return tuple(found), at


def collide(one: Config, other: Config) -> bool:
    """Whether two records give the same id to different sets."""
    sets = one.sets
    return any(sets.get(name, nal) != nal for name, nal in other.sets.items())


def merged(records: Iterable[bytes]) -> bytes:
    """One record with the sets of all, in order of their ids.

    Raises:
        ValueError: when two give the same id to different sets, or one has no place here.
    """
    different = tuple(dict.fromkeys(records))
    if len(different) == 1:
        return different[0]
    sets: dict[tuple[str, int], bytes] = {}
    for record in different:
        config = read_config(record)
        if config.length_bytes != LENGTH_BYTES:
            raise ValueError("its NAL units have lengths of another size")
        for name, nal in config.sets.items():
            if sets.setdefault(name, nal) != nal:
                raise ValueError(f"{name[0]} parameter set {name[1]} has two contents")
    kept = sorted(sets.items())
    sequences = [nal for (kind, _), nal in kept if kind == "sequence"]
    pictures = [nal for (kind, _), nal in kept if kind == "picture"]
    return write_config(sequences, pictures)


def write_config(sequences: list[bytes], pictures: list[bytes]) -> bytes:
    """An `avcC` record; its profile and level are the highest of its sets, which decode all of them."""
    if not 0 < len(sequences) <= _MOST_SEQUENCES or len(pictures) > _MOST_PICTURES:
        raise ValueError("there are too many parameter sets for one record")
    read = [read_sequence(nal) for nal in sequences]
    highest = max(range(len(read)), key=lambda number: (read[number].profile, read[number].level))
    level = max(one.level for one in read)
    record = bytearray((1, *sequences[highest][1:3], level, 0xFC | (LENGTH_BYTES - 1), 0xE0 | len(sequences)))
    for nal in sequences:
        record += len(nal).to_bytes(2, "big") + nal
    record.append(len(pictures))
    for nal in pictures:
        record += len(nal).to_bytes(2, "big") + nal
    if read[highest].profile not in _PLAIN:
        record += bytes((0xFC | read[highest].chroma, 0xF8 | (read[highest].depth - 8), 0xF8, 0))
    return bytes(record)


def picture_id(nal: bytes) -> int:
    """The id of a picture parameter set."""
    return Bits(payload(nal)).number()


def read_sequence(nal: bytes) -> Sequence:
    """Read a sequence parameter set.

    Raises:
        ValueError: when it is none.
    """
    if len(nal) < 4 or nal[0] & 31 != 7:
        raise ValueError("this is no sequence parameter set")
    bits = Bits(payload(nal))
    profile, _, level, number = bits.take(8), bits.take(8), bits.take(8), bits.number()
    chroma, depth = _sampling(bits) if profile in _CHROMA else (1, 8)
    counter_bits = 4 + bits.number()
    _skip_order(bits)
    bits.number()  # reference frames
    bits.flag()
    width, height = 16 * (bits.number() + 1), 16 * (bits.number() + 1)
    progressive = bits.flag()
    if not progressive:
        height *= 2
        bits.flag()
    bits.flag()
    left, right, top, bottom = [bits.number() for _ in range(4)] if bits.flag() else [0, 0, 0, 0]
    across = 2 if chroma in {1, 2} else 1
    down = (2 if chroma == 1 else 1) * (1 if progressive else 2)
    base = Sequence(
        id=number,
        profile=profile,
        level=level,
        chroma=chroma,
        depth=depth,
        width=width - across * (left + right),
        height=height - down * (top + bottom),
        shifted=left > 0 or top > 0,
        progressive=progressive,
        counter_bits=counter_bits,
    )
    return _with_display(base, bits) if bits.flag() else base


def _sampling(bits: Bits) -> tuple[int, int]:
    chroma = bits.number()
    if chroma == 3:
        bits.flag()
    luma, other = 8 + bits.number(), 8 + bits.number()
    bits.flag()
    if bits.flag():
        for index in range(8 if chroma != 3 else 12):
            if bits.flag():
                _skip_scaling(bits, 16 if index < 6 else 64)
    return chroma, max(luma, other)


def _skip_scaling(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order(bits: Bits) -> None:
    kind = bits.number()
    if kind == 0:
        bits.number()
    elif kind == 1:
        bits.flag()
        bits.signed()
        bits.signed()
        for _ in range(min(bits.number(), 255)):
            bits.signed()


def _with_display(base: Sequence, bits: Bits) -> Sequence:
    """The set with what its VUI says of aspect and colour (ITU-T H.264, E.1.1)."""
    square = True
    if bits.flag():
        aspect = bits.take(8)
        square = aspect in {0, 1}
        if aspect == _EXTENDED_SAR:
            square = bits.take(16) == bits.take(16)
    if bits.flag():
        bits.flag()
    full, codes = False, (_UNSPECIFIED, _UNSPECIFIED, _UNSPECIFIED)
    if bits.flag():
        bits.take(3)
        full = bits.flag()
        if bits.flag():
            codes = (bits.take(8), bits.take(8), bits.take(8))
    return Sequence(
        id=base.id,
        profile=base.profile,
        level=base.level,
        chroma=base.chroma,
        depth=base.depth,
        width=base.width,
        height=base.height,
        shifted=base.shifted,
        progressive=base.progressive,
        counter_bits=base.counter_bits,
        square=square,
        full_range=full,
        primaries=codes[0],
        transfer=codes[1],
        matrix=codes[2],
    )
