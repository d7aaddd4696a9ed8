"""Frames that show again what the frame before them shows, in a dozen bytes.

Such a picture says "all as before": one run of skipped macroblocks (P_Skip, ITU-T H.264, 7.3.4 and 7.4.5), which every
decoder turns into a bit-exact copy of the frame before it. Every `IDR_S` seconds the picture itself comes again, so
that players can seek.

The slices are written with CAVLC, whatever the encoder uses, because a skipped picture is one number there; for that
they bring a picture parameter set of their own, which lies beside the encoder's in the `avcC` record.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Final

import numpy as np

from cutroom.render.mux.bits import Bits, payload
from cutroom.render.mux.parameters import LENGTH_BYTES, read_config, write_config
from cutroom.render.mux.samples import Pictures, Run

IDR_S: Final = 10
"""Seconds from one IDR picture to the next in a still span: how far seeking may have to decode (in a millisecond)."""
_HIGH: Final = frozenset({100, 110, 122, 244})
_SLICE: Final = 0x41  # nal_ref_idc 2, nal_unit_type 1: a slice of a reference picture that is no IDR picture
_PICTURE_SET: Final = 0x68  # nal_ref_idc 3, nal_unit_type 8
_P_ONLY: Final = 5  # slice_type: P, and so are all slices of the picture


class BitWriter:
    """Writes the bits of an RBSP (ITU-T H.264, 7.2 and 9.1)."""

    def __init__(self) -> None:
        self._value = 1  # a mark before the first bit, so that leading zeros count
        self._size = 0

    def put(self, value: int, count: int) -> None:
        """`count` bits, u(n)."""
        self._value = self._value << count | value
        self._size += count

    def number(self, value: int) -> None:
        """A number of variable length, ue(v)."""
        size = (value + 1).bit_length()
        self.put(value + 1, 2 * size - 1)

    def nal(self, header: int) -> bytes:
        """The whole NAL unit: header, bits, stop bit, and the bytes that prevent start codes (7.4.1)."""
        self.put(1, 1)
        self.put(0, -self._size % 8)
        plain = (self._value - (1 << self._size)).to_bytes(self._size // 8, "big")
        out, zeros = bytearray((header,)), 0
        for byte in plain:
            if zeros >= 2 and byte <= 3:
                out.append(3)
                zeros = 0
            out.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return bytes(out)


@dataclass(frozen=True, slots=True)
class Counting:
    """What a sequence parameter set says of how its pictures are counted, and how large they are.

    Args:
        sequence: its id.
        frame_bits: of frame_num.
        order_bits: of pic_order_cnt_lsb; None when the order is that of decoding.
        macroblocks: in a picture.
    """

    sequence: int
    frame_bits: int
    order_bits: int | None
    macroblocks: int

    @property
    def period(self) -> int:
        """After so many pictures the slices come again."""
        return lcm(1 << self.frame_bits, 1 << (self.order_bits or 1) - 1)


def counting(sequence: bytes) -> Counting:
    """Read a sequence parameter set of our own encoder (ITU-T H.264, 7.3.2.1.1).

    Raises:
        ValueError: when it is of a kind that our encoder does not make: interlaced, not 4:2:0, with scaling lists.
    """
    bits = Bits(payload(sequence))
    profile = bits.take(8)
    bits.take(16)
    number = bits.number()
    if profile in _HIGH:
        plain = bits.number() == 1
        bits.number()
        bits.number()
        if not plain or bits.take(2):
            raise ValueError("skipped pictures are written for 4:2:0 without scaling lists only")
    frame_bits = bits.number() + 4
    kind = bits.number()
    if kind == 1:
        raise ValueError("skipped pictures are not written for pic_order_cnt_type 1")
    order_bits = bits.number() + 4 if kind == 0 else None
    bits.number()
    bits.flag()
    across, down = bits.number() + 1, bits.number() + 1
    if not bits.flag():
        raise ValueError("skipped pictures are not written for fields")
    return Counting(number, frame_bits, order_bits, across * down)


def skip_set(number: int, sequence: int) -> bytes:
    """A picture parameter set (7.3.2.2) for skipped pictures: CAVLC, one reference, no weights, deblocking optional."""
    bits = BitWriter()
    bits.number(number)
    bits.number(sequence)
    bits.put(0, 2)  # CAVLC; no second order count
    for _ in range(3):  # one slice group; one reference in either list
        bits.number(0)
    bits.put(0, 3)  # no weights
    for _ in range(3):  # quantisers as they are
        bits.number(0)
    bits.put(0b100, 3)  # deblocking is told in the slice; intra prediction unconstrained; no redundant pictures
    return bits.nal(_PICTURE_SET)


def skip_slice(number: int, place: int, counts: Counting) -> bytes:
    """The slice (7.3.3 and 7.3.4) that shows again what the picture before it shows.

    Args:
        number: id of its picture parameter set.
        place: pictures since the IDR picture, from 1.
        counts: of its sequence.
    """
    bits = BitWriter()
    bits.number(0)  # the first macroblock
    bits.number(_P_ONLY)
    bits.number(number)
    bits.put(place % (1 << counts.frame_bits), counts.frame_bits)
    if counts.order_bits is not None:
        bits.put(2 * place % (1 << counts.order_bits), counts.order_bits)
    bits.put(0, 3)  # one reference, in its natural place; old ones slide out
    bits.number(0)  # quantiser as it is
    bits.number(1)  # no deblocking
    bits.number(counts.macroblocks)  # mb_skip_run: all of them
    return bits.nal(_SLICE)


def skipped(still: Pictures, frames: int, fps: Fraction, scratch: Path, *, key_s: int = IDR_S) -> Pictures:
    """Go on showing a still.

    Args:
        still: one IDR picture of our own encoder.
        frames: how many frames it is to be shown, itself included.
        fps: frames a second.
        scratch: the file to write the packets to: those of `key_s` seconds; the run repeats them.
        key_s: seconds from one IDR picture to the next.

    Raises:
        ValueError: when `still` is more than one picture, or not of our encoder.
    """
    config = read_config(still.config)
    if len(still.run) != 1 or config.length_bytes != LENGTH_BYTES or len(config.sequences) != 1:
        raise ValueError("a still is one picture of one encoder")
    counts = counting(config.sequences[0])
    number = 255 - counts.sequence
    cycle = min(frames, max(1, round(key_s * fps)))
    with still.run.path.open("rb") as file:
        file.seek(int(still.run.offsets[0]))
        packets = [file.read(int(still.run.sizes[0]))]
    slices = [skip_slice(number, place, counts) for place in range(1, min(cycle, counts.period + 1))]
    framed = [len(nal).to_bytes(LENGTH_BYTES, "big") + nal for nal in slices]
    packets += [framed[place % len(framed)] for place in range(cycle - 1)]
    scratch.write_bytes(b"".join(packets))
    sizes = np.array([len(packet) for packet in packets], np.int32)
    offsets = np.concatenate(([0], np.cumsum(sizes[:-1], dtype=np.int64))).astype(np.int64)
    once = Run(scratch, offsets, sizes, np.arange(cycle, dtype=np.int64), np.arange(cycle) == 0)
    run = once.repeated(-(-frames // cycle)).part(0, frames)
    record = write_config(list(config.sequences), [*config.pictures, skip_set(number, counts.sequence)])
    return Pictures(run, record)
