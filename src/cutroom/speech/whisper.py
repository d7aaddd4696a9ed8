"""The engine faster-whisper: Whisper on this machine, on its processors or on a card from NVIDIA.

It hears in a child process in a box, which sees the model, the sound and nothing else: models are files of strangers,
and some of them of tenants' choice. The box of a machine with a card holds the nodes of the card too.
"""

import asyncio
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import structlog

from cutroom.kit.errors import CutroomError, Internal, Invalid, Unavailable
from cutroom.kit.process import Limits, run
from cutroom.media.sandbox import for_python
from cutroom.speech.pcm import Span
from cutroom.speech.transcriber import Heard, Listening, Pace, Spoken, Utterance
from cutroom.speech.transcript import Engine
from cutroom.speech.whisper_models import Fetched, Models, WhisperModel, cores

log = structlog.get_logger()
NAME: Final = "faster-whisper"
VERSION: Final = 1
"""Raised whenever the same model would be asked in another way."""
PACE: Final = Pace(span_ms=20_000, longest_ms=30_000, chunk_ms=300_000)
"""Whisper hears 30 s at once, and best when they are full; it loads in seconds."""
THREADS: Final = 4
"""Of one child: beyond it Whisper hardly gets faster (CTranslate2 counts in threads of physical cores)."""
_CHILD: Final = Path(__file__).with_name("whisper_child.py")
_CARD: Final = Path("/dev/nvidiactl")
_OVERHEAD_BYTES: Final = 4 << 30
_PATIENCE_S: Final = 900.0
"""Without a word: a batch of two minutes with the largest model on two slow processors."""
_SECONDS_PER_SECOND: Final = 60.0
_DETECTED_MS: Final = 60_000
_CODES: Final[Mapping[str, str]] = {"nb": "no", "fil": "tl", "cmn": "zh", "iw": "he", "in": "id", "jv": "jw"}
"""Primary subtags of BCP 47 that Whisper calls otherwise."""
_TAGS: Final[Mapping[str, str]] = {"jw": "jv"}

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """How Whisper is used here.

    Args:
        models: what is here and what can be had.
        model: what is taken where a request names none; as `Models.named` takes it.
        device: `auto` takes a card where one works.
        any_model: whether requests may name every model, and have it downloaded; else the usual one and what is here.
    """

    models: Models
    model: str = "small"
    device: Device = "auto"
    any_model: bool = False


