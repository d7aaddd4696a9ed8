"""One request to a server that speaks OpenAI's chat API, streamed, with the official client.

The client is told not to try again: who asks decides that. Its import takes a second, so this module is imported where
a model is asked first.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk

from cutroom.llm import failures
from cutroom.llm.chat import Answer, Message, Request, Usage, counted, told_model, told_usage
from cutroom.llm.provider import Provider
from cutroom.llm.transport import http_client, log_said, of_answer, of_exception


def open_client(provider: Provider) -> openai.AsyncOpenAI:
    """The official client, to be closed; it takes nothing from the environment."""
    return openai.AsyncOpenAI(
        base_url=provider.base_url,
        api_key=provider.api_key or "none",
        organization="",
        project="",
        max_retries=0,
        http_client=http_client(provider),
    )


class OpenAIChat:
    """Fulfils `Chat`.

    Args:
        provider: the server.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._client = open_client(provider)

    async def chat(self, request: Request, on_text: Callable[[str], None] | None) -> Answer:
        """Ask once; see `Chat`."""
        provider = self._provider
        try:
            async with await self._client.chat.completions.create(**_arguments(request)) as stream:
                return await _gathered(stream, provider, request, on_text)
        except openai.APIStatusError as error:
            raise of_answer(provider, error.response, str(error.message)) from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            raise of_exception(provider, error) from None
        except openai.APIError as error:  # an error in the middle of a stream
            log_said(provider, 500, str(error.message), event="llm.failed")
            raise failures.of_status(provider, 500, str(error.message), None) from None
        except (openai.OpenAIError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise of_exception(provider, error) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()


def _arguments(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role, "content": message.text} for message in _with_a_user(request.messages)],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.temperature is not None:
        given["temperature"] = request.temperature
    if request.max_tokens is not None:
        # OpenAI's own models that think take the one name, every other server the other.
        newer = request.model.startswith(("gpt-5", "o1", "o3", "o4"))
        given["max_completion_tokens" if newer else "max_tokens"] = request.max_tokens
    if request.schema is not None:
        schema = {"name": "answer", "schema": dict(request.schema), "strict": False}
        given["response_format"] = {"type": "json_schema", "json_schema": schema}
    return given


def _with_a_user(messages: Sequence[Message]) -> list[Message]:
    """The conversation with somebody to answer: many servers refuse one in which only the system speaks."""
    if any(message.role == "user" for message in messages):
        return list(messages)
    *first, last = messages
    return [*first, Message("user", last.text)] if last.role == "system" else [*first, last]


async def _gathered(
    stream: AsyncIterator[ChatCompletionChunk],
    provider: Provider,
    request: Request,
    on_text: Callable[[str], None] | None,
) -> Answer:
    pieces: list[str] = []
    usage: Usage | None = None
    model, finish = request.model, None
    async for chunk in stream:
        model = chunk.model or model
        if chunk.usage is not None:
            usage = told_usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        for choice in (chunk.choices or ())[:1]:
            finish = choice.finish_reason or finish
            if piece := choice.delta.content:
                pieces.append(piece)
                if on_text is not None:
                    on_text(piece)
    text = "".join(pieces)
    if finish is None:
        raise failures.bad_answer(provider, "broke off in the middle of its answer")
    if finish == "content_filter":
        raise failures.of_status(provider, 400, "", None)
    return Answer(text, told_model(model, request.model), usage or counted(request, text), complete=finish != "length")
