"""Correcting a transcript: what is not touched keeps its times to the millisecond, what is new takes what is left.

Every function gives a new transcript. Segments are counted from 0, words from 0 over the whole transcript; both are
those of the transcript that is given, so of several corrections each counts in what the one before it has made.
"""

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from cutroom.kit.errors import Invalid
from cutroom.speech.differences import differences
from cutroom.speech.transcript import Segment, Transcript, Word
from cutroom.timeline.cuesheet import split_words, unspaced

LETTER_MS: Final = 80
"""What a new word takes for each of its letters where there is room: slow English, 2.5 words of 5 letters a second."""
HURRIED_MS: Final = 50
"""What new words that take the place of others need at least, or they reach into silence beside them: fast English."""
MAX_WORD_CHARS: Final = 200
_UNWRITTEN: Final = re.compile(r"[\W_]+")


def replace_text(transcript: Transcript, segment: int, text: str) -> Transcript:
    """Write something else in the place of a segment.

    Words (signs, where no spaces are written) that are the same but for capitals and punctuation keep their times,
    whatever changes around them; in the place of as many others, new words take theirs one by one, else they share them
    by their letters. Without any word, the segment goes.

    Raises:
        Invalid: `no_such_segment`, `word_too_long`.
    """
    found = _segment(transcript, segment)
    before, after = _room(transcript, segment)
    changed = _rewritten(found.words, _words(text), before, after, near=None, leading=True)
    return _with(transcript, segment, [changed])


def replace_words(transcript: Transcript, first: int, count: int, text: str) -> Transcript:
    """Write something else in the place of words: of none, to insert; nothing, to delete.

    What is new belongs to the segment of the first of them; what is inserted after the last word of all, to the last
    segment.

    Args:
        transcript: what was said.
        first: the number of the first word; of the word before which to insert.
        count: how many words go.
        text: what comes in their place.

    Raises:
        Invalid: `no_such_word`, `word_too_long`.
    """
    home, place, total = _found(transcript, first)
    if not 0 <= first <= first + count <= total or total == 0:
        message = f"There are {total} words, counted from 0; {first} and {count} more are not there."
        raise Invalid("no_such_word", message)
    last = home if count == 0 else _found(transcript, first + count - 1)[0]
    words = [word for segment in transcript.segments[home : last + 1] for word in segment.words]
    before = words[place - 1] if place else _last_before(transcript, home)
    rest = words[place + count :]
    after = rest[0] if rest else _first_after(transcript, last)
    made = _rewritten(
        words[place : place + count],
        _words(text),
        0 if before is None else before.end_ms,
        _end(transcript, after),
        near=before if place else after,
        leading=place == 0,
    )
    head = [*words[:place], *made]
    return _with(transcript, home, [[*head, *rest]] if last == home else [head, rest], last - home + 1)


def replace_all(
    transcript: Transcript, find: str, by: str, *, match_case: bool = False, whole_words: bool = True
) -> Transcript:
    """Write something else wherever some text stands within a segment.

    Raises:
        Invalid: `word_too_long`.
    """
    escaped = r"\s+".join(re.escape(part) for part in find.split())
    if whole_words:  # where no spaces are written, each sign is a word
        before = "" if unspaced(escaped[:1] or " ") else r"(?<!\w)"
        after = "" if unspaced(escaped[-1:] or " ") else r"(?!\w)"
        escaped = f"{before}{escaped}{after}"
    pattern = re.compile(escaped, re.NOFLAG if match_case else re.IGNORECASE)
    made: list[Sequence[Word]] = []
    floor = 0
    for number, segment in enumerate(transcript.segments):
        text = segment.text
        changed = pattern.sub(lambda _: by, text)
        words: Sequence[Word] = segment.words
        if changed != text:
            words = _rewritten(words, _words(changed), floor, _room(transcript, number)[1], near=None, leading=True)
        made.append(words)
        floor = words[-1].end_ms if words else floor
    return _of(transcript, made)


