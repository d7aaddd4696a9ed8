"""How sentences are spoken: how loud and how fast, and what is heard after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cutroom.highlights.loudness import STEP_MS, Loudness
from cutroom.speech import Word
from cutroom.speech.sentences import Sentence

Floats = npt.NDArray[np.float64]
REACTION_MS: Final = 400
"""Sound without words that lasts so long after a sentence is taken for laughter or applause."""
_AFTER_MS: Final = 6_000  # what is heard later was not for this sentence
_LOUD_DB: Final = 9.0  # above what is usual between words
_UNDER_SPEECH_DB: Final = 18.0  # what is further under speech is breath and rustling
_FULL_DB: Final = 6.0
"""So far above the speaker's usual level, a sentence is as lively as can be; speech gets 5 to 7 dB louder when people
raise their voice (ISO 9921, annex A: normal 60 dBA, raised 66 dBA)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """For each sentence.

    Args:
        lively: from 0 to 1, its loudness and pace against what is usual for its speaker; a half is usual.
        reactions_ms: laughter or applause after it; 0 where no sound is at hand.
        heard: whether there was a recording to listen to.
    """

    lively: Floats
    reactions_ms: Floats
    heard: bool


def delivery_of(sentences: Sequence[Sentence], loudness: Loudness | None) -> Delivery:
    """Listen to each sentence; only its pace can be told without the recording's loudness."""
    speakers = [sentence.words[0].speaker for sentence in sentences]
    pace = _against(np.array([_pace(sentence) for sentence in sentences]), speakers, full=0.35, relative=True)
    if loudness is None or not len(loudness.db):
        return Delivery(pace, np.zeros(len(sentences)), heard=False)
    levels = np.array([_level(sentence, loudness) for sentence in sentences])
    loud = _against(levels, speakers, full=_FULL_DB, relative=False)
    return Delivery(0.75 * loud + 0.25 * pace, _reactions(sentences, levels, loudness), heard=True)


def _pace(sentence: Sentence) -> float:
    """Characters a second while words are spoken; as good as syllables, and the same in every language."""
    spoken_ms = sum(word.end_ms - word.start_ms for word in sentence.words)
    return 1000 * sum(len(word.text) for word in sentence.words) / max(200, spoken_ms)


def _level(sentence: Sentence, loudness: Loudness) -> float:
    """The level in dB of the louder half of a sentence: its vowels."""
    steps = loudness.between(sentence.start_ms, sentence.end_ms)
    if not len(steps):
        return float(np.median(loudness.db))
    return float(steps[steps >= np.median(steps)].mean())


def _against(values: Floats, speakers: Sequence[str | None], *, full: float, relative: bool) -> Floats:
    """From 0 to 1 how far values are above the median of their speaker, of which `full` is as far as it goes."""
    found = np.full(len(values), 0.5)
    for speaker in set(speakers):
        own = np.array([other == speaker for other in speakers])
        usual = float(np.median(values[own]))
        far = (values[own] - usual) / (usual if relative and usual else 1.0)
        found[own] = np.clip(0.5 + 0.5 * far / full, 0, 1)
    return found


def _reactions(sentences: Sequence[Sentence], levels: Floats, loudness: Loudness) -> Floats:
    """Milliseconds of loud sound without words after each sentence.

    What is usual between words is not counted: music or noise that goes on all the time is no reaction.
    """
    words = [word for sentence in sentences for word in sentence.words]
    between = _without(words, loudness)
    usual = float(np.median(loudness.db[between])) if between.any() else 0.0
    loud = between & (loudness.db > max(usual + _LOUD_DB, float(np.median(levels)) - _UNDER_SPEECH_DB))
    found = np.zeros(len(sentences))
    for number, sentence in enumerate(sentences):
        until = sentences[number + 1].start_ms if number + 1 < len(sentences) else len(loud) * STEP_MS
        first = -(-sentence.end_ms // STEP_MS)
        heard = int(loud[first : min(until, sentence.end_ms + _AFTER_MS) // STEP_MS].sum()) * STEP_MS
        found[number] = heard if heard >= REACTION_MS else 0
    return found


def _without(words: Sequence[Word], loudness: Loudness) -> npt.NDArray[np.bool_]:
    """The steps in which no word is spoken, a little around each word left out too."""
    found = np.ones(len(loudness.db), np.bool_)
    for word in words:
        found[max(0, (word.start_ms - 2 * STEP_MS) // STEP_MS) : (word.end_ms + 3 * STEP_MS) // STEP_MS] = False
    return found
