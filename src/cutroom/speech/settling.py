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
_ANCHORED: Final = 1e6
"""Weight of the end of the recording beside that of a cue's first word."""


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
        comes = _spread(anchors, [read + gap_ms for read in reads], gap_ms, duration_ms)
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


def _spread(anchors: Sequence[int], steps: Sequence[int], gap_ms: int, duration_ms: int | None) -> list[int]:
    """Starts as near to the anchors as they can be (least squares), each `steps` after the one before.

    Without the steps this is isotonic regression, solved by pooling adjacent violators (Ayer et al. 1955).
    """
    offsets = [0, *itertools.accumulate(steps)]
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many

    def push(value: float, weight: float) -> None:
        count = 1
        while blocks and blocks[-1][0] > value:
            mean, mass, size = blocks.pop()
            value = (mean * mass + value * weight) / (mass + weight)
            weight, count = weight + mass, count + size
        blocks.append((value, weight, count))

    for anchor, offset in zip(anchors, offsets[:-1], strict=True):
        push(anchor - offset, 1.0)
    if duration_ms is not None:
        push(max(duration_ms, anchors[-1]) + gap_ms - offsets[-1], _ANCHORED)
    means = [mean for mean, _, size in blocks for _ in range(size)][: len(anchors)]
    comes: list[int] = []
    for anchor, mean, offset in zip(anchors, means, offsets[:-1], strict=True):
        come = max(math.floor(mean) + offset, anchor - EARLIEST_MS, 0)
        if comes:
            come = max(come, comes[-1] + steps[len(comes) - 1])
        comes.append(come)
    return comes
