"""Where an edit is cut into segments.

A segment should be long enough to be worth starting ffmpeg for (about 40 ms) and short enough that many can be made
at once. Cuts go where the picture changes anyway: first where clips that cover the canvas start and end, then where
others do, then where a transition starts or ends (so that only the transition's own frames are blended), then on a
grid that starts with the lowest clip, or near it at that clip's key frames: what begins at one need not decode what
lies before. What is copied is a segment of its own, however long, and what lies between two
copies may be short. Every rule looks at the neighbourhood only, never at the number of workers or at the whole length,
so that an edit in one place moves no cut in another.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Final

SHORTEST_S: Final = 2
KEYED_S: Final = 3
"""How long a segment is where key frames are near, and a cut costs little: both halves of a title that has changed are
made at once."""
GRID_S: Final = 6
LONGEST_S: Final = 10
PICTURES_AT_ONCE: Final = 24
CROWDED_S: Final = Fraction(1, 4)
"""How short a segment may be where more than `PICTURES_AT_ONCE` come and go: memory counts there, not time."""


@dataclass(frozen=True, slots=True)
class Live:
    """When one picture is there: frames [first, last), and the frames at which its transitions start and end.

    `keys` are the frames, in order, from which on it can be decoded without what lies before.
    """

    first: int
    last: int
    covers: bool = True
    transitions: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()


def cuts(
    span: tuple[int, int], pictures: Sequence[Live], fps: Fraction, copies: Sequence[tuple[int, int]] = ()
) -> list[int]:
    """First frames of all segments, and at the end the first that is in none.

    Args:
        span: frames [first, last) that are to be cut into segments.
        pictures: what is seen, from the bottom up.
        fps: frames a second.
        copies: frames [first, last) that are copied: each is a segment of its own.
    """
    pictures = [live for live in pictures if live.first < span[1] and live.last > span[0]]
    shortest = max(1, round(SHORTEST_S * fps))
    grid = max(1, round(GRID_S * fps))
    longest = max(1, round(LONGEST_S * fps))
    covering = sorted({edge for live in pictures if live.covers for edge in (live.first, live.last)})
    edges = sorted({edge for live in pictures for edge in (live.first, live.last)})
    transitions = sorted({edge for live in pictures if live.covers for edge in live.transitions})
    kept = sorted({*span, *(edge for copy in copies for edge in copy)})
    whole = {first for first, _ in copies}
    for wishes in (covering, edges, transitions, _grid(span, pictures, edges, fps)):
        _admit(kept, wishes, shortest, whole)
    for first, last in pairwise(list(kept)):
        if last - first > longest:
            _admit(kept, range(first + grid, last, grid), shortest, whole)
    for first, last in _crowded(kept, pictures):
        inside = edges[bisect_right(edges, first) : bisect_left(edges, last)]
        _admit(kept, inside, max(1, round(CROWDED_S * fps)), whole)
    return kept


def worth_cutting(fps: Fraction) -> int:
    """How many frames a picture is there at least that is cut for its length."""
    return max(1, round(KEYED_S * fps)) + max(1, round(SHORTEST_S * fps))


def _crowded(kept: Sequence[int], pictures: Sequence[Live]) -> list[tuple[int, int]]:
    """Segments that would need too many files at once."""
    count = [0] * len(kept)
    for live in pictures:
        count[max(0, bisect_right(kept, live.first) - 1)] += 1
        count[min(bisect_left(kept, live.last), len(kept) - 1)] -= 1
    return [pair for pair, number in zip(pairwise(kept), accumulate(count), strict=False) if number > PICTURES_AT_ONCE]


def _admit(kept: list[int], wishes: Iterable[int], shortest: int, whole: AbstractSet[int]) -> None:
    """Add those of the wishes that leave `shortest` frames on both sides; the first come are served first.

    What starts at one of `whole` is never cut.
    """
    for wish in wishes:
        place = bisect_left(kept, wish)
        if not 0 < place < len(kept) or kept[place - 1] in whole:
            continue
        if wish - kept[place - 1] >= shortest and kept[place] - wish >= shortest:
            kept.insert(place, wish)


def _grid(span: tuple[int, int], pictures: Sequence[Live], edges: Sequence[int], fps: Fraction) -> list[int]:
    """Where the picture that is lowest in each place would be cut, of those with key frames if there are any."""
    starts: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for rank, live in enumerate(pictures):
        starts.setdefault(live.first, []).append(rank)
        ends.setdefault(live.last, []).append(rank)
    points: list[int] = []
    paths: dict[int, list[int]] = {}
    now: list[int] = []
    before = [edge for edge in edges if edge <= span[0]]
    inside = [edge for edge in edges if span[0] < edge < span[1]]
    grid = max(1, round(GRID_S * fps))
    _pass(before, starts, ends, now)
    for first, last in zip([span[0], *inside], [*inside, span[1]], strict=True):
        if first > span[0]:
            _pass([first], starts, ends, now)
        lowest = next((rank for rank in now if pictures[rank].keys), None)
        if lowest is None:
            anchor = pictures[now[0]].first if now else first
            points.extend(range(anchor + ((first - anchor) // grid + 1) * grid, last, grid))
            continue
        if lowest not in paths:
            paths[lowest] = _path(pictures[lowest], fps)
        path = paths[lowest]
        points.extend(path[bisect_right(path, first) : bisect_left(path, last)])
    return points


def _path(live: Live, fps: Fraction) -> list[int]:
    """Where a picture with key frames is cut."""
    points: list[int] = []
    at: int | None = live.first
    while at is not None and (at := _after(live, at, fps)) is not None:
        points.append(at)
    return points


def _after(live: Live, at: int, fps: Fraction) -> int | None:
    """Where the segment ends that starts there: at a key frame next to the grid, the fine one if one is near that."""
    shortest, grid, longest = (max(1, round(seconds * fps)) for seconds in (SHORTEST_S, GRID_S, LONGEST_S))
    fine = max(1, round(KEYED_S * fps))
    left = live.last - at
    for wish, most in ((fine, fine + shortest), (grid, longest)):
        if left < wish + shortest:
            return None
        if near := live.keys[bisect_left(live.keys, at + shortest) : bisect_right(live.keys, at + most)]:
            return min(near, key=lambda key: abs(key - at - wish))
    return at + grid if left > longest else None


def _pass(edges: Iterable[int], starts: Mapping[int, list[int]], ends: Mapping[int, list[int]], now: list[int]) -> None:
    """Let the pictures that end or start at these edges go or come; `now` are those that are there, lowest first."""
    for edge in edges:
        for rank in ends.get(edge, ()):
            now.remove(rank)
        for rank in starts.get(edge, ()):
            insort(now, rank)
