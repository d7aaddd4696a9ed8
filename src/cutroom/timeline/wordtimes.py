"""When each word of a cue is spoken."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final

from cutroom.kit.errors import Invalid
from cutroom.timeline.resolved.captions import SpokenWord

MOST_SECONDS: Final = 1_000_000

Timed = tuple[str, Fraction | None, Fraction | None]
"""A word, and when it starts and ends where that is told."""


def bad_captions(sentence: str) -> Invalid:
    """The error for a caption file."""
    return Invalid("bad_captions", f"{sentence}.")


def spread(start: Fraction, end: Fraction, words: Sequence[Timed]) -> tuple[SpokenWord, ...]:
    """Words with times in order within their cue; those that are told none share what is left by their letters.

    A word without an end lasts until the next word starts, or the cue ends.
    """
    starts: list[Fraction | None] = []
    last = start
    for _, at, _ in words:
        starts.append(last := min(max(at, last), end)) if at is not None else starts.append(None)
    if starts and starts[0] is None:
        starts[0] = start
    marks = [index for index, at in enumerate(starts) if at is not None]
    known = [at for at in starts if at is not None]
    begun: list[Fraction] = []
    for (first, following), (low, high) in zip(pairwise([*marks, len(words)]), pairwise([*known, end]), strict=True):
        group, left = words[first:following], low
        told_end = group[0][2]
        if len(group) > 1 and told_end is not None and low < told_end < high:
            begun.append(low)
            group, left = group[1:], told_end
        weights = [len(text) + 1 for text, _, _ in group]
        done = 0
        for weight in weights:
            begun.append(left + (high - left) * Fraction(done, sum(weights)))
            done += weight
    found: list[SpokenWord] = []
    for (text, _, told), at, after in zip(words, begun, [*begun[1:], end], strict=True):
        until = after if told is None else min(max(told, at), max(after, at))
        found.append(SpokenWord(text, _exact(at, start, end), _exact(until, start, end)))
    return tuple(found)


def _exact(moment: Fraction, first: Fraction, last: Fraction) -> Fraction:
    """To the millisecond, which is finer than any caption file means, and within the cue."""
    return min(max(Fraction(round(moment * 1000), 1000), first), last)
