"""Which words make a cue, and which of them a line: the cheapest division of a whole recording.

A cue costs something by itself, so that cues are full; more where it ends in a bad place, where its lines break in a
bad place or differ much in length, and most where there is no time to read it. What a cue of certain words costs
depends on those words alone, so the cheapest division is found exactly, by dynamic programming over the ends of cues;
the costs of all cues that could be are computed together, in numpy: ten hours of speech take about two seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.speech.breaking import Break, Place
from cutroom.speech.limits import CueLimits

Floats = NDArray[np.float32]
Counts = NDArray[np.int16]

_CUE: Final = 3.0
"""Of every cue, so that sentences are not chopped."""
_LINE: Final = 1.0
"""Of every line but the first: what fits in one line stays there (Netflix)."""
_RAGGED: Final = 4.0
"""Of lines that differ in length, for the square of their widths in units of the widest."""
_LAST: Final = 0.92
"""The last line weighs a little less, so that of two lines the lower one is the longer one: a pyramid."""
_INNER_SENTENCE: Final = 3.0
"""Of a sentence that ends within a cue."""
_INNER_PAUSE: Final = 2.5
"""Of each second of silence within a cue, after the first half."""
_INNER_TURN: Final = 9.0
"""Of two speakers in one cue, each in a line of their own."""
_INNER_CUT: Final = 60.0
"""Of each cut of the pictures within a cue: worse than any break, better than a cue that nobody can read."""
_ORPHAN: Final = 8.0
"""Of a cue with a part of a sentence that takes less than a third of a line."""
_HURRY: Final = 50.0
"""Of a cue that cannot be read in its time, for the square of the seconds that are missing: nobody sees that cues come
a tenth of a second early or late to make up for it (`settling`), but a second is a second."""
_BRISK: Final = 2.0
"""Of a cue that leaves no time to spare: up to a sixth more is comfort (17 rather than 20 characters a second)."""
_BLOCK: Final = 10_000
"""Words that are looked at together: about an hour of speech."""
_NEVER: Final = np.float32(1e9)
_FREE_PAUSE_MS: Final = 500


@dataclass(frozen=True, slots=True)
class Spans:
    """When cues may be shown, word by word.

    Args:
        come_ms: when a cue that begins with this word comes.
        end_ms: when this word ends.
        leave_ms: until when a cue that ends with this word may stay.
        shot: number of the shot to which this word belongs.
    """

    come_ms: NDArray[np.int64]
    end_ms: NDArray[np.int64]
    leave_ms: NDArray[np.int64]
    shot: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cut:
    """A cue: its first word, and how many words there are in each line."""

    first: int
    lines: tuple[int, ...]


def cut(texts: Sequence[tuple[float, float]], breaks: Sequence[Break], spans: Spans, limits: CueLimits) -> list[Cut]:
    """The cheapest division of words into cues and lines; every word is in one cue, in order.

    Args:
        texts: of every word, its width, and that of what stands between it and the word before, in characters.
        breaks: what lies before each word but the first.
        spans: when cues may be shown.
        limits: what every cue keeps to. No word is wider than a line.
    """
    found: list[Cut] = []
    for first, last in _blocks(len(texts), breaks):
        part = Spans(*(times[first:last] for times in (spans.come_ms, spans.end_ms, spans.leave_ms, spans.shot)))
        table = _Table(texts[first:last], breaks[first : last - 1], part, limits)
        found += [Cut(one.first + first, one.lines) for one in _divided(table, last - first)]
    return found


def _blocks(count: int, breaks: Sequence[Break]) -> Iterator[tuple[int, int]]:
    """Runs of words that are divided on their own, so that memory does not grow with the recording.

    They end where a cue would end anyway: in the best place among thousands.
    """
    first = 0
    while count - first > _BLOCK:
        places = range(first + _BLOCK * 4 // 5, first + _BLOCK)
        last = min(places, key=lambda at: (breaks[at - 1].cue, -breaks[at - 1].pause_ms))
        yield first, last
        first = last
    if count > first:
        yield first, count


def _divided(table: "_Table", count: int) -> Iterator[Cut]:
    costs = table.costs
    widest = costs.shape[1]
    best = np.full(count + 1 + widest, _NEVER * 2, np.float64)  # the first `widest` are before the first word
    best[widest] = 0
    taken = np.zeros(count + 1, np.int32)
    for end in range(1, count + 1):
        # Column n of row `end` is the cue of the n + 1 words before `end`.
        ways = best[end : end + widest][::-1] + costs[end - 1]
        least = int(ways.argmin())
        best[end + widest], taken[end] = ways[least], least + 1
    ends: list[tuple[int, int]] = []
    end = count
    while end > 0:
        ends.append((end - int(taken[end]), int(taken[end])))
        end -= int(taken[end])
    for first, size in reversed(ends):
        yield Cut(first, table.lines(first, size))


class _Table:
    """What every cue that could be costs: `costs[last, n]` is that of the n + 1 words that end with the word `last`."""

    def __init__(
        self, texts: Sequence[tuple[float, float]], breaks: Sequence[Break], spans: Spans, limits: CueLimits
    ) -> None:
        count = len(texts)
        self._limits = limits
        widths = np.array([width for width, _ in texts])
        gaps = np.array([0.0, *(gap for _, gap in texts[1:])])
        self._ends = np.concatenate([[0.0], np.cumsum(widths + gaps)])
        self._gaps = gaps
        self._breaks = breaks
        self._line_costs = np.array([0.0, *(one.line for one in breaks)], np.float32)
        turns = np.array([0, *(one.place is Place.TURN for one in breaks)])
        self._turn = turns > 0
        self._turns = np.cumsum(turns)
        self._most = self._most_words(count)
        self._tables = self._line_tables(count)
        self.costs = self._cue_costs(count, spans)

    def lines(self, first: int, size: int) -> tuple[int, ...]:
        """How many words there are in each line of a cue, at its cheapest."""
        number = self._best_lines[size - 1][first]
        found: list[int] = []
        for left in range(int(number), 0, -1):
            taken = int(self._tables[left - 1][1][size - 1][first]) if left > 1 else size
            found.append(taken)
            first, size = first + taken, size - taken
        return tuple(found)

    def _most_words(self, count: int) -> int:
        """Words in the longest cue that could be."""
        limits = self._limits
        room = limits.characters * limits.lines
        most = 1
        while most < min(count, limits.words or count) and (self._width(most + 1) <= room + limits.lines).any():
            most += 1
        return most

    def _width(self, size: int) -> NDArray[np.float64]:
        """Widths of all runs of `size` words, by their first."""
        width: NDArray[np.float64] = self._ends[size:] - self._ends[:-size] - self._gaps[: len(self._gaps) - size + 1]
        return width

    def _line_tables(self, count: int) -> list[tuple[list[Floats], list[Counts]]]:
        """For 1, 2, … lines: the costs of runs by size and first word, and how many words their first line takes."""
        limits = self._limits
        lines: list[Floats] = []
        for size in range(1, self._most + 1):
            width = self._width(size)
            cost = (_RAGGED * (width / limits.characters) ** 2).astype(np.float32)
            mixed = self._turns[size - 1 :] - self._turns[: count - size + 1] > 0
            cost[(width > limits.characters) | mixed] = _NEVER
            lines.append(cost)
        tables: list[tuple[list[Floats], list[Counts]]] = [([cost * np.float32(_LAST) for cost in lines], [])]
        for _ in range(1, limits.lines):
            tables.append(self._with_one_more(lines, tables[-1][0], count))
        return tables

    def _with_one_more(self, lines: list[Floats], below: list[Floats], count: int) -> tuple[list[Floats], list[Counts]]:
        costs: list[Floats] = []
        takes: list[Counts] = []
        for size in range(1, self._most + 1):
            runs = count - size + 1
            cost = np.full(runs, _NEVER, np.float32)
            take = np.zeros(runs, np.int16)
            for first in range(1, size):
                way = lines[first - 1][:runs] + below[size - first - 1][first : first + runs]
                way += self._line_costs[first : first + runs] + np.float32(_LINE)
                better = way < cost
                cost[better], take[better] = way[better], first
            costs.append(cost)
            takes.append(take)
        return costs, takes

    def _cue_costs(self, count: int, spans: Spans) -> Floats:
        limits = self._limits
        inner = np.cumsum([0.0, *map(_inside, self._breaks)])
        ends = np.array([*(one.cue for one in self._breaks), 0.0], np.float32)
        closes = np.array([*(one.place <= Place.SENTENCE for one in self._breaks), True])
        opens = np.concatenate([[True], closes[:-1]])
        costs = np.full((count, self._most), _NEVER, np.float32)
        self._best_lines: list[Counts] = []
        for size in range(1, self._most + 1):
            runs = count - size + 1
            width = self._width(size)
            cost, best = self._of_lines(size, width)
            self._best_lines.append(best)
            cost += np.float32(_CUE) + ends[size - 1 :] + (inner[size - 1 :] - inner[:runs]).astype(np.float32)
            whole = opens[:runs] & closes[size - 1 :]
            cost += np.where((width * 3 < limits.characters) & ~whole, _ORPHAN, 0).astype(np.float32)
            cost += _timed(spans, size, width, limits)
            if size > 1:
                lasts = spans.end_ms[size - 1 :] - spans.come_ms[:runs]
                cost[lasts > limits.longest_ms] = _NEVER
            costs[size - 1 :, size - 1] = cost
        return costs

    def _of_lines(self, size: int, width: NDArray[np.float64]) -> tuple[Floats, Counts]:
        """The cheapest lines of all runs of a size: what they cost, and how many they are."""
        cost = np.full(len(width), _NEVER, np.float32)
        best = np.ones(len(width), np.int16)
        for number, (table, _) in enumerate(self._tables, 1):
            level = (_RAGGED / number) * (width / self._limits.characters) ** 2  # lines of equal width
            way = np.where(table[size - 1] < _NEVER, table[size - 1] - level.astype(np.float32), _NEVER)
            better = way < cost
            cost[better], best[better] = way[better], number
        return cost, best


def _inside(one: Break) -> float:
    """What a place costs that lies within a cue."""
    cost = _INNER_PAUSE * max(0, one.pause_ms - _FREE_PAUSE_MS) / 1000
    if one.place is Place.TURN:
        return cost + _INNER_TURN
    return cost + (_INNER_SENTENCE if one.place is Place.SENTENCE else 0.0)


def _timed(spans: Spans, size: int, width: NDArray[np.float64], limits: CueLimits) -> Floats:
    """What it costs that cues have little time, or a cut of the pictures within them."""
    runs = len(width)
    come = spans.come_ms[:runs]
    needed = np.maximum(limits.shortest_ms, np.ceil(1000 * width / limits.reading_speed))
    room = np.minimum(spans.leave_ms[size - 1 :] - come, limits.longest_ms)
    missing = np.clip((needed - room) / 1000, 0, 5)
    cost: NDArray[np.float64] = _HURRY * missing**2 + _BRISK * np.clip((1.18 * needed - room) / needed, 0, 1)
    cost += _INNER_CUT * (spans.shot[size - 1 :] - spans.shot[:runs])
    return cost.astype(np.float32)
