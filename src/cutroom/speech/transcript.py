"""What was said, word by word."""

from collections.abc import Iterator
from dataclasses import dataclass

from cutroom.timeline.cuesheet import join_words


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is written, its punctuation included.

    Args:
        text: never empty, no space in it.
        start_ms: when it begins, in milliseconds after the start of the recording.
        end_ms: when it ends; not before `start_ms`.
        confidence: how sure the engine is, from 0 to 1; None when it does not say.
        speaker: who says it, as the engine labels speakers; None when it does not.
    """

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that were said in one go: about a sentence, or what lies between two silences. Never empty."""

    words: tuple[Word, ...]

    @property
    def start_ms(self) -> int:
        """When its first word begins."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """When its last word ends."""
        return self.words[-1].end_ms

    @property
    def text(self) -> str:
        """Its words as one line."""
        return join_words([word.text for word in self.words])


@dataclass(frozen=True, slots=True)
class Engine:
    """What recognised the speech.

    Args:
        name: `pocketsphinx`, `faster-whisper` or `openai`.
        model: which model of it.
        writes_punctuation: whether its text has capitals, punctuation and digits.
    """

    name: str
    model: str
    writes_punctuation: bool


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of one recording; segments and words follow each other in time and do not overlap.

    Args:
        language: BCP 47 tag, such as `en`.
        duration_ms: length of the recording, silence included.
    """

    language: str
    duration_ms: int
    engine: Engine
    segments: tuple[Segment, ...]

    def words(self) -> Iterator[Word]:
        """Every word, in order."""
        for segment in self.segments:
            yield from segment.words
