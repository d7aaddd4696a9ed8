"""The tables of a track: when each sample is shown, where it lies, how long it is (ISO/IEC 14496-12, 8.6 and 8.7)."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutroom.render.mux.boxes import full
from cutroom.render.mux.samples import Integers, Run


def timing(runs: Sequence[Run]) -> tuple[Integers, NDArray[np.bool_]]:
    """Which frame of the film each sample is, and whether decoding can start there."""
    counts = np.array([len(run) for run in runs], np.int64)
    starts = np.repeat(np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    return np.concatenate([run.shown for run in runs]) + starts, np.concatenate([run.keys for run in runs])


def lengths(pairs: Sequence[tuple[int, int]]) -> bytes:
    """`stts` from pairs of a count and a length."""
    some = [pair for pair in pairs if pair[0] > 0]
    return full(b"stts", struct.pack(">I", len(some)), *(struct.pack(">II", *pair) for pair in some))


def keys(flags: NDArray[np.bool_]) -> bytes:
    """`stss`: the samples at which decoding can start, counted from 1."""
    found = np.flatnonzero(flags) + 1
    return full(b"stss", struct.pack(">I", len(found)), found.astype(">u4").tobytes())


def delays(ticks: Integers) -> bytes:
    """`ctts`: how long after it is decoded each sample is shown; none is negative."""
    first = np.concatenate(([0], np.flatnonzero(np.diff(ticks)) + 1))
    pairs = np.empty((len(first), 2), ">u4")
    pairs[:, 0] = np.diff(np.append(first, len(ticks)))
    pairs[:, 1] = ticks[first]
    return full(b"ctts", struct.pack(">I", len(pairs)), pairs.tobytes())


def sizes(found: Integers) -> bytes:
    """`stsz`: bytes of each sample."""
    if len(found) and (found == found[0]).all():
        return full(b"stsz", struct.pack(">II", int(found[0]), len(found)))
    return full(b"stsz", struct.pack(">II", 0, len(found)), found.astype(">u4").tobytes())


def chunks(places: Integers, first: Integers, count: int, *, wide: bool) -> bytes:
    """`stsc` and `stco` or `co64`.

    Args:
        places: where each chunk begins in the file.
        first: index of the first sample of each chunk.
        count: samples in all.
        wide: whether places take 64 bits.
    """
    held = np.diff(np.append(first, count))
    changes = np.concatenate(([0], np.flatnonzero(np.diff(held)) + 1))
    groups = np.empty((len(changes), 3), ">u4")
    groups[:, 0], groups[:, 1], groups[:, 2] = changes + 1, held[changes], 1
    where = places.astype(">u8" if wide else ">u4").tobytes()
    grouping = full(b"stsc", struct.pack(">I", len(groups)), groups.tobytes())
    return grouping + full(b"co64" if wide else b"stco", struct.pack(">I", len(places)), where)
