"""Points for every span of whole sentences that is as long as wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from cutroom.highlights.features import Features
from cutroom.highlights.highlight import Part, Wish
from cutroom.highlights.relevance import Relevance
from cutroom.highlights.signs import HANGS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_WEIGHTS: Final[dict[Part, float]] = {"hook": 0.32, "substance": 0.24, "energy": 0.20, "completeness": 0.24}
_UNHEARD_ENERGY: Final = 0.06  # only the pace and what is written of laughter is known then
_RELEVANCE: Final = 1.0
"""How much fitting the prompt weighs, against all else together: as much."""
_RELEVANT_S: Final = 12.0
"""Seconds on what was asked for that are as good as all of a passage; half of the points are for its share, though."""
_OPENING: Final = 0.4
"""The share of the first sentences in the part `hook`; the rest is how the words catch throughout."""
_STEEP: Final = 0.6
"""A passage that is one standard error above the recording's mean gets 65 points for that, three get 86, none 50."""
_FALL: Final = 0.3
"""How much of an edge is told by its sentence against the one outside."""
_ROWS: Final = 256  # first sentences that are looked at together
KEPT: Final = 6
"""Spans that are kept of each first sentence: the best ones."""
_PAYOFF: Final = 3
"""A passage that ends so few sentences before its topic does may have its point cut off."""
_REACH: Final = 12
"""Sentences by which a beginning may be moved from what is meant."""
_NEAR_ENOUGH: Final = 0.25
"""The share of time that what is taken has with what was meant, at least; of all time in either."""
_ANSWER_MS: Final = 4_000  # who speaks up later than this does not answer


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of sentences, each with its values; arrays of the same length.

    Args:
        first: number of the first sentence.
        last: number of the last one.
        score: from 0 to 100.
        hangs: whether it opens with a word that leans on the sentence before.
        parts: what the score is made of, each from 0 to 100.
    """

    first: Ints
    last: Ints
    score: Floats
    hangs: npt.NDArray[np.bool_]
    parts: dict[Part, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Spans":
        """Some of them."""
        parts = {name: values[rows] for name, values in self.parts.items()}
        return Spans(self.first[rows], self.last[rows], self.score[rows], self.hangs[rows], parts)

    def take_numbers(self, numbers: Sequence[int]) -> "Spans":
        """Some of them, in this order."""
        return self.take(np.array(numbers, np.int64))


def spans_of(features: Features, wish: Wish, relevance: Relevance | None = None) -> Spans:
    """The best spans of each first sentence, in the order of the recording."""
    scorer = _Scorer(features, wish, relevance)
    return together([scorer.among(first) for first in range(0, len(features), _ROWS)])


def together(several: Sequence[Spans]) -> Spans:
    """Spans behind each other; a part that some lack is NaN for those."""
    names: dict[Part, None] = dict.fromkeys(name for one in several for name in one.parts)
    return Spans(
        np.concatenate([one.first for one in several]),
        np.concatenate([one.last for one in several]),
        np.concatenate([one.score for one in several]),
        np.concatenate([one.hangs for one in several]),
        {name: np.concatenate([one.parts.get(name, np.full(len(one), np.nan)) for one in several]) for name in names},
    )


def nearest_spans(features: Features, wish: Wish, meant: Sequence[tuple[int, int]]) -> list[Spans]:
    """For each pair of first and last sentence that is meant, the one span nearest to it that may be taken, if any is.

    A span is near that shares most of its time with what is meant; of equals, the one with more points is taken.
    """
    scorer = _Scorer(features, wish, None)
    found: list[Spans] = []
    for first, last in meant:
        rows = np.arange(max(0, first - _REACH), min(last, first + _REACH) + 1)
        spans = scorer.allowed(rows)
        if not len(spans):
            found.append(spans)
            continue
        starts, ends = features.starts_ms[spans.first], features.ends_ms[spans.last]
        shared = np.minimum(ends, features.ends_ms[last]) - np.maximum(starts, features.starts_ms[first])
        union = np.maximum(ends, features.ends_ms[last]) - np.minimum(starts, features.starts_ms[first])
        near = shared / np.maximum(1, union)
        best = int(np.argmax(near + 0.001 * spans.score - 0.5 * spans.hangs))
        found.append(spans.take_numbers([best] if near[best] >= _NEAR_ENOUGH else []))
    return found


class _Scorer:
    def __init__(self, features: Features, wish: Wish, relevance: Relevance | None) -> None:
        self._features = features
        self._wish = wish
        self._relevance = relevance if relevance is not None and relevance.found else None
        lengths = np.maximum(1.0, features.ends_ms - features.starts_ms) / 1000
        self._seconds = _summed(lengths)
        self._usual = float(lengths.mean())
        relevant = np.zeros(len(features)) if self._relevance is None else self._relevance.values
        self._relevant_s = _summed(lengths * relevant)
        energy = 0.7 * features.delivery.lively + 0.3 * features.reacted
        substance = (features.central + features.dense) / 2
        far = [_far(values, lengths) for values in (features.hooks, substance, energy)]
        self._lifts = [_summed(lengths * values) for values in far]
        weights = _WEIGHTS["hook"], _WEIGHTS["substance"], _energy_weight(features)
        self._worth = np.asarray(np.average(far, axis=0, weights=weights), np.float64)
        self._ranks = _ranks(features.breaks)
        self._leans = np.array([one.leans for one in features.signs])
        self._asks = np.array([one.asks for one in features.signs])
        self._concludes = np.array([one.concludes for one in features.signs])
        self._answers = self._answering()
        self._topic_ends = _topic_ends(features)

    def among(self, start: int) -> Spans:
        """The best spans of some first sentences from `start` on."""
        spans = self.allowed(np.arange(start, min(start + _ROWS, len(self._features))))
        spans = spans.take(np.lexsort((-spans.score, spans.first)))
        _, begins, each = np.unique(spans.first, return_index=True, return_counts=True)
        place = np.arange(len(spans)) - np.repeat(begins, each)
        return spans.take(place < KEPT)

    def allowed(self, rows: Ints) -> Spans:
        """Every span that begins with one of these sentences, is as long as wished, and leaves out nothing of its own.

        That is the question before an answer, the answer after a question, the end of a topic.
        """
        features, wish = self._features, self._wish
        rows = rows[~self._answers[rows]]
        low = np.searchsorted(features.ends_ms, features.starts_ms[rows] + wish.min_ms, "left")
        high = np.searchsorted(features.ends_ms, features.starts_ms[rows] + wish.max_ms, "right")
        counts = np.maximum(0, high - low)
        first = np.repeat(rows, counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        last = np.repeat(low, counts) + offsets
        whole = ~self._asks[last] & ~self._loses_payoff(first, last)
        if self._relevance is not None:
            whole &= self._relevant_s[last + 1] > self._relevant_s[first]
        return self.points(first[whole], last[whole])

    def points(self, first: Ints, last: Ints) -> Spans:
        """Points for spans."""
        features = self._features
        seconds = self._seconds[last + 1] - self._seconds[first]
        spark, substance, energy = (
            _sigmoid(_STEEP * (lift[last + 1] - lift[first]) / np.sqrt(self._usual * seconds)) for lift in self._lifts
        )
        second = np.minimum(first + 1, last)
        opening = 0.75 * features.hooks[first] + 0.25 * np.maximum(features.hooks[first], features.hooks[second])
        parts: dict[Part, Floats] = {
            "hook": 100 * (_OPENING * np.minimum(1, 1.6 * opening) + (1 - _OPENING) * spark),
            "substance": 100 * substance,
            "energy": 100 * energy,
            "completeness": 100 * self._completeness(first, last),
        }
        weights = {**_WEIGHTS, "energy": _energy_weight(features)}
        if self._relevance is not None:
            told = self._relevant_s[last + 1] - self._relevant_s[first]
            parts["relevance"] = 50 * (np.minimum(1, told / _RELEVANT_S) + told / seconds)
            weights["relevance"] = _RELEVANCE * sum(weights.values())
        total = sum(weights.values())
        score = np.sum([weights[name] / total * values for name, values in parts.items()], axis=0)
        return Spans(first, last, score, self._leans[first] >= HANGS, parts)

    def _completeness(self, first: Ints, last: Ints) -> Floats:
        """From 0 to 1, how well a span begins and ends where a thought does, with no stronger break in between.

        A thought ends where words and voices change, and where what is said becomes weaker than what is in the span.
        """
        breaks = self._features.breaks
        edges = (self._ranks[first] + self._ranks[last + 1]) / 2
        worth = np.concatenate([[0.0], self._worth, [0.0]])  # before the first and after the last is nothing
        falls = _sigmoid(worth[first + 1] - worth[first]) + _sigmoid(worth[last + 1] - worth[last + 2])
        edges = (1 - _FALL) * edges + _FALL * falls / 2
        inner = _highest_between(breaks, first + 1, last)
        weaker = np.minimum(breaks[first], breaks[last + 1])
        lost = 0.6 * np.maximum(0, inner - weaker) + 0.5 * self._leans[first]
        return np.clip(edges - lost, 0, 1)

    def _answering(self) -> npt.NDArray[np.bool_]:
        """Whether each sentence answers, or goes on after, a question that would be left out if one began with it."""
        features = self._features
        soon = features.starts_ms[1:] - features.ends_ms[:-1] <= _ANSWER_MS
        return np.append(False, self._asks[:-1] & ~self._asks[1:] & soon)

    def _loses_payoff(self, first: Ints, last: Ints) -> npt.NDArray[np.bool_]:
        """Whether a span ends shortly before its topic does, or before a conclusion, which could have been in it.

        What is weak to the topic's end is no payoff: it may be left out.
        """
        features = self._features
        following = np.minimum(last + 1, len(features) - 1)
        concluded = self._concludes[following] & (following > last)
        ends = self._topic_ends[last]
        worth = _highest_between(self._worth, last + 1, np.minimum(ends, last + _PAYOFF))
        ends = np.where((ends - last <= _PAYOFF) & (worth > 0), ends, last)
        ends = np.where(concluded, np.maximum(ends, following), ends)
        reach = features.ends_ms[ends] - features.starts_ms[first] <= self._wish.max_ms
        return np.asarray((ends > last) & reach, np.bool_)


def _energy_weight(features: Features) -> float:
    return _WEIGHTS["energy"] if features.delivery.heard else _UNHEARD_ENERGY


def _far(values: Floats, lengths: Floats) -> Floats:
    """How far values are above their mean, in standard deviations; long sentences count more for both."""
    mean = float(np.average(values, weights=lengths))
    deviation = float(np.sqrt(np.average((values - mean) ** 2, weights=lengths)))
    return (values - mean) / deviation if deviation > 1e-9 else np.zeros(len(values))


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), np.float64)


def _summed(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _ranks(breaks: Floats) -> Floats:
    """The share of breaks that each is at least as strong as: in a talk of one topic, its best ones are good too."""
    ordered = np.sort(breaks)
    return np.asarray(np.searchsorted(ordered, breaks, "right") / len(breaks), np.float64)


def _topic_ends(features: Features) -> Ints:
    """For each sentence the last one of its topic."""
    starts = np.array([*features.topics[1:], len(features)], np.int64)
    return starts[np.searchsorted(starts, np.arange(len(features)), "right")] - 1


def _highest_between(values: Floats, low: Ints, high: Ints) -> Floats:
    """The highest of the values from `low` to `high`, both included; 0 where there are none.

    By a sparse table, as each answer takes two looks whatever the distance is.
    """
    found = np.zeros(len(low))
    some = high >= low
    if not some.any():
        return found
    steps = np.floor(np.log2(high[some] - low[some] + 1)).astype(np.int64)
    tables = [values]
    for step in range(int(steps.max())):
        before = tables[-1]
        shift = min(1 << step, len(before))
        tables.append(np.maximum(before, np.append(before[shift:], np.zeros(shift))))
    table = np.stack(tables)
    width = np.left_shift(1, steps)
    found[some] = np.maximum(table[steps, low[some]], table[steps, high[some] - width + 1])
    return found
