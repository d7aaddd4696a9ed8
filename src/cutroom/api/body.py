"""Bodies of requests: counted and timed while they are read, then parsed strictly."""

import asyncio
import email.message
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from functools import lru_cache
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutroom.kit import strict_json
from cutroom.kit.errors import CutroomError, Invalid

SCOPE_KEY: Final = "cutroom.body"
IN_A_THREAD_ABOVE: Final = 1 << 16
"""Bytes of JSON beyond which parsing would hold up everybody else on the event loop."""
TEXTS_BYTES: Final = 16_000_000
"""Of a body that carries texts for models, at every door: four for each of the 4,000,000 characters of an input."""
TEXTS_DEADLINE_S: Final = 60.0
"""In which such a body must have come."""
SLOW_S: Final = 1.0
"""Seconds that bytes may take before their sender is looked at again: a role or key may end while they come."""
_DRAIN_BYTES: Final = 16 << 20
_DRAIN_S: Final = 2.0


class Body:
    """The receiving side of one request.

    A route that takes more than JSON calls `allow` before it reads. In no case may the client be silent for longer than
    the first `deadline_s`.
    """

    def __init__(self, headers: Headers, receive: Receive, max_bytes: int, deadline_s: float) -> None:
        self._headers = headers
        self._receive = receive
        self._max_bytes = max_bytes
        self._deadline_s = self._idle_s = deadline_s
        self._expires: float | None = None
        self._size = 0
        self._ended = False

    @property
    def declared(self) -> int | None:
        """The body's Content-Length, if it has one that can be read."""
        text = self._headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None

    def allow(self, max_bytes: int, deadline_s: float) -> None:
        """Read up to `max_bytes`, within `deadline_s` seconds from the first read."""
        self._max_bytes = max_bytes
        self._deadline_s = deadline_s

    async def receive(self) -> Message:
        """The next part of the body.

        Raises:
            Invalid: `body_too_large`, `body_too_slow`.
        """
        if self._ended:
            return await self._receive()
        if (self.declared or 0) > self._max_bytes:
            raise await self._too_large()
        message = await self._next()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._ended = not message.get("more_body", False)
            if self._size > self._max_bytes:
                raise await self._too_large()
        else:
            self._ended = True
        return message

    async def _next(self) -> Message:
        now = asyncio.get_running_loop().time()
        if self._expires is None:
            self._expires = now + self._deadline_s
        try:
            async with asyncio.timeout_at(min(self._expires, now + self._idle_s)):
                return await self._receive()
        except TimeoutError as error:
            self._ended = True
            message = f"The body came too slowly: {self._size} bytes, then nothing more in time."
            raise Invalid("body_too_slow", message) from error

    async def _too_large(self) -> CutroomError:
        """The refusal, after throwing away a little: closing on a client that still sends would cut off our answer."""
        if not self._ended and "expect" not in self._headers:
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_S):
                    await self._drain()
        self._ended = True
        return Invalid("body_too_large", f"The body is larger than {self._max_bytes} bytes.")

    async def _drain(self) -> None:
        thrown_away = 0
        while thrown_away < _DRAIN_BYTES:
            message = await self._receive()
            thrown_away += len(message.get("body", b""))
            if not message.get("more_body", False):
                return


class BodyLimits:
    """ASGI middleware that puts a `Body` between every HTTP request and the application.

    Args:
        app: what comes after.
        max_bytes: the largest body.
        deadline_s: seconds in which a body must have come, from the moment somebody reads it.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, deadline_s: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._deadline_s = deadline_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = Body(Headers(scope=scope), receive, self._max_bytes, self._deadline_s)
        scope[SCOPE_KEY] = body
        try:
            await self._app(scope, body.receive, send)
        finally:
            # It knows the server's record of this request, which knows the scope: apart, they are freed at once.
            del scope[SCOPE_KEY]


class StrictRequest(Request):
    """A request whose JSON is parsed by `kit.strict_json`, and whose sender is looked at again if its body is slow.

    However a route reads the body: what was true of its sender at the first byte need not be true at the last one.
    """

    look_again: Callable[["StrictRequest"], Awaitable[None]] | None = None
    """Refuses a sender who may not go on; None where everybody may."""
    _parsed: Any

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes; what `body` and `json` read.

        Raises:
            CutroomError: what `look_again` raises.
        """
        looked = time.monotonic()
        async with aclosing(super().stream()) as chunks:
            async for chunk in chunks:
                if self.look_again is not None and time.monotonic() - looked > SLOW_S:
                    await self.look_again(self)
                    looked = time.monotonic()
                yield chunk

    async def json(self) -> Any:
        """The body, parsed once.

        Raises:
            Invalid: `unsupported_media_type`, `malformed_json` and the other codes of `strict_json.parse`.
        """
        if not hasattr(self, "_parsed"):
            if not is_json(self.headers.get("content-type")):
                raise Invalid("unsupported_media_type", "Send JSON, with the header 'Content-Type: application/json'.")
            if self.headers.get("content-encoding", "identity").lower() != "identity":
                raise Invalid("unsupported_media_type", "Send the body as it is, without a Content-Encoding.")
            raw = await self.body()
            if len(raw) > IN_A_THREAD_ABOVE:
                self._parsed = await asyncio.to_thread(strict_json.parse, raw)
            else:
                self._parsed = strict_json.parse(raw)
        return self._parsed


@lru_cache(maxsize=64)
def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type names JSON in UTF-8."""
    header = email.message.Message()
    header["content-type"] = content_type or ""
    subtype = header.get_content_subtype()
    charset = str(header.get_param("charset") or "utf-8").lower()
    named = header.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))
    return content_type is not None and named and charset in {"utf-8", "utf8"}
