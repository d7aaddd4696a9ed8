"""Sound made slower at its pitch, each attack and each end of a sound in its place.

Slow sound has to hear parts of its source more than once. Grains of up to 43 ms are laid over each other, 21 ms apart,
each taken from where the source should be by then, or from up to 10 ms beside that, where it goes on best from the one
before (WSOLA: Verhelst and Roelands, ICASSP 1993). Left alone, a grain with an attack in it would be heard early, again
and again, the slower the earlier. So sound is cut at its *edges*, the moments at which it becomes 10 dB louder or
softer at once: around an edge the source goes on as it is, nothing is taken from beyond it, and what lies between two
edges is stretched on its own. Edges are in their place to the sample and everything else within about 25 ms.
"""

from fractions import Fraction
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.sound.heard import GRAIN, Sound, crossed

_SEARCH: Final = SAMPLE_RATE // 100
_DETOUR: Final = 0.1
"""How much more alike a grain from as far away as possible has to be than one from the right place."""
_FRAME: Final = SAMPLE_RATE // 1000
_AFTER: Final = np.arange(5, 0, -1) / 15
"""Weights of the frames after an edge; the first counts most, so that the edge is found right before it."""
_BEFORE: Final = 20
"""Frames that are looked at before an edge: a period of 50 Hz, so that the beats of a low voice are none."""
_JUMP: Final = 10.0
_SILENCE: Final = 1e-6
_APART: Final = 20
"""Frames between two edges, at least; of nearer ones the strongest counts."""


def stretched(sound: Sound, speed: Fraction, length: int) -> Sound:
    """Sound that is played more slowly.

    Args:
        sound: (n, 2), with as much of the source as is heard.
        speed: seconds of the source in one second of what comes out, below 1.
        length: samples that come out.
    """
    whole = min(len(sound), round(length * speed))
    inner = [edge for edge in edges(sound) if _APART * _FRAME <= edge <= whole - _APART * _FRAME]
    made = np.zeros((length, 2), np.float32)
    pins = [(0, 0), *((edge, round(edge / speed)) for edge in inner), (whole, length)]
    for (first, begin), (last, end) in pairwise(pins):
        made[begin:end] = _between(sound[first:last], end - begin)
    return made


def edges(sound: Sound) -> list[int]:
    """Samples at which sound begins or ends at once, in order."""
    count = len(sound) // _FRAME
    powers = np.square(sound[: count * _FRAME], dtype=np.float64).mean(axis=1).reshape(count, _FRAME).mean(axis=1)
    # A frame's number is that of the edge before it; sound that is played backwards begins where it ends.
    falls = np.concatenate([[0.0], _jumps(powers[::-1])[::-1]])[:count]
    jumps = np.maximum(_jumps(powers), falls)
    free = np.ones(count, bool)
    found: list[int] = []
    for frame in np.argsort(-jumps, kind="stable")[: np.count_nonzero(jumps > _JUMP)].tolist():
        if free[frame]:
            found.append(frame * _FRAME)
            free[max(frame - _APART + 1, 0) : frame + _APART] = False
    return sorted(found)


def _jumps(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many times stronger it is from each frame on than before it; the first has nothing before."""
    frames = np.arange(len(powers))
    low = np.maximum(frames - _BEFORE, 0)
    sums = np.concatenate([[0.0], np.cumsum(powers)])
    before = (sums[frames] - sums[low]) / np.maximum(frames - low, 1)
    after = np.correlate(np.concatenate([powers, np.zeros(len(_AFTER) - 1)]), _AFTER, "valid")
    jumps: NDArray[np.float64] = np.where(frames > 0, after / (before + _SILENCE), 0.0)
    return jumps


def _between(source: Sound, length: int) -> Sound:
    """Sound without edges, stretched; it begins and ends as it is."""
    half, speed = min(GRAIN, len(source) // 4), len(source) / length
    if not half:  # too short to be heard
        return np.zeros((length, 2), np.float32)
    steps = -(-(length - 2 * half) // half)
    centres = np.rint(np.linspace(half, length - half, max(steps, 1) + 1)).astype(int)
    # As it is at first, which is too early, then no faster than at half speed until it is right; likewise at its end.
    low, high = half + (centres - half) * speed / 2, len(source) - half - (length - half - centres) * speed / 2
    wanted = np.rint(np.clip(centres * speed, low, high)).astype(int).tolist()
    made = np.empty((length, 2), np.float32)
    made[:half], made[length - half :] = source[:half], source[len(source) - half :]
    at = half
    for (begin, end), there in zip(pairwise(centres.tolist()), wanted[1:], strict=True):
        away = 0 if end == length - half else min(_SEARCH, there - half, len(source) - half - there)
        following, likeness = _alike(source, at, there, end - begin, max(away, 0))
        made[begin:end] = crossed(source[at : at + end - begin], source[following - end + begin : following], likeness)
        at = following
    return made


def _alike(source: Sound, at: int, there: int, length: int, away: int) -> tuple[int, float]:
    """The sample near `there` before which the source is most like what follows `at`, and how much: 1 for the same."""
    one, others = source[at : at + length], source[there - away - length : there + away]
    size = 1 << (len(others) - 1).bit_length()
    spectra = np.fft.rfft(others, size, axis=0) * np.conj(np.fft.rfft(one, size, axis=0))
    products = np.fft.irfft(spectra.sum(axis=1), size)[: 2 * away + 1]
    sums = np.concatenate([[0.0], np.cumsum(np.square(others, dtype=np.float64).sum(axis=1))])
    powers = sums[length:] - sums[:-length] + np.square(one, dtype=np.float64).sum()
    likeness = 2 * products / np.maximum(powers, 1e-9)
    best = int(np.argmax(likeness - _DETOUR * np.abs(np.arange(-away, away + 1)) / _SEARCH))
    return there - away + best, float(likeness[best])
