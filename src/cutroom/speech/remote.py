"""The engine openai: any server that speaks OpenAI's API for transcriptions, OpenAI's own among them."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cutroom.kit.errors import Invalid, Unavailable, ungrouped
from cutroom.llm import Provider
from cutroom.speech.pcm import Span
from cutroom.speech.remote_answers import Told
from cutroom.speech.remote_requests import Asker, Server, TooMuch
from cutroom.speech.remote_sound import SHORTEST_MS, encoded, halves
from cutroom.speech.transcriber import Heard, Listening, Pace, Utterance
from cutroom.speech.transcript import Engine

if TYPE_CHECKING:
    import openai

NAME: Final = "openai"
VERSION: Final = 1
"""Raised whenever the same server would be asked in another way."""
PACE: Final = Pace(span_ms=40_000, longest_ms=60_000, chunk_ms=600_000)
"""There are servers that take a minute at once and no more."""
UNKNOWN: Final = "und"
"""BCP 47 for a language that nobody told."""
_DETECTED_MS: Final = 30_000
_MOST_MODEL_CHARS: Final = 200


class RemoteMaker:
    """Makes the transcribers of one server; fulfils `Maker`.

    Args:
        server: None when there is none.
    """

    name = NAME

    def __init__(self, server: Server | None) -> None:
        self._server = server
        # What a server refuses it refuses again: it is remembered for as long as this process lives.
        self._askers: dict[str, Asker] = {}

    def ready(self, language: str | None) -> bool:
        """Whether there is a server; what languages it knows only it can tell."""
        return self._server is not None

    def make(self, model: str | None) -> "RemoteTranscriber":
        """A transcriber with this model of the server, or the usual one.

        Raises:
            Invalid: `unknown_speech_model`, for what cannot be a name.
            Unavailable: `speech_server_not_configured`.
        """
        if self._server is None:
            sentence = (
                "No server of speech is set; set CUTROOM_SPEECH_BASE_URL, or CUTROOM_SPEECH_API_KEY for OpenAI's."
            )
            raise Unavailable("speech_server_not_configured", sentence, retryable=False)
        name = model or self._server.model
        if not name.isprintable() or len(name) > _MOST_MODEL_CHARS:
            raise Invalid("unknown_speech_model", "This cannot be the name of a model.").at("/model")
        asker = self._askers.setdefault(name, Asker(self._server, name))
        return RemoteTranscriber(self._server, name, asker)


class RemoteTranscriber:
    """One model of one server; fulfils `Transcriber`."""

    pace = PACE
    takes_hints = True

    def __init__(self, server: Server, model: str, asker: Asker) -> None:
        self._server, self._model, self._asker = server, model, asker

    @property
    def engine(self) -> Engine:
        """What is written into transcripts."""
        return Engine(NAME, self._model, writes_punctuation=True)

    @property
    def key(self) -> str:
        """All that we know to determine what it answers; which weights it has today it does not tell."""
        where = hashlib.sha256(self._server.base_url.encode()).hexdigest()[:16]
        return f"{NAME} {VERSION} {where} {self._model}"

    async def prepare(self, tell: Callable[[float, str], None] | None = None) -> None:
        """The server has what it needs."""

    async def detect(self, listening: Listening, *, scratch: Path) -> str | None:
        """What the server says is spoken in the first half minute of speech; None when it does not say.

        Raises:
            CutroomError: as `transcribe`.
        """
        if not listening.spans:
            return None
        first = listening.spans[0]
        part = Span(first.start_ms, min(first.end_ms, first.start_ms + _DETECTED_MS))
        async with self._client() as client:
            told = await self._hear(client, replace(listening, language=None), part, scratch)
        return next((one.language for one in told if one.language is not None), None)

    async def transcribe(
        self, listening: Listening, *, scratch: Path, progress: Callable[[float], None] | None = None
    ) -> Heard:
        """Hear some spans, a few of them at once. When cancelled, the connections are closed.

        Raises:
            Invalid: `unknown_speech_model`, `speech_server_refused`, `speech_server_takes_too_little`.
            Unavailable: as `Asker.ask`.
        """
        room = asyncio.Semaphore(self._server.at_once)
        heard: dict[int, list[Told]] = {}

        async def one(number: int, span: Span) -> None:
            async with room:
                heard[number] = await self._hear(client, listening, span, scratch)
                if progress is not None:
                    progress(len(heard) / len(listening.spans))

        with ungrouped():
            async with self._client() as client, asyncio.TaskGroup() as group:
                for number, span in enumerate(listening.spans):
                    group.create_task(one(number, span))
        told = [answer for number in sorted(heard) for answer in heard[number]]
        language = listening.language or next((one.language for one in told if one.language), UNKNOWN)
        return Heard(language, tuple(_utterances(heard[number]) for number in range(len(listening.spans))))

    def _client(self) -> "openai.AsyncOpenAI":
        from cutroom.llm.openai_chat import open_client  # noqa: PLC0415 — takes a second

        server = self._server
        return open_client(Provider(NAME, server.base_url, self._model, server.api_key, patience_s=server.timeout_s))

    async def _hear(self, client: "openai.AsyncOpenAI", listening: Listening, span: Span, scratch: Path) -> list[Told]:
        """What is said in a span, which is sent in as many pieces as the server wants."""
        sound = await encoded(listening.pcm, span, scratch)
        language = None if listening.language is None else listening.language.partition("-")[0].lower()
        if len(sound) < self._asker.too_large:
            try:
                return [await self._asker.ask(client, sound, span, language=language, prompt=_prompt(listening))]
            except TooMuch:
                if span.length_ms < 2 * SHORTEST_MS:
                    sentence = f"The server of speech does not even take {span.length_ms / 1000:g} seconds of sound."
                    raise Invalid("speech_server_takes_too_little", sentence) from None
        parts = await asyncio.to_thread(halves, listening.pcm, span)
        return [told for part in parts for told in await self._hear(client, listening, part, scratch)]


def _prompt(listening: Listening) -> str:
    """Prompt and glossary as one text: servers of this kind take one, in whose style they go on."""
    words = ", ".join(listening.glossary)
    return " ".join(filter(None, (f"{words}." if words else "", listening.prompt or "")))


def _utterances(told: list[Told]) -> tuple[Utterance, ...]:
    return tuple(utterance for one in told for utterance in one.utterances)
