"""What need not be decoded on the way from a key frame to the place that is wanted.

A decoder must start at a key frame, which may lie many seconds before. Of the pictures in between only those count
that others refer to; in H.264 each says so itself, and about half of what usual encoders make is never referred to.
They are left out where the file's tables say where each lies: the pictures that follow are the same, bit by bit. And
where the wanted picture is a key frame, nothing before it is read at all.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.media.mp4 import INSTANT, SPARE, Samples, read_samples
from cutroom.render.mux.bits import Bits, payload
from cutroom.render.mux.parameters import read_config, read_sequence
from cutroom.render.parts import VideoSource

_FORMATS: Final = frozenset({"mp4", "mov"})
_KEPT: Final = 8
"""Pictures before the wanted one that are decoded in any case: where a stream does not say how far its order of showing
differs from that of decoding, the decoder learns it from them."""
_FEWEST: Final = 8
"""Fewer are decoded sooner than they are left out."""
_MOST: Final = 800
"""Each is a term of an expression that ffmpeg reckons for every packet."""
_SLICES: Final = frozenset({1, 5})
_HEADER_BYTES: Final = 20
"""The first numbers of a slice take less."""
_ROUNDED_S: Final = Fraction(1, 100_000)
"""More than what rounding to microseconds moves the place that FFmpeg is sent to."""
_WHOLE: Final = 3  # chroma_format_idc of pictures whose colours may be coded apart, each with slices of its own


@dataclass(frozen=True, slots=True)
class Way:
    """How to come to a picture.

    Args:
        start: timestamp in the file, in seconds, of its key frame, from which it is read; None for the file's start.
        spare: where the packets lie in the file, in bytes, that need not be decoded on the way.
    """

    start: Fraction | None
    spare: tuple[int, ...] = ()


def shortest_way(path: Path, source: VideoSource, at: Fraction) -> Way | None:
    """The way to the picture that is shown at a second of a source; None where the file does not tell.

    Args:
        path: the file of the source.
        source: its moving pictures.
        at: the second.
    """
    if source.format not in _FORMATS or source.codec != "h264":
        return None
    last = floor((source.zero + at) / source.time_base)
    samples = read_samples(path, source.stream, [(last, last)])
    if samples is None or not len(samples.marks) or samples.marks[0] != INSTANT or samples.pts[0] > last:
        return None
    # FFmpeg looks for the last key frame that is decoded by then: none that is shown later may be.
    reach = int(samples.pts[0]) + ceil(_ROUNDED_S / source.time_base)
    if (samples.dts[1:][samples.keys[1:]] <= reach).any():
        return None
    start = int(samples.pts[0]) * source.time_base
    return Way(start if start > 0 else None, _spare(path, samples, last))


def _spare(path: Path, samples: Samples, last: int) -> tuple[int, ...]:
    """Where the packets lie that are not decoded for what is shown at tick `last`; nothing where all is needed."""
    shown = np.sort(samples.pts[samples.pts <= last])
    if len(shown) <= _KEPT:
        return ()
    spare = (samples.marks == SPARE) & (samples.pts < shown[-_KEPT])
    places: list[int] = samples.offsets[spare].tolist()
    if len(places) < _FEWEST or not _counted(path, samples, spare):
        return ()
    return tuple(places[-_MOST:])


def _counted(path: Path, samples: Samples, spare: NDArray[np.bool_]) -> bool:
    """Whether pictures are numbered as if the spare ones were not there (frame_num; ITU-T H.264, 7.4.3).

    Where an encoder counts them too, decoders would take them for lost. Of fields, which come two to a picture, and of
    streams with several sequences nothing is left out.
    """
    try:
        config = read_config(samples.config)
        (sequence,) = map(read_sequence, config.sequences)
        if not sequence.progressive or sequence.chroma == _WHOLE:
            return False
        numbers = _numbers(path, samples, config.length_bytes, sequence.counter_bits)
    except ValueError:
        return False
    kept = np.flatnonzero(~spare)
    over = np.flatnonzero(np.diff(kept) > 1)
    before, after = kept[over], kept[over + 1]
    steps = (numbers[after] - numbers[before]) % (1 << sequence.counter_bits)
    anew, same = samples.marks[after] == INSTANT, (steps == 0) & (samples.marks[before] == SPARE)
    return bool((anew | same | (steps == 1)).all())


def _numbers(path: Path, samples: Samples, length: int, counter_bits: int) -> NDArray[np.int64]:
    """The number of each picture, from the header of its first slice (7.3.3)."""
    found: list[int] = []
    with path.open("rb") as file:
        for place, size in zip(samples.offsets.tolist(), samples.sizes.tolist(), strict=True):
            at, end, head = place, place + size, b""
            while at < end:
                file.seek(at)
                head = file.read(length + _HEADER_BYTES)
                if len(head) <= length or head[length] & 31 in _SLICES:
                    break
                at += length + int.from_bytes(head[:length], "big")
            bits = Bits(payload(head[length:]))
            for _ in range(3):  # where it begins, what kind it is, its parameter set
                bits.number()
            found.append(bits.take(counter_bits))
    return np.array(found, np.int64)
