"""Connections to servers of models: no redirects, nothing from the environment, and no answer without an end."""

import re
from collections.abc import AsyncIterator
from typing import Final

import httpx2

from cutroom.kit.errors import CutroomError
from cutroom.kit.later import later_log
from cutroom.llm import failures
from cutroom.llm.provider import Provider

MOST_BYTES: Final = 16 << 20
"""Of one answer on the wire; a stream of chat has about 200 bytes for each token (threat A96)."""
_CONNECT_S: Final = 10.0
_MOST_SAID: Final = 500
_SECONDS: Final = re.compile(r"\d{1,6}(?:\.\d{1,6})?")
_log = later_log()


class Packed(httpx2.TransportError):
    """An answer is packed, and would be unpacked without an end."""


class TooLarge(httpx2.TransportError):
    """An answer goes on for ever."""


def http_client(provider: Provider) -> httpx2.AsyncClient:
    """A client that the official clients of providers speak through; to be closed with them."""
    return httpx2.AsyncClient(
        # Packed, a few bytes would be gigabytes before anybody has counted them (threat A13).
        headers={"Accept-Encoding": "identity"},
        transport=_Bounded(httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_connections=64))),
        timeout=httpx2.Timeout(provider.patience_s, connect=min(_CONNECT_S, provider.patience_s)),
        follow_redirects=False,
        trust_env=False,
    )


def of_answer(provider: Provider, response: httpx2.Response, said: str) -> CutroomError:
    """The error for an answer whose status is no success."""
    if 300 <= response.status_code < 400:
        return failures.bad_answer(provider, "sends us elsewhere, which is not followed")
    error = failures.of_status(provider, response.status_code, said, _retry_after(response))
    if error.code == "model_refused":
        log_said(provider, response.status_code, said)
    elif response.status_code >= 500:
        log_said(provider, response.status_code, said, event="llm.failed")
    return error


def log_said(provider: Provider, status: int, said: str, *, event: str = "llm.refused") -> None:
    """Tell the operator, who can mend it, what a server said; whoever asked may be a stranger to this server."""
    _log.warning(event, provider=provider.name, status=status, said=said[:_MOST_SAID])


def of_exception(provider: Provider, error: Exception) -> CutroomError:
    """The error for a connection that broke, or an answer that cannot be read."""
    cause: BaseException | None = error
    broken = False
    while cause is not None:
        if isinstance(cause, TooLarge):
            return failures.bad_answer(provider, f"answered with more than {MOST_BYTES >> 20} MB")
        if isinstance(cause, Packed):
            return failures.bad_answer(provider, "packs its answers, which it was not asked to")
        if isinstance(cause, httpx2.TimeoutException):
            return failures.too_slow(provider)
        broken = broken or isinstance(cause, httpx2.HTTPError)
        cause = cause.__cause__ or cause.__context__
    return failures.unreachable(provider) if broken else failures.bad_answer(provider, "answered with no chat")


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds that the server asks for (RFC 9110, section 10.2.3); its dates are not read."""
    told = response.headers.get("retry-after", "")
    return float(told) if _SECONDS.fullmatch(told) else None


class _Bounded(httpx2.AsyncBaseTransport):
    """A transport whose answers end with `TooLarge` when they go on for ever."""

    def __init__(self, below: httpx2.AsyncBaseTransport) -> None:
        self._below = below

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange."""
        response = await self._below.handle_async_request(request)
        stream = response.stream
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("an async transport answers with an async stream")
        if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            await stream.aclose()
            raise Packed("nobody asked for a packed answer")
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=_Counted(stream), extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._below.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, below: httpx2.AsyncByteStream) -> None:
        self._below = below

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_BYTES
        async for piece in self._below:
            left -= len(piece)
            if left < 0:
                raise TooLarge("too many bytes")
            yield piece

    async def aclose(self) -> None:
        await self._below.aclose()
