"""Who is asking: an API key in a header becomes a `Principal`. A key in a URL is refused, for URLs end up in logs."""

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from cutroom.accounts import Principal, is_api_key
from cutroom.api.deps import services_of
from cutroom.api.errors import unauthenticated
from cutroom.kit.errors import CutroomError, Invalid

SCOPE_KEY: Final = "cutroom.principal"
_NAMES: Final = frozenset({"key", "apikey", "token", "accesstoken", "authorization", "xapikey", "bearer"})

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="An API key (`ctr_…`).")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="apiKey", description="An API key (`ctr_…`).")


def key_in_headers(headers: Headers) -> str | None:
    """The API key that the headers carry, unchecked."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    return headers.get("x-api-key") or None


def refuse_key_in_url(query: Iterable[tuple[str, str]]) -> None:
    """Look for a key where it must not be.

    Raises:
        Invalid: `key_in_url`.
    """
    for name, value in query:
        if is_api_key(value) or "".join(filter(str.isalnum, name.lower())) in _NAMES:
            message = (
                "An API key does not belong in a URL, where logs and histories keep it. Send it in the Authorization "
                "header, and replace a key that was sent this way."
            )
            raise Invalid("key_in_url", message)


async def principal_of(connection: HTTPConnection, plaintext: str | None) -> Principal:
    """Who this key speaks for.

    Raises:
        Forbidden: `unauthenticated`.
        Unavailable: `database_unavailable`.
    """
    if plaintext is None:
        raise unauthenticated("Send an API key: 'Authorization: Bearer ctr_…' or 'X-API-Key: ctr_…'.")
    principal: Principal | None = None
    if is_api_key(plaintext):
        services = services_of(connection)
        async with services.database.begin() as session:
            principal = await services.accounts.authenticate(session, plaintext)
    if principal is None:
        raise wrong_key()
    return principal


def wrong_key() -> CutroomError:
    """The same answer for every key that does not work."""
    return unauthenticated("This API key is not known.")


async def authenticate(request: Request) -> None:
    """Find out who sends this request, before anything of its body is read.

    Raises:
        Invalid: `key_in_url`.
        Forbidden: `unauthenticated`.
    """
    refuse_key_in_url(request.query_params.multi_items())
    request.scope[SCOPE_KEY] = await principal_of(request, key_in_headers(request.headers))


async def _caller(
    request: Request,
    _one: Annotated[object, Security(_bearer)],
    _other: Annotated[object, Security(_header)],
) -> Principal:
    principal: Principal = request.scope[SCOPE_KEY]
    return principal


Caller = Annotated[Principal, Security(_caller)]
"""The principal of the request. `routes.KeyedRoute` has found it; the security schemes here describe how."""
