"""Which pages of other origins may read our answers: those on a list, and no others (Fetch Standard, section 3.2)."""

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cutroom.api.gate import host_name, leave_headers

METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE"
ASKED: Final = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Range, Tus-Resumable, "
    "Upload-Checksum, Upload-Concat, Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset, "
    "X-API-Key, X-CSRF-Token, X-Request-ID, X-Workspace-Id, traceparent"
)
SHOWN: Final = (
    "Content-Disposition, Content-Range, Cutroom-Asset-Id, Cutroom-Upload-Id, Cutroom-Upload-Status, ETag, "
    "Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Tus-Checksum-Algorithm, "
    "Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Concat, Upload-Defer-Length, Upload-Expires, "
    "Upload-Length, Upload-Metadata, Upload-Offset, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
    "X-Request-ID"
)
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": ASKED,
    "Access-Control-Max-Age": "600",
}


class Cors:
    """ASGI middleware that answers browsers which ask on behalf of a page.

    An origin that is not on the list gets no header at all, so that its page can read nothing; also `null`, which any
    sandboxed frame can be. There is no wildcard.

    Args:
        app: what comes after.
        origins: `scheme://host[:port]`, exactly as browsers send them.
    """

    def __init__(self, app: ASGIApp, *, origins: frozenset[str]) -> None:
        self._app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it when it only asks whether another may be sent."""
        if scope["type"] == "http" and self._origins:
            leave_headers(scope, {"Vary": "Origin"})
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin in self._origins:
                leave_headers(scope, _allowed(str(origin)))
                if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                    await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def is_foreign(origin: str | None, host: str, origins: frozenset[str]) -> bool:
    """Whether a request comes from a page that is neither ours nor on the list; programs send no Origin."""
    if origin is None or origin in origins:
        return False
    scheme, _, name = origin.partition("://")
    return (
        scheme not in {"http", "https"} or not name or (host_name(name), _port(name)) != (host_name(host), _port(host))
    )


def _port(host: str) -> str:
    port = host.rpartition(":")[2] if not host.endswith("]") and ":" in host else ""
    return "" if port in {"80", "443"} else port


def _allowed(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": SHOWN,
    }
