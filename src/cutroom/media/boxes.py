"""The boxes that an MP4 is made of (ISO/IEC 14496-12, 4.2)."""

import mmap
import struct
from collections.abc import Iterator


def boxes(data: "mmap.mmap | bytes", start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Names of the boxes in [start, end), and where their contents lie.

    Raises:
        ValueError: when a box is larger than what holds it; the file is a stranger's.
    """
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, start)
        header = 8
        if size == 1:
            size, header = struct.unpack_from(">Q", data, start + 8)[0], 16
        elif size == 0:
            size = end - start
        if size < header or start + size > end:
            raise ValueError("a box is larger than what holds it")
        yield name, (start + header, start + size)
        start += size
