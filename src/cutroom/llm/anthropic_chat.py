"""One request to Anthropic's Messages API, streamed, with the official client.

Its import takes most of a second, so this module is imported where a model is asked first.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import anthropic
import httpx2

from cutroom.llm import failures
from cutroom.llm.chat import Answer, Message, Request, counted, told_model, told_usage
from cutroom.llm.provider import Provider
from cutroom.llm.transport import http_client, of_answer, of_exception

MAX_TOKENS: Final = 8_192
"""Where an answer is cut off when nobody says: the API wants a figure, and every model of today takes this one."""


class AnthropicChat:
    """Fulfils `Chat`.

    Args:
        provider: the server.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._client = anthropic.AsyncAnthropic(
            base_url=provider.base_url.removesuffix("/v1"),
            api_key=provider.api_key or "none",
            max_retries=0,
            http_client=http_client(provider),
        )

    async def chat(self, request: Request, on_text: Callable[[str], None] | None) -> Answer:
        """Ask once; see `Chat`."""
        provider = self._provider
        try:
            try:
                return await self._asked(request, on_text)
            except anthropic.BadRequestError as error:
                if request.temperature is None or "temperature" not in str(error.message):
                    raise
                return await self._asked(replace(request, temperature=None), on_text)
        except anthropic.APIStatusError as error:
            raise of_answer(provider, error.response, str(error.message)) from None
        except (anthropic.APIConnectionError, httpx2.HTTPError) as error:
            raise of_exception(provider, error) from None
        except (anthropic.AnthropicError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
            raise of_exception(provider, error) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _asked(self, request: Request, on_text: Callable[[str], None] | None) -> Answer:
        pieces: list[str] = []
        model, finish = request.model, None
        read = written = 0
        stream = await self._client.messages.create(**_arguments(request), stream=True)
        async with stream:
            async for event in stream:
                if event.type == "message_start":
                    model, read = event.message.model, event.message.usage.input_tokens
                elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                    pieces.append(event.delta.text)
                    if on_text is not None:
                        on_text(event.delta.text)
                elif event.type == "message_delta":
                    finish = event.delta.stop_reason or finish
                    written = event.usage.output_tokens
        text = "".join(pieces)
        if finish is None:
            raise failures.bad_answer(self._provider, "broke off in the middle of its answer")
        if finish == "refusal":
            raise failures.of_status(self._provider, 400, "", None)
        usage = (told_usage(read, written) if read or written else None) or counted(request, text)
        return Answer(text, told_model(model, request.model), usage, complete=finish != "max_tokens")


def _arguments(request: Request) -> dict[str, Any]:
    """Anthropic has the system's words apart, and wants a user to begin and turns to alternate."""
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    turns: list[Message] = []
    for message in request.messages:
        if message.role == "system":
            continue
        if turns and turns[-1].role == message.role:
            turns[-1] = Message(message.role, f"{turns[-1].text}\n\n{message.text}")
        else:
            turns.append(message)
    if not turns or turns[0].role != "user":
        system, first = "", system
        turns = [Message("user", first or "Begin."), *turns]
    given: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens or MAX_TOKENS,
        "messages": [{"role": message.role, "content": message.text} for message in turns],
    }
    if system:
        given["system"] = system
    if request.temperature is not None:
        # The client knows no temperature any more, since the newest models take none; older ones do, up to 1.
        given["extra_body"] = {"temperature": min(request.temperature, 1.0)}
    return given
