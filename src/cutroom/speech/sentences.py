"""Where sentences begin and end among the words of a transcript."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cutroom.speech.transcript import Segment, Transcript, Word

PAUSE_MS: Final = 500
"""Between two words of an engine that writes no full stops, a silence this long ends a sentence. Pauses between the
clauses of read speech are mostly shorter (Campione & Véronis 2002: 200 to 1,000 ms is the middle class)."""
LONG_MS: Final = 15_000
"""Without full stops, a sentence longer than this is cut at its longest pauses."""
_PAUSES_MS: Final = (250, 800)
_SPOKEN_WORDS: Final = 13
"""Where there are words enough to tell, the silence that ends a sentence is what gives sentences of so many words, as
spoken ones mostly have, within bounds: people who speak fast pause briefly."""
_ENOUGH_WORDS: Final = 80
_LONG_WRITTEN_MS: Final = 45_000
"""Recognisers sometimes stop writing full stops for a while: a longer sentence is none, and is cut likewise."""
_LONG_PAUSE_MS: Final = 2_000  # punctuated or not, what is said after so long is a new sentence
_STOPS: Final = ".!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964\u0965"  # those of Chinese, Arabic, Urdu and Hindi too
_END: Final = re.compile(rf"[{_STOPS}]\W*$")
_ABBREVIATION: Final = re.compile(
    r"^\W*(?:[A-Za-z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|Inc|Ltd|Co|approx)\.$"
)
_NUMBERED: Final = re.compile(r"^\W*(?:No|Nr|Fig|Vol|pp?)\.$")  # abbreviations only before a number


@dataclass(frozen=True, slots=True)
class Sentence(Segment):
    """A segment that is a sentence.

    Args:
        first: number of its first word among all words of the transcript.
    """

    first: int

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
    pause_ms = None if written else _pause_ms(words)
    ends = [
        index for index, (word, following) in enumerate(itertools.pairwise(words)) if _is_end(word, following, pause_ms)
    ]
    found: list[Sentence] = []
    first = 0
    for end in [*ends, len(words) - 1]:
        whole = words[first : end + 1]
        for part in _shortened(whole, _LONG_WRITTEN_MS if written else LONG_MS):
            found.append(Sentence(words=tuple(part), first=first))
            first += len(part)
    return found


def _is_end(word: Word, following: Word, pause_ms: int | None) -> bool:
    """Whether a sentence ends between two words: where it is written, when `pause_ms` is None, else after a silence."""
    silence_ms = following.start_ms - word.end_ms
    if word.speaker != following.speaker or silence_ms >= _LONG_PAUSE_MS:
        return True
    if pause_ms is not None:
        return silence_ms >= pause_ms
    if _NUMBERED.search(word.text):
        return not following.text[:1].isdigit()
    return bool(_END.search(word.text)) and not _ABBREVIATION.search(word.text)


def _pause_ms(words: Sequence[Word]) -> int:
    """The silence that ends a sentence of these speakers."""
    if len(words) < _ENOUGH_WORDS:
        return PAUSE_MS
    silences = sorted((following.start_ms - word.end_ms for word, following in itertools.pairwise(words)), reverse=True)
    shortest, longest = _PAUSES_MS
    return min(longest, max(shortest, silences[len(words) // _SPOKEN_WORDS - 1]))


def _shortened(words: Sequence[Word], most_ms: int) -> list[Sequence[Word]]:
    """A stretch of words cut at its longest pauses until no part lasts too long."""
    found: list[Sequence[Word]] = []
    left = [words]
    while left:
        part = left.pop()
        if len(part) < 2 or part[-1].end_ms - part[0].start_ms <= most_ms:
            found.append(part)
            continue
        # Among equal pauses the one nearest to the middle, so that no word is left alone.
        middle = len(part) / 2
        cut = max(range(1, len(part)), key=lambda at: (_silence_ms(part, at), -abs(at - middle)))
        left += [part[cut:], part[:cut]]
    return found


def _silence_ms(words: Sequence[Word], at: int) -> int:
    return words[at].start_ms - words[at - 1].end_ms
