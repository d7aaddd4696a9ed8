"""Copying bytes out of many files into one: in as few and as large pieces as there can be."""

import errno
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import numpy as np

from cutroom.render.mux.samples import Integers

_BUFFER_BYTES: Final = 1 << 20
_IN_KERNEL_BYTES: Final = 1 << 18
"""From this length on a piece is worth system calls of its own, and goes from file to file inside the kernel."""
_OPEN_AT_ONCE: Final = 64
_NOT_IN_KERNEL: Final = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})


def joined(files: Integers, offsets: Integers, sizes: Integers) -> Iterator[tuple[int, int, int]]:
    """The pieces (number of the file, offset, bytes) that hold all samples: those that follow each other are one."""
    if not len(files):
        return
    breaks = (np.diff(files) != 0) | (offsets[1:] != offsets[:-1] + sizes[:-1])
    first = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    lengths = np.add.reduceat(sizes, first)
    yield from zip(files[first].tolist(), offsets[first].tolist(), lengths.tolist(), strict=True)


def write(out: Path, head: bytes, paths: Sequence[Path], pieces: Iterator[tuple[int, int, int]]) -> None:
    """Write a file: `head`, then the pieces of the files `paths`, one after the other.

    Raises:
        OSError: when a file cannot be read or written, or is shorter than it should be.
    """
    with ExitStack() as stack:
        target = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        stack.callback(os.close, target)
        sources = stack.enter_context(closing(_Open(paths)))
        sink = _Sink(target)
        sink.add(head)
        for number, offset, length in pieces:
            sink.take(sources.file(number), offset, length)
        sink.flush()


class _Open:
    """Files that are open: a few at a time, those used last."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._files: OrderedDict[int, int] = OrderedDict()

    def file(self, number: int) -> int:
        """The descriptor of a file."""
        if number in self._files:
            self._files.move_to_end(number)
            return self._files[number]
        if len(self._files) >= _OPEN_AT_ONCE:
            os.close(self._files.popitem(last=False)[1])
        self._files[number] = os.open(self._paths[number], os.O_RDONLY)
        return self._files[number]

    def close(self) -> None:
        """Close all."""
        while self._files:
            os.close(self._files.popitem()[1])


class _Sink:
    """The end of a file that grows; what is small is gathered, what is large goes straight through the kernel."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._held = bytearray()
        self._in_kernel = hasattr(os, "copy_file_range")

    def add(self, data: bytes) -> None:
        """Write bytes."""
        self._held += data
        if len(self._held) >= _BUFFER_BYTES:
            self.flush()

    def take(self, source: int, offset: int, length: int) -> None:
        """Write a piece of a file."""
        if length >= _IN_KERNEL_BYTES and self._in_kernel:
            self.flush()
            moved = self._move(source, offset, length)
            offset, length = offset + moved, length - moved
        while length > 0:
            data = os.pread(source, min(length, _BUFFER_BYTES), offset)
            if not data:
                raise _too_short()
            self.add(data)
            offset, length = offset + len(data), length - len(data)

    def flush(self) -> None:
        """Write what is held."""
        held = memoryview(self._held)
        while held:
            held = held[os.write(self._target, held) :]
        held.release()
        self._held = bytearray()

    def _move(self, source: int, offset: int, length: int) -> int:
        """Copy inside the kernel; returns how much it did, which is less only where it cannot."""
        moved = 0
        while moved < length:
            try:
                count = os.copy_file_range(source, self._target, length - moved, offset_src=offset + moved)
            except OSError as error:
                if error.errno not in _NOT_IN_KERNEL:
                    raise
                self._in_kernel = False
                return moved
            if count == 0:
                raise _too_short()
            moved += count
        return moved


def _too_short() -> OSError:
    return OSError(errno.EIO, "A file ends before the packets that it is said to hold.")
