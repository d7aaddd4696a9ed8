"""What every engine that turns speech into words offers, and what it answers.

An engine runs what looks at sound in a child process, which dies with the call that started it, or talks to a server.
What it answers is as raw as it likes: `finish` gives times to words that have none, moves words out of silences and
puts everything in order, for all engines alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cutroom.speech.pcm import Span
from cutroom.speech.transcript import Engine


@dataclass(frozen=True, slots=True)
class Listening:
    """What is to be transcribed.

    Args:
        pcm: a file of samples as in `speech.pcm`; of the whole recording, so it may be large: read the spans only.
        spans: stretches with speech in them, in order. They may overlap by some seconds where speech had no gap in
            which to cut it. Each is to be heard on its own: what it answers for one holds no word of another.
        language: BCP 47 tag (`en`, `pt-BR`) of what is spoken; None when the engine shall find out.
        prompt: text that came before, or says what it is about; None when there is none.
        glossary: names and words to be expected.
    """

    pcm: Path
    spans: tuple[Span, ...]
    language: str | None = None
    prompt: str | None = None
    glossary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word as the engine wrote it, with its punctuation; times in milliseconds after the start of the recording.

    Args:
        text: without spaces; what has some is taken apart by `finish`.
        start_ms: when it begins; None when the engine does not say.
        end_ms: when it ends; None when the engine does not say.
        confidence: from 0 to 1; None when the engine does not say.
        speaker: the engine's label; None when it has none.
    """

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words that belong together: a segment of the engine's, or all that it heard in a span.

    Args:
        span: where it lies, as far as the engine knows; the whole span of the request when it does not.
        words: what was said.
    """

    span: Span
    words: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What an engine heard.

    Args:
        language: BCP 47 tag; what was asked for, or what it found.
        spans: for each span of the request, in its order, the utterances in it; empty where nothing was said.
    """

    language: str
    spans: tuple[tuple[Utterance, ...], ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How an engine likes its work cut.

    Args:
        span_ms: the length of one span that it does best with; gaps decide within half and one and a half of it.
        longest_ms: the length that no span may pass; where there is no gap until then, spans overlap.
        chunk_ms: about how much of a recording one job shall hear: long enough that loading the model does not matter,
            short enough that all workers have something to do.
    """

    span_ms: int
    longest_ms: int
    chunk_ms: int


class Transcriber(Protocol):
    """An engine with its model, ready to hear."""

    @property
    def engine(self) -> Engine:
        """What is written into transcripts."""
        ...

    @property
    def key(self) -> str:
        """All of the engine that determines what it answers (name, version, model, its digest where it is known)."""
        ...

    @property
    def pace(self) -> Pace:
        """How it likes its work cut."""
        ...

    @property
    def takes_hints(self) -> bool:
        """Whether prompt and glossary make a difference to it; else a warning says so."""
        ...

    async def prepare(self, tell: Callable[[float, str], None] | None = None) -> None:
        """Have at hand what it needs, such as its model; quick when it is there.

        Args:
            tell: called with the part that is done, from 0 to 1, and what that is, for users.

        Raises:
            Unavailable: `model_unavailable`.
        """
        ...

    async def detect(self, listening: Listening, *, scratch: Path) -> str | None:
        """The language of a recording, by a stretch of it; None when each request finds out for itself.

        Only asked where the caller did not say; then before anything else, so that all parts of a recording are
        heard in one language.
        """
        ...

    async def transcribe(
        self, listening: Listening, *, scratch: Path, progress: Callable[[float], None] | None = None
    ) -> Heard:
        """Hear some spans of a recording. When cancelled, nothing goes on behind.

        Args:
            listening: what to hear.
            scratch: a folder for files of its own.
            progress: called with the part that is done, from 0 to 1.

        Raises:
            Invalid: `language_not_supported`, with the pointer `/language`.
            CutroomError: what else went wrong; `Unavailable` when trying again may help.
        """
        ...


class Maker(Protocol):
    """Makes the transcribers of one engine."""

    @property
    def name(self) -> str:
        """What requests call it: `pocketsphinx`, `faster-whisper`, `openai`."""
        ...

    def ready(self, language: str | None) -> bool:
        """Whether it would do for this language at once, without a download: whether `auto` may take it."""
        ...

    def make(self, model: str | None) -> Transcriber:
        """A transcriber with this model, or the engine's default. Quick: models are loaded when they are needed.

        Raises:
            Invalid: `unknown_speech_model`, with the pointer `/model`.
            Unavailable: when it cannot be had here, with a sentence that says what to install or set.
        """
        ...
