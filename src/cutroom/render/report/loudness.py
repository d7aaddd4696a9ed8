"""How loud a finished sound is: ITU-R BS.1770-5 with the gates of EBU R 128, and the true peak of its annex 2.

Done here rather than with FFmpeg's `ebur128`, which goes through three hours in a minute: a long sound is measured in
windows spread evenly over it, which differ from the whole by a few tenths of a unit.

Rows of a batch, and renders after a word has changed, have the very sound of the one before: `name_of` tells, so that
what was measured of the same packets can be kept.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import log10
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from cutroom.render.report.model import Level

Samples = NDArray[np.float32]
"""Left and right: (2, samples)."""
_RATE: Final = 48_000
_WHOLE_S: Final = 120
_WINDOWS: Final = 20
_WINDOW_S: Final = 3
_BLOCK: Final = _RATE * 4 // 10
_STEP: Final = _BLOCK // 4
_ABSOLUTE_LUFS: Final = -70.0
_RELATIVE_LU: Final = -10.0
_OFFSET: Final = -0.691
_OVERSAMPLED: Final = 4
_FILTERED: Final = 1 << 15
_LEAD: Final = _FILTERED - 6 * _STEP
"""Samples before a piece that its filters have not forgotten: after so many, less than -170 dB is left of one."""
_PIECE: Final = 1 << 16
_NEAR_PEAK: Final = 0.5
"""Between samples, music rarely rises above twice the highest sample nearby: the rest is not looked at."""
# BS.1770-5, tables 1 and 2: the two stages of K-weighting at 48 kHz, as numerator and denominator.
_STAGES: Final = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
_REACH: Final = 16
"""Samples on either side of a place between two that decide how high it is there."""
_ROW: Final = 32  # samples to a row of the product that finds those places: OpenBLAS is fast at about this size


@dataclass(frozen=True, slots=True)
class _Heard:
    windows: list[Samples]
    whole: bool


def name_of(path: Path, duration: Fraction) -> str | None:
    """A name for the sound of a file that lasts `duration` seconds: the same for the same packets at the same times.

    None when it has none, or is so long that only some of its packets are read to measure it.

    Raises:
        av.FFmpegError: when it cannot be read.
    """
    if duration > _WHOLE_S:
        return None
    with av.open(str(path)) as file:
        if not file.streams.audio:
            return None
        stream = file.streams.audio[0]
        codec = stream.codec_context
        facts = (codec.name, codec.sample_rate, codec.layout.name, stream.time_base, stream.start_time, stream.duration)
        digest = hashlib.sha256(repr(facts).encode() + (codec.extradata or b""))
        for packet in file.demux(stream):
            digest.update(repr((packet.pts, packet.duration, packet.size)).encode())
            digest.update(bytes(packet))
    return digest.hexdigest()


def listen(path: Path, duration: Fraction) -> Level:
    """Measure the sound of a file that lasts `duration` seconds.

    Raises:
        av.FFmpegError: when it cannot be decoded.
    """
    heard = _windows(path, duration)
    blocks = np.concatenate([_powers(window) for window in heard.windows])
    peak = max((float(np.abs(window).max(initial=0)) for window in heard.windows), default=0.0)
    true_peak = max((_true_peak(window, peak) for window in heard.windows), default=0.0)
    return Level(
        integrated_lufs=_integrated(blocks),
        true_peak_dbtp=_decibels(max(true_peak, peak)),
        sample_peak_dbfs=_decibels(peak),
        clipped=sum(int((np.abs(window) >= 1).sum()) for window in heard.windows) if peak >= 1 else 0,
        measured=Fraction(sum(window.shape[1] for window in heard.windows), _RATE),
        whole=heard.whole,
    )


def _windows(path: Path, duration: Fraction) -> _Heard:
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        resampler = av.AudioResampler("fltp", "stereo", _RATE)
        if duration <= _WHOLE_S:
            return _Heard([_joined(_decoded(file, resampler))], whole=True)
        windows: list[Samples] = []
        for number in range(_WINDOWS):
            start = (duration - _WINDOW_S) * number / (_WINDOWS - 1)
            file.seek(int(start / Fraction(stream.time_base or 1)), stream=stream)
            resampler = av.AudioResampler("fltp", "stereo", _RATE)
            windows.append(_joined(_decoded(file, resampler), _WINDOW_S * _RATE))
        return _Heard(windows, whole=False)


def _decoded(file: "av.container.InputContainer", resampler: av.AudioResampler) -> Iterator[Samples]:
    for frame in file.decode(audio=0):
        frame.pts = None
        for even in resampler.resample(frame):
            yield even.to_ndarray().astype(np.float32, copy=False)
    for even in resampler.resample(None):
        yield even.to_ndarray().astype(np.float32, copy=False)


def _joined(pieces: Iterator[Samples], most: int | None = None) -> Samples:
    taken: list[Samples] = []
    there = 0
    for piece in pieces:
        taken.append(piece)
        there += piece.shape[1]
        if most is not None and there >= most:
            break
    return np.concatenate(taken, axis=1)[:, :most] if taken else np.zeros((2, 0), np.float32)


def _powers(samples: Samples) -> NDArray[np.float64]:
    """The power of each block of 400 ms, one every 100 ms, over both channels."""
    steps = samples.shape[1] // _STEP
    weight, fresh = _weighting(), _FILTERED - _LEAD
    padded = np.pad(samples, ((0, 0), (_LEAD, fresh)))
    powers: list[NDArray[np.float32]] = []
    for first in range(0, steps * _STEP, fresh):
        spectrum = np.fft.rfft(padded[:, first : first + _FILTERED], _FILTERED) * weight
        heard = np.fft.irfft(spectrum, _FILTERED)[:, _LEAD:].reshape(2, -1, _STEP)
        powers.append(np.einsum("cst,cst->s", heard, heard))
    if steps * _STEP < _BLOCK:
        return np.zeros(0)
    running = np.concatenate([[0.0], np.cumsum(np.concatenate(powers)[:steps], dtype=np.float64)])
    there = _BLOCK // _STEP
    blocks: NDArray[np.float64] = (running[there:] - running[:-there]) / _BLOCK
    return blocks


@lru_cache(maxsize=1)
def _weighting() -> NDArray[np.complex64]:
    """What K-weighting does to each frequency of a piece, precise to far less than a hundredth of a LU."""
    turn = np.exp(-2j * np.pi * np.arange(_FILTERED // 2 + 1) / _FILTERED)
    weight = np.ones(len(turn), np.complex128)
    for above, below in _STAGES:
        weight *= np.polyval(above[::-1], turn) / np.polyval(below[::-1], turn)
    return weight.astype(np.complex64)


def _integrated(powers: NDArray[np.float64]) -> float | None:
    loud = powers[powers > 10 ** ((_ABSOLUTE_LUFS - _OFFSET) / 10)]
    if not len(loud):
        return None
    gate = loud.mean() * 10 ** (_RELATIVE_LU / 10)
    kept = loud[loud > gate]
    return round(_OFFSET + 10 * log10(kept.mean()), 2)


def _true_peak(samples: Samples, peak: float) -> float:
    """The highest value of the band-limited signal through the samples, where it can be the highest."""
    highest = 0.0
    for channel in np.pad(samples, ((0, 0), (_REACH, _REACH + _ROW))):
        for first in range(0, len(channel) - 2 * _REACH - _ROW, _PIECE):
            piece = channel[first : first + _PIECE + 2 * _REACH]
            if np.abs(piece).max(initial=0) < _NEAR_PEAK * peak:
                continue
            rows = np.lib.stride_tricks.sliding_window_view(piece, _ROW + 2 * _REACH - 1)[::_ROW]
            finer = np.ascontiguousarray(rows) @ _between()
            highest = max(highest, float(finer.max(initial=0)), -float(finer.min(initial=0)))
    return highest


@lru_cache(maxsize=1)
def _between() -> Samples:
    """Takes samples to the three values between each of them and the next: a windowed sinc, as a matrix."""
    made = np.zeros((_ROW + 2 * _REACH - 1, _ROW, _OVERSAMPLED - 1), np.float32)
    places = np.arange(2 * _REACH)
    for number in range(1, _OVERSAMPLED):
        away = places - (_REACH - 1) - number / _OVERSAMPLED
        shape = np.sinc(away) * np.i0(8 * np.sqrt(np.maximum(1 - (away / _REACH) ** 2, 0))) / np.i0(8.0)
        for at in range(_ROW):
            made[at : at + 2 * _REACH, at, number - 1] = shape
    return made.reshape(len(made), -1)


def _decibels(level: float) -> float | None:
    return round(20 * log10(level), 2) if level > 0 else None
