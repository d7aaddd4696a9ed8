"""What happens around every request: its id, its log line, headers that keep browsers honest, and the last net."""

import re
import time
from collections.abc import Collection
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from cutroom.api.errors import error_response
from cutroom.api.gate import EXTRA_HEADERS, client_of
from cutroom.api.meters import observe_request
from cutroom.api.rate_limits import STANDINGS, rate_headers
from cutroom.kit import tracing
from cutroom.kit.errors import CutroomError, Internal, first_of
from cutroom.kit.ids import new_id

log = structlog.get_logger()
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
# Nothing here is a page: whatever a browser takes an answer for, it may neither run, frame nor sniff it.
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
# Asked every few seconds by whoever watches us; nobody wants to read that.
_QUIET: Final = frozenset({"/livez", "/readyz", "/health", "/metrics"})
_STRICT: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_Header = tuple[bytes, bytes]


class RequestContext:
    """The outermost ASGI middleware.

    Args:
        app: what comes after.
        only_https: tell browsers to come back over TLS alone; true only where clients reach us that way.
    """

    def __init__(self, app: ASGIApp, *, only_https: bool = False) -> None:
        self._app = app
        self._headers = (*_HEADERS, _STRICT) if only_https else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, whatever happens inside."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        scope["cutroom.request_id"] = request_id
        given = headers.get("traceparent", "")
        parent = given if tracing.is_traceparent(given) else None
        facts = {"request_id": request_id, **({"trace_id": tracing.trace_id(parent)} if parent else {})}
        bound = bind_contextvars(**facts)
        try:
            with tracing.span("http", kind="server", parent=parent, **facts) as span:
                await _Exchange(scope, request_id, send, self._headers, span).run(self._app, receive)
        finally:
            reset_contextvars(**bound)


class _Exchange:
    def __init__(
        self, scope: Scope, request_id: str, send: Send, headers: Collection[_Header], span: tracing.Recording
    ) -> None:
        self._scope, self._request_id, self._send, self._span = scope, request_id, send, span
        self._usual = headers
        self._status = 0

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        started = time.perf_counter()
        try:
            await app(self._scope, receive, self._answer)
        except ClientDisconnect:
            self._status = self._status or 499  # as nginx writes it: the client went away before we could answer
        except Exception as error:
            if not await self._refuse(error):
                raise
        finally:
            self._note(time.perf_counter() - started)

    async def _answer(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            self._status = message["status"]
            message["headers"] = self._with_ours(message.get("headers", ()))
        elif message["type"] == "websocket.accept":
            self._status = 101
        await self._send(message)

    def _with_ours(self, given: Collection[_Header]) -> list[_Header]:
        """The headers of an answer, with ours after them."""
        taken = {name for name, _ in given}
        headers = [
            *given,
            (b"x-request-id", self._request_id.encode()),
            *rate_headers(self._scope.get(STANDINGS, ())),
            *(usual for usual in self._usual if usual[0] not in taken),
        ]
        for name, value in self._scope.get(EXTRA_HEADERS, {}).items():
            if name == "Vary":
                MutableHeaders(raw=headers).add_vary_header(value)
            else:
                MutableHeaders(raw=headers)[name] = value
        return headers

    async def _refuse(self, error: Exception) -> bool:
        """Answer what nobody inside has answered; False when it is too late for an answer."""
        shown: CutroomError | None = first_of(error)
        if shown is None:
            log.error("http.failed", path=self._scope["path"], exc_info=error)
            shown = Internal(
                "internal_error", "Something went wrong on our side; the correlationId finds it in the log."
            )
        if self._status:
            return False
        await error_response(shown, self._request_id)(self._scope, _nothing, self._answer)
        return True

    def _note(self, elapsed_s: float) -> None:
        method = self._scope.get("method", "WEBSOCKET")
        route = getattr(self._scope.get("route"), "path", "unknown")
        observe_request(method, route, self._status, elapsed_s)
        tracing.tell(self._span, method=method, route=route, status=self._status)
        write = log.debug if route in _QUIET else log.info
        write(
            "http.request",
            method=method,
            path=self._scope["path"],
            route=route,
            client=client_of(self._scope),
            status=self._status,
            elapsed_ms=round(elapsed_s * 1_000, 1),
        )


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_id("req")
