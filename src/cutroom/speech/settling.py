"""When cues come and go: on their first words, unless there is no time to read them, and then as near as can be."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cutroom.speech.limits import CHAIN_MS, EARLIEST_MS, LATEST_MS, LINGER_MS

_ROUNDS: Final = 40
_SHORTER: Final = 0.93
"""By how much less time hurried cues get in each round: after forty they get a twentieth."""
_CUT: Final = 1e3
"""Weight of a cut of the pictures beside that of a cue's first word."""
_ANCHORED: Final = 1e6
"""Weight of the end of the recording."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a cue would like.

    Args:
        come_ms: when its first word begins.
        said_ms: when its last word ends.
        read_ms: how long it takes to read.
        leave_ms: when the pictures change after it; None when they do not.
    """

    come_ms: int
    said_ms: int
    read_ms: int
    leave_ms: int | None = None


def settle(wishes: Sequence[Wish], *, gap_ms: int, longest_ms: int, duration_ms: int | None) -> list[tuple[int, int]]:
    """Start and end of each cue, in milliseconds.

    Where cues follow each other too fast to be read, they share the trouble: each comes as near to its first word as it
    can, in the sense of least squares, within the limits of `limits.LATEST_MS`. What would drift further is shown for
    less time than it takes to read. Gaps are `gap_ms`, or `CHAIN_MS` and more.

    Args:
        wishes: by their `come_ms`.
        gap_ms: the smallest gap.
        longest_ms: how long a cue is shown at most.
        duration_ms: length of the recording, which no cue outlasts unless it must; None when it is not known.
    """
    if not wishes:
        return []
    comes = _starts(wishes, gap_ms, duration_ms)
    times: list[tuple[int, int]] = []
    for index, (come, wish) in enumerate(zip(comes, wishes, strict=True)):
        following = comes[index + 1] if index + 1 < len(comes) else None
        times.append((come, _leave(come, wish, following, gap_ms, longest_ms, duration_ms)))
    return times


def _leave(come: int, wish: Wish, following: int | None, gap_ms: int, longest_ms: int, duration_ms: int | None) -> int:
    """When a cue that comes at `come` goes."""
    latest = come + longest_ms
    if following is not None:
        latest = min(latest, following - gap_ms)
    elif duration_ms is not None:
        latest = min(latest, max(duration_ms, come + wish.read_ms))
    needed = min(max(wish.said_ms, come + wish.read_ms), latest)
    if wish.leave_ms is not None:
        before = wish.leave_ms - gap_ms
        if come + wish.read_ms <= before < needed:
            needed = before  # the last sound of a word may reach over a cut; its cue does not
        if needed <= before:
            latest = min(latest, before)
    out = min(max(needed, wish.said_ms + LINGER_MS), latest)
    if following is None or following - out >= CHAIN_MS:
        return out
    # Two frames, or half a second: what lies between flickers.
    apart = following - CHAIN_MS
    if apart >= needed and latest > wish.said_ms + LINGER_MS:
        return apart
    return latest


def _starts(wishes: Sequence[Wish], gap_ms: int, duration_ms: int | None) -> list[int]:
    anchors = [wish.come_ms for wish in wishes]
    reads = [wish.read_ms for wish in wishes]
    for _ in range(_ROUNDS):
        comes = _spread(wishes, reads, gap_ms, duration_ms)
        late = [at for at, (come, anchor) in enumerate(zip(comes, anchors, strict=True)) if come - anchor > LATEST_MS]
        if not late:
            return comes
        for at in _crowds(comes, reads, gap_ms, late):
            reads[at] = max(1, math.floor(reads[at] * _SHORTER))
    return comes


def _crowds(comes: Sequence[int], reads: Sequence[int], gap_ms: int, late: Sequence[int]) -> set[int]:
    """The cues that push those that are late: all before them without a free moment in between."""
    found: set[int] = set()
    for last in late:
        at = last
        while at > 0 and at not in found and comes[at] - comes[at - 1] <= reads[at - 1] + gap_ms + 1:
            at -= 1
            found.add(at)
    return found


@dataclass(frozen=True, slots=True)
class _Mark:
    """Something that wants to be at a time, and before what comes after it by `step_ms`: a cue, a cut, the end."""

    at_ms: int
    step_ms: int
    weight: float = 1.0


def _spread(wishes: Sequence[Wish], reads: Sequence[int], gap_ms: int, duration_ms: int | None) -> list[int]:
    """Starts as near to the first words as they can be (least squares), each when the cue before it was read.

    Without the steps between them this is isotonic regression, solved by pooling adjacent violators (Ayer et al. 1955).
    A cut of the pictures between two cues, and the end of the recording, are marks like cues, but hard to move.
    """
    marks: list[_Mark] = []
    places: list[int] = []
    for wish, read_ms, following in zip(wishes, reads, [*wishes[1:], None], strict=True):
        places.append(len(marks))
        marks.append(_Mark(wish.come_ms, read_ms + gap_ms))
        if wish.leave_ms is not None and (following is None or following.come_ms >= wish.leave_ms):
            marks.append(_Mark(wish.leave_ms, 0, _CUT))
    if duration_ms is not None:
        marks.append(_Mark(max(duration_ms, wishes[-1].come_ms) + gap_ms, 0, _ANCHORED))
    offsets = [0, *itertools.accumulate(mark.step_ms for mark in marks)]
    means = _pooled([(mark.at_ms - offset, mark.weight) for mark, offset in zip(marks, offsets, strict=False)])
    comes: list[int] = []
    for number, (wish, place) in enumerate(zip(wishes, places, strict=True)):
        come = max(math.floor(means[place]) + offsets[place], wish.come_ms - EARLIEST_MS, 0)
        if comes:
            come = max(come, comes[-1] + reads[number - 1] + gap_ms)
        comes.append(come)
    return comes


def _pooled(values: Sequence[tuple[float, float]]) -> list[float]:
    """The rising sequence that is nearest to values with weights."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for one, mass in values:
        value, weight, count = one, mass, 1
        while blocks and blocks[-1][0] > value:
            mean, more, size = blocks.pop()
            value = (mean * more + value * weight) / (more + weight)
            weight, count = weight + more, count + size
        blocks.append((value, weight, count))
    return [mean for mean, _, size in blocks for _ in range(size)]
