"""When known words are said: forced alignment, for engines that write text without times, and for numbers.

English is aligned by PocketSphinx, which needs a pronunciation of every word: the dictionary's, or one by rules
(`pronunciation`). What is not English, or does not fit its sound, is spread over the speech in its span by the length
of its words.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.speech import sphinx
from cutroom.speech.pcm import BYTES_PER_MS, Span, read
from cutroom.speech.pronunciation import phones, plain
from cutroom.speech.spoken import spoken

Times = tuple[int, int]
LONGEST_MS: Final = 120_000
"""Spans longer than this are not aligned but spread: the time and memory of an alignment grow with their square."""
_FRAME_MS: Final = 10
_PAUSE_FRAMES: Final = 18
_NEAR_FRAMES: Final = 90
"""How far, in loud frames, a mark may lie from the pause that is taken for it: of 60 to 150 the one with the smallest
errors on five minutes of the quality corpus."""
_MARK: Final = re.compile(
    r"[.,;:!?\u2026\u2014\u3001\u3002\uff0c\uff01\uff1f\u060c\u061f\u0964][\"')\u201d\u2019\u00bb]*$"
)
_FLOOR_DB: Final = -30.0
"""Frames this far below the loudest tenth of their span count as silence when words are spread."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words as they are written, and the stretch of the recording in which they are said."""

    span: Span
    words: tuple[str, ...]


async def align(pcm: Path, passages: Sequence[Passage], language: str) -> list[list[Times]]:
    """Start and end of every word, in milliseconds of the recording.

    Args:
        pcm: file of samples (`speech.pcm`).
        passages: what is said where.
        language: BCP 47 tag.

    Returns:
        For each passage, in order, as many times as it has words; they lie in its span and follow each other.

    Raises:
        Unavailable: `process_timeout` or `process_stalled`.
        Internal: `sphinx_failed`.
    """
    said = [[_said(word) for word in passage.words] for passage in passages]
    fit = [
        number
        for number, passage in enumerate(passages)
        if sphinx.is_english(language) and any(said[number]) and passage.span.length_ms <= LONGEST_MS
    ]
    items = [
        {
            "span": [passages[number].span.start_ms, passages[number].span.end_ms],
            "words": [*chain.from_iterable(said[number])],
        }
        for number in fit
    ]
    answers = dict(zip(fit, await sphinx.ask("align", pcm, items, [passages[at].span for at in fit]), strict=True))
    found: list[list[Times]] = []
    for number, passage in enumerate(passages):
        answer = answers.get(number)
        if answer is None:
            found.append(await asyncio.to_thread(spread, pcm, passage))
        else:
            found.append(_together(passage, said[number], answer))
    return found


def spread(pcm: Path, passage: Passage) -> list[Times]:
    """Times for words by their length: each gets its share of what is loud in the span.

    Where the text has a comma or a full stop about when there is a pause, the two are taken for the same.
    """
    span = passage.span
    loud = _loud(read(pcm, span))
    heard = np.concatenate([[0.0], np.cumsum(loud)])
    lengths = [len(plain(word)) or len(word) for word in passage.words]
    shares = np.cumsum([0, *lengths], dtype=np.float64) / max(sum(lengths), 1) * heard[-1]
    targets = np.rint(_anchored(shares, passage.words, loud, heard))
    # The last moment of one word and the first of the next are the same amount of sound, but not the same time.
    starts = np.searchsorted(heard, targets[:-1], side="right") - 1
    ends = np.searchsorted(heard, targets[1:], side="left")
    return [
        (
            min(span.start_ms + _FRAME_MS * min(start, end), span.end_ms),
            min(span.start_ms + _FRAME_MS * end, span.end_ms),
        )
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]


def _anchored(
    shares: NDArray[np.float64], words: Sequence[str], loud: NDArray[np.bool_], heard: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shares of what is loud, moved so that marks of punctuation fall on pauses, the longest pauses first."""
    told, moved = [0.0, float(shares[-1])], [0.0, float(heard[-1])]
    marks = [float(shares[number]) for number, word in enumerate(words[:-1], 1) if _MARK.search(word)]
    for frame in _pauses(loud):
        pause = float(heard[frame])
        off = [abs(float(np.interp(mark, told, moved)) - pause) for mark in marks]
        near = int(np.argmin(off)) if off else -1
        if near < 0 or off[near] > _NEAR_FRAMES:
            continue
        at = int(np.searchsorted(told, marks[near]))
        if told[at - 1] < marks[near] < told[at] and moved[at - 1] < pause < moved[at]:
            told.insert(at, marks[near])
            moved.insert(at, pause)
    result: NDArray[np.float64] = np.interp(shares, told, moved)
    return result


def _pauses(loud: NDArray[np.bool_]) -> list[int]:
    """The frames at which pauses within the sound begin, the longest pause first."""
    edges = np.flatnonzero(np.diff(loud.astype(np.int8))) + 1
    if len(edges) and loud[edges[0]]:
        edges = edges[1:]  # silence before the first sound is no pause
    pairs = [(end - start, start) for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=False)]
    return [start for length, start in sorted(pairs, reverse=True) if length >= _PAUSE_FRAMES]


def _loud(samples: bytes) -> NDArray[np.bool_]:
    """Whether each 10 ms are speech by their energy; all of them where nothing stands out."""
    width = _FRAME_MS * BYTES_PER_MS // 2
    values = np.frombuffer(samples[: len(samples) // (2 * width) * 2 * width], "<i2").reshape(-1, width)
    energy = np.mean(values.astype(np.float32) ** 2, axis=1) + 1.0
    if not len(energy):
        return np.ones(1, np.bool_)
    loud: NDArray[np.bool_] = energy > np.quantile(energy, 0.9) * 10 ** (_FLOOR_DB / 10)
    return loud


def _said(written: str) -> list[list[str]]:
    """The words as which a written one is said, each with its phones; none for what has no sound in English."""
    words = [(plain(word).strip("'"), phones(word)) for word in spoken(written)]
    return [[word.lower(), sound] for word, sound in words if word and sound]


def _together(passage: Passage, said: Sequence[Sequence[object]], times: Sequence[Sequence[int]]) -> list[Times]:
    """Times of written words from those of spoken ones; a word that is not said gets no time, where it stands."""
    found: list[Times] = []
    at = 0
    last = passage.span.start_ms
    for parts in said:
        if parts:
            start = min(max(times[at][0], last), passage.span.end_ms)
            last = min(max(times[at + len(parts) - 1][1], start), passage.span.end_ms)
            found.append((start, last))
            at += len(parts)
        else:
            found.append((last, last))
    return found
