"""Short recordings of speech with true word times, for tests; made once, kept among temporary files."""

import os
import re
from collections.abc import Sequence

import pytest

from bench.quality.corpus import flite
from bench.quality.corpus.speech import Recipe, Recording, recording


def talk(
    seconds: float = 8.0,
    *,
    numbers: int = 0,
    voices: tuple[str, ...] = ("slt",),
    seed: int = 5,
    lead_s: float = 1.0,
) -> Recording:
    """Some sentences; the test is skipped where there is no voice, except where decisions are made."""
    if not flite.is_here():
        assert not os.environ.get("CI"), "install flite"
        pytest.skip("needs flite")
    return recording(Recipe(seconds, voices, seed=seed, numbers=numbers, lead_s=lead_s))


def bare(texts: Sequence[str]) -> list[str]:
    """Words in small letters, without punctuation."""
    return [re.sub(r"[^a-z0-9']", "", text.lower()) for text in texts]