def rename_speaker(transcript: Transcript, name: str | None, to: str | None) -> Transcript:
    """Give all words of a speaker to another name; None is nobody that is known.

    Raises:
        Invalid: `no_such_speaker`.
    """
    if all(word.speaker != name for word in transcript.words()):
        known = sorted({word.speaker for word in transcript.words() if word.speaker is not None})
        raise Invalid(
            "no_such_speaker", f"Nobody here is called '{name}'; the speakers are: {', '.join(known) or 'none'}."
        )
    return _of(
        transcript,
        [
            [replace(word, speaker=to) if word.speaker == name else word for word in segment.words]
            for segment in transcript.segments
        ],
    )


def set_speaker(transcript: Transcript, segment: int, speaker: str | None) -> Transcript:
    """Say who says a segment. Raises `Invalid` (`no_such_segment`)."""
    words = _segment(transcript, segment).words
    return _with(transcript, segment, [[replace(word, speaker=speaker) for word in words]])


def merge_segments(transcript: Transcript, first: int, count: int) -> Transcript:
    """Make one segment of several that follow each other. Raises `Invalid` (`no_such_segment`)."""
    _segment(transcript, first + count - 1)
    _segment(transcript, first)
    merged = [word for segment in transcript.segments[first : first + count] for word in segment.words]
    return _with(transcript, first, [merged], count)


def split_segment(transcript: Transcript, segment: int, word: int) -> Transcript:
    """Make two segments of one, the second beginning with this word of it, counted from 0 within the segment.

    Raises:
        Invalid: `no_such_segment`, `no_such_word`.
    """
    words = _segment(transcript, segment).words
    if not 0 < word < len(words):
        message = f"Segment {segment} has {len(words)} words; it can be split before one from 1 to {len(words) - 1}."
        raise Invalid("no_such_word", message)
    return _with(transcript, segment, [words[:word], words[word:]])


def set_times(transcript: Transcript, word: int, start_ms: int, end_ms: int) -> Transcript:
    """Say when a word is said, between its neighbours.

    Raises:
        Invalid: `no_such_word`, `times_overlap`.
    """
    segment, place, total = _found(transcript, word)
    if not 0 <= word < total:
        raise Invalid("no_such_word", f"There are {total} words, counted from 0; {word} is not there.")
    words = list(transcript.segments[segment].words)
    before = words[place - 1] if place else _last_before(transcript, segment)
    low = 0 if before is None else before.end_ms
    high = _end(transcript, words[place + 1] if place + 1 < len(words) else _first_after(transcript, segment))
    if not low <= start_ms <= end_ms <= high:
        message = f"Word {word} lies between {low / 1000:g} and {high / 1000:g} seconds, where its neighbours are not."
        raise Invalid("times_overlap", message)
    words[place] = replace(words[place], start_ms=start_ms, end_ms=end_ms)
    return _with(transcript, segment, [words])


def _rewritten(
    old: Sequence[Word], new: Sequence[str], low_ms: int, high_ms: int, *, near: Word | None, leading: bool
) -> list[Word]:
    """New texts with times: those of the old words that they are, and for others what lies between.

    Args:
        old: the words that go.
        new: the texts that come.
        low_ms: where what stands before ends.
        high_ms: where what stands after begins.
        near: whose speaker new words have where no other word says it.
        leading: whether they begin a segment: what is new there lies close to what follows.
    """
    made: list[Word] = []
    old = [part for word in old for part in _apart(word)]
    for gone, come in differences([_key(word.text) for word in old], [_key(text) for text in new]):
        texts, words = new[come.start : come.stop], old[gone.start : gone.stop]
        if len(words) == len(texts):
            made += [_respelt(word, text) for word, text in zip(words, texts, strict=True)]
        elif texts:
            floor = made[-1].end_ms if made else low_ms
            ceiling = old[gone.stop].start_ms if gone.stop < len(old) else high_ms
            span = _span(words, texts, floor, ceiling, backwards=leading and not made)
            beside = next(iter([*words, *made[-1:], *old[gone.stop : gone.stop + 1]]), near)
            made += _shared(texts, *span, None if beside is None else beside.speaker)
    return made


