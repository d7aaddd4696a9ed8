"""From what an engine wrote to words that can be relied on: each has times, in order, and none begins in a silence."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from cutroom.speech.alignment import Passage, align
from cutroom.speech.pcm import Span
from cutroom.speech.transcriber import Heard, Listening, Spoken, Utterance
from cutroom.speech.transcript import Segment, Word

EARLY_MS: Final = 100
"""How long before speech a word may begin. Voice activity is 20 ms late at the median, 100 ms in noise."""
LATE_MS: Final = 60
"""How long after speech a word may end. Voice activity ends 70 ms late at the median."""
_LEAD_MS: Final = 20
_SILENCE_MS: Final = 160
"""Shorter gaps between speech are no silences: words lie across them."""
_ROOM_MS: Final = 60
"""A word without times that has less room than this between its neighbours is aligned together with them."""
_SHORTEST_MS: Final = 20


@dataclass(slots=True)
class _Said:
    """A word under work; times are None until somebody knows them."""

    text: str
    start_ms: int | None
    end_ms: int | None
    confidence: float | None
    speaker: str | None


async def finish(listening: Listening, heard: Heard, speech: Sequence[Span]) -> list[list[Segment]]:
    """Make segments of what an engine heard.

    Words without times get them by alignment; words that begin long before speech does, or end long after it, are moved
    to its edges; times are made to follow each other.

    Args:
        listening: what was asked.
        heard: what was answered.
        speech: where somebody speaks, in order, at least within the spans of the request.

    Returns:
        For each span of the request its segments, without empty ones.

    Raises:
        CutroomError: what `align` raises.
    """
    spans = [
        [(_span(utterance, span), _parts(utterance, span)) for utterance in utterances]
        for span, utterances in zip(listening.spans, heard.spans, strict=True)
    ]
    gaps = [(span, words, gap) for span_words in spans for span, words in span_words for gap in _untimed(span, words)]
    passages = [Passage(room, tuple(word.text for word in words[first:last])) for _, words, (first, last, room) in gaps]
    for (_, words, (first, last, _)), times in zip(
        gaps, await align(listening.pcm, passages, heard.language), strict=True
    ):
        for word, (start, end) in zip(words[first:last], times, strict=True):
            word.start_ms, word.end_ms = start, end
    silences = _Silences(speech)
    return [
        [segment for segment in (_segment(words, span, silences) for _, words in span_words) if segment is not None]
        for span, span_words in zip(listening.spans, spans, strict=True)
    ]


def _span(utterance: Utterance, span: Span) -> Span:
    """Where an utterance lies, within the span that was asked for."""
    start = min(max(utterance.span.start_ms, span.start_ms), span.end_ms)
    end = min(max(utterance.span.end_ms, start), span.end_ms)
    return Span(start, end) if end > start else span


def _parts(utterance: Utterance, span: Span) -> list[_Said]:
    """The words, those with spaces in them taken apart; times that cannot be are forgotten."""
    found: list[_Said] = []
    for word in utterance.words:
        texts = word.text.split()
        start, end = _times(word, span)
        if len(texts) == 1:
            found.append(_Said(texts[0], start, end, word.confidence, word.speaker))
            continue
        # The first begins and the last ends when the whole does; what lies between is found by alignment.
        found += [_Said(text, None, None, word.confidence, word.speaker) for text in texts]
    return found


def _times(word: Spoken, span: Span) -> tuple[int | None, int | None]:
    if word.start_ms is None or word.end_ms is None or word.end_ms < word.start_ms:
        return None, None
    if word.end_ms < span.start_ms or word.start_ms > span.end_ms:
        return None, None
    return max(word.start_ms, span.start_ms), min(word.end_ms, span.end_ms)


def _untimed(span: Span, words: Sequence[_Said]) -> list[tuple[int, int, Span]]:
    """Runs of words without times: the first, the one after the last, and the room between their neighbours."""
    found: list[tuple[int, int, Span]] = []
    at = 0
    while at < len(words):
        if words[at].start_ms is not None:
            at += 1
            continue
        first = at
        while at < len(words) and words[at].start_ms is None:
            at += 1
        room = _room(span, words, first, at)
        while room.length_ms < _ROOM_MS * (at - first) and (first > 0 or at < len(words)):
            first, at = max(0, first - 1), min(len(words), at + 1)
            while at < len(words) and words[at].start_ms is None:
                at += 1
            while first > 0 and found and first < found[-1][1]:
                first = found.pop()[0]
            room = _room(span, words, first, at)
        found.append((first, at, room))
    return found


def _room(span: Span, words: Sequence[_Said], first: int, end: int) -> Span:
    """What lies between the neighbours of a run; at the ends of an utterance, what its own words say."""
    before = words[first - 1].end_ms if first else words[0].start_ms
    after = words[end].start_ms if end < len(words) else words[-1].end_ms
    low = span.start_ms if before is None else before
    high = span.end_ms if after is None else after
    return Span(low, max(low, high))


class _Silences:
    """The silences between speech, to be asked for by a moment."""

    def __init__(self, speech: Sequence[Span]) -> None:
        ends = [Span(-1 << 40, 0), *speech, Span(1 << 40, 1 << 40)]
        gaps = [Span(before.end_ms, after.start_ms) for before, after in pairwise(ends)]
        self._gaps = [gap for gap in gaps if gap.length_ms >= _SILENCE_MS]
        self._starts = [gap.start_ms for gap in self._gaps]

    def around(self, moment_ms: int) -> Span | None:
        """The silence in which a moment lies."""
        at = bisect.bisect_right(self._starts, moment_ms) - 1
        if at < 0 or moment_ms >= self._gaps[at].end_ms:
            return None
        return self._gaps[at]


def _segment(words: Sequence[_Said], span: Span, silences: _Silences) -> Segment | None:
    """Words with times that follow each other, out of silences."""
    timed = [
        Word(word.text, word.start_ms, word.end_ms, word.confidence, word.speaker)
        for word in words
        if word.start_ms is not None and word.end_ms is not None
    ]
    ordered: list[Word] = []
    last = span.start_ms
    for number, word in enumerate(timed):
        following = timed[number + 1] if number + 1 < len(timed) else None
        moved = _out_of_silence(word, following, silences)
        start = min(max(moved.start_ms, last), span.end_ms)
        last = min(max(moved.end_ms, start), span.end_ms)
        ordered.append(replace(moved, start_ms=start, end_ms=last))
    return Segment(tuple(ordered)) if ordered else None


def _out_of_silence(word: Word, following: Word | None, silences: _Silences) -> Word:
    """A word moved to the speech that it belongs to, if it begins or ends in a silence."""
    start, end = word.start_ms, word.end_ms
    gap = silences.around(start)
    if gap is not None and start < gap.end_ms - EARLY_MS and _belongs_after(start, end, gap):
        length = max(end - start, _SHORTEST_MS)
        start = gap.end_ms - _LEAD_MS
        if end <= start:  # all of it was too early: it ends where the next word begins, if that is known
            end = (
                start + length
                if following is None
                else max(start + _SHORTEST_MS, min(start + length, following.start_ms))
            )
    gap = silences.around(end)
    if gap is not None and end > gap.start_ms + LATE_MS and start < gap.start_ms:
        end = max(gap.start_ms, start + _SHORTEST_MS)
    return replace(word, start_ms=start, end_ms=max(start, end))


def _belongs_after(start: int, end: int, gap: Span) -> bool:
    """Whether a word that begins in a silence is rather of the speech after it than of that before it."""
    if end > gap.end_ms:
        return True
    return gap.end_ms - end <= start - gap.start_ms
