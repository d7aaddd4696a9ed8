"""How well sentences fit what somebody asked for in their own words."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cutroom.highlights.features import Features
from cutroom.highlights.words import stem, token

Floats = npt.NDArray[np.float64]
_SAME_CHARS: Final = 4
_SAME_SHARE: Final = 0.6
"""Words that begin with so many same letters, and such a share of the longer one, are kin: "pricing" and "prices"."""
_KIN: Final = 0.8
_AROUND: Final = (0.15, 0.4, 1.0, 0.6, 0.4, 0.2)
"""What is asked for is named once and then spoken of: how much of a match reaches the sentences from two before to
three after."""
_BEFORE: Final = 2


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well each sentence fits a prompt.

    Args:
        values: from 0 to 1 for each sentence; the best fits have 1.
        words: the words of the prompt that were found.
    """

    values: Floats
    words: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether anything was."""
        return bool(len(self.values)) and bool(self.values.max() > 0)


def relevance_of(features: Features, prompt: str) -> Relevance:
    """Look for the words of a prompt; those that only ask ("show me the best moments about") are left out."""
    lexicon = features.lexicon
    asked = list(dict.fromkeys(found for word in prompt.split() if (found := token(word))))
    wanted = [word for word in asked if word not in features.stop and word not in lexicon.wishes]
    kin = _Kin(features.bags)
    told = np.zeros(len(features))
    words: list[str] = []
    for word in wanted:
        matches = kin.of(stem(word))
        if matches:
            words.append(word)
        weight = max((features.weights[term] for term in matches), default=0.0)
        best = np.zeros(len(features))
        for term, likeness in matches.items():
            rows = kin.rows(term)
            best[rows] = np.maximum(best[rows], likeness * weight)
        told += best
    if any(word in lexicon.funny for word in asked) and features.reacted.max() > 0:
        told += features.reacted * max(1.0, float(told.max()))
        words.extend(word for word in asked if word in lexicon.funny and word not in words)
    return Relevance(_spread(told), tuple(words))


class _Kin:
    """Terms of a recording, found by words that begin alike."""

    def __init__(self, bags: Sequence[Sequence[str]]) -> None:
        self._rows: dict[str, list[int]] = defaultdict(list)
        for row, bag in enumerate(bags):
            for term in set(bag):
                self._rows[term].append(row)

    def of(self, wanted: str) -> dict[str, float]:
        """The terms that are kin to a stem, and how near."""
        found = {wanted: 1.0} if wanted in self._rows else {}
        for term in self._rows:
            same = _same(wanted, term)
            if term != wanted and same >= _SAME_CHARS and same >= _SAME_SHARE * max(len(wanted), len(term)):
                found[term] = _KIN
        return found

    def rows(self, term: str) -> list[int]:
        """The sentences that hold a term."""
        return self._rows[term]


def _same(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


def _spread(told: Floats) -> Floats:
    """Matches reaching the sentences around them; the best is 1."""
    if not len(told) or told.max() <= 0:
        return np.zeros(len(told))
    found = np.zeros(len(told))
    for place, share in enumerate(_AROUND):
        shift = place - _BEFORE
        moved = np.zeros(len(told))
        if shift >= 0:
            moved[shift:] = told[: len(told) - shift]
        else:
            moved[:shift] = told[-shift:]
        found = np.maximum(found, share * moved)
    return np.asarray(found / found.max(), np.float64)
