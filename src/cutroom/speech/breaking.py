"""Where a text may be broken: what it costs to end a line, or a cue, between two words.

The rules are those of Netflix and the BBC: break after punctuation, before conjunctions and prepositions; never between
article and noun, adjective and noun, first and last name, verb and subject pronoun, auxiliary and verb.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cutroom.speech.function_words import TITLES, FunctionWords, function_words
from cutroom.speech.sentences import PAUSE_MS
from cutroom.speech.transcript import Word

_CLOSERS: Final = "\"'\u201d\u2019)]}\u00bb\u300d\u300f\uff09"
_STOPS: Final = ".!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964\u0965"
_HALF_STOPS: Final = ";:\u2014\u2013\uff1b\uff1a\u061b"
_COMMAS: Final = ",\u3001\uff0c\u060c"
_ABBREVIATION: Final = re.compile(r"^(?:[A-Za-z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|St|vs|No)\.$")
_BARE: Final = "\"'()[]{}.,;:!?-\u00ab\u00bb\u00bf\u00a1\u2018\u2019\u201c\u201d\u2026\u2013\u2014"
_THOUGHT_MS: Final = 1000
"""A silence this long parts even an article from its noun on screen: who speaks is still looking for the word."""
_BREATH_MS: Final = 150
"""The shortest silence that listeners take for a pause."""


class Place(IntEnum):
    """What lies between two words; the later ones are worse places for a break."""

    TURN = 0
    SENTENCE = 1
    HALF = 2
    COMMA = 3
    CLAUSE = 4
    PHRASE = 5
    WORD = 6
    LEANING = 7
    JOINED = 8
    NUMBER = 9
    NAME = 10
    PREPOSITION = 11
    ARTICLE = 12


SPLITS: Final = frozenset({Place.JOINED, Place.NUMBER, Place.NAME, Place.PREPOSITION, Place.ARTICLE})
"""Places where no break belongs: behind a conjunction, an article, a preposition, and within names and amounts."""
_CUE_COSTS: Final = (0.0, 0.0, 1.0, 1.5, 3.0, 4.5, 6.0, 9.0, 20.0, 20.0, 24.0, 24.0, 26.0)
_LINE_COSTS: Final = (0.0, 0.0, 0.1, 0.2, 0.6, 1.0, 1.8, 3.5, 14.0, 14.0, 16.0, 16.0, 18.0)


@dataclass(frozen=True, slots=True)
class Break:
    """What lies between two words that follow each other.

    Args:
        place: what kind of place it is.
        cue: what ending a cue here costs.
        line: what ending a line here costs.
        pause_ms: the silence between them.
    """

    place: Place
    cue: float
    line: float
    pause_ms: int


def breaks(words: Sequence[Word], language: str, *, punctuated: bool) -> list[Break]:
    """What lies before each word but the first.

    Args:
        words: in order.
        language: BCP 47 tag.
        punctuated: whether the engine writes punctuation; where it does not, pauses stand for it.
    """
    small = function_words(language)
    bare = [word.text.strip(_BARE).lower() for word in words]
    found: list[Break] = []
    starts = True
    for index in range(1, len(words)):
        left, right = words[index - 1], words[index]
        pause_ms = right.start_ms - left.end_ms
        place = _place(left, right, bare[index - 1], bare[index], small, starts=starts)
        if not punctuated and place > Place.SENTENCE and pause_ms >= PAUSE_MS and place not in SPLITS:
            place = Place.SENTENCE
        starts = place <= Place.SENTENCE
        found.append(_break(place, pause_ms))
    return found


def _break(place: Place, pause_ms: int) -> Break:
    cue, line = _CUE_COSTS[place], _LINE_COSTS[place]
    if pause_ms > _BREATH_MS and place not in SPLITS:
        relief = min(1.0, (pause_ms - _BREATH_MS) / (PAUSE_MS - _BREATH_MS))
        cue, line = cue * (1 - 0.8 * relief), line * (1 - 0.5 * relief)
    elif pause_ms >= _THOUGHT_MS:
        cue = min(cue, _CUE_COSTS[Place.CLAUSE])
    return Break(place, cue, line, pause_ms)


def _place(left: Word, right: Word, before: str, after: str, small: FunctionWords, *, starts: bool) -> Place:
    if left.speaker != right.speaker:
        return Place.TURN
    marked = _marked(left.text.rstrip(_CLOSERS), right.text, before)
    if marked is not None:
        return marked
    joins = before in small.joiners
    rules = (
        (before in small.articles and not joins, Place.ARTICLE),
        (before in small.prepositions, Place.PREPOSITION),
        (_name(left.text, right.text, before, small, starts=starts), Place.NAME),
        (before[:1].isdigit() and not (after in small.prepositions or after in small.joiners), Place.NUMBER),
        (joins, Place.JOINED),
        (before in small.leaners, Place.LEANING),
        (after in small.joiners, Place.CLAUSE),
        (after in small.prepositions, Place.PHRASE),
    )
    return next((place for holds, place in rules if holds), Place.WORD)


def _marked(text: str, following: str, before: str) -> Place | None:
    """The place that punctuation makes; None where there is none."""
    mark = text[-1:]
    if not mark or mark.isalnum():
        return None
    if mark in _STOPS:
        if not _ABBREVIATION.match(text):
            return Place.SENTENCE
        return Place.NAME if before in TITLES or following[:1].isupper() else Place.WORD
    if mark in _HALF_STOPS:
        return Place.HALF
    return Place.COMMA if mark in _COMMAS else None


def _name(left: str, right: str, before: str, small: FunctionWords, *, starts: bool) -> bool:
    """Whether two words are parts of one name: both begin with a capital, and not because a sentence begins."""
    if before in TITLES and right[:1].isupper():
        return True
    if not (left[:1].isupper() and right[:1].isupper()) or right == "I" or left == "I":
        return False
    return not (starts and (before in small.joiners or before in small.leaners))
