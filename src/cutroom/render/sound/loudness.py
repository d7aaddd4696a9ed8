"""How loud a mix is to the ear (ITU-R BS.1770-5, EBU R 128) and how far its peaks reach between the samples."""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.sound.heard import Sound

STEP: Final = SAMPLE_RATE // 10
"""Samples of a step: blocks of loudness are four steps long and overlap by three (BS.1770, annex 1)."""
LEAD: Final = 1 << 14
"""Samples that the filter needs to hear before those that count; after them its answer is below -300 dB."""
SILENCE: Final = -70.0
"""LUFS below which nothing counts."""
_STEPS_IN_BLOCK: Final = 4
_RELATIVE_LU: Final = -10.0
_OFFSET: Final = -0.691
_FRAME: Final = 1 << 16
# BS.1770-5, tables 1 and 2, for 48 kHz: the head as a ball, and what low tones count.
_SHELF: Final = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS: Final = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))

_PHASES: Final = 4
_TAPS: Final = 24
"""Samples from which a value between two is worked out."""

Powers = NDArray[np.float64]


def powers(sound: Sound) -> Powers:
    """The weighted power of each step of a mix, both channels added; the last may be shorter.

    Args:
        sound: the samples, and `LEAD` before them.
    """
    kept = _FRAME - LEAD
    count = len(sound) - LEAD
    frames = max(-(-count // kept), 1)
    padded = np.zeros((LEAD + frames * kept, 2), np.float32)
    padded[: len(sound)] = sound
    weighed = np.zeros(-(-count // STEP) * STEP, np.float32)
    response = _response()
    for channel in range(2):
        windows = sliding_window_view(np.ascontiguousarray(padded[:, channel]), _FRAME)[::kept]
        for number, window in enumerate(windows):
            filtered = np.fft.irfft(np.fft.rfft(window) * response, _FRAME)[LEAD:]
            first, last = number * kept, min((number + 1) * kept, count)
            weighed[first:last] += np.square(filtered[: last - first])
    means: Powers = weighed.reshape(-1, STEP).mean(axis=1, dtype=np.float64)
    return means


def integrated(steps: Powers, gain: float = 1.0) -> float:
    """Integrated loudness in LUFS of a mix whose steps have these powers, times a gain; `SILENCE` if nothing counts."""
    if len(steps) < _STEPS_IN_BLOCK:  # shorter than a block: taken as one
        blocks = np.array([steps.mean()]) if len(steps) else np.zeros(1)
    else:
        blocks = sliding_window_view(steps, _STEPS_IN_BLOCK).mean(axis=1)
    blocks = blocks * gain**2
    blocks = blocks[blocks > _power(SILENCE)]
    if not len(blocks):
        return SILENCE
    loud = blocks[blocks > _power(_lufs(float(blocks.mean())) + _RELATIVE_LU)]
    return _lufs(float(loud.mean()))


def between(sound: Sound) -> NDArray[np.float32]:
    """For each sample the largest amplitude there and on the way to its neighbours, in either channel.

    Four times as many points as samples, like the true peak of BS.1770-5, annex 2.
    """
    highest: NDArray[np.float32] = np.abs(sound).max(axis=1)
    for kernel in _kernels():
        for channel in range(2):
            points = np.abs(np.convolve(sound[:, channel], kernel, "same"))
            # The k-th point lies between the samples k - 1 and k.
            np.maximum(highest, points, out=highest)
            np.maximum(highest[:-1], points[1:], out=highest[:-1])
    return highest


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))


def _lufs(power: float) -> float:
    return float(_OFFSET + 10 * np.log10(power))


def _response() -> NDArray[np.complex64]:
    turns = np.exp(-2j * np.pi * np.fft.rfftfreq(_FRAME))
    answer = np.ones(len(turns), complex)
    for above, below in (_SHELF, _HIGH_PASS):
        answer *= np.polyval(above[::-1], turns) / np.polyval(below[::-1], turns)
    return answer.astype(np.complex64)


def _kernels() -> list[NDArray[np.float32]]:
    """What gives the points a quarter, a half and three quarters of the way from a sample to the next."""
    made: list[NDArray[np.float32]] = []
    for phase in range(1, _PHASES):
        places = np.arange(_TAPS) - _TAPS / 2 + phase / _PHASES
        window = np.kaiser(2 * _TAPS * _PHASES + 1, 8.0)
        shape = np.interp(places, np.linspace(-_TAPS / 2, _TAPS / 2, len(window)), window)
        kernel = np.sinc(places) * shape
        made.append((kernel / kernel.sum()).astype(np.float32))
    return made
