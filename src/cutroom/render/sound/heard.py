"""Which takes a voice needs in a span, and how they become its sound.

A voice at its source's own speed is one take. One with another speed is made in blocks that start on a grid of its own,
each stretched on its own, so that it sounds the same wherever a mix is cut. Where two blocks meet, both are there for a
moment, and one crosses over into the other where they are most alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.sound.plan import Voice
from cutroom.render.sound.take import Take, steady_s

Sound = NDArray[np.float32]
"""(n, 2), at 48 kHz; full scale is 1."""

_BLOCK: Final = 10 * SAMPLE_RATE
GRAIN: Final = 1024
"""Half a grain of slow sound, in samples; as much is left as it is around each edge, and at both ends of a block."""
_OVERLAP: Final = 4800
"""Samples on both sides of the point where two blocks meet."""
_CROSSING: Final = 960
_SEARCH_STEP: Final = 8
_UNLIKE: Final = -0.8
"""What cancels out more than this is not made up for."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The part of a voice in samples [first, last) of a mix, and the takes that it is made of."""

    voice: Voice
    first: int
    last: int
    takes: tuple[Take, ...]

    def sound(self, taken: Mapping[Take, Sound]) -> Sound:
        """The samples, from what its takes became; nothing of its volume is in them yet."""
        voice = self.voice
        if voice.speed == 1:
            return filled(taken[self.takes[0]], self.last - self.first)
        begin, end = self.first - voice.first, self.last - voice.first
        number = max(begin - _OVERLAP, 0) // _BLOCK
        lap = _lap(voice.speed)
        start = number * _BLOCK - lap if number else 0
        whole = filled(taken[self.takes[0]], self.takes[0].length)
        for take in self.takes[1:]:
            number += 1
            whole = _joined(whole, filled(taken[take], take.length), number * _BLOCK - start, lap)
        return whole[begin - start : end - start]


def heard(voice: Voice, first: int, last: int) -> Heard | None:
    """What of a voice lies in samples [first, last) of a mix; None when nothing does."""
    first, last = max(voice.first, first), min(voice.last, last)
    if first >= last:
        return None
    if voice.speed == 1:
        gone = Fraction(first - voice.first, SAMPLE_RATE)
        take = Take(voice.source, voice.at + gone, last - first, back=steady_s(gone, voice.source.format))
        return Heard(voice, first, last, (take,))
    begin, end, length = first - voice.first, last - voice.first, voice.last - voice.first
    low = max(begin - _OVERLAP, 0) // _BLOCK
    high = min(end - 1 + _OVERLAP, length - 1) // _BLOCK
    return Heard(voice, first, last, tuple(_block(voice, number, length) for number in range(low, high + 1)))


def filled(sound: Sound, length: int) -> Sound:
    """Sound with silence after its end, exactly `length` long."""
    if len(sound) >= length:
        return sound[:length]
    return np.concatenate([sound, np.zeros((length - len(sound), 2), np.float32)])


def _block(voice: Voice, number: int, length: int) -> Take:
    lap = _lap(voice.speed)
    start = max(number * _BLOCK - lap, 0)
    end = min((number + 1) * _BLOCK + lap, length)
    return Take(voice.source, voice.at + Fraction(start, SAMPLE_RATE) * voice.speed, end - start, voice.speed)


def _lap(speed: Fraction) -> int:
    """How far a block goes on beyond the point where it meets the next."""
    # The ends of a block of slow sound are off their places, which is over two grains of the source later.
    return _OVERLAP if speed >= 1 else _OVERLAP + ceil(2 * GRAIN / speed)


def _joined(before: Sound, after: Sound, at: int, lap: int) -> Sound:
    """Two blocks, which meet at sample `at` of the first and sample `lap` of the second."""
    one, other = before[at - _OVERLAP : at + _OVERLAP], after[lap - _OVERLAP : lap + _OVERLAP]
    both = min(len(one), len(other))
    cross, likeness = _alike(one[:both], other[:both])
    length = min(_CROSSING, both - cross)
    mixed = crossed(one[cross : cross + length], other[cross : cross + length], likeness)
    return np.concatenate([before[: at - _OVERLAP + cross], mixed, after[lap - _OVERLAP + cross + length :]])


def crossed(one: Sound, other: Sound, likeness: float) -> Sound:
    """A sound that crosses over into another; the power stays, whether the two strengthen each other or cancel out."""
    part = ((np.arange(len(one)) + 0.5) / max(len(one), 1))[:, None]
    power = part**2 + (1 - part) ** 2 + 2 * part * (1 - part) * max(likeness, _UNLIKE)
    mixed: Sound = ((one * (1 - part) + other * part) / np.sqrt(power)).astype(np.float32)
    return mixed


def _alike(one: Sound, other: Sound) -> tuple[int, float]:
    """Where two pieces of sound are most alike for the length of a crossing, and how much: 1 for the same."""
    if len(one) <= _CROSSING:
        return 0, 0.0
    pair = one.sum(axis=1, dtype=np.float64), other.sum(axis=1, dtype=np.float64)
    product, power = pair[0] * pair[1], pair[0] ** 2 + pair[1] ** 2
    likeness = 2 * _sums(product) / np.maximum(_sums(power), 1e-9)
    best = int(np.argmax(likeness[::_SEARCH_STEP])) * _SEARCH_STEP
    return best, float(likeness[best])


def _sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.concatenate([[0.0], np.cumsum(values)])
    return total[_CROSSING:] - total[:-_CROSSING]


def needed(parts: Sequence[Heard]) -> list[Take]:
    """All takes of some parts, each once."""
    return list(dict.fromkeys(take for part in parts for take in part.takes))