def _apart(word: Word) -> list[Word]:
    """A word as new ones are divided: engines tell several signs as one where no spaces are written."""
    texts = split_words(word.text)
    if len(texts) == 1:
        return [word]
    shares = _shared(texts, word.start_ms, word.end_ms, word.speaker)
    return [replace(share, confidence=word.confidence) for share in shares]


def _respelt(word: Word, text: str) -> Word:
    """Another text at the same time; how sure the engine was says nothing about another word."""
    return replace(word, text=text, confidence=word.confidence if _key(word.text) == _key(text) else None)


def _span(words: Sequence[Word], texts: Sequence[str], floor: int, ceiling: int, *, backwards: bool) -> tuple[int, int]:
    """From when to when new words last: as long as those that they replace, and longer into silence if they need it."""
    letters = sum(map(_letters, texts))
    wanted = letters * (HURRIED_MS if words else LETTER_MS)
    if not words and backwards:
        return max(floor, ceiling - wanted), ceiling
    start, end = (words[0].start_ms, words[-1].end_ms) if words else (floor, floor)
    end = max(end, min(ceiling, start + wanted))
    return min(start, max(floor, end - wanted)), end


def _shared(texts: Sequence[str], start: int, end: int, speaker: str | None) -> list[Word]:
    """A span of time divided among words by their letters."""
    letters = [0, *accumulate(map(_letters, texts))]
    edges = [start + (end - start) * part // letters[-1] for part in letters]
    return [Word(text, edges[at], edges[at + 1], None, speaker) for at, text in enumerate(texts)]


def _letters(text: str) -> int:
    return max(1, len(_UNWRITTEN.sub("", text)))


def _key(text: str) -> str:
    """What makes it the same word, whatever its capitals and punctuation."""
    return _UNWRITTEN.sub("", text).casefold() or text


def _words(text: str) -> list[str]:
    words = split_words(text)
    for word in words:
        if len(word) > MAX_WORD_CHARS:
            raise Invalid(
                "word_too_long", f"'{word[:20]}…' has {len(word)} letters; a word has {MAX_WORD_CHARS} at most."
            )
    return words


def _segment(transcript: Transcript, number: int) -> Segment:
    if not 0 <= number < len(transcript.segments):
        count = len(transcript.segments)
        raise Invalid("no_such_segment", f"There are {count} segments, counted from 0; {number} is not there.")
    return transcript.segments[number]


def _found(transcript: Transcript, word: int) -> tuple[int, int, int]:
    """In which segment a word is, at which place of it, and how many words there are; behind all, in the last."""
    starts = [0, *accumulate(len(segment.words) for segment in transcript.segments)]
    segment = min(max(bisect.bisect_right(starts, word) - 1, 0), max(len(transcript.segments) - 1, 0))
    return segment, word - starts[segment], starts[-1]


def _last_before(transcript: Transcript, segment: int) -> Word | None:
    return transcript.segments[segment - 1].words[-1] if segment else None


def _first_after(transcript: Transcript, segment: int) -> Word | None:
    return transcript.segments[segment + 1].words[0] if segment + 1 < len(transcript.segments) else None


def _room(transcript: Transcript, segment: int) -> tuple[int, int]:
    """Where the segment before ends, and the one after begins."""
    before = _last_before(transcript, segment)
    return 0 if before is None else before.end_ms, _end(transcript, _first_after(transcript, segment))


def _end(transcript: Transcript, after: Word | None) -> int:
    """Where a word begins; of none, where everything ends."""
    if after is not None:
        return after.start_ms
    return max(transcript.duration_ms, transcript.segments[-1].end_ms)


def _with(transcript: Transcript, number: int, made: Iterable[Sequence[Word]], count: int = 1) -> Transcript:
    """The transcript with other words in the place of some segments."""
    segments = transcript.segments
    return replace(transcript, segments=(*segments[:number], *_segments(made), *segments[number + count :]))


def _of(transcript: Transcript, words: Iterable[Sequence[Word]]) -> Transcript:
    return replace(transcript, segments=tuple(_segments(words)))


def _segments(words: Iterable[Sequence[Word]]) -> Iterator[Segment]:
    return (Segment(tuple(part)) for part in words if part)
