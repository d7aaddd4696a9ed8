"""How routes take requests: who, then what, and only then the handler."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from cutroom.api.auth import authenticate
from cutroom.api.body import StrictRequest
from cutroom.api.deps import PREFIX
from cutroom.api.errors import errors
from cutroom.kit.errors import Detail, Invalid

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """Takes strict JSON and no query parameter that it does not know."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler behind our own checks."""
        handler = super().get_route_handler()
        known = frozenset(_query_names(self.dependant))
        has_body = self.body_field is not None

        async def strict(request: Request) -> Response:
            ours = StrictRequest(request.scope, request.receive)
            await self.admit(ours)
            _refuse_unknown(ours, known)
            if has_body:
                await ours.json()
            return await handler(ours)

        return strict

    async def admit(self, request: Request) -> None:
        """Everybody may come in."""


class KeyedRoute(StrictRoute):
    """Lets in those who have an API key; a route of a router made by `keyed` cannot forget to ask."""

    async def admit(self, request: Request) -> None:
        """Whoever is known may come in."""
        await authenticate(request)


def keyed(*tags: str, prefix: str = PREFIX) -> APIRouter:
    """A router whose routes all need an API key."""
    responses = errors(400, 401, 422, 500, 503)
    return APIRouter(prefix=prefix, route_class=KeyedRoute, tags=list(tags), responses=responses)


def open_to_all(*tags: str) -> APIRouter:
    """A router whose routes anybody may call."""
    return APIRouter(route_class=StrictRoute, tags=list(tags))


def _query_names(dependant: Dependant) -> list[str]:
    names = [str(field.alias) for field in dependant.query_params]
    return names + [name for inner in dependant.dependencies for name in _query_names(inner)]


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    details = [
        Detail(f"?{name[:80]}", "unknown_parameter", f"'{name[:80]}' is not a parameter of this address.")
        for name in request.query_params
        if name not in known
    ]
    if details:
        raise Invalid("unknown_parameter", details[0].message, details=details)
