"""Music that makes room: how far it goes down, from what the speech does.

The speech is looked at in steps of 10 ms, which are counted from the start of the mix. A step is spoken in when the RMS
of the 50 ms around it is above -45 dBFS: softer than quiet speech, louder than a room. Pauses up to 0.3 s long are part
of the speech, so that music does not pump between words. The way down is over when speech begins, so that its first
word is understood, and the way back begins when it ends; both are straight in decibels. As nothing depends on more
than what is near, the result is the same wherever a mix is cut.
"""

from collections.abc import Iterable
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.render.encoders import SAMPLE_RATE
from cutroom.timeline.resolved.sound import Ducking

STEP: Final = 480
_SPOKEN: Final = 10 ** (-45 / 20)
_AROUND: Final = 2  # steps on both sides
_HOLD: Final = 30  # steps


def reach(duckings: Iterable[Ducking]) -> tuple[int, int]:
    """For how many samples music stays down after a sound, and goes down before it; whole steps."""
    before = after = _HOLD
    for ducking in duckings:
        before = max(before, ceil(ducking.release_s * SAMPLE_RATE / STEP))
        after = max(after, ceil(ducking.attack_s * SAMPLE_RATE / STEP))
    more = _AROUND + 2
    return (before + more) * STEP, (after + more) * STEP


def spoken(speech: NDArray[np.float32]) -> NDArray[np.bool_]:
    """In which steps of a mix of speech, (n, 2), there is some; the last step may be shorter."""
    steps = -(-len(speech) // STEP)
    power = np.zeros(steps * STEP, np.float32)
    power[: len(speech)] = np.square(speech).mean(axis=1)
    sums = np.concatenate([[0.0], np.cumsum(power.reshape(steps, STEP).mean(axis=1, dtype=np.float64))])
    low = np.maximum(np.arange(steps) - _AROUND, 0)
    high = np.minimum(np.arange(steps) + _AROUND + 1, steps)
    found: NDArray[np.bool_] = (sums[high] - sums[low]) / (2 * _AROUND + 1) > _SPOKEN**2
    return found


def ducked(ducking: Ducking, there: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What music is multiplied with, for each sample of the steps of `there`."""
    steps = np.arange(len(there))
    far = len(there) + 10**9
    ended = np.maximum.accumulate(np.where(there, steps, -far))
    begins = np.minimum.accumulate(np.where(there, steps, far)[::-1])[::-1]
    # A pause that is short on both sides is none.
    since = np.where(begins - ended <= _HOLD, 0, steps - ended)
    until = np.where(begins - ended <= _HOLD, 0, begins - steps)
    step_s = STEP / SAMPLE_RATE
    down = np.maximum(
        np.clip(1 - until * step_s / max(ducking.attack_s, step_s), 0, 1),
        np.clip(1 - since * step_s / max(ducking.release_s, step_s), 0, 1),
    )
    gains = 10 ** (-ducking.depth_db * down / 20)
    middles = (steps + 0.5) * STEP - 0.5
    return np.interp(np.arange(len(there) * STEP), middles, gains).astype(np.float32)
