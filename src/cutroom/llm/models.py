"""The language models of this program: who is asked, how often, and what of an answer counts."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from cutroom.kit import tracing
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.kit.later import later_log
from cutroom.kit.metrics import counter
from cutroom.kit.schema import invalid
from cutroom.llm import failures
from cutroom.llm.chat import Answer, Chat, Message, Request, Usage
from cutroom.llm.json_answer import described, read_json
from cutroom.llm.money import Bill
from cutroom.llm.provider import Price, Provider

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Reader = Callable[[Any], tuple[T | None, str]]
"""The value in JSON data; or None, and what is wrong with the data, in a sentence."""
REQUESTS: Final = counter("llm_requests", "Requests to language models, by how they ended.", ["provider", "code"])
TOKENS: Final = counter("llm_tokens", "Tokens of language models.", ["provider", "direction"])
_BACKOFF: Final = Backoff(base_s=0.5, factor=3.0, cap_s=20.0)
_MOST_WAIT_S: Final = 30.0  # a longer Retry-After is for the job's own retry, which holds no slot
_log = later_log()


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """A structured answer that has the shape it was asked for."""

    value: T
    model: str
    usage: Usage


class Models:
    """Every model that can be asked; safe for many at once.

    Args:
        providers: the servers; the first is asked when none is named.
    """

    def __init__(self, providers: Sequence[Provider] = ()) -> None:
        self._providers = tuple(providers)
        self._chats: dict[str, Chat] = {}

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The servers, in order."""
        return self._providers

    @property
    def configured(self) -> bool:
        """Whether there is any."""
        return bool(self._providers)

    def find(self, model: str | None = None) -> tuple[Provider, str]:
        """Whom to ask, and for which model.

        Args:
            model: `provider/model`, a model of the first provider, or None for its usual one.

        Raises:
            Invalid: `model_not_configured`; `model_not_found` when the provider lists its models and this is none.
        """
        if not self._providers:
            raise failures.not_configured()
        first = self._providers[0]
        if model is None:
            return first, first.model
        name, _, rest = model.partition("/")
        named = next((one for one in self._providers if one.name == name), None)
        provider, wanted = (named, rest) if named is not None and rest else (first, model)
        if not provider.has(wanted):
            raise failures.unknown_model(provider, wanted)
        return provider, wanted

    def price(self, model: str | None = None) -> Price | None:
        """What a model costs, named as in `find`; None when nobody said. Raises as `find`."""
        provider, name = self.find(model)
        return provider.price(name)

    async def ask(
        self,
        messages: Sequence[Message],
        *,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        on_text: Callable[[str], None] | None = None,
        bill: Bill | None = None,
    ) -> Answer:
        """Ask for text.

        Args:
            messages: the conversation.
            model: as in `find`.
            temperature: how free the answer is.
            max_tokens: where it is cut off.
            on_text: told every piece as it comes; an empty one says that the answer begins, for the first time or
                anew, when the request is made again.
            bill: what pays for it, and counts it; without one, nobody does.

        Raises:
            Invalid: `model_not_configured`, `model_not_found`, `model_input_too_long`, `model_refused`; as `Bill`.
            Unavailable: what is left when trying again did not help: see `Chat`.
        """
        provider, name = self.find(model)
        request = Request(tuple(messages), name, temperature, max_tokens)
        return await self._patiently(provider, request, on_text, bill or Bill())

    async def ask_for(
        self,
        kind: type[M],
        messages: Sequence[Message],
        *,
        model: str | None = None,
        temperature: float | None = 0.0,
        max_tokens: int | None = None,
        check: Callable[[M], str | None] | None = None,
        bill: Bill | None = None,
    ) -> Checked[M]:
        """Ask for a value of a type. An answer that is none is shown to the model once, with what is wrong.

        Args:
            kind: the type.
            messages: the conversation; what the type is like is added to it.
            model: as in `find`.
            temperature: how free the answer is.
            max_tokens: where it is cut off.
            check: says what is wrong with a value of the type; None when nothing is.
            bill: as in `ask`; it pays for both tries.

        Raises:
            Unavailable: `model_bad_answer` when the second answer is no better, and as `ask`.
            Invalid: as `ask`.
        """

        def read(data: Any) -> tuple[M | None, str]:
            try:
                value = kind.model_validate(data)
            except ValidationError as error:
                told = invalid(error, data, model=kind)
                return None, " ".join(f"{one.pointer or 'all of it'}: {one.message}" for one in told.details[:10])
            wrong = check(value) if check is not None else None
            return (value, "") if wrong is None else (None, wrong)

        schema = kind.model_json_schema(by_alias=True)
        return await self._structured(schema, read, messages, model, temperature, max_tokens, None, bill)

    async def ask_for_data(
        self,
        schema: Mapping[str, Any],
        complaint: Callable[[Any], str | None],
        messages: Sequence[Message],
        *,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        on_text: Callable[[str], None] | None = None,
        bill: Bill | None = None,
    ) -> Checked[Any]:
        """Ask for JSON data that follows a schema, with one more try as in `ask_for`.

        Args:
            schema: JSON schema.
            complaint: says what is wrong with data; None when nothing is.
            messages: the conversation.
            model: as in `find`.
            temperature: how free the answer is.
            max_tokens: where it is cut off.
            on_text: as in `ask`, of both tries.
            bill: as in `ask_for`.

        Raises:
            CutroomError: as `ask_for`.
        """

        def read(data: Any) -> tuple[list[Any] | None, str]:
            wrong = complaint(data)
            return ([data], "") if wrong is None else (None, wrong)

        found = await self._structured(schema, read, messages, model, temperature, max_tokens, on_text, bill)
        return Checked(found.value[0], found.model, found.usage)

    async def close(self) -> None:
        """Close every connection."""
        chats, self._chats = self._chats, {}
        for chat in chats.values():
            await chat.close()

    async def _structured(
        self,
        schema: Mapping[str, Any],
        read: Reader[T],
        messages: Sequence[Message],
        model: str | None,
        temperature: float | None,
        max_tokens: int | None,
        on_text: Callable[[str], None] | None,
        bill: Bill | None,
    ) -> Checked[T]:
        provider, name = self.find(model)
        bill = bill or Bill()
        asked = (*messages[:-1], Message(messages[-1].role, f"{messages[-1].text}\n\n{described(schema)}"))
        request = Request(asked, name, temperature, max_tokens, schema)
        usage = Usage()
        for last in (False, True):
            answer = await self._shaped(provider, request, on_text, bill)
            usage += answer.usage
            value, wrong = _value(answer, read)
            if value is not None:
                return Checked(value, answer.model, usage)
            _log.info("llm.bad_answer", provider=provider.name, wrong=wrong, last=last)
            repair = Message("user", f"That cannot be used: {wrong} Answer again, with the corrected JSON alone.")
            request = replace(request, messages=(*request.messages, Message("assistant", answer.text), repair))
        raise failures.bad_shape(provider, wrong, cut_off=not answer.complete)

    async def _shaped(
        self, provider: Provider, request: Request, on_text: Callable[[str], None] | None, bill: Bill
    ) -> Answer:
        """An answer to a request with a schema; servers that know no schemas are asked without."""
        try:
            return await self._patiently(provider, request, on_text, bill)
        except Invalid as error:
            if error.code != "model_refused" or request.schema is None:
                raise
            _log.info("llm.no_schema", provider=provider.name, code=error.code)
            return await self._patiently(provider, replace(request, schema=None), on_text, bill)

    async def _patiently(
        self, provider: Provider, request: Request, on_text: Callable[[str], None] | None, bill: Bill
    ) -> Answer:
        failed = 0
        while True:
            try:
                with bill.request(provider, request) as tab:
                    answer = await self._once(provider, tab.request, tab.listening(on_text))
            except Unavailable as error:
                REQUESTS.labels(provider.name, error.code).inc()
                failed += 1
                wait_s = max(_BACKOFF.delay_s(failed), error.retry_after_s or 0.0)
                if not error.retryable or failed >= provider.attempts or wait_s > _MOST_WAIT_S:
                    raise
                _log.warning("llm.again", provider=provider.name, code=error.code, wait_s=round(wait_s, 3))
                await asyncio.sleep(wait_s)
            except CutroomError as error:
                REQUESTS.labels(provider.name, error.code).inc()
                raise
            else:
                REQUESTS.labels(provider.name, "ok").inc()
                TOKENS.labels(provider.name, "input").inc(answer.usage.input_tokens)
                TOKENS.labels(provider.name, "output").inc(answer.usage.output_tokens)
                tab.pay(answer)
                return answer

    async def _once(self, provider: Provider, request: Request, on_text: Callable[[str], None] | None) -> Answer:
        chat = self._chats.get(provider.name)
        if chat is None:
            chat = self._chats[provider.name] = _chat_of(provider)
        try:
            with tracing.span("llm", kind="client", provider=provider.name, model=request.model):
                if on_text is not None:
                    on_text("")
                async with asyncio.timeout(provider.timeout_s):
                    return await chat.chat(request, on_text)
        except TimeoutError:
            raise failures.too_slow(provider) from None


def _chat_of(provider: Provider) -> Chat:
    if provider.kind == "anthropic":
        from cutroom.llm.anthropic_chat import AnthropicChat  # noqa: PLC0415 — their imports take a second

        return AnthropicChat(provider)
    from cutroom.llm.openai_chat import OpenAIChat  # noqa: PLC0415

    return OpenAIChat(provider)


def _value(answer: Answer, read: Reader[T]) -> tuple[T | None, str]:
    if not answer.complete:
        return None, "it is cut off; be briefer."
    try:
        return read(read_json(answer.text))
    except ValueError as error:
        return None, f"{error}."
