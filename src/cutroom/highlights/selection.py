"""Which of many spans are taken: good ones, apart from each other."""

from typing import Final

import numpy as np

from cutroom.highlights.features import Features
from cutroom.highlights.scoring import Spans

_NEAR: Final = 8.0
"""Points that a span loses right beside one that was taken; with distance ever less."""
_OVERLAPS: Final = 25.0
"""Points that a span loses which shares time with one that was taken: only where nothing else is left."""
_HANGS: Final = 40.0
"""Points that a span loses which opens with a word that leans on the sentence before."""
_MOST_SHARED: Final = 0.4
"""No two share this part of the shorter one, or more: less than half, as silence is still added at either end."""


def chosen(features: Features, spans: Spans, count: int) -> list[int]:
    """The numbers of the spans that are taken, the best first; fewer than `count` where no more are apart enough."""
    left = spans.score - _HANGS * spans.hangs
    starts = features.starts_ms[spans.first]
    ends = features.ends_ms[spans.last]
    reach = max(1.0, float(features.ends_ms[-1])) / (3 * count) if len(features) else 1.0
    nearest = np.full(len(spans), np.inf)
    shares = np.zeros(len(spans), np.bool_)
    taken: list[int] = []
    while len(taken) < count and np.isfinite(left).any():
        worth = left - _NEAR * np.exp(-nearest / reach) - _OVERLAPS * shares
        best = int(np.argmax(worth))
        taken.append(best)
        shared = np.minimum(ends, ends[best]) - np.maximum(starts, starts[best])
        shorter = np.minimum(ends - starts, ends[best] - starts[best])
        left = np.where(shared >= _MOST_SHARED * shorter, -np.inf, left)
        left[best] = -np.inf
        shares |= shared > 0
        nearest = np.minimum(nearest, np.maximum(0, -shared))
    return sorted(taken, key=lambda number: (bool(spans.hangs[number]), -spans.score[number]))
