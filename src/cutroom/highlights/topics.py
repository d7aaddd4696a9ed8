"""Where one thing ends and another begins."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WINDOW: Final = 5
"""Sentences on either side of a gap that are compared, as in TextTiling (Hearst 1997), which takes 6 to 10 lines."""
_NEARBY: Final = 8
_SHALLOW: Final = 0.25
"""Of words that hardly repeat, all valleys are chance: none that is less deep counts fully."""
_NEIGHBOURS: Final = 2  # of two breaks that are closer than this many sentences, the stronger is one
_LEXICAL, _PAUSE, _MARKER, _TURN, _CUT, _LEANS = 0.55, 0.3, 0.25, 0.4, 0.1, 0.3
"""What tells of a break, by weight: other words, a long silence, words that open a topic, another speaker, a cut of
the picture; and, against one, a sentence that leans on the one before."""


def lexical_depth(bags: Sequence[Sequence[str]], weights: dict[str, float]) -> Floats:
    """For the gap before each sentence, from 0 to 1, how much the words change there; 1 before the first.

    The depth of the valley that the likeness of both sides makes at the gap, against the peaks nearby on either side;
    unlike in TextTiling, a small rise on the way to a peak does not hide it.
    """
    count = len(bags)
    alike = np.ones(count + 1)
    left, right = Counter[str](), Counter[str]()
    for bag in bags[: min(WINDOW, count)]:
        right.update(bag)
    for gap in range(1, count):
        _move(bags, gap, left, right)
        alike[gap] = _cosine(left, right, weights)
    if count > 2:  # a little smoothing, as a single word may be in both by chance
        alike[1:count] = np.convolve(np.pad(alike[1:count], 1, "edge"), [0.25, 0.5, 0.25], "valid")
    depth = np.zeros(count + 1)
    for gap in range(1, count):
        before, after = alike[max(1, gap - _NEARBY) : gap + 1], alike[gap : min(count, gap + _NEARBY + 1)]
        depth[gap] = before.max() + after.max() - 2 * alike[gap]
    scale = max(_SHALLOW, float(np.percentile(depth[1:count], 95)) if count > 2 else 0.0)
    found = np.clip(depth / scale, 0, 1)
    found[0] = 1.0
    return np.asarray(found[:count], np.float64)


def breaks_of(
    depth: Floats, silences_ms: Floats, *, marks: Floats, turns: Floats, cuts: Floats, leans: Floats
) -> Floats:
    """For the gap before each sentence, and the end, from 0 to 1: how surely one may begin there to listen.

    Args:
        depth: as `lexical_depth` gives it.
        silences_ms: silence before each sentence.
        marks: 1 where a sentence opens with words that open a topic.
        turns: up to 1 where another speaks.
        cuts: 1 where the picture is cut.
        leans: how much each sentence needs the one before.
    """
    told = _LEXICAL * depth + _PAUSE * _long(silences_ms) + _MARKER * marks + _TURN * turns + _CUT * cuts
    found = np.clip(told - _LEANS * leans, 0, 1)
    found[0] = 1.0
    return np.append(found, 1.0)


def topic_starts(breaks: Floats) -> list[int]:
    """The numbers of the sentences with which topics begin: the strongest breaks around, and strong ones at all."""
    inner = breaks[1:-1]
    if not len(inner):
        return [0]
    enough = max(0.35, float(inner.mean() + 0.75 * inner.std()))
    found = [0]
    for gap in range(1, len(breaks) - 1):
        around = breaks[max(1, gap - _NEIGHBOURS) : min(len(breaks) - 1, gap + _NEIGHBOURS + 1)]
        if breaks[gap] >= enough and breaks[gap] >= around.max() and gap - found[-1] >= _NEIGHBOURS:
            found.append(gap)
    return found


def _move(bags: Sequence[Sequence[str]], gap: int, left: Counter[str], right: Counter[str]) -> None:
    """Move both windows on, so that they meet at `gap`."""
    left.update(bags[gap - 1])
    _forget(right, bags[gap - 1])
    if gap - 1 - WINDOW >= 0:
        _forget(left, bags[gap - 1 - WINDOW])
    if gap - 1 + WINDOW < len(bags):
        right.update(bags[gap - 1 + WINDOW])


def _forget(counter: Counter[str], bag: Sequence[str]) -> None:
    for term in bag:
        if counter[term] <= 1:
            del counter[term]
        else:
            counter[term] -= 1


def _cosine(left: Counter[str], right: Counter[str], weights: dict[str, float]) -> float:
    both = sum(weights[term] ** 2 * times * right[term] for term, times in left.items() if term in right)
    if both == 0:
        return 0.0
    return float(both / np.sqrt(_square(left, weights) * _square(right, weights)))


def _square(bag: Counter[str], weights: dict[str, float]) -> float:
    return sum((weights[term] * times) ** 2 for term, times in bag.items())


def _long(silences_ms: Floats) -> Floats:
    """From 0 to 1, how long silences are against the usual ones of this recording, and at all."""
    if not len(silences_ms):
        return silences_ms
    usual, long = float(np.median(silences_ms)), float(np.percentile(silences_ms, 95))
    against = (silences_ms - usual) / max(200.0, long - usual)
    return np.clip(np.minimum(against, silences_ms / 600.0), 0, 1)
