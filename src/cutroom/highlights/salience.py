"""How central each sentence is to what is talked about around it, and how much it says."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BLOCK: Final = 200
"""Sentences that are compared with each other: about a quarter of an hour. What is central there is worth hearing,
however long the recording is; and memory stays flat."""
_DAMPING: Final = 0.85
_STEPS: Final = 30
"""LexRank (Erkan & Radev 2004), continuous, with the damping of PageRank; it has settled after so many steps."""


def weights_of(bags: Sequence[Sequence[str]]) -> dict[str, float]:
    """How much each term tells: the logarithm of how rare it is among the sentences."""
    seen = Counter(term for bag in bags for term in set(bag))
    return {term: float(np.log((1 + len(bags)) / (0.5 + times))) for term, times in seen.items()}


def centrality(bags: Sequence[Sequence[str]], weights: dict[str, float]) -> Floats:
    """For each sentence, from 0 to 1, how many sentences around it speak of the same.

    Args:
        bags: the terms of each sentence.
        weights: as `weights_of` gives them.
    """
    found = np.zeros(len(bags))
    for first in range(0, len(bags), BLOCK):
        last = len(bags) if len(bags) - first < 2 * BLOCK else first + BLOCK
        found[first:last] = _ranked(_lexrank(bags[first:last], weights))
        if last == len(bags):
            break
    return found


def density(bags: Sequence[Sequence[str]], weights: dict[str, float], lengths_ms: Floats) -> Floats:
    """For each sentence, from 0 to 1, how much it says in its time, against the other sentences."""
    told = np.array([sum(weights[term] for term in set(bag)) for bag in bags])
    # A second more in each keeps short cries from being the densest of all.
    return _ranked(told / (lengths_ms / 1000 + 1.0))


def _lexrank(bags: Sequence[Sequence[str]], weights: dict[str, float]) -> Floats:
    columns = {term: number for number, term in enumerate(sorted({term for bag in bags for term in bag}))}
    vectors = np.zeros((len(bags), max(1, len(columns))), np.float32)
    for row, bag in enumerate(bags):
        for term in bag:
            vectors[row, columns[term]] += weights[term]
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(norms > 0, norms, 1)
    alike = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(alike, 0.0)  # a sentence says nothing for itself
    totals = alike.sum(axis=1, keepdims=True)
    moves = np.where(totals > 0, alike / np.where(totals > 0, totals, 1), 1 / len(bags))
    ranks = np.full(len(bags), 1 / len(bags))
    for _ in range(_STEPS):
        ranks = (1 - _DAMPING) / len(bags) + _DAMPING * (ranks @ moves)
    return ranks


def _ranked(values: Floats) -> Floats:
    """The share of the others that each value is above, equal ones halved: from 0 to 1, with a mean of a half."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, "left")
    upto = np.searchsorted(ordered, values, "right")
    return np.asarray((below + upto) / 2 / max(1, len(values)), np.float64)
