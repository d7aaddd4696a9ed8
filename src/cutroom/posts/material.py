"""What a recording offers to someone who writes about it: its sentences, weighed, its topics and its words."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from cutroom.highlights.lexicons import lexicon_of
from cutroom.highlights.salience import centrality, density, weights_of
from cutroom.highlights.signs import signs_of
from cutroom.highlights.topics import breaks_of, lexical_depth, topic_starts
from cutroom.highlights.words import stem, stop_words, terms, token, tokens
from cutroom.speech import Transcript
from cutroom.speech.sentences import Sentence, sentences

_CENTRAL, _DENSE = 0.6, 0.4
_LEAN_COST, _FILLER_COST, _QUESTION_COST = 0.5, 1.0, 0.15
_SHORT, _LONG = 5, 60  # words; what is shorter says little, what is longer is no sentence
_GREETING: Final = re.compile(
    r"\b(?:welcome (?:back|to)|thank(?:s| you) (?:for|so much for) \w+ing|see you (?:next|soon|later)|subscribe|"
    r"bienvenid\w*|gracias por|bienvenue|merci (?:de|d'avoir)|willkommen|danke f\u00fcrs|benvenut\w*|grazie per|"
    r"bem-vindo\w*|obrigad\w por|welkom)\b",
    re.IGNORECASE,
)
"""What is said at the door says nothing of what is inside."""
_ENDS: Final = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]\W*$")


@dataclass(frozen=True, slots=True)
class Material:
    """A recording, read.

    Args:
        sentences: all of them.
        bags: the terms of each, that say something.
        worth: how good each is to quote by itself; below 0 for those that are not.
        starts: whether each can open a text: it leans on nothing before it.
        topics: numbers of the sentences with which topics begin; the first is 0.
        keywords: what the recording speaks of, the weightiest first, as it is mostly written.
        punctuated: whether full stops and capitals are written.
    """

    sentences: tuple[Sentence, ...]
    bags: tuple[tuple[str, ...], ...]
    worth: tuple[float, ...]
    starts: tuple[bool, ...]
    topics: tuple[int, ...]
    keywords: tuple[str, ...]
    punctuated: bool

    def keywords_of(self, first: int, last: int, most: int) -> list[str]:
        """The keywords of the sentences from `first` to before `last`."""
        counts = Counter(term for bag in self.bags[first:last] for term in bag)
        known = {stem(word): word for word in reversed(self.keywords)}
        usual = Counter(term for bag in self.bags for term in bag)
        ranked = sorted(counts, key=lambda term: (-(counts[term] ** 2) / usual[term], term))
        return [known[term] for term in ranked if term in known and counts[term] > 1][:most]


def read(transcript: Transcript) -> Material:
    """Read a transcript; pure, and quick: an hour takes some tenths of a second."""
    found = sentences(transcript)
    lexicon = lexicon_of(transcript.language)
    punctuated = transcript.engine.writes_punctuation
    signs = [signs_of(sentence, lexicon, punctuated=punctuated) for sentence in found]
    stop = stop_words([list(sign.tokens) for sign in signs], lexicon)
    bags = [terms(list(sign.tokens), stop) for sign in signs]
    if not found:
        return Material((), (), (), (), (), (), punctuated)
    weights = weights_of(bags)
    lengths = np.array([sentence.end_ms - sentence.start_ms for sentence in found], np.float64)
    quality = _CENTRAL * centrality(bags, weights) + _DENSE * density(bags, weights, lengths)
    worth = [
        float(quality[number])
        - _LEAN_COST * sign.leans
        - _FILLER_COST * sign.fillers
        - _QUESTION_COST * sign.asks
        - (1.0 if not _SHORT <= len(sign.tokens) <= _LONG or sign.reactions else 0.0)
        - (1.0 if _GREETING.search(found[number].text) else 0.0)
        for number, sign in enumerate(signs)
    ]
    silences = [0.0] + [float(max(0, after.start_ms - before.end_ms)) for before, after in pairwise(found)]
    speakers = [sentence.words[0].speaker for sentence in found]
    breaks = breaks_of(
        lexical_depth(bags, weights),
        np.array(silences),
        marks=np.array([float(sign.marks) for sign in signs]),
        turns=np.array([0.0, *(float(a != b) for a, b in pairwise(speakers))]),
        cuts=np.zeros(len(found)),
        leans=np.array([sign.leans for sign in signs]),
    )
    return Material(
        tuple(found),
        tuple(tuple(bag) for bag in bags),
        tuple(worth),
        tuple(sign.leans < 0.5 for sign in signs),
        tuple(topic_starts(breaks)),
        tuple(_keywords(found, bags, weights)),
        punctuated,
    )


def best_of(material: Material, numbers: Sequence[int], most: int) -> list[int]:
    """The sentences of these that are best to quote, none like another; in the order of the recording.

    One at least, and no others that are not good by themselves.
    """
    chosen: list[int] = []
    for number in sorted(numbers, key=lambda one: (-material.worth[one], one)):
        if len(chosen) == most or (chosen and material.worth[number] < 0):
            break
        if all(_likeness(material.bags[number], material.bags[other]) < 0.6 for other in chosen):
            chosen.append(number)
    return sorted(chosen)


def as_written(material: Material, number: int) -> str:
    """A sentence as a post shows it: engines that write no capitals and full stops get the outer ones."""
    text = material.sentences[number].text
    if material.punctuated:
        return text
    text = text[:1].upper() + text[1:]
    return text if _ENDS.search(text) else f"{text}."


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    mine, theirs = set(one), set(other)
    return len(mine & theirs) / max(1, min(len(mine), len(theirs)))


def _keywords(found: Sequence[Sentence], bags: Sequence[Sequence[str]], weights: dict[str, float]) -> list[str]:
    """Terms by weight and number, each as it is mostly written; only words that can be a hashtag."""
    counts = Counter(term for bag in bags for term in bag)
    forms: dict[str, Counter[str]] = {}
    for sentence in found:
        for word in tokens(sentence.words):
            forms.setdefault(stem(word), Counter())[word] += 1
    ranked = sorted(counts, key=lambda term: (-counts[term] * weights[term], term))
    named = [forms[term].most_common(1)[0][0] for term in ranked if counts[term] > 1]
    return [word for word in named if word.isalpha() and len(word) > 3 and token(word) == word][:60]
