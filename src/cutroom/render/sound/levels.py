"""How loud a file is from moment to moment, and in which bands: what pictures of sound are drawn from.

Buckets are counted from second 0 of the file: bucket k covers [k, k + 1) / `per_second` seconds, whatever part is
asked for, so that a picture does not depend on where a render was cut.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import IO, Any, Final, NoReturn

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray

from cutroom.kit.errors import Invalid
from cutroom.media.command import MAX_STREAMS
from cutroom.media.formats import INDEXED, MARGIN_WITHOUT_INDEX_S, demuxer
from cutroom.media.timebase import to_ticks

Levels = NDArray[np.float32]

_LEAD_S: Final = Fraction(1, 4)
"""What a decoder hears before the first sample that counts."""
_INDEXED: Final = INDEXED | {"wav"}
_LOWEST_HZ, _HIGHEST_HZ = 50.0, 16_000.0
_FLOOR_DB, _TOP_DB = -72.0, -6.0
_WINDOW: Final = 2048


def levels(
    path: Path, name: str, stream: int, *, zero: Fraction, start: Fraction, seconds: Fraction, per_second: int
) -> Levels:
    """Peak and RMS of a part of a file, its channels averaged.

    Args:
        path: the file.
        name: its format, as the probe gave it.
        stream: index of the stream of sound in the file.
        zero: presentation time, in seconds, that is second 0 of the file.
        start: second at which the first bucket starts; rounded down to a whole bucket.
        seconds: how long the part is; the last bucket holds its last sample.
        per_second: buckets in a second.

    Returns:
        (buckets, 2): the largest amplitude of each bucket and its RMS, full scale being 1; 0 where nothing sounds.

    Raises:
        Invalid: `source_damaged` when the file cannot be read.
    """
    first, count = _buckets(start, seconds, per_second)
    sound, rate = _decoded(path, name, stream, zero, Fraction(first, per_second), Fraction(count, per_second))
    edges = np.array([_sample(Fraction(k, per_second), rate) for k in range(count + 1)])
    starts = np.minimum(edges[:-1], len(sound) - 1)
    peaks = np.maximum.reduceat(np.abs(sound), starts)
    powers = np.add.reduceat(np.square(sound, dtype=np.float64), starts) / np.maximum(np.diff(edges), 1)
    return np.stack([peaks, np.sqrt(powers)], axis=1).astype(np.float32)


def spectrum(
    path: Path,
    name: str,
    stream: int,
    *,
    zero: Fraction,
    start: Fraction,
    seconds: Fraction,
    per_second: int,
    bands: int,
) -> Levels:
    """Energies of bands that are equally wide to the ear, from 50 Hz to 16 kHz; arguments and errors as `levels`.

    Returns:
        (buckets, bands), the lowest band first: 0 for -72 dBFS or less, 1 for -6 dBFS or more, linear in decibels
        between. Above half of the source's sample rate everything is 0.
    """
    first, count = _buckets(start, seconds, per_second)
    half = _WINDOW // 2
    begin = Fraction(first, per_second)
    sound, rate = _decoded(path, name, stream, zero, begin, Fraction(count, per_second), margin=half)
    window = np.hanning(_WINDOW).astype(np.float32)
    hertz = np.fft.rfftfreq(_WINDOW, 1 / rate)
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, bands + 1)
    rows = np.empty((count, bands), np.float32)
    for bucket in range(count):
        middle = _sample(Fraction(2 * bucket + 1, 2 * per_second), rate)
        part = sound[middle : middle + _WINDOW]
        # A sine of full scale gives 1, whatever the window.
        amplitude = np.abs(np.fft.rfft(part * window)).astype(np.float64) * np.float64(2 / window.sum())
        rows[bucket] = _banded(np.square(amplitude, dtype=np.float64), hertz, edges)
    decibels = 10 * np.log10(np.maximum(rows, 1e-12))
    return np.clip((decibels - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB), 0, 1).astype(np.float32)


def _banded(power: NDArray[Any], hertz: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The strongest power in each band; low bands are narrower than a line of the spectrum and are read between two."""
    strongest: NDArray[np.float64] = np.interp(np.sqrt(edges[:-1] * edges[1:]), hertz, power, right=0.0)
    lines = np.searchsorted(edges, hertz, side="right") - 1
    inside = (lines >= 0) & (lines < len(strongest))
    np.maximum.at(strongest, lines[inside], power[inside])
    return strongest


def _buckets(start: Fraction, seconds: Fraction, per_second: int) -> tuple[int, int]:
    first = floor(start * per_second)
    return first, max(1, ceil((start + seconds) * per_second) - first)


def _sample(seconds: Fraction, rate: int) -> int:
    return to_ticks(seconds, Fraction(1, rate))


def _decoded(
    path: Path, name: str, stream: int, zero: Fraction, start: Fraction, seconds: Fraction, *, margin: int = 0
) -> tuple[NDArray[np.float32], int]:
    """A part of a file in mono, with silence where there is nothing, and its sample rate.

    `margin` samples more are there before its first and after its last.
    """
    try:
        with path.open("rb", buffering=0) as bare, _opened(bare, name) as file:
            source = file.streams[stream]
            if not isinstance(source, AudioStream):
                raise Invalid("source_damaged", "This source has no sound to draw.")
            rate = source.rate
            origin = _sample(zero + start, rate) - margin
            sound = np.zeros(_sample(seconds, rate) + 2 * margin + 1, np.float32)
            lead = _LEAD_S if name in _INDEXED else MARGIN_WITHOUT_INDEX_S
            wanted = zero + start - lead
            if wanted > 0 and source.time_base is not None:
                file.seek(floor(wanted / source.time_base), stream=source, backward=True)
            for at, mono in _frames(file, source, rate):
                if at - origin >= len(sound):
                    break
                low, high = max(0, at - origin), min(len(sound), at - origin + len(mono))
                if low < high:
                    sound[low:high] = mono[low - (at - origin) : high - (at - origin)]
            return sound, rate
    except (FFmpegError, OSError, IndexError) as error:
        raise Invalid("source_damaged", "A source could not be decoded; it is damaged or not what it was.") from error


def _opened(bare: IO[bytes], name: str) -> InputContainer:
    """One open file, one demuxer, nothing else."""
    words = {"protocol_whitelist": "file", "format_whitelist": demuxer(name).value, "max_streams": str(MAX_STREAMS)}
    return av.open(bare, "r", format=demuxer(name).value, container_options=words, io_open=_refuse)


def _refuse(*_: object) -> NoReturn:
    raise PermissionError("a source cannot open files")


def _frames(file: InputContainer, source: AudioStream, rate: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Decoded pieces: the sample, on the file's clock, at which each starts, and its channels' mean."""
    for frame in file.decode(source):
        if frame.pts is None or frame.time_base is None:
            continue
        planes = frame.to_ndarray()
        if not frame.format.is_planar:
            planes = planes.reshape(-1, frame.layout.nb_channels).T
        yield _sample(frame.pts * frame.time_base, rate), _floating(planes).mean(axis=0, dtype=np.float32)


def _floating(planes: NDArray[Any]) -> NDArray[np.float32]:
    """Samples of any format, full scale being 1."""
    if planes.dtype == np.uint8:
        return (planes.astype(np.float32) - np.float32(128)) / np.float32(128)
    if np.issubdtype(planes.dtype, np.integer):
        return planes.astype(np.float32) / np.float32(-float(np.iinfo(planes.dtype).min))
    return planes.astype(np.float32)
