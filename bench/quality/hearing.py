"""What the measures of speech share: transcribing as the workflow does, and holding words against the truth."""

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jiwer

from bench.quality.corpus.flite import SaidWord
from bench.quality.corpus.speech import Recording
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.jobs.remembered import Remembered
from cutroom.media.fetch import Fetcher
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.transcript import Word
from cutroom.workflows import registry

SILENCE_MS: Final = 150
"""A word that comes this long after the one before it is the first after a silence."""


@dataclass(frozen=True, slots=True)
class Match:
    """A true word, the number of it, and what was heard of it; None when it was missed."""

    number: int
    true: SaidWord
    heard: Word | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was heard beside the truth."""

    wer: float
    matches: tuple[Match, ...]

    @property
    def found(self) -> list[tuple[SaidWord, Word]]:
        """True words that were heard, with what was heard."""
        return [(match.true, match.heard) for match in self.matches if match.heard is not None]

    def first_errors_ms(self) -> list[float]:
        """How far the starts of the first words after silences are off, of those that were heard."""
        errors: list[float] = []
        for match, before in zip(self.matches, (None, *self.matches), strict=False):
            silent = before is None or match.true.start_ms - before.true.end_ms > SILENCE_MS
            if match.heard is not None and silent:
                errors.append(abs(match.heard.start_ms - match.true.start_ms))
        return errors


def bare(text: str) -> str:
    """A word in small letters, without punctuation."""
    return re.sub(r"[^a-z0-9']", "", text.lower())


def compare(truth: Sequence[SaidWord], heard: Sequence[Word]) -> Comparison:
    """Lay what was heard beside the truth, by the fewest differences."""
    said, written = " ".join(bare(word.text) for word in truth), " ".join(bare(word.text) for word in heard)
    result = jiwer.process_words(said, written)
    found: dict[int, Word] = {}
    for part in result.alignments[0]:
        if part.type == "equal":
            for step in range(part.ref_end_idx - part.ref_start_idx):
                found[part.ref_start_idx + step] = heard[part.hyp_start_idx + step]
    matches = tuple(Match(number, word, found.get(number)) for number, word in enumerate(truth))
    return Comparison(result.wer, matches)


async def transcribed(wav: Path) -> TranscriptDocument:
    """What the workflow makes of a recording, by pocketsphinx, with nothing kept from before."""
    folder = Path(tempfile.mkdtemp(prefix="cutroom-hearing-"))
    try:
        for name in ("cache", "parts", "work"):
            (folder / name).mkdir()
        productions = Remembered()
        made = await run_alone(
            registry(),
            "transcribe",
            {"source": wav.name, "engine": "pocketsphinx", "language": "en"},
            files=StandaloneFiles(
                base=wav.parent, cache=folder / "cache", parts=folder / "parts", out=folder / "o.mp4", fetcher=Fetcher()
            ),
            scratch=folder / "work",
            events=lambda *_: None,
            concurrency=2,
            productions=productions,
        )
        return TranscriptDocument.model_validate_json(productions.find(made.transcript).body)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def words_of(document: TranscriptDocument) -> list[Word]:
    """The words of a document."""
    return list(document.transcript().words())


def truth_of(recording: Recording) -> list[SaidWord]:
    """The words of a recording that are words to a recogniser too."""
    return [word for word in recording.words if bare(word.text)]
