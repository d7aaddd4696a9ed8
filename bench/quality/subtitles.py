"""Subtitles: do all cues keep to what people can read, and do they break where people would break them?

`python -m bench.quality.subtitles`. Transcripts with true times: ten minutes of four synthetic voices, and talks of
nine minutes from two sets of texts; each as an engine with punctuation writes it and as words alone; and what
pocketsphinx hears of two minutes. Then all of them with cuts of the picture every three to nine seconds, wherever they
fall.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.quality.corpus.speech import Recipe, Recording, recording
from bench.quality.corpus.talk_texts import DEVELOPMENT, HELD_OUT
from bench.quality.corpus.talks import bare, talk
from bench.quality.table import Row, print_table
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.cues import cues_of
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.limits import CueLimits, limits_for
from cutroom.speech.measures import Measures
from cutroom.speech.measures import measure as measure_cues

VOICES: Final = ("slt", "rms", "awb", "kal16")
TALKS: Final = 5
HOURS: Final = 10
_HEARD_S: Final = 120.0
_CUTS_S: Final = (3.0, 9.0)


@dataclass
class Tally:
    """What was counted over transcripts."""

    cues: int = 0
    faulty: int = 0
    overlaps: int = 0
    splits: int = 0
    over_cuts: int = 0
    cuts: int = 0
    in_ms: float = 0.0
    out_ms: float = 0.0

    def add(self, found: Measures, cuts: int = 0) -> None:
        """Count what was measured of one transcript."""
        self.cues += found.cues
        self.faulty += len({fault.cue for fault in found.faults})
        self.overlaps += sum(fault.kind == "overlap" for fault in found.faults)
        self.splits += found.splits
        self.over_cuts += found.over_cuts
        self.cuts += cuts
        self.in_ms += found.in_offset_ms * found.cues
        self.out_ms += found.out_offset_ms * found.cues

    @property
    def within(self) -> float:
        """The share of cues that break no limit."""
        return 1 - self.faulty / max(1, self.cues)


def transcripts() -> Iterator[tuple[str, Transcript]]:
    """Every transcript of the corpus, with its name."""
    voices = said(recording(Recipe(600, VOICES, seed=7, numbers=6)))
    yield "four voices", voices
    yield "four voices, words alone", bare(voices)
    for name, texts in (("development", DEVELOPMENT), ("held out", HELD_OUT)):
        for seed in range(TALKS):
            one = talk(texts, seed).transcript
            yield f"{name} talk {seed}", one
            yield f"{name} talk {seed}, words alone", bare(one)
    yield "pocketsphinx", heard(recording(Recipe(_HEARD_S, seed=11)))


def said(found: Recording) -> Transcript:
    """The true transcript of a recording: its written words, with the times at which they are said."""
    words: list[Word] = []
    now = 0
    for token in found.tokens:
        start = max(now, round(token.words[0].start_ms))
        now = max(start, round(token.words[-1].end_ms))
        words.append(Word(token.text, start, now))
    return Transcript("en", round(found.duration_ms), Engine("truth", "flite", True), (Segment(tuple(words)),))


def heard(found: Recording) -> Transcript:
    """What the command line hears of a recording without any settings."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "heard.json"
        command = [sys.executable, "-m", "cutroom.app", "transcribe", str(found.wav), "-o", str(out)]
        subprocess.run([*command, "--engine", "pocketsphinx"], check=True, capture_output=True)
        return TranscriptDocument.model_validate(json.loads(out.read_text("utf-8"))).transcript()


def counted(transcript: Transcript, limits: CueLimits, cuts_ms: Sequence[int] = ()) -> Measures:
    """Cues of a transcript, measured."""
    return measure_cues(cues_of(transcript, limits, cuts_ms=cuts_ms), limits, transcript, cuts_ms=cuts_ms)


def cuts_in(transcript: Transcript, seed: int) -> list[int]:
    """Moments at which a film of this speech could be cut."""
    chance = random.Random(f"cuts {seed}")
    found: list[int] = []
    now = 0.0
    while (now := now + chance.uniform(*_CUTS_S) * 1000) < transcript.duration_ms:
        found.append(round(now))
    return found


def ten_hours() -> tuple[float, float]:
    """Hours of one long transcript, and the seconds of one processor that its cues take."""
    words: list[Word] = []
    shift, seed = 0, 0
    while shift < HOURS * 3_600_000:
        one = talk(DEVELOPMENT, seed).transcript
        words += [replace(word, start_ms=word.start_ms + shift, end_ms=word.end_ms + shift) for word in one.words()]
        shift, seed = shift + one.duration_ms, seed + 1
    long = Transcript("en", shift, Engine("truth", "", True), (Segment(tuple(words)),))
    began = time.process_time()
    cues_of(long)
    return shift / 3_600_000, time.process_time() - began


def measure() -> list[Row]:
    """The rows of the quality table."""
    plain, cut, narrow = Tally(), Tally(), Tally()
    for number, (_, transcript) in enumerate(transcripts()):
        limits = limits_for(transcript.language)
        plain.add(counted(transcript, limits))
        cuts = cuts_in(transcript, number)
        cut.add(counted(transcript, limits, cuts), len(cuts))
        narrow.add(counted(transcript, replace(limits, characters=20)))
    hours, seconds = ten_hours()
    bar = "42 x 2 characters, 20 a second, 5/6-7 s, gaps of 2 frames"
    return [
        _row(
            "subtitles: cues within limits", f"100 % of {bar}", f"{plain.within:.2%} of {plain.cues}", plain.within == 1
        ),
        _row("subtitles: overlaps", "0", f"{plain.overlaps}", plain.overlaps == 0),
        _row(
            "subtitles: breaks behind articles, in names",
            "at most 1 in 100 cues",
            f"{plain.splits} in {plain.cues}",
            plain.splits * 100 <= plain.cues,
        ),
        _row(
            "subtitles: comes with its first word, stays after its last",
            "within 2 frames; at most 0.5 s",
            f"{plain.in_ms / plain.cues:.0f} ms, {plain.out_ms / plain.cues:.0f} ms on average",
            plain.in_ms / plain.cues <= 80 and plain.out_ms / plain.cues <= 500,
        ),
        _row(
            "subtitles: over cuts of the picture",
            "at most 1 in 200 cuts; within limits 100 %",
            f"{cut.over_cuts} at {cut.cuts} cuts; {cut.within:.2%}",
            cut.over_cuts * 200 <= cut.cuts and cut.within == 1,
        ),
        _row(
            "subtitles: lines of 20 characters within limits",
            "100 %",
            f"{narrow.within:.2%} of {narrow.cues}",
            narrow.within == 1,
        ),
        _row(f"subtitles: cues of {hours:.0f} hours", "a second or two", f"{seconds:.1f} s", seconds <= 4),
    ]


def _row(name: str, bar: str, figure: str, ok: bool) -> Row:  # noqa: FBT001 — a column of the table
    return Row(measure=name, bar=bar, figure=figure, ok=ok)


if __name__ == "__main__":
    print_table(measure())
