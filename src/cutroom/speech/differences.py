"""What two sequences have in common: the longest of it, found as `diff` finds it, in bounded time."""

from collections.abc import Iterator, Sequence
from typing import Final

MOST_CHANGES: Final = 400
"""Beyond so many insertions and deletions, what lies between the common beginning and end counts as changed: an edit of
so much is another text, and the search takes the square of this."""

Block = tuple[range, range]


def differences(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """Both sequences in blocks, in order: what is equal, and what has come in the place of what.

    Myers, "An O(ND) Difference Algorithm and Its Variations" (Algorithmica 1, 1986): no other way of going over keeps
    more items.

    Returns:
        Ranges of the old and of the new items. Blocks of equal items and changed ones take turns; one side of a changed
        block may be empty.
    """
    size = min(len(old), len(new))
    head = next((at for at in range(size) if old[at] != new[at]), size)
    tail = next((at for at in range(size - head) if old[-1 - at] != new[-1 - at]), size - head)
    inner_old, inner_new = old[head : len(old) - tail], new[head : len(new) - tail]
    pairs = [
        *((at, at) for at in range(head)),
        *((head + left, head + right) for left, right in _common(inner_old, inner_new)),
        *((len(old) - at, len(new) - at) for at in range(tail, 0, -1)),
    ]
    return list(_blocks(pairs, len(old), len(new)))


def _blocks(pairs: Sequence[tuple[int, int]], old: int, new: int) -> Iterator[Block]:
    left = right = 0
    start = 0
    for at, (i, j) in enumerate([*pairs, (old, new)]):
        if (i, j) == (left + at - start, right + at - start) and at < len(pairs):
            continue
        equal = at - start
        if equal:
            yield range(left, left + equal), range(right, right + equal)
        left, right, start = left + equal, right + equal, at
        if (i, j) != (left, right):
            yield range(left, i), range(right, j)
            left, right = i, j


def _common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of the items of a longest common subsequence; none when there are too many changes."""
    reached = {1: 0}  # by diagonal, the farthest place in `old`
    steps: list[dict[int, int]] = []
    for changes in range(min(len(old) + len(new), MOST_CHANGES) + 1):
        steps.append(dict(reached))
        for diagonal in range(-changes, changes + 1, 2):
            down = diagonal == -changes or (diagonal != changes and reached[diagonal - 1] < reached[diagonal + 1])
            x = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            reached[diagonal] = x
            if x >= len(old) and y >= len(new):
                return _walked_back(steps, len(old), len(new))
    return []


def _walked_back(steps: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for changes in range(len(steps) - 1, -1, -1):
        reached, diagonal = steps[changes], x - y
        down = diagonal == -changes or (diagonal != changes and reached[diagonal - 1] < reached[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        start = reached[before]
        while x > max(start, 0) and y > max(start - before, 0):
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = start, start - before
    return found[::-1]
