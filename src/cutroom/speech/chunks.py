"""Cutting a recording for engines: at the longest gaps between speech, and with an overlap where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cutroom.speech.pcm import Span
from cutroom.speech.transcriber import Pace

PAD_MS: Final = 240
"""How much is heard before and after speech: voice activity is late by a window or two, and breath helps engines."""
SILENCE_MS: Final = 1_500
"""A gap this long is heard by nobody: engines invent words in silence."""
OVERLAP_MS: Final = 4_000
"""How much two pieces share where speech has no gap: some ten words, one of which ends near the middle."""
_LEAST: Final = 0.5
_MOST: Final = 1.5
"""Parts of the wanted length between which the longest gap decides."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording that is heard at once.

    Args:
        heard: what the engine gets.
        kept: the part whose words count; where pieces do not overlap it is wider than what is heard, and together the
            pieces keep all of the recording.
    """

    heard: Span
    kept: Span


def pieces_of(speech: Sequence[Span], length_ms: int, pace: Pace) -> list[Piece]:
    """Cut speech into pieces of about `pace.span_ms`.

    Args:
        speech: where somebody speaks, in order (`Activity.spans`).
        length_ms: of the recording.
        pace: how the engine likes it.

    Returns:
        In order; none where nobody speaks.
    """
    cuts = [part for run in _runs(speech) for part in _cut(run, pace)]
    pieces: list[Piece] = []
    for number, (span, forced) in enumerate(cuts):
        before = cuts[number - 1] if number else None
        after = cuts[number + 1] if number + 1 < len(cuts) else None
        if before is not None and before[1]:
            start = span.start_ms - OVERLAP_MS // 2
        else:
            start = span.start_ms - _pad(span.start_ms - (before[0].end_ms if before else 0))
        if forced:
            end = span.end_ms + OVERLAP_MS // 2
        else:
            end = span.end_ms + _pad((after[0].start_ms if after else length_ms) - span.end_ms)
        low = 0 if before is None else (before[0].end_ms + span.start_ms) // 2
        high = length_ms if after is None else (span.end_ms + after[0].start_ms) // 2
        pieces.append(Piece(Span(max(0, start), min(length_ms, end)), Span(low, high)))
    return pieces


def chunks_of(pieces: Sequence[Piece], pace: Pace) -> list[list[Piece]]:
    """Pieces that follow each other, grouped into work for one job each; about equal, none much over `chunk_ms`."""
    total = sum(piece.heard.length_ms for piece in pieces)
    count = max(1, round(total / pace.chunk_ms))
    chunks: list[list[Piece]] = []
    done = 0
    for piece in pieces:
        # The first piece whose middle lies beyond a chunk's share begins the next one.
        if not chunks or (done + piece.heard.length_ms / 2) * count >= total * len(chunks):
            chunks.append([])
        chunks[-1].append(piece)
        done += piece.heard.length_ms
    return chunks


def _pad(gap_ms: int) -> int:
    """How much of a gap is heard at one side of it."""
    return max(0, min(PAD_MS, gap_ms // 2))


def _runs(speech: Sequence[Span]) -> list[list[Span]]:
    """Speech without long silences in it."""
    runs: list[list[Span]] = []
    for span in speech:
        if not runs or span.start_ms - runs[-1][-1].end_ms >= SILENCE_MS:
            runs.append([])
        runs[-1].append(span)
    return runs


def _cut(speech: Sequence[Span], pace: Pace) -> list[tuple[Span, bool]]:
    """A run of speech in parts; of each, whether its end was cut through speech."""
    parts: list[tuple[Span, bool]] = []
    first, start, last = 0, speech[0].start_ms, speech[-1].end_ms
    most = min(_MOST * pace.span_ms, pace.longest_ms)
    while start + most < last:
        at = _longest_gap(speech, first, start + _LEAST * pace.span_ms, start + most)
        at = at or _longest_gap(speech, first, start, start + pace.longest_ms)
        if at is not None:
            parts.append((Span(start, speech[at - 1].end_ms), False))
            first, start = at, speech[at].start_ms
            continue
        length = speech[first].end_ms - start
        if length <= pace.longest_ms:
            break
        middle = start + length // -(-length // (pace.longest_ms - OVERLAP_MS))
        parts.append((Span(start, middle), True))
        start = middle
    return [*parts, (Span(start, last), False)]


def _longest_gap(spans: Sequence[Span], first: int, low_ms: float, high_ms: float) -> int | None:
    """The number of the span after the longest gap that begins between two times; the later one of two equals."""
    longest, found = 0, None
    for number in range(first + 1, len(spans)):
        begins = spans[number - 1].end_ms
        if begins > high_ms:
            break
        if begins >= low_ms and spans[number].start_ms - begins >= longest:
            longest, found = spans[number].start_ms - begins, number
    return found
