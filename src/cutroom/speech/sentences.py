"""Where sentences begin and end among the words of a transcript."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cutroom.speech.transcript import Transcript, Word
from cutroom.timeline.cuesheet import join_words

PAUSE_MS: Final = 500
"""Between two words of an engine that writes no full stops, a silence this long ends a sentence. Pauses between the
clauses of read speech are mostly shorter (Campione & Véronis 2002: 200 to 1,000 ms is the middle class)."""
LONG_MS: Final = 15_000
"""Without full stops, a sentence longer than this is cut at its longest pauses."""
_LONG_PAUSE_MS: Final = 2_000  # punctuated or not, what is said after so long is a new sentence
_STOPS: Final = ".!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964\u0965"  # those of Chinese, Arabic, Urdu and Hindi too
_END: Final = re.compile(rf"[{_STOPS}]\W*$")
_ABBREVIATION: Final = re.compile(
    r"^\W*(?:[A-Za-z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|No|Inc|Ltd|Co|approx)\.$"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: its words, and the number of the first of them among all words of the transcript."""

    first: int
    words: tuple[Word, ...]

    @property
    def start_ms(self) -> int:
        """When its first word begins."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """When its last word ends."""
        return self.words[-1].end_ms

    @property
    def text(self) -> str:
        """Its words as one line."""
        return join_words([word.text for word in self.words])

    @property
    def asks(self) -> bool:
        """Whether it is written as a question."""
        return bool(re.search(r"[?\uff1f\u061f]\W*$", self.words[-1].text))


def sentences(transcript: Transcript) -> list[Sentence]:
    """The sentences of a transcript, in order; together they hold every word once.

    Full stops end them where the engine writes any; else pauses and changes of speaker do.
    """
    words = list(transcript.words())
    if not words:
        return []
    written = transcript.engine.writes_punctuation and any(_END.search(word.text) for word in words)
    ends = [
        index
        for index, (word, following) in enumerate(itertools.pairwise(words))
        if _is_end(word, following, written=written)
    ]
    found: list[Sentence] = []
    first = 0
    for end in [*ends, len(words) - 1]:
        whole = words[first : end + 1]
        parts = [whole] if written else _shortened(whole)
        for part in parts:
            found.append(Sentence(first, tuple(part)))
            first += len(part)
    return found


def _is_end(word: Word, following: Word, *, written: bool) -> bool:
    silence_ms = following.start_ms - word.end_ms
    if word.speaker != following.speaker or silence_ms >= _LONG_PAUSE_MS:
        return True
    if not written:
        return silence_ms >= PAUSE_MS
    return bool(_END.search(word.text)) and not _ABBREVIATION.search(word.text)


def _shortened(words: Sequence[Word]) -> list[Sequence[Word]]:
    """A stretch of words cut at its longest pauses until no part lasts too long."""
    if len(words) < 2 or words[-1].end_ms - words[0].start_ms <= LONG_MS:
        return [words]
    # Among equal pauses the one nearest to the middle, so that no word is left alone.
    middle = len(words) / 2
    cut = max(range(1, len(words)), key=lambda at: (words[at].start_ms - words[at - 1].end_ms, -abs(at - middle)))
    return [*_shortened(words[:cut]), *_shortened(words[cut:])]
