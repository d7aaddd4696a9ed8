"""The cookie of a session, and how we know that it was our own page that sent it along.

Browsers send cookies with whatever any page asks them to. So a request that changes something must come from a page of
ours by its Origin, must be of a kind that pages of others cannot send unasked, and must carry a token that only our
pages know (OWASP, Cross-Site Request Forgery Prevention).
"""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from cutroom.accounts import IdentityService, Principal
from cutroom.api.cors import is_foreign
from cutroom.api.deps import services_of
from cutroom.kit.errors import Forbidden

SECURE_NAME: Final = "__Host-cutroom"
"""Browsers take a cookie of this prefix from this host alone, over TLS, for all paths (RFC 6265bis, section 4.1.3)."""
PLAIN_NAME: Final = "cutroom"
CSRF_HEADER: Final = "X-CSRF-Token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SIMPLE: Final = frozenset({"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
"""What a form on any page may send (Fetch Standard, section 2.2.2)."""


def cookie_of(connection: HTTPConnection) -> str | None:
    """The text of the session's cookie, unchecked."""
    return connection.cookies.get(_name(connection)) or None


def set_cookie(connection: HTTPConnection, answer: Response, text: str, lasts_s: int) -> None:
    """Give the browser a session."""
    answer.set_cookie(
        _name(connection), text, max_age=lasts_s, path="/", secure=_secure(connection), httponly=True, samesite="lax"
    )


def forget_cookie(connection: HTTPConnection, answer: Response) -> None:
    """Have the browser forget its session."""
    answer.delete_cookie(_name(connection), path="/", secure=_secure(connection), httponly=True, samesite="lax")


def refuse_foreign_page(connection: HTTPConnection) -> None:
    """Refuse a request that a page of another origin has made. Programs send no Origin, and pass.

    Raises:
        Forbidden: `csrf_failed`.
    """
    settings = services_of(connection).settings
    origin = connection.headers.get("origin")
    if is_foreign(origin, connection.headers.get("host", ""), settings.cors_origins):
        raise _failed("it comes from a page of another origin")
    listed = origin is None or origin in settings.cors_origins
    if not listed and _secure(connection) and not (origin or "").startswith("https://"):
        raise _failed("it comes from a page that did not come over TLS")


def refuse_forgery(connection: HTTPConnection) -> None:
    """Refuse what a page of another origin can have made a browser send with our cookie; before anything is looked up.

    Raises:
        Forbidden: `csrf_failed`.
    """
    if not _is_websocket(connection) and connection.scope["method"] in _SAFE:
        return
    headers = connection.headers
    refuse_foreign_page(connection)
    if "origin" not in headers and (_is_websocket(connection) or headers.get("sec-fetch-site") != "same-origin"):
        raise _failed("it does not say from which page it comes, as browsers do in Origin")
    if headers.get("content-type", "").partition(";")[0].strip().lower() in _SIMPLE:
        raise _failed("its Content-Type is one that any form may send; send application/json")


def check_csrf_token(connection: HTTPConnection, identity: IdentityService, principal: Principal) -> None:
    """Refuse a request that changes something without the token of its session. A WebSocket cannot send one.

    Raises:
        Forbidden: `csrf_failed`.
    """
    if _is_websocket(connection) or connection.scope["method"] in _SAFE:
        return
    token = connection.headers.get(CSRF_HEADER, "")
    if not identity.sessions.is_csrf_token(token, principal.session_id or ""):
        raise _failed(f"its {CSRF_HEADER} is not the csrfToken that GET /api/v1/me tells")


def _failed(why: str) -> Forbidden:
    return Forbidden("csrf_failed", f"This request is refused together with its cookie: {why}.")


def _is_websocket(connection: HTTPConnection) -> bool:
    return bool(connection.scope["type"] == "websocket")


def _name(connection: HTTPConnection) -> str:
    return SECURE_NAME if _secure(connection) else PLAIN_NAME


def _secure(connection: HTTPConnection) -> bool:
    return services_of(connection).settings.only_https
