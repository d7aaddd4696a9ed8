"""Putting the pieces of a recording together again: no word twice, none lost at a seam, none before its time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from cutroom.speech.chunks import Piece
from cutroom.speech.pcm import Span
from cutroom.speech.sentences import PAUSE_MS
from cutroom.speech.transcript import Segment, Word

_SAME_MS: Final = 250
"""Two words of two hearings that are the same and begin within this are one word."""
_LONG_PAUSE_MS: Final = 2_000
_LETTERS: Final = re.compile(r"[^\w]+")


def stitch(pieces: Sequence[Piece], heard: Sequence[Sequence[Segment]]) -> list[Segment]:
    """The segments of a recording, from those of its pieces.

    Where two pieces overlap there is a seam, at a moment in the overlap at which no word is being said in either of
    them, as near to its middle as there is one: words before it are those of the first piece, words after it those of
    the second. Where they do not, nothing has to be decided.

    Args:
        pieces: as they were cut, in order.
        heard: the segments of each, with times of the recording.
    """
    parts = [list(segments) for segments in heard]
    for number, (left, right) in enumerate(pairwise(pieces)):
        shared = Span(right.heard.start_ms, left.heard.end_ms)
        if shared.length_ms > 0:
            before, after = _words(parts[number]), _words(parts[number + 1])
            seam = _seam(before, after, shared)
            parts[number] = _kept(parts[number], -1, seam)
            parts[number + 1] = _kept(parts[number + 1], seam, 1 << 60)
            if _same_at(parts[number], parts[number + 1]):
                parts[number + 1] = _without_first(parts[number + 1])
    return list(_in_order([segment for segments in parts for segment in segments]))


def regrouped(segments: Sequence[Segment], *, punctuated: bool) -> list[Segment]:
    """Segments as people expect them: apart at silences and changes of speaker.

    Args:
        segments: in order.
        punctuated: whether the engine's own segments are about sentences, which are kept then; else only pauses count.
    """
    groups: list[list[Word]] = []
    for segment in segments:
        fresh = punctuated or not groups
        for word in segment.words:
            if fresh or _parts(groups[-1][-1], word, _LONG_PAUSE_MS if punctuated else PAUSE_MS):
                groups.append([])
            groups[-1].append(word)
            fresh = False
    return [Segment(tuple(group)) for group in groups]


def _parts(word: Word, following: Word, pause_ms: int) -> bool:
    return following.start_ms - word.end_ms >= pause_ms or following.speaker != word.speaker


def _words(segments: Sequence[Segment]) -> list[Word]:
    return [word for segment in segments for word in segment.words]


def _seam(before: Sequence[Word], after: Sequence[Word], shared: Span) -> int:
    """The moment in the overlap that is in the fewest words, and of those the one nearest to the middle."""
    middle = (shared.start_ms + shared.end_ms) // 2
    near = [
        [word for word in words if word.end_ms > shared.start_ms and word.start_ms < shared.end_ms]
        for words in (before, after)
    ]
    moments = [middle]
    for words in near:
        edges = [shared.start_ms, *(edge for word in words for edge in (word.start_ms, word.end_ms)), shared.end_ms]
        moments += [(end + start) // 2 for end, start in zip(edges[::2], edges[1::2], strict=True)]
    inside = [moment for moment in moments if shared.start_ms <= moment <= shared.end_ms]

    def cost(moment: int) -> tuple[int, int]:
        cut = sum(word.start_ms < moment < word.end_ms for words in near for word in words)
        return cut, abs(moment - middle)

    return min(inside, key=cost)


def _kept(segments: Sequence[Segment], low_ms: int, high_ms: int) -> list[Segment]:
    """What has its middle between two moments."""
    found: list[Segment] = []
    for segment in segments:
        words = tuple(word for word in segment.words if low_ms <= (word.start_ms + word.end_ms) // 2 < high_ms)
        if words:
            found.append(Segment(words))
    return found


def _same_at(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    """Whether the last word of one side and the first of the other are one word, heard twice."""
    if not left or not right:
        return False
    last, first = left[-1].words[-1], right[0].words[0]
    return _bare(last) == _bare(first) and abs(first.start_ms - last.start_ms) < _SAME_MS


def _bare(word: Word) -> str:
    return _LETTERS.sub("", word.text.casefold()) or word.text


def _without_first(segments: Sequence[Segment]) -> list[Segment]:
    rest = segments[0].words[1:]
    return [*([Segment(rest)] if rest else []), *segments[1:]]


def _in_order(segments: Sequence[Segment]) -> Iterator[Segment]:
    """The segments, with times that never go back."""
    last = 0
    for segment in segments:
        words: list[Word] = []
        for word in segment.words:
            start = max(word.start_ms, last)
            last = max(word.end_ms, start)
            words.append(replace(word, start_ms=start, end_ms=last))
        yield Segment(tuple(words))
