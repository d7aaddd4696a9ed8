"""Who is asking: an API key, a token of an identity provider, or a session's cookie becomes a `Principal`.

All doors ask here, so that all proofs are worth the same on each. A key or token in a URL is refused, for URLs end up
in logs.
"""

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from cutroom.accounts import IdentityService, Principal, is_api_key, looks_like_a_token, no_workspace
from cutroom.api.cookies import SECURE_NAME, check_csrf_token, cookie_of, refuse_forgery
from cutroom.api.deps import services_of
from cutroom.api.errors import unauthenticated
from cutroom.api.gate import refuse_networks
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.ids import is_id

SCOPE_KEY: Final = "cutroom.principal"
WORKSPACE_HEADER: Final = "X-Workspace-Id"
WORKSPACE_PROTOCOL: Final = "workspace."
_NAMES: Final = frozenset({
    "key", "apikey", "token", "accesstoken", "idtoken", "authorization", "xapikey", "bearer", "jwt", "session",
})  # fmt: skip
_HINT: Final = "Send an API key or a token ('Authorization: Bearer …' or 'X-API-Key: ctr_…'), or log in."

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="An API key (`ctr_…`), or a token of an identity provider that this installation believes.",
)
_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="apiKey", description="An API key (`ctr_…`).")
_cookie = APIKeyCookie(
    name=SECURE_NAME,
    auto_error=False,
    scheme_name="session",
    description=(
        "The cookie of `POST /auth/login`, named `cutroom` where clients do not come over TLS. Requests that change "
        "something carry `X-CSRF-Token`, and an Origin of ours. `X-Workspace-Id` picks one of several workspaces."
    ),
)


def key_in_headers(headers: Headers) -> str | None:
    """The API key or token that the headers carry, unchecked."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    return headers.get("x-api-key") or None


def refuse_key_in_url(query: Iterable[tuple[str, str]]) -> None:
    """Look for a key or token where it must not be.

    Raises:
        Invalid: `key_in_url`.
    """
    for name, value in query:
        named = "".join(filter(str.isalnum, name.lower())) in _NAMES
        if named or is_api_key(value) or (value.startswith("ey") and looks_like_a_token(value)):
            message = (
                "A key or token does not belong in a URL, where logs and histories keep it. Send it in the "
                "Authorization header, and replace one that was sent this way."
            )
            raise Invalid("key_in_url", message)


def refuse_blocked(connection: HTTPConnection) -> None:
    """Refuse whoever comes from a network that the operator has shut out, whatever they show.

    Raises:
        Forbidden: `address_blocked`.
    """
    refuse_networks(connection.scope, services_of(connection).settings.blocked_networks)


async def principal_of(connection: HTTPConnection, plaintext: str | None, *, begun: bool = False) -> Principal:
    """Who this key or token speaks for; without one, who the session's cookie does.

    Args:
        connection: the request. Its header X-Workspace-Id says where they want to act; of a WebSocket, whose headers
            a browser cannot set, a subprotocol `workspace.<id>` does as well.
        plaintext: a key or token that it carries.
        begun: it was let in before; a token may have expired since then.

    Raises:
        Forbidden: `unauthenticated`, `user_disabled`, `address_blocked`, `csrf_failed`.
        NotFound: `workspace_not_found`.
        Unavailable: `database_unavailable`, `issuer_unavailable`.
    """
    refuse_blocked(connection)
    offered = (name for name in connection.scope.get("subprotocols", ()) if name.startswith(WORKSPACE_PROTOCOL))
    named = next((name.removeprefix(WORKSPACE_PROTOCOL) for name in offered), None)
    wanted = connection.headers.get(WORKSPACE_HEADER, named)
    if wanted is not None and not is_id(wanted, "ws"):
        raise no_workspace()
    if plaintext is None:
        return await _by_cookie(connection, wanted)
    if not is_api_key(plaintext):
        if not looks_like_a_token(plaintext):
            raise wrong_key()
        return await _identity(connection).by_token(plaintext, wanted, begun=begun)
    services = services_of(connection)
    principal = await services.accounts.keys.recognise(services.database, plaintext)
    if principal is None:
        raise wrong_key()
    if wanted is not None and wanted != principal.workspace_id:
        raise no_workspace()
    return principal


async def _by_cookie(connection: HTTPConnection, workspace_id: str | None) -> Principal:
    cookie = cookie_of(connection)
    if cookie is None:
        raise unauthenticated(_HINT)
    refuse_forgery(connection)
    identity = _identity(connection)
    principal = await identity.by_cookie(cookie, workspace_id)
    check_csrf_token(connection, identity, principal)
    return principal


def wrong_key() -> CutroomError:
    """The same answer for every key that does not work."""
    return unauthenticated("This API key is not known.")


async def authenticate(request: Request, *, begun: bool = False) -> None:
    """Find out who sends this request, before anything of its body is read, and again once it has `begun`.

    Raises:
        Invalid: `key_in_url`.
        Forbidden: as `principal_of`.
        NotFound: `workspace_not_found`.
    """
    if request.scope["query_string"]:
        refuse_key_in_url(request.query_params.multi_items())
    request.scope[SCOPE_KEY] = await principal_of(request, key_in_headers(request.headers), begun=begun)


def _identity(connection: HTTPConnection) -> IdentityService:
    return services_of(connection).identity


def principal_in(request: Request) -> Principal:
    """Whom `authenticate` has found."""
    principal: Principal = request.scope[SCOPE_KEY]
    return principal


async def given_caller(
    request: Request,
    _one: Annotated[object, Security(_bearer)],
    _other: Annotated[object, Security(_header)],
    _third: Annotated[object, Security(_cookie)],
) -> Principal:
    """The principal of the request. `routes.KeyedRoute` has found it; the security schemes here describe how."""
    return principal_in(request)


Caller = Annotated[Principal, Security(given_caller)]
"""The principal of the request."""
