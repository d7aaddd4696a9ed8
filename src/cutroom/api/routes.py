"""How routes take requests: who, then what, and only then the handler."""

from collections.abc import Callable, Collection
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from cutroom.accounts import Principal, no_workspace
from cutroom.api.auth import SCOPE_KEY, authenticate
from cutroom.api.body import SCOPE_KEY as BODY_KEY
from cutroom.api.body import TEXTS_BYTES, TEXTS_DEADLINE_S, StrictRequest
from cutroom.api.deps import PREFIX, services_of
from cutroom.api.errors import errors
from cutroom.api.rate_limits import Rates
from cutroom.api.straight import Handler, straight
from cutroom.kit.errors import Detail, Forbidden, Invalid

SCOPE_FIELD: Final = "x-scope"
"""Where a route's description says which scope it needs."""
WORKSPACE: Final = "workspace_id"
_READING: Final = frozenset({"GET", "HEAD"})


class StrictRoute(APIRoute):
    """Takes strict JSON and no query parameter that it does not know."""

    carries_texts: ClassVar[bool] = False
    """Whether its body may be as large as texts for models are."""
    is_straight: bool = False
    """Whether its handler needs nothing of FastAPI around it."""

    def get_route_handler(self) -> Handler:
        """The straight handler, or else FastAPI's, behind our own checks."""
        direct = straight(self)
        self.is_straight = direct is not None
        return self._strict(direct or super().get_route_handler())

    def _strict(self, handler: Handler) -> Handler:
        known = frozenset(_query_names(self.dependant))
        has_body = self.body_field is not None

        async def strict(request: Request) -> Response:
            ours = request if isinstance(request, StrictRequest) else StrictRequest(request.scope, request.receive)
            await self.admit(ours)
            if ours.scope["query_string"]:
                _refuse_unknown(ours, known)
            if has_body:
                if self.carries_texts:
                    ours.scope[BODY_KEY].allow(TEXTS_BYTES, TEXTS_DEADLINE_S)
                await ours.json()
            return await self.perform(handler, ours)

        return strict

    async def perform(self, handler: Handler, request: Request) -> Response:
        """Have an admitted request answered."""
        return await handler(request)

    async def admit(self, request: StrictRequest) -> None:
        """Everybody may come in."""


class KeyedRoute(StrictRoute):
    """Lets in those who are known and may do this; a route of a router made by `keyed` cannot forget to ask."""

    area: ClassVar[str | None] = None

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        more["openapi_extra"] = needs(self._usual(more.get("methods") or ()), **(more.get("openapi_extra") or {}))
        super().__init__(path, endpoint, **more)

    @property
    def scope(self) -> str | None:
        """What whoever calls this route must be allowed to do; None when it is about the caller alone."""
        found: str | None = (self.openapi_extra or {})[SCOPE_FIELD]
        return found

    async def admit(self, request: StrictRequest) -> None:
        """Whoever is known and has the scope may come in; whose things they ask for is not looked at yet.

        The one exception: a path under `/workspaces/{workspace_id}` says where people want to act, so that their role
        there counts, and a workspace in which they have none is as unknown as one that is not there.
        """
        await _recognise(request)
        request.look_again = self.admit_again
        rates: Rates = request.app.state.rates
        await rates.spend_of(request, request.scope[SCOPE_KEY])
        if self.scope is not None:
            demand(request.scope[SCOPE_KEY], self.scope)

    async def admit_again(self, request: StrictRequest) -> None:
        """Whoever was shut out meanwhile does nothing any more, however slowly they send."""
        await _recognise(request, begun=True)
        if self.scope is not None:
            demand(request.scope[SCOPE_KEY], self.scope)

    async def perform(self, handler: Handler, request: Request) -> Response:
        """Have it answered; whatever may have changed, what is kept of the workspace is forgotten before the answer."""
        if request.method in _READING:
            return await handler(request)
        try:
            return await handler(request)
        finally:
            services_of(request).cache.forget(request.scope[SCOPE_KEY].workspace_id)

    @classmethod
    def _usual(cls, methods: Collection[str]) -> str | None:
        if cls.area is None:
            return None
        return f"{cls.area}:{'read' if set(methods) <= _READING else 'write'}"


async def _recognise(request: Request, *, begun: bool = False) -> None:
    await authenticate(request, begun=begun)
    if WORKSPACE in request.path_params:
        await _act_in(request, str(request.path_params[WORKSPACE]))


async def _act_in(request: Request, workspace_id: str) -> None:
    services, principal = services_of(request), request.scope[SCOPE_KEY]
    if principal.workspace_id == workspace_id:
        return
    there = None
    if principal.user_id is not None:
        async with services.database.begin() as session:
            there = await services.accounts.members.principal_in(session, principal, workspace_id)
    if there is None:
        raise no_workspace()
    request.scope[SCOPE_KEY] = there


def needs(scope: str | None, **more: Any) -> dict[str, Any]:
    """The `openapi_extra` of a route that needs another scope than its area and method say; `more` goes with it."""
    return {SCOPE_FIELD: scope, **more}


def demand(principal: Principal, scope: str) -> None:
    """Refuse whoever may not do this, whether or not the thing exists.

    Raises:
        Forbidden: `scope_missing`.
    """
    if not principal.may(scope):
        message = f"This needs the scope '{scope}', which neither your key nor your role has here; ask an admin for it."
        raise Forbidden("scope_missing", message)


def keyed(*tags: str, area: str | None, prefix: str = PREFIX, carries_texts: bool = False) -> APIRouter:
    """A router whose routes all need somebody who is known and has a scope.

    Args:
        tags: of its routes, for the description.
        area: GET and HEAD need `<area>:read`, other methods `<area>:write`, unless a route says otherwise by `needs`.
            None: the routes are about the caller alone, and need no scope.
        prefix: of its paths.
        carries_texts: as in `StrictRoute`.
    """
    made = type("KeyedRoute", (KeyedRoute,), {"area": area, "carries_texts": carries_texts})
    responses = errors(400, 401, 403, 422, 429, 500, 503)
    return APIRouter(prefix=prefix, route_class=made, tags=list(tags), responses=responses)


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
