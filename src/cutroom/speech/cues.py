"""Words become cues: what stands on screen at a time, in lines that break where people breathe."""

import bisect
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from cutroom.speech.breaking import breaks
from cutroom.speech.cutting import Cut, Spans, cut
from cutroom.speech.limits import LATEST_MS, CueLimits, limits_for
from cutroom.speech.settling import Wish, settle
from cutroom.speech.transcript import Transcript, Word
from cutroom.timeline.cuesheet import gap, join_words
from cutroom.timeline.resolved.captions import Cue as ShownCue
from cutroom.timeline.resolved.captions import SpokenWord

DASH: Final = "-"
"""Before the first word of each speaker, where two share a cue (Netflix)."""
_CONTROL: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ufeff\\s]+")


@dataclass(frozen=True, slots=True)
class Cue:
    """What is on screen from `start_ms` to `end_ms`; its lines are never empty."""

    start_ms: int
    end_ms: int
    lines: tuple[tuple[Word, ...], ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, as they are read."""
        return tuple(word for line in self.lines for word in line)

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines as they are written."""
        return tuple(join_words([word.text for word in line]) for line in self.lines)

    @property
    def text(self) -> str:
        """The words as one line."""
        return join_words([word.text for word in self.words])

    def shown(self) -> ShownCue:
        """The cue as timelines have it: words that are said before it comes, or after it has gone, are cut off."""

        def within(moment_ms: int) -> Fraction:
            return Fraction(min(max(moment_ms, self.start_ms), self.end_ms), 1000)

        words = tuple(SpokenWord(word.text, within(word.start_ms), within(word.end_ms)) for word in self.words)
        counts = tuple(map(len, self.lines)) if len(self.lines) > 1 else ()
        return ShownCue(Fraction(self.start_ms, 1000), Fraction(self.end_ms, 1000), words, counts)


def cues_of(transcript: Transcript, limits: CueLimits | None = None, *, cuts_ms: Sequence[int] = ()) -> list[Cue]:
    """The cues of a transcript, in order; together they hold every word once.

    Each comes on its first word, and goes when it is read and said. Where speech is too fast for that, cues come a
    little earlier or later; where that does not help either, they break `limits`, and `measures.measure` tells.

    Args:
        transcript: the words.
        limits: what every cue keeps to; the usual ones of the language when None.
        cuts_ms: when the pictures change, in order; cues do not stay over a cut unless a word does.
    """
    limits = limits or limits_for(transcript.language)
    words = list(_prepared(transcript.words(), limits))
    if not words:
        return []
    texts = [limits.width(word.text) for word in words]
    between = [0.0, *(_between(left.text, right.text, limits) for left, right in itertools.pairwise(words))]
    found = breaks(words, transcript.language, punctuated=transcript.engine.writes_punctuation)
    spans = _spans(words, limits, cuts_ms, transcript.duration_ms)
    cuts = cut(list(zip(texts, between, strict=True)), found, spans, limits)
    lines = [_lined(words, one, limits) for one in cuts]
    wishes = [_wish(one, two, spans, limits, cuts_ms) for one, two in zip(cuts, lines, strict=True)]
    times = settle(wishes, gap_ms=limits.gap_ms, longest_ms=limits.longest_ms, duration_ms=transcript.duration_ms)
    return [Cue(start, end, line) for (start, end), line in zip(times, lines, strict=True)]


def _prepared(words: Iterator[Word], limits: CueLimits) -> Iterator[Word]:
    """The words as they can be written: without signs that are none, and none wider than a line."""
    for word in words:
        text = _CONTROL.sub("", word.text)
        if not text:
            continue
        if limits.width(text) <= limits.characters:
            yield word if text == word.text else replace(word, text=text)
            continue
        parts = _torn(text, limits)
        length, done = len(text), 0
        for part in parts:
            start = word.start_ms + (word.end_ms - word.start_ms) * done // length
            done += len(part)
            end = word.start_ms + (word.end_ms - word.start_ms) * done // length
            yield replace(word, text=part, start_ms=start, end_ms=end)


def _between(left: str, right: str, limits: CueLimits) -> float:
    """The width of what stands between two words."""
    return limits.width(" " if left.isascii() else gap(left, right))


def _torn(text: str, limits: CueLimits) -> list[str]:
    """A word in pieces that fit a line."""
    pieces = [""]
    for char in text:
        if pieces[-1] and limits.width(pieces[-1] + char) > limits.characters:
            pieces.append("")
        pieces[-1] += char
    return pieces


def _spans(words: Sequence[Word], limits: CueLimits, cuts_ms: Sequence[int], duration_ms: int) -> Spans:
    starts = np.array([word.start_ms for word in words], np.int64)
    ends = np.array([word.end_ms for word in words], np.int64)
    cuts = np.array(cuts_ms, np.int64)
    # A word belongs to the shot in which most of it is said.
    shot = np.searchsorted(cuts, (starts + ends) // 2, side="right")
    begins = np.concatenate([[0], cuts])
    come = np.maximum(starts, begins[shot])
    leave = ends + LATEST_MS
    leave[:-1] = np.minimum(leave[:-1], come[1:] - limits.gap_ms)
    leave[-1] = min(leave[-1], max(duration_ms, int(ends[-1])))
    if cuts.size:
        goes = np.concatenate([cuts, [np.iinfo(np.int64).max]])[shot]
        leave = np.minimum(leave, goes - limits.gap_ms)
    return Spans(come, ends, leave, shot.astype(np.int64))


def _lined(words: Sequence[Word], one: Cut, limits: CueLimits) -> tuple[tuple[Word, ...], ...]:
    """The words of a cue in their lines; where two speakers share it, each begins with a dash."""
    lines: list[tuple[Word, ...]] = []
    first = one.first
    for count in one.lines:
        lines.append(tuple(words[first : first + count]))
        first += count
    if len({word.speaker for line in lines for word in line}) < 2:
        return tuple(lines)
    dashed: list[tuple[Word, ...]] = []
    speaker: str | None = None
    for number, line in enumerate(lines):
        begins = number == 0 or line[0].speaker != speaker
        speaker = line[-1].speaker
        dashed.append((replace(line[0], text=DASH + line[0].text), *line[1:]) if begins else line)
    fits = all(limits.width(join_words([word.text for word in line])) <= limits.characters for line in dashed)
    return tuple(dashed if fits else lines)


def _wish(one: Cut, lines: Sequence[Sequence[Word]], spans: Spans, limits: CueLimits, cuts_ms: Sequence[int]) -> Wish:
    last = one.first + sum(one.lines) - 1
    said_ms = int(spans.end_ms[last])
    text = join_words([word.text for line in lines for word in line])
    at = bisect.bisect_right(cuts_ms, int(spans.come_ms[last]))
    return Wish(
        come_ms=int(spans.come_ms[one.first]),
        said_ms=said_ms,
        read_ms=min(limits.reading_ms(limits.width(text)), limits.longest_ms),
        leave_ms=cuts_ms[at] if at < len(cuts_ms) else None,
    )
