"""What a passage is called: some of its own words."""

import re
from typing import Final

from cutroom.highlights.features import Features
from cutroom.highlights.words import token
from cutroom.timeline.cuesheet import join_words

LONGEST: Final = 70
"""Characters: what fits one or two lines over a vertical film, and under most platforms' limits for titles."""
_SHORTEST: Final = 12
_CLAUSE: Final = re.compile(r"[,;:\u2013\u2014\u3001\uff0c]$")
_OPENING: Final = 0.25
"""What being the first sentence adds: that is what the passage begins with."""


def title_of(features: Features, first: int, last: int) -> str:
    """The words of the sentence that catches most; never empty, at most `LONGEST` characters."""
    best = max(range(first, last + 1), key=lambda number: _worth(features, number, first))
    words = [word.text for word in features.sentences[best].words]
    while len(words) > 3 and _leads_in(features, token(words[0])):
        words = words[1:]
    text = _shortened(words)
    if features.signs[best].asks and text[-1].isalnum() and len(text) < LONGEST and text == join_words(words):
        text += "?"
    return text[:1].upper() + text[1:]


def _worth(features: Features, number: int, first: int) -> float:
    sentence = features.sentences[number]
    length = len(sentence.text)
    fits = 0.0 if _SHORTEST <= length <= LONGEST else 0.3
    told = features.hooks[number] + 0.4 * features.dense[number] + 0.3 * features.central[number]
    return float(told) + (_OPENING if number == first else 0.0) - fits - 0.4 * features.signs[number].leans


def _leads_in(features: Features, word: str) -> bool:
    """Whether a first word only leads in: "and", "so", "um"."""
    lexicon = features.lexicon
    leads = word in lexicon.hanging or word in lexicon.leaning or word in lexicon.fillers
    return not word or (leads and word not in lexicon.subjects)


def _shortened(words: list[str]) -> str:
    whole = join_words(words)
    if len(whole) <= LONGEST:
        return _bare(whole)
    fitting = 0
    while fitting < len(words) and len(join_words(words[: fitting + 1])) < LONGEST:
        fitting += 1
    if fitting == 0:
        return whole[: LONGEST - 1] + "\u2026"
    for end in range(fitting, 0, -1):
        clause = join_words(words[:end])
        if len(clause) < LONGEST // 2:
            break
        if _CLAUSE.search(words[end - 1]):
            return _bare(clause)
    return join_words(words[:fitting]).rstrip(",;:") + "\u2026"


def _bare(text: str) -> str:
    """A title has no full stop, and does not end in the middle of a clause; it may be nothing but signs, though."""
    return re.sub(r"[\s.,;:\u2013\u2014\u3002\u3001\uff0c]+$", "", text) or text
