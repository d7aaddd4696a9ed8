"""What the words of a sentence tell about it, whatever it is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cutroom.highlights.lexicons import Lexicon
from cutroom.highlights.words import spaced, tokens
from cutroom.speech.sentences import Sentence

_FIGURE: Final = re.compile(r"\d")
_REACTION: Final = re.compile(
    r"^[\[(*\u266a]*(?:laugh(?:ter|s|ing)?|applause|clapping|cheer(?:s|ing)?|haha\w*)[\])*\u266a.!]*$", re.IGNORECASE
)
"""How transcripts write what the audience does, alone between brackets or as a word."""
_BRACKETED: Final = re.compile(r"^[\[(*\u266a]")
_TAG_WORDS: Final = 2  # a question of so few words ("Right?", "You know?") wants no answer of its own
HANGS: Final = 0.99
"""How much a sentence leans on the one before when it cannot stand without it."""
_ASKED_ON: Final = 0.25
"""How much "And why ...?" and "So what ...?" lean: a question goes on from the last one, but stands by itself."""
_SO_MANY: Final = 3


@dataclass(frozen=True, slots=True)
class Signs:
    """What is told by the words of one sentence.

    Args:
        tokens: its words.
        asks: it is a question that wants an answer.
        leans: from 0 to 1, how much its first words need the sentence before.
        marks: it opens with words that open a topic.
        concludes: it opens with words that draw a conclusion from what was said.
        numbers: how many of its words are numbers.
        extremes, turns, feelings, address, reveals: how many words and phrases of these classes it has.
        fillers: the share of its words that are fillers.
        reactions: how often laughter or applause is written in it.
    """

    tokens: tuple[str, ...]
    asks: bool
    leans: float
    marks: bool
    concludes: bool
    numbers: int
    extremes: int
    turns: int
    feelings: int
    address: int
    reveals: int
    fillers: float
    reactions: int


def signs_of(sentence: Sentence, lexicon: Lexicon, *, punctuated: bool) -> Signs:
    """Read a sentence.

    Args:
        sentence: whose words.
        lexicon: of its language.
        punctuated: whether question marks are written where there are questions.
    """
    said = tokens(sentence.words)
    text = spaced(said)
    opening = spaced(said[:4])
    return Signs(
        tokens=tuple(said),
        asks=_asks(sentence, said, lexicon, punctuated=punctuated),
        leans=_leans(said, lexicon),
        marks=lexicon.markers.count(said[:1], opening) > 0,
        concludes=lexicon.endings.count(said[:1], opening) > 0,
        numbers=sum(word in lexicon.numbers or bool(_FIGURE.search(word)) for word in said),
        extremes=lexicon.extremes.count(said, text),
        turns=lexicon.turns.count(said, text),
        feelings=lexicon.feelings.count(said, text),
        address=lexicon.address.count(said, text),
        reveals=lexicon.reveals.count(said, text),
        fillers=min(1.0, lexicon.fillers.count(said, text) / max(1, len(said))),
        reactions=_reactions(sentence),
    )


def _asks(sentence: Sentence, said: Sequence[str], lexicon: Lexicon, *, punctuated: bool) -> bool:
    if not said:
        return False
    if sentence.asks:
        return len(said) > _TAG_WORDS or said[-1] not in lexicon.tags
    if punctuated or len(said) <= _SO_MANY:
        return False
    # "What I like is ..." is no question: only where a verb follows at once, and that verb is not all there is.
    first = said[1:] if said[0] in lexicon.leaning or said[0] in lexicon.hanging else said
    if first[0] in lexicon.inverting and first[1] in lexicon.subjects:
        return True
    return first[0] in lexicon.asking and (not lexicon.inverting.words or first[1] in lexicon.inverting)


def _leans(said: Sequence[str], lexicon: Lexicon) -> float:
    """How much the first words need what came before."""
    if not said:
        return 1.0
    first, second = said[0], said[1] if len(said) > 1 else ""
    asked = second in lexicon.asking or (
        second in lexicon.inverting and bool(said[2:3]) and said[2] in lexicon.subjects
    )
    if first in lexicon.hanging:
        return _ASKED_ON if asked else 1.0
    if first not in lexicon.leaning:
        return 0.0
    if second in lexicon.hanging:
        return 1.0
    return _ASKED_ON if asked or second in lexicon.freeing else 0.6


def _reactions(sentence: Sentence) -> int:
    alone = len(sentence.words) == 1
    return sum(
        bool(_REACTION.match(word.text)) and (alone or bool(_BRACKETED.match(word.text))) for word in sentence.words
    )
