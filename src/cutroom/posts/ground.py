"""What a transcript supports: its numbers, its words, and which words follow which."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from cutroom.posts.numbers import Number, numbers_in
from cutroom.speech.sentences import Sentence

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_POSSESSIVE: Final = re.compile(r"['\u2019]s?$")


def words_in(text: str) -> list[str]:
    """The words of a text for comparing: letters and digits alone, case folded, accents as one code point."""
    return [
        _POSSESSIVE.sub("", match.group()).replace("\u2019", "'")
        for match in _WORD.finditer(unicodedata.normalize("NFC", text).casefold())
    ]


class Ground:
    """The sentences of a recording, as what a text is checked against.

    Args:
        sentences: all of them, in order.
    """

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self.sentences = tuple(sentences)
        self._words: list[str] = []
        self._sentence_of: list[int] = []
        self._measured: dict[tuple[Decimal, str | None], list[int]] = {}
        for number, sentence in enumerate(self.sentences):
            words = words_in(sentence.text)
            self._words += words
            self._sentence_of += [number] * len(words)
            for named in numbers_in(sentence.text):
                for value in frozenset().union(*named.readings):
                    for measure in {None, named.measure}:
                        self._measured.setdefault((value, measure), []).append(number)
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self._words):
            self._places.setdefault(word, []).append(place)

    def has_word(self, word: str) -> bool:
        """Whether it is said somewhere, possibly in another number."""
        return word in self._places or word.removesuffix("s") in self._places or f"{word}s" in self._places

    def of_number(self, number: Number) -> list[int]:
        """The sentences in which all of a number is said; none when it is not."""
        for reading in number.readings:
            places = [self._measured.get((value, number.measure), ()) for value in reading]
            if all(places):
                return sorted({sentence for found in places for sentence in found})
        return []

    def from_number(self, least: int) -> list[int]:
        """The sentences in which a number is said that is as large, or larger."""
        return sorted({place for (value, _), places in self._measured.items() if value >= least for place in places})

    def of_words(self, words: Sequence[str]) -> list[int]:
        """The sentences in which these words follow each other, in order; none when they do not."""
        if not words:
            return []
        size = len(words)
        found: set[int] = set()
        for place in self._places.get(words[0], ()):
            if self._words[place : place + size] == list(words):
                found.update(self._sentence_of[place : place + size])
        return sorted(found)

    def share(self, words: Iterable[str]) -> float:
        """How many of the words are said somewhere, from 0 to 1."""
        known = [self.has_word(word) for word in words]
        return sum(known) / len(known) if known else 1.0
