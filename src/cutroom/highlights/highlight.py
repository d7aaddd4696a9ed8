"""A highlight, what it is wished like, and what it got its points for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Part = Literal["hook", "substance", "energy", "completeness", "relevance", "model"]
DEFAULT_COUNT: Final = 5
DEFAULT_MIN_MS: Final = 15_000
DEFAULT_MAX_MS: Final = 60_000
"""What short-video platforms show without asking: Reels, Shorts and TikTok all take 15 to 60 seconds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of highlights are wanted.

    Args:
        count: how many, at most.
        min_ms: the shortest.
        max_ms: the longest; not under `min_ms`.
        prompt: what they should be about, in the asker's own words; None when anything goes.
    """

    count: int = DEFAULT_COUNT
    min_ms: int = DEFAULT_MIN_MS
    max_ms: int = DEFAULT_MAX_MS
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Highlight:
    """A passage that stands by itself.

    Args:
        start_ms: where to cut in; in the silence before the first word, never inside of a word.
        end_ms: where to cut out; likewise after the last word.
        first_word: number of its first word among all words of the transcript, from 0.
        last_word: number of its last word.
        title: some of its own words, or those of a model.
        text: what is said in it.
        score: from 0 to 100.
        parts: what the score is made of, each from 0 to 100; a part that could not be told is absent.
        reasons: sentences that say why it was chosen, the weightiest first.
        keyframe_ms: when to take a still that stands for it.
        speakers: who speaks in it, in the order in which they begin.
    """

    start_ms: int
    end_ms: int
    first_word: int
    last_word: int
    title: str
    text: str
    score: float
    parts: Mapping[Part, float]
    reasons: tuple[str, ...]
    keyframe_ms: int
    speakers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is not as wished: a stable snake_case code, and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """Highlights, the best first, and what is to be said about them."""

    highlights: tuple[Highlight, ...]
    remarks: tuple[Remark, ...] = ()