class WhisperMaker:
    """Makes the transcribers of faster-whisper; fulfils `Maker`."""

    name = NAME

    def __init__(self, settings: WhisperSettings) -> None:
        self._settings = settings
        slots = 1 if self._on_card() else max(1, cores() // THREADS)
        # Transcripts call a model in a folder by the folder's name, and never by its path; jobs name it so, too.
        self._folders: dict[str, WhisperModel] = {}
        # All children of this process take turns, whoever's jobs they are for: each has the whole model in memory.
        self._turns = asyncio.Semaphore(slots)

    def ready(self, language: str | None) -> bool:
        """Whether it is installed, and its model is here and knows the language."""
        try:
            model = self._settings.models.named(self._settings.model)
        except Invalid:
            return False
        knows = language is None or not model.english_only or code_of(language) == "en"
        return _installed() and model.here and knows

    def make(self, model: str | None) -> "WhisperTranscriber":
        """A transcriber with this model, or the usual one.

        Raises:
            Invalid: `unknown_speech_model`, with the pointer `/model`.
            Unavailable: `engine_not_installed`.
        """
        if not _installed():
            sentence = "The engine faster-whisper is not installed here: `pip install 'cutroom[whisper]'`."
            raise Unavailable("engine_not_installed", sentence, retryable=False)
        try:
            found = self._named(model)
        except Invalid as error:
            raise (error if model is None else error.at("/model")) from error
        return WhisperTranscriber(self._settings, found, self._turns)

    def _named(self, name: str | None) -> WhisperModel:
        settings = self._settings
        usual = settings.models.named(settings.model)
        if name is None or name in {settings.model, usual.name}:
            return usual
        if name in self._folders:
            return self._folders[name]
        if not settings.any_model and name not in settings.models.kept():
            names = ", ".join(dict.fromkeys((usual.name, *settings.models.kept())))
            raise Invalid("unknown_speech_model", f"The Whisper model '{name[:80]}' is not here; name one of: {names}.")
        found = settings.models.named(name)
        if found.repository is None:
            self._folders[found.name] = found
        return found

    def _on_card(self) -> bool:
        return self._settings.device != "cpu" and _CARD.exists()


class WhisperTranscriber:
    """faster-whisper with one model; fulfils `Transcriber`.

    Args:
        settings: how it is used.
        model: which.
        turns: taken by each child.
    """

    pace = PACE
    takes_hints = True

    def __init__(
        self, settings: WhisperSettings, model: WhisperModel, turns: AbstractAsyncContextManager[object]
    ) -> None:
        self._settings, self._model, self._turns = settings, model, turns

    @property
    def engine(self) -> Engine:
        """What is written into transcripts."""
        return Engine(NAME, self._model.name, writes_punctuation=True)

    @property
    def key(self) -> str:
        """All that determines what it answers."""
        versions = [f"{name} {importlib.metadata.version(name)}" for name in ("faster-whisper", "ctranslate2")]
        return " ".join([NAME, str(VERSION), *versions, self._model.mark])

    async def prepare(self, tell: Callable[[float, str], None] | None = None) -> None:
        """Have the model here; `tell` hears what is done, from 0 to 1, and what that is.

        Raises:
            Unavailable: `model_unavailable`.
        """

        def hear(fetched: Fetched) -> None:
            if tell is not None:
                tell(fetched.done / fetched.total if fetched.total else 0.0, "downloading the model")

        await self._settings.models.bring(self._model, hear)

    async def detect(self, listening: Listening, *, scratch: Path) -> str | None:
        """What is spoken in the first minute of speech.

        Raises:
            Unavailable: as `transcribe`.
        """
        spans, left_ms = [], _DETECTED_MS
        for span in listening.spans:
            if left_ms > 0:
                spans.append(Span(span.start_ms, min(span.end_ms, span.start_ms + left_ms)))
                left_ms -= span.length_ms
        said = await self._ask("detect", listening, spans, None, scratch)
        return _TAGS.get(said.language, said.language)

    async def transcribe(
        self, listening: Listening, *, scratch: Path, progress: Callable[[float], None] | None = None
    ) -> Heard:
        """Hear some spans, in batches.

        Raises:
            Invalid: `language_not_supported`.
            Unavailable: `model_unavailable`, `speech_device_unavailable`, `speech_engine_failed`, `process_stalled`.
        """
        code = None if listening.language is None else code_of(listening.language)
        said = await self._ask("transcribe", listening, listening.spans, code, scratch, progress)
        utterances = tuple(tuple(said.spans.get(number, ())) for number in range(len(listening.spans)))
        return Heard(listening.language or _TAGS.get(said.language, said.language), utterances)

    async def _ask(
        self,
        task: str,
        listening: Listening,
        spans: Sequence[Span],
        code: str | None,
        scratch: Path,
        progress: Callable[[float], None] | None = None,
    ) -> "_Said":
        folder = await self._settings.models.bring(self._model)
        order = {
            "task": task,
            "model": str(folder),
            "device": self._settings.device,
            "threads": min(THREADS, cores()),
            "pcm": str(listening.pcm.absolute()),
            "spans": [[span.start_ms, span.end_ms] for span in spans],
            "language": code,
            "prompt": listening.prompt or "",
            "glossary": ", ".join(listening.glossary),
        }
        said = _Said(spans, progress)
        async with self._turns:
            await self._run(order, said, scratch, sum(span.length_ms for span in spans))
        if said.error is not None:
            raise self._refusal(said.error, said.message, listening.language)
        if not said.language:
            raise Unavailable("speech_engine_failed", "faster-whisper ended without an answer; try again.")
        if said.trouble:
            log.warning("whisper.card_unusable", reason=said.trouble, device=said.device)
        return said

    async def _run(self, order: Mapping[str, Any], said: "_Said", scratch: Path, heard_ms: int) -> None:
        graphics = order["device"] != "cpu" and _CARD.exists()
        memory = _OVERHEAD_BYTES + 4 * self._model.size_bytes
        # A card's driver sets aside more addresses than there is memory.
        limits = Limits(memory_bytes=None if graphics else 2 * memory, file_bytes=0, files=1024)
        try:
            done = await run(
                [sys.executable, "-I", str(_CHILD)],
                cwd=scratch,
                timeout_s=_PATIENCE_S + _SECONDS_PER_SECOND * heard_ms / 1000,
                patience_s=_PATIENCE_S,
                env={"CUDA_CACHE_DISABLE": "1", "HF_HUB_OFFLINE": "1"},
                limits=limits,
                stdin=json.dumps(order).encode(),
                on_line=said.hear,
                box=for_python(
                    [_CHILD, self._model.folder, Path(order["pcm"])], graphics=graphics, memory_bytes=memory
                ),
            )
        except ValueError as error:
            raise Internal("speech_engine_failed", "faster-whisper answered with something else than JSON.") from error
        if done.returncode != 0:
            stderr = done.stderr[-2000:].decode("utf-8", "replace")
            log.error("whisper.died", returncode=done.returncode, model=self._model.name, stderr=stderr)
            sentence = "faster-whisper ended early, perhaps for want of memory; a smaller model needs less."
            raise Unavailable("speech_engine_failed", sentence)

    def _refusal(self, error: str, message: str, language: str | None) -> CutroomError:
        if error == "language":
            unknown = f"The Whisper model '{self._model.name}' cannot transcribe '{language}': {message}."
            return Invalid("language_not_supported", unknown).at("/language")
        log.error("whisper.refused", error=error, reason=message, model=self._model.name)
        if error == "device":
            no_card = "No card for Whisper works here, and CUTROOM_WHISPER_DEVICE asks for one; set it to auto."
            return Unavailable("speech_device_unavailable", no_card, retryable=False)
        damaged = f"The Whisper model '{self._model.name}' cannot be loaded: its files are damaged, or are no Whisper."
        return Unavailable("model_unavailable", damaged, retryable=False)


class _Said:
    """What the child has said so far."""

    def __init__(self, spans: Sequence[Span], progress: Callable[[float], None] | None) -> None:
        self._asked, self._progress = spans, progress
        self.spans: dict[int, list[Utterance]] = {}
        self.language = self.device = self.trouble = self.message = ""
        self.error: str | None = None

    def hear(self, line: str) -> bool:
        """Take a line; every one is a sign of life."""
        fact = json.loads(line)
        self.language = fact.get("language", self.language)
        self.device = fact.get("device", self.device)
        self.trouble = fact.get("trouble", self.trouble)
        self.error, self.message = fact.get("error", self.error), fact.get("message", self.message)
        if "span" in fact:
            number = int(fact["span"])
            self.spans[number] = [_utterance(one) for one in fact["utterances"]]
            if self._progress is not None:
                self._progress(len(self.spans) / len(self._asked))
        return True


def _utterance(told: Mapping[str, Any]) -> Utterance:
    words = tuple(Spoken(one["text"], one["start"], one["end"], one["confidence"]) for one in told["words"])
    starts, ends = [word.start_ms or 0 for word in words], [word.end_ms or 0 for word in words]
    return Utterance(Span(min(starts), max(ends)), words)


def code_of(language: str) -> str:
    """What Whisper calls a language."""
    primary = language.partition("-")[0].lower()
    return _CODES.get(primary, primary)


def _installed() -> bool:
    return importlib.util.find_spec("faster_whisper") is not None
