"""How loud a voice is, sample by sample."""

from functools import lru_cache
from math import pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.render.easing import ease
from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.sound.plan import Fade, Voice
from cutroom.timeline.resolved.curve import Easing, Keyframe

Gain = NDArray[np.float32]

MONO_GAIN: Final = sqrt(2)
"""FFmpeg spreads one channel over two at -3 dB each; players do so at full level."""
_POINTS: Final = 8192
"""Points at which an easing is looked at, of a keyframe's way to the next; between them it is taken to be straight."""


def gain(voice: Voice, first: int, last: int) -> Gain | float:
    """What samples [first, last) of the mix are multiplied with where this voice is heard; one number if all are."""
    level: Gain | float = voice.volume * (MONO_GAIN if voice.source.channels == 1 else 1)
    if isinstance(voice.swell, tuple):
        level = level * swell(voice.swell, first - voice.swell_first, last - voice.swell_first)
    else:
        level *= voice.swell
    for ramp in voice.ramps:
        if ramp.first < last and ramp.first + ramp.length > first:
            level = level * faded(ramp, first, last)
    return level


def faded(ramp: Fade, first: int, last: int) -> Gain:
    """A fade over samples [first, last); before and after it the sound is there or not."""
    part = np.clip((np.arange(first - ramp.first, last - ramp.first) + 0.5) / ramp.length, 0, 1)
    angles: NDArray[np.float64] = part * (pi / 2)
    strength: NDArray[np.float64] = np.sin(angles) if ramp.rising else np.cos(angles)
    level: Gain = strength.astype(np.float32)
    return level


def swell(keys: tuple[Keyframe, ...], first: int, last: int) -> Gain:
    """A curve over samples [first, last), counted from its second 0; never below nothing."""
    moments = np.arange(first, last) / SAMPLE_RATE
    values = np.full(len(moments), keys[0].value)
    for key, following in zip(keys, (*keys[1:], None), strict=True):
        begin = int(np.searchsorted(moments, float(key.at)))
        if following is None or following.at <= key.at:
            values[begin:] = key.value
            continue
        end = int(np.searchsorted(moments, float(following.at)))
        if begin < end:
            part = (moments[begin:end] - float(key.at)) / float(following.at - key.at)
            values[begin:end] = key.value + (following.value - key.value) * _eased(key.easing, part)
    level: Gain = np.maximum(values, 0).astype(np.float32)
    return level


def _eased(easing: Easing, part: NDArray[np.float64]) -> NDArray[np.float64]:
    if easing == "linear":
        return part
    if easing == "hold":
        return np.zeros_like(part)
    return np.interp(part, *_looked_at(easing))


@lru_cache(maxsize=64)
def _looked_at(easing: Easing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = np.linspace(0, 1, _POINTS + 1)
    return points, np.array([ease(easing, float(point)) for point in points])
