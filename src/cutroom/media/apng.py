"""Writing animated PNGs, for `develop_child.py`."""

import struct
import zlib
from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def write_film(
    file: IO[bytes],
    size: tuple[int, int],
    frames: int,
    pictures: Iterator[tuple[Pixels, int]],
    *,
    alpha: bool,
) -> list[int]:
    """Write an APNG that plays for ever (W3C PNG, third edition), or a PNG of one picture; returns the lengths."""
    file.write(b"\x89PNG\r\n\x1a\n")
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", *size, 8, 6 if alpha else 2, 0, 0, 0))
    if frames > 1:
        _chunk(file, b"acTL", struct.pack(">II", frames, 0))
    number = 0
    lengths: list[int] = []
    for pixels, length in pictures:
        lengths.append(length)
        if frames > 1:
            _chunk(file, b"fcTL", struct.pack(">IIIIIHHBB", number, *size, 0, 0, *_delay(length), 0, 0))
            number += 1
        packed = _packed(pixels)
        if len(lengths) == 1:
            _chunk(file, b"IDAT", packed)
        else:
            _chunk(file, b"fdAT", struct.pack(">I", number) + packed)
            number += 1
    _chunk(file, b"IEND", b"")
    return lengths


def _packed(pixels: Pixels) -> bytes:
    """Rows as differences from the one above, deflated."""
    rows = pixels.reshape(len(pixels), -1)
    filtered = np.full((len(rows), rows.shape[1] + 1), 2, np.uint8)  # the filter "Up"
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return zlib.compress(filtered.data, 1)


def _delay(length_ms: int) -> tuple[int, int]:
    """A length as a fraction of a second, of two numbers with 16 bits."""
    for parts in (1000, 100, 10, 1):
        if length_ms * parts // 1000 < 1 << 16:
            return round(length_ms * parts / 1000), parts
    return (1 << 16) - 1, 1


def _chunk(file: IO[bytes], name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name)
    file.write(data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))
