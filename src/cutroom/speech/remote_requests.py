"""One request to a server of speech: sent with OpenAI's client, asked for as much as the server can tell, and retried.

Servers of this kind differ in what they can be asked for: `whisper-1` gives words with times, `gpt-4o-transcribe`
refuses to be asked for them, others know JSON only or answer text whatever they are asked. So the best is asked for
first, and what a server refuses with 400 or 422 is not asked of it again.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog

from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.llm import OPENAI
from cutroom.speech.pcm import Span
from cutroom.speech.remote_answers import NoAnswer, Told, read_answer
from cutroom.speech.remote_sound import CONTENT_TYPE, MOST_BYTES, NAME

if TYPE_CHECKING:
    import openai

log = structlog.get_logger()
_FORMS: Final[tuple[Mapping[str, Any], ...]] = (
    {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]},
    {"response_format": "verbose_json"},
    {"response_format": "json"},
    {"response_format": "text"},
)
_DIARISED: Final[Mapping[str, Any]] = {"response_format": "diarized_json", "chunking_strategy": "auto"}
_BACKOFF: Final = Backoff(base_s=0.5, factor=3.0, cap_s=20.0)
_MOST_WAIT_S: Final = 60.0  # a longer Retry-After is for the job's own retry, which holds no slot
_PASSING: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_SECONDS: Final = re.compile(r"\d{1,6}(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Server:
    """A server of speech. Its address is the operator's choice, so it may be a private one.

    Args:
        base_url: up to and with `/v1`, as OpenAI's clients want it.
        model: what is asked for where a request names none.
        api_key: what the server wants to see; None for servers that want nothing.
        timeout_s: seconds for one answer.
        attempts: how often a request that failed in a way that may pass is made, the first time included.
        at_once: requests of one job that are under way together.
    """

    base_url: str = OPENAI
    model: str = "whisper-1"
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = 300.0
    attempts: int = 4
    at_once: int = 4


class TooMuch(Exception):
    """The server takes less than was sent."""


class Asker:
    """Asks one server for one model, and remembers what it can be asked for.

    Args:
        server: whom.
        model: for what.
    """

    def __init__(self, server: Server, model: str) -> None:
        self._server, self._model = server, model
        self._forms = [*((_DIARISED,) if "diari" in model.lower() else ()), *_FORMS]
        self._form = 0
        self.too_large = MOST_BYTES
        """Bytes from which on a request is too much for it, as far as we know."""

    async def ask(
        self, client: "openai.AsyncOpenAI", sound: bytes, span: Span, *, language: str | None, prompt: str
    ) -> Told:
        """What is said in some sound.

        Args:
            client: OpenAI's, with bounded answers and without retries of its own.
            sound: as `remote_sound.encoded` makes it.
            span: where it lies in the recording.
            language: two letters; None when the server shall find out.
            prompt: empty for none.

        Raises:
            TooMuch: it takes less at once.
            Invalid: `unknown_speech_model`, `speech_server_refused`.
            Unavailable: `speech_server_unauthorized`, `speech_server_busy`, `speech_server_timeout`,
                `speech_server_unavailable`, `speech_server_bad_answer`.
        """
        given = {"language": language, "prompt": prompt or None}
        hints = {name: value for name, value in given.items() if value is not None}
        form = self._form
        while True:
            try:
                told = await self._patiently(client, sound, span, {**self._forms[form], **hints})
            except TooMuch:
                self.too_large = min(self.too_large, len(sound))
                raise
            except _Refused as refusal:
                form = max(form + 1, self._form)
                if form >= len(self._forms):
                    raise refusal.error from None
                continue
            if form > self._form:
                self._form = form
                log.warning(
                    "speech.server_tells_less",
                    model=self._model,
                    asked=self._forms[0]["response_format"],
                    given=self._forms[form]["response_format"],
                )
            return told

    async def _patiently(
        self, client: "openai.AsyncOpenAI", sound: bytes, span: Span, options: Mapping[str, Any]
    ) -> Told:
        failures = 0
        while True:
            try:
                return await self._once(client, sound, span, options)
            except Unavailable as error:
                failures += 1
                wait_s = max(error.retry_after_s or 0.0, _BACKOFF.delay_s(failures))
                if not error.retryable or failures >= self._server.attempts or wait_s > _MOST_WAIT_S:
                    raise
                log.info("speech.server_retry", code=error.code, failures=failures, wait_s=round(wait_s, 1))
                await asyncio.sleep(wait_s)

    async def _once(self, client: "openai.AsyncOpenAI", sound: bytes, span: Span, options: Mapping[str, Any]) -> Told:
        import httpx2  # noqa: PLC0415 — with the client, which takes a second
        import openai  # noqa: PLC0415

        from cutroom.llm.transport import TooLarge  # noqa: PLC0415

        try:
            async with asyncio.timeout(self._server.timeout_s):
                answer = await client.audio.transcriptions.with_raw_response.create(
                    file=(NAME, sound, CONTENT_TYPE), model=self._model, **options
                )
                return read_answer(answer.http_response.text, span)
        except openai.APIStatusError as error:
            raise self._failure(error.status_code, error.response.headers.get("retry-after", "")) from None
        except (TimeoutError, openai.APITimeoutError):
            raise Unavailable("speech_server_timeout", "The server of speech did not answer in time.") from None
        except TooLarge:
            raise _no_transcription() from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            if _is_endless(error):
                raise _no_transcription() from None
            sentence = "The server of speech cannot be reached, or cut the connection."
            raise Unavailable("speech_server_unavailable", sentence) from None
        except (NoAnswer, ValueError, TypeError, openai.OpenAIError):
            raise _no_transcription() from None

    def _failure(self, status: int, retry_after: str) -> Exception:
        """The error for an answer that is none; what the server says about it is not shown."""
        if status == 413:
            return TooMuch()
        if status in {401, 403}:
            refused = "The server of speech refuses our key; the operator has to check CUTROOM_SPEECH_API_KEY."
            return Unavailable("speech_server_unauthorized", refused, retryable=False)
        if status == 404:
            unknown = f"The server of speech has no model '{self._model[:80]}', or is at another address."
            return Invalid("unknown_speech_model", unknown).at("/model")
        wait_s = float(retry_after) if _SECONDS.fullmatch(retry_after) else None
        if status == 429:
            busy = "The server of speech has had too many requests; try again later."
            return Unavailable("speech_server_busy", busy, retry_after_s=wait_s)
        if status in _PASSING or status >= 500:
            failed = f"The server of speech failed with status {status}; try again later."
            return Unavailable("speech_server_unavailable", failed, retry_after_s=wait_s)
        error = Invalid("speech_server_refused", f"The server of speech refuses the request with status {status}.")
        return _Refused(error) if status in {400, 422} else error


def _no_transcription() -> Unavailable:
    return Unavailable(
        "speech_server_bad_answer", "The server of speech answered with something that is no transcription."
    )


def _is_endless(error: BaseException) -> bool:
    """Whether a connection failed because we had enough of its answer."""
    from cutroom.llm.transport import TooLarge  # noqa: PLC0415

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, TooLarge):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


class _Refused(Exception):
    """The server does not take a request as it is."""

    def __init__(self, error: CutroomError) -> None:
        super().__init__()
        self.error = error
