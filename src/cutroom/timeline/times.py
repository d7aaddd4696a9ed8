"""When clips start and how long they last, as far as that is known: after each other, with each other, like each other.

A length hangs on at most one other length, a start on at most one other start (and that clip's length): whatever the
clips of a timeline say of each other, one walk along what each hangs on finds all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from cutroom.timeline.fields import nanoseconds
from cutroom.timeline.model import Clip, Track

Spot = tuple[int, int]
"""A clip of a timeline, by the number of its track and its own number there."""
Nanoseconds = int | Fraction
_WITH: Final = "with"


def named(value: float | str) -> tuple[str, str] | None:
    """How a start or a length names another clip, and its name: ("after", "voice"); None when it names none."""
    if isinstance(value, str) and ":" in value:
        way, _, name = value.partition(":")
        return way, name
    return None


@dataclass(slots=True)
class Times:
    """The clips of a timeline in time, all in nanoseconds.

    Args:
        tracks: of the timeline.
        own: the length that `auto` stands for, of the clip at a spot; None when nobody knows.
    """

    tracks: Sequence[Track]
    own: Callable[[Spot, Clip], Nanoseconds | None]
    _named: dict[str, Spot] = field(init=False)
    _starts: dict[Spot, Nanoseconds | None] = field(init=False, default_factory=dict)
    _lengths: dict[Spot, Nanoseconds | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._named = {clip.name: spot for spot, clip in spots(self.tracks) if clip.name is not None}

    def length(self, spot: Spot) -> Nanoseconds | None:
        """How long a clip lasts; None when that is not known, or when it runs to the end."""
        return _walk(spot, self._lengths, self._like, self._length)

    def start(self, spot: Spot) -> Nanoseconds | None:
        """When a clip starts; None when that is not known."""
        return _walk(spot, self._starts, self.leans_on, self._start)

    def end(self, spot: Spot) -> Nanoseconds | None:
        """When a clip ends; None when that is not known, or when it runs to the end."""
        start, length = self.start(spot), self.length(spot)
        return None if start is None or length is None else start + length

    def leans_on(self, spot: Spot) -> Spot | None:
        """The clip without whose start this one's is not known."""
        start = self._clip(spot).start
        if start == "auto":
            return (spot[0], spot[1] - 1) if spot[1] else None
        found = named(start)
        return None if found is None else self._named.get(found[1])

    def _like(self, spot: Spot) -> Spot | None:
        found = named(self._clip(spot).length)
        return None if found is None else self._named.get(found[1])

    def circles(self) -> Iterator[tuple[Spot, str]]:
        """Clips that hang on themselves, and the field that makes them: one for each ring of clips."""
        for step, name in ((self._like, "length"), (self.leans_on, "start")):
            seen: dict[Spot, Spot] = {}
            for first, _ in spots(self.tracks):
                spot: Spot | None = first
                while spot is not None and spot not in seen:
                    seen[spot] = first
                    spot = step(spot)
                if spot is not None and seen[spot] == first:
                    yield spot, name

    def _clip(self, spot: Spot) -> Clip:
        return self.tracks[spot[0]].clips[spot[1]]

    def _length(self, spot: Spot, like: Nanoseconds | None) -> Nanoseconds | None:
        length = self._clip(spot).length
        if length == "auto":
            return self.own(spot, self._clip(spot))
        return like if isinstance(length, str) else nanoseconds(length)

    def _start(self, spot: Spot, other: Nanoseconds | None) -> Nanoseconds | None:
        start = self._clip(spot).start
        if not isinstance(start, str):
            return nanoseconds(start)
        before = self.leans_on(spot)
        if before is None:
            return 0 if start == "auto" else None
        if other is None or start.startswith(_WITH):
            return other
        length = self.length(before)
        return None if length is None else other + length


def spots(tracks: Sequence[Track]) -> Iterator[tuple[Spot, Clip]]:
    """Every clip with its spot."""
    for row, track in enumerate(tracks):
        for index, clip in enumerate(track.clips):
            yield (row, index), clip


def _walk(
    spot: Spot,
    known: dict[Spot, Nanoseconds | None],
    step: Callable[[Spot], Spot | None],
    value: Callable[[Spot, Nanoseconds | None], Nanoseconds | None],
) -> Nanoseconds | None:
    """The value at a spot, after those that it hangs on; what hangs on itself has none."""
    waiting: list[Spot] = []
    if spot in known:
        return known[spot]
    at: Spot | None = spot
    while at is not None and at not in known:
        known[at] = None
        waiting.append(at)
        at = step(at)
    found = None if at is None else known[at]
    while waiting:
        at = waiting.pop()
        found = known[at] = value(at, found)
    return known[spot]
