"""How good cues are: every limit counted, and where each is broken."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cutroom.speech.breaking import SPLITS, breaks
from cutroom.speech.cues import Cue
from cutroom.speech.limits import CueLimits
from cutroom.speech.transcript import Transcript, Word

FaultKind = Literal["line_long", "lines_many", "words_many", "fast", "short", "long", "gap", "overlap"]
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Fault:
    """A limit that a cue breaks.

    Args:
        cue: number of the cue, from 0.
        kind: which limit.
        figure: what was measured, in the unit of the limit: characters, lines, words, characters a second, or ms.
    """

    cue: int
    kind: FaultKind
    figure: float


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of a file of cues.

    Args:
        cues: how many there are.
        within: share of them that break no limit; 1 when there is none.
        faults: every limit that is broken.
        fastest: characters a second of the fastest cue.
        longest_line: characters of the widest line.
        least_gap_ms: the smallest gap; None of fewer than two cues.
        splits: breaks of cues and lines behind an article, a preposition or a conjunction, or within a name or amount.
        over_cuts: cues that stay over a cut of the pictures.
        in_offset_ms: mean distance between a cue and its first word.
        out_offset_ms: mean time that a cue stays after its last word.
    """

    cues: int
    within: float
    faults: tuple[Fault, ...]
    fastest: float
    longest_line: float
    least_gap_ms: int | None
    splits: int
    over_cuts: int
    in_offset_ms: float
    out_offset_ms: float


def measure(cues: Sequence[Cue], limits: CueLimits, transcript: Transcript, *, cuts_ms: Sequence[int] = ()) -> Measures:
    """Measure the cues of a transcript."""
    faults = tuple(_faults(cues, limits))
    widths = [limits.width(line) for cue in cues for line in cue.texts]
    speeds = [_speed(cue, limits) for cue in cues]
    ins = [abs(cue.start_ms - cue.words[0].start_ms) for cue in cues]
    outs = [cue.end_ms - cue.words[-1].end_ms for cue in cues]
    frame_ms = float(1000 / limits.fps)
    return Measures(
        cues=len(cues),
        within=1 - len({fault.cue for fault in faults}) / len(cues) if cues else 1.0,
        faults=faults,
        fastest=max(speeds, default=0.0),
        longest_line=max(widths, default=0.0),
        least_gap_ms=min((two.start_ms - one.end_ms for one, two in itertools.pairwise(cues)), default=None),
        splits=_splits(cues, transcript),
        over_cuts=sum(any(cue.start_ms + frame_ms < at < cue.end_ms - frame_ms for at in cuts_ms) for cue in cues),
        in_offset_ms=sum(ins) / len(ins) if ins else 0.0,
        out_offset_ms=sum(outs) / len(outs) if outs else 0.0,
    )


def _speed(cue: Cue, limits: CueLimits) -> float:
    return 1000 * limits.width(cue.text) / max(1, cue.end_ms - cue.start_ms)


def _faults(cues: Sequence[Cue], limits: CueLimits) -> Iterator[Fault]:
    for number, cue in enumerate(cues):
        widest = max(map(limits.width, cue.texts))
        lasts_ms = cue.end_ms - cue.start_ms
        if widest > limits.characters:
            yield Fault(number, "line_long", widest)
        if len(cue.lines) > limits.lines:
            yield Fault(number, "lines_many", len(cue.lines))
        if limits.words is not None and len(cue.words) > limits.words:
            yield Fault(number, "words_many", len(cue.words))
        if _speed(cue, limits) > limits.reading_speed + _ROUNDING:
            yield Fault(number, "fast", round(_speed(cue, limits), 1))
        if lasts_ms < limits.shortest_ms:
            yield Fault(number, "short", lasts_ms)
        if lasts_ms > limits.longest_ms:
            yield Fault(number, "long", lasts_ms)
        if number and (free_ms := cue.start_ms - cues[number - 1].end_ms) < limits.gap_ms:
            yield Fault(number, "overlap" if free_ms < 0 else "gap", free_ms)


def _splits(cues: Sequence[Cue], transcript: Transcript) -> int:
    """Breaks that no reader likes, of lines and of cues; a silence of a second excuses the end of a cue."""
    words: list[Word] = []
    ends: list[int] = []
    for cue in cues:
        for line in cue.lines:
            words += line
            ends.append(len(words))
    found = breaks(words, transcript.language, punctuated=transcript.engine.writes_punctuation)
    return sum(found[at - 1].place in SPLITS and found[at - 1].pause_ms < 1000 for at in ends[:-1])
