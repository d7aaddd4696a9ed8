"""From a mix to what is encoded: as loud as wanted, and never beyond the peak that is allowed.

The gain is found from the mix alone. Where peaks would reach too high, a limiter takes them back: its gain is the
lowest that is needed within 15 ms, smoothed over as long, so it never lets a peak through and never jumps. What it does
depends only on what is near. Since it makes the mix less loud, gain and loudness are then brought together in a few
rounds, in which only what the limiter touches is measured again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.render.sound.heard import Sound
from cutroom.render.sound.loudness import LEAD, SILENCE, Powers, between, integrated, powers
from cutroom.render.sound.pieces import Reel
from cutroom.timeline.resolved.sound import Loudness

FULL: Final = 0.97
"""Where the peaks of a mix without a wanted loudness are held if it is too loud: -0.26 dBTP."""
_REACH: Final = 720
_MARGIN: Final = 2 * _REACH + 32
_ROUNDS: Final = 6
_CLOSE_LU: Final = 0.1
_MOST_GAIN_DB: Final = 60.0
_MOST_BETWEEN: Final = 2.0
"""How much higher than its highest sample a mix is taken to reach between samples, at most."""
_BLOCK: Final = 4800


@dataclass(frozen=True, slots=True)
class Mastering:
    """What is done to a mix: multiplied with `gain`, then held below `ceiling`; None leaves peaks alone."""

    gain: float
    ceiling: float | None


@dataclass(frozen=True, slots=True)
class _Part:
    """What a span of a mix is like before mastering."""

    first: int
    last: int
    powers: Powers
    peak: float


def decide(reel: Reel, wanted: Loudness | None, *, headroom_db: float, tell: Callable[[float], None]) -> Mastering:
    """Find what makes a mix as loud as wanted.

    Args:
        reel: the mix.
        wanted: how loud; None for as it is, but within full scale.
        headroom_db: how much below the wanted peak to stay, for what an encoder adds.
        tell: told how much is done.
    """
    spans = list(reel.spans())
    if wanted is None:
        peak = max((_peak(reel.read(first, last)) for first, last in spans), default=0.0)
        return Mastering(1.0, FULL if peak > 1 else None)
    parts: list[_Part] = []
    for first, last in spans:
        sound = reel.read(first - LEAD, last)
        parts.append(_Part(first, last, powers(sound), _peak(sound[LEAD:])))
        tell(last / max(reel.samples, 1))
    ceiling = 10 ** ((wanted.peak_dbtp - headroom_db) / 20)
    gain_db = 0.0
    lufs = integrated(_all(parts))
    if lufs <= SILENCE:
        return Mastering(1.0, ceiling)
    tried: list[tuple[float, float]] = []
    for _ in range(_ROUNDS):
        gain_db = _next(gain_db, lufs, wanted.lufs, tried)
        tried.append((gain_db, _reached(reel, parts, Mastering(10 ** (gain_db / 20), ceiling))))
        lufs = tried[-1][1]
        if abs(lufs - wanted.lufs) <= _CLOSE_LU:
            break
    best, _ = min(tried, key=lambda one: abs(one[1] - wanted.lufs))
    return Mastering(10 ** (best / 20), ceiling)


def mastered(reel: Reel, mastering: Mastering) -> Iterator[Sound]:
    """The finished samples, span by span."""
    for first, last in reel.spans():
        yield _finished(reel, first, last, mastering, 0)


def limit(sound: Sound, ceiling: float) -> Sound:
    """Hold the peaks of a sound; its first and last `_MARGIN` samples are only there to be heard."""
    gains = _needed(sound, ceiling)
    if gains is None:
        return sound[_MARGIN:-_MARGIN]
    lowest = _lowest(gains, _REACH)
    smooth = _averaged(_averaged(lowest, _REACH // 2), _REACH // 2)[_MARGIN:-_MARGIN]
    return sound[_MARGIN:-_MARGIN] * smooth[:, None].astype(np.float32)


def _finished(reel: Reel, first: int, last: int, mastering: Mastering, lead: int) -> Sound:
    """Samples [first - lead, last) after mastering."""
    if mastering.ceiling is None:
        return reel.read(first - lead, last) * np.float32(mastering.gain)
    sound = reel.read(first - lead - _MARGIN, last + _MARGIN) * np.float32(mastering.gain)
    return limit(sound, mastering.ceiling)


def _next(gain_db: float, lufs: float, wanted: float, tried: list[tuple[float, float]]) -> float:
    """The gain to try: by what is missing, or along the line through the last two."""
    step = wanted - lufs
    if len(tried) >= 2:
        (before, low), (after, high) = tried[-2:]
        slope = (high - low) / (after - before) if after != before else 1.0
        step /= min(max(slope, 0.1), 1.0)
    return min(gain_db + step, _MOST_GAIN_DB)


def _reached(reel: Reel, parts: list[_Part], mastering: Mastering) -> float:
    """The loudness after mastering."""
    after: list[Powers] = []
    for part in parts:
        if mastering.ceiling is None or part.peak * mastering.gain * _MOST_BETWEEN <= mastering.ceiling:
            after.append(part.powers * mastering.gain**2)
        else:
            after.append(powers(_finished(reel, part.first, part.last, mastering, LEAD)))
    return integrated(np.concatenate(after))


def _all(parts: list[_Part]) -> Powers:
    return np.concatenate([part.powers for part in parts]) if parts else np.zeros(0)


def _peak(sound: Sound) -> float:
    return float(np.abs(sound).max(initial=0.0))


def _needed(sound: Sound, ceiling: float) -> NDArray[np.float64] | None:
    """What each sample must be multiplied with by itself; None when nothing is too high."""
    highest = np.abs(sound).max(axis=1)
    for first in range(0, len(sound), _BLOCK):
        last = min(first + _BLOCK, len(sound))
        if highest[first:last].max() * _MOST_BETWEEN > ceiling:
            low, high = max(first - _MARGIN // 8, 0), min(last + _MARGIN // 8, len(sound))
            highest[first:last] = between(sound[low:high])[first - low : last - low]
    if highest.max(initial=0.0) <= ceiling:
        return None
    gains: NDArray[np.float64] = np.minimum(1.0, ceiling / np.maximum(highest, 1e-9).astype(np.float64))
    return gains


def _lowest(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """The lowest value within `reach` on both sides of each."""
    width, have = 2 * reach + 1, 1
    padded = np.concatenate([np.ones(reach), values, np.ones(reach)])
    while have < width:
        more = min(have, width - have)
        padded = np.minimum(padded[: len(padded) - more], padded[more:])
        have += more
    return padded


def _averaged(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """The mean within `reach` on both sides of each."""
    padded = np.concatenate([np.ones(reach), values, np.ones(reach)])
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    means: NDArray[np.float64] = (sums[2 * reach + 1 :] - sums[: -(2 * reach + 1)]) / (2 * reach + 1)
    return means
