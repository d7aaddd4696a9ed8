"""Everything that is known of a recording's sentences before passages are chosen."""

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cutroom.highlights.delivery import Delivery, delivery_of
from cutroom.highlights.lexicons import Lexicon, lexicon_of
from cutroom.highlights.loudness import Loudness
from cutroom.highlights.salience import centrality, density, weights_of
from cutroom.highlights.signs import Signs, signs_of
from cutroom.highlights.topics import breaks_of, lexical_depth, topic_starts
from cutroom.highlights.words import stop_words, terms
from cutroom.speech import Transcript
from cutroom.speech.sentences import Sentence, sentences

Floats = npt.NDArray[np.float64]
_QUESTION, _REVEAL, _NUMBER, _EXTREME, _TURN, _FEELING, _ADDRESS = 0.30, 0.40, 0.22, 0.25, 0.22, 0.32, 0.12
"""How much one sign of each class alone makes a sentence catch: promises and feelings most. Set by hand, as the usual
advice on openings has it, and not fitted to the passages that `bench/quality/highlights.py` plants."""
_LESS: Final = 0.5
"""What a second sign of the same class still adds, against the first."""
_REACTION_FULL_MS: Final = 1_500


@dataclass(frozen=True, slots=True)
class Features:
    """Sentences, and for each of them one value in each array.

    Args:
        sentences: in order.
        lexicon: of their language.
        stop: words that say little.
        bags: the terms of each.
        weights: how much each term tells.
        signs: what their words tell.
        starts_ms: when each begins.
        ends_ms: when each ends.
        hooks: from 0 to 1, how much each catches by its words.
        central: from 0 to 1, how much is spoken of the same around it.
        dense: from 0 to 1, how much it says in its time.
        delivery: how it is spoken, and what is heard after it.
        reacted: from 0 to 1, the laughter or applause after it, heard or written.
        breaks: one more than sentences: how surely one may begin, or have ended, there.
        topics: numbers of the sentences with which topics begin.
        cuts_ms: when the picture is cut.
    """

    sentences: Sequence[Sentence]
    lexicon: Lexicon
    stop: frozenset[str]
    bags: Sequence[Sequence[str]]
    weights: dict[str, float]
    signs: Sequence[Signs]
    starts_ms: Floats
    ends_ms: Floats
    hooks: Floats
    central: Floats
    dense: Floats
    delivery: Delivery
    reacted: Floats
    breaks: Floats
    topics: Sequence[int]
    cuts_ms: Sequence[int]

    def __len__(self) -> int:
        return len(self.sentences)


def features_of(transcript: Transcript, loudness: Loudness | None = None, cuts_ms: Sequence[int] = ()) -> Features:
    """Look at every sentence of a transcript that has one at least.

    Args:
        transcript: whose words.
        loudness: of the recording, where it has sound.
        cuts_ms: when its picture is cut, in order.
    """
    every = sentences(transcript)
    lexicon = lexicon_of(transcript.language)
    punctuated = transcript.engine.writes_punctuation and any(sentence.asks for sentence in every)
    signs = [signs_of(sentence, lexicon, punctuated=punctuated) for sentence in every]
    stop = stop_words([one.tokens for one in signs], lexicon)
    bags = [terms(one.tokens, stop) for one in signs]
    weights = weights_of(bags)
    starts = np.array([sentence.start_ms for sentence in every], np.float64)
    ends = np.array([sentence.end_ms for sentence in every], np.float64)
    delivery = delivery_of(every, loudness)
    written = np.array([float(one.reactions > 0) for one in signs])
    # Laughter that is written as a sentence of its own was for the sentence before it.
    reacted = np.maximum(written, np.append(written[1:], 0.0))
    breaks = breaks_of(
        lexical_depth(bags, weights),
        np.maximum(0, starts - np.concatenate([[0.0], ends[:-1]])),
        marks=np.array([float(one.marks) for one in signs]),
        turns=_turns(every, signs),
        cuts=_cut(starts, ends, cuts_ms),
        leans=np.array([one.leans for one in signs]),
    )
    return Features(
        sentences=every,
        lexicon=lexicon,
        stop=stop,
        bags=bags,
        weights=weights,
        signs=signs,
        starts_ms=starts,
        ends_ms=ends,
        hooks=np.array([catches(one) for one in signs]),
        central=centrality(bags, weights),
        dense=density(bags, weights, ends - starts),
        delivery=delivery,
        reacted=np.maximum(reacted, np.clip(delivery.reactions_ms / _REACTION_FULL_MS, 0, 1)),
        breaks=breaks,
        topics=topic_starts(breaks),
        cuts_ms=cuts_ms,
    )


def catches(signs: Signs) -> float:
    """From 0 to 1, how much a sentence makes one want to hear the next, by its words alone."""
    told = (
        (_QUESTION, int(signs.asks)),
        (_REVEAL, signs.reveals),
        (_NUMBER, signs.numbers),
        (_EXTREME, signs.extremes),
        (_TURN, signs.turns),
        (_FEELING, signs.feelings),
        (_ADDRESS, signs.address),
    )
    left = 1.0
    for weight, times in told:
        left *= (1 - weight) if times else 1.0
        left *= (1 - weight * _LESS) if times > 1 else 1.0
    return (1 - left) * (1 - min(1.0, 2 * signs.fillers))


def _turns(every: Sequence[Sentence], signs: Sequence[Signs]) -> Floats:
    """1 where another speaks than before and asks something: so interviews go on to the next thing; else a third."""
    speakers = [sentence.words[0].speaker for sentence in every]
    changes = [False, *(now != before for before, now in itertools.pairwise(speakers))]
    told = [(1.0 if one.asks else 1 / 3) if change else 0.0 for change, one in zip(changes, signs, strict=True)]
    return np.array(told)


def _cut(starts: Floats, ends: Floats, cuts_ms: Sequence[int]) -> Floats:
    """1 where the picture is cut in the silence before a sentence."""
    found = np.zeros(len(starts))
    for number in range(1, len(starts)):
        place = bisect.bisect_left(cuts_ms, ends[number - 1])
        found[number] = place < len(cuts_ms) and cuts_ms[place] <= starts[number]
    return found
