"""PocketSphinx: small, English only, without punctuation. Its model comes with its package: nothing is downloaded."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import structlog

from cutroom.kit.errors import Internal, Invalid
from cutroom.kit.process import Limits, run
from cutroom.media.sandbox import for_python
from cutroom.speech.pcm import Span
from cutroom.speech.transcriber import Heard, Listening, Pace, Spoken, Utterance
from cutroom.speech.transcript import Engine

NAME: Final = "pocketsphinx"
MODEL: Final = "en-us"
VERSION: Final = 1
"""Raised whenever the same spans would be heard otherwise."""
CHILD: Final = Path(__file__).with_name("sphinx_child.py")
_LIMITS: Final = Limits(memory_bytes=2 << 30, file_bytes=0, files=256)
_PATIENCE: Final = 10.0  # seconds for one second of sound; a busy machine needs 0.5
_LOAD_S: Final = 60.0
_log = structlog.get_logger(__name__)


class Sphinx:
    """A `Transcriber` that runs PocketSphinx in a child of its own."""

    engine = Engine(NAME, MODEL, writes_punctuation=False)
    # Spans of 6 to 30 s differ by less than 0.01 in word error rate; a child takes 0.5 s to load its model.
    pace = Pace(span_ms=15_000, longest_ms=40_000, chunk_ms=45_000)
    takes_hints = False

    @property
    def key(self) -> str:
        """All of it that determines what is heard."""
        return f"{NAME} {version('pocketsphinx')} {MODEL} {VERSION}"

    async def prepare(self, tell: Callable[[float, str], None] | None = None) -> None:
        """Its model came with its package."""

    async def detect(self, listening: Listening, *, scratch: Path) -> str | None:
        """English: it knows nothing else."""
        return "en"

    async def transcribe(
        self, listening: Listening, *, scratch: Path, progress: Callable[[float], None] | None = None
    ) -> Heard:
        """Hear some spans; see `Transcriber`."""
        language = listening.language or "en"
        check_language(language)
        items = [{"span": [span.start_ms, span.end_ms]} for span in listening.spans]
        answers = await ask("hear", listening.pcm, items, listening.spans, progress=progress)
        return Heard(language, tuple(map(_utterances, listening.spans, answers)))


class SphinxMaker:
    """The `Maker` of PocketSphinx."""

    name = NAME

    def ready(self, language: str | None) -> bool:
        """It is always there, for English."""
        return language is None or is_english(language)

    def make(self, model: str | None) -> Sphinx:
        """The one model that there is."""
        if model not in {None, MODEL}:
            sentence = f"pocketsphinx has one model, '{MODEL}'; leave the model out, or name another engine."
            raise Invalid("unknown_speech_model", sentence).at("/model")
        return Sphinx()


def is_english(language: str) -> bool:
    """Whether a BCP 47 tag is one of English."""
    return language.lower().partition("-")[0] in {"en", "eng"}


def check_language(language: str) -> None:
    """Refuse what it cannot hear.

    Raises:
        Invalid: `language_not_supported`.
    """
    if not is_english(language):
        sentence = (
            f"pocketsphinx hears English only, not '{language}'; use the engine faster-whisper, "
            "or openai with a server of your own or a vendor."
        )
        raise Invalid("language_not_supported", sentence).at("/language")


async def ask(
    task: str,
    pcm: Path,
    items: Sequence[Mapping[str, Any]],
    spans: Sequence[Span],
    *,
    progress: Callable[[float], None] | None = None,
) -> list[Any]:
    """What one child answers for each item.

    Args:
        task: `hear` or `align`.
        pcm: file of samples.
        items: what is asked, with the `span` in milliseconds.
        spans: those spans.
        progress: called with the part that is done.

    Raises:
        Unavailable: `process_timeout` or `process_stalled`.
        Internal: `sphinx_failed` when the child ended early.
    """
    if not items:
        return []
    total_s = sum(span.length_ms for span in spans) / 1000
    longest_s = max(span.length_ms for span in spans) / 1000
    done_s = 0.0
    answers: list[Any] = []

    def hear(line: str) -> bool:
        nonlocal done_s
        done_s += spans[len(answers)].length_ms / 1000
        answers.append(json.loads(line))
        if progress is not None:
            progress(done_s / total_s)
        return True

    path = pcm.absolute()
    done = await run(
        [sys.executable, "-I", str(CHILD), task],
        cwd=path.parent,
        timeout_s=_LOAD_S + _PATIENCE * total_s,
        patience_s=_LOAD_S + _PATIENCE * longest_s,
        limits=_LIMITS,
        stdin=json.dumps({"pcm": str(path), "items": items}).encode(),
        on_line=hear,
        output_cap_bytes=0,
        box=for_python([CHILD, path], memory_bytes=_LIMITS.memory_bytes),
    )
    if done.returncode != 0 or len(answers) != len(items):
        said = done.stderr[-2000:].decode("utf-8", "replace")
        _log.error("sphinx.failed", task=task, returncode=done.returncode, stderr=said)
        raise Internal("sphinx_failed", "PocketSphinx stopped early; the log has the cause.")
    return answers


def _utterances(span: Span, answer: Sequence[Sequence[Any]]) -> tuple[Utterance, ...]:
    words = tuple(Spoken(str(text), start, end, round(sure, 3)) for text, start, end, sure in answer)
    return (Utterance(span, words),) if words else ()
