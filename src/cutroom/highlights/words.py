"""Words as they are compared: without case, punctuation and endings."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from cutroom.highlights.lexicons import Lexicon
from cutroom.speech import Word

STEM_CHARS: Final = 6
"""Words that begin alike are taken as one word: cutting them is, for European languages, about as good as a stemmer of
each (McNamee & Mayfield 2004, who cut at 4 to 6)."""
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u02bc": "'", "\u2018": "'"})
_EDGES: Final = re.compile(r"^[\W_]+|[\W_]+$")
_ELIDED: Final = re.compile(r"^(?:\w|qu|un|dell|nell|sull|all|dall)'(?=\w{3})")
_EVERYWHERE: Final = 0.2
"""In a language without a list of stop words, what stands in more than every fifth sentence says little."""
_FEW: Final = 20  # sentences of which no such share can be told


def token(text: str) -> str:
    """A word without case and without the signs around it; empty when it was nothing but signs."""
    return _EDGES.sub("", unicodedata.normalize("NFC", text).translate(_APOSTROPHES).casefold())


def tokens(words: Iterable[Word]) -> list[str]:
    """The tokens of words, in order; words that are nothing but signs are left out."""
    return [found for word in words if (found := token(word.text))]


def stem(word: str) -> str:
    """What a token shares with its other forms."""
    whole = _ELIDED.sub("", word)
    bare = whole.removesuffix("'s")
    if len(bare) > 3 and bare.isalpha() and bare.endswith("s") and not bare.endswith("ss"):
        bare = bare[:-1]
    return bare[:STEM_CHARS]


def terms(sentence: Sequence[str], stop: frozenset[str]) -> list[str]:
    """The stems of those tokens of a sentence that say something."""
    return [stem(word) for word in sentence if word not in stop and _says_something(word)]


def stop_words(sentences: Sequence[Sequence[str]], lexicon: Lexicon) -> frozenset[str]:
    """The words that say little, of these sentences of tokens."""
    if lexicon.stop.words or len(sentences) < _FEW:
        return lexicon.stop.words
    seen = Counter(word for sentence in sentences for word in set(sentence))
    return frozenset(word for word, times in seen.items() if times > _EVERYWHERE * len(sentences))


def spaced(sentence: Sequence[str]) -> str:
    """Tokens as text in which phrases can be looked for, with a space at either end."""
    return f" {' '.join(sentence)} "


def _says_something(word: str) -> bool:
    return len(word) > 1 or not word.isascii()
