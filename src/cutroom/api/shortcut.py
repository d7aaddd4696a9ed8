"""From the middleware to a straight handler, past what FastAPI and Starlette put around all others.

Their router tries every route through four objects each, and around the one it finds they keep two places that turn
exceptions into answers, two stacks that close things, and a look for a telemetry that we do not have. A straight
handler closes nothing, and its exceptions are ours.
"""

from collections.abc import Iterable
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from cutroom.api.body import StrictRequest
from cutroom.api.errors import error_response, on_validation_error, request_id_of
from cutroom.api.routes import StrictRoute
from cutroom.api.straight import Handler
from cutroom.kit.errors import CutroomError

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Shortcut:
    """ASGI middleware, the innermost.

    Args:
        app: answers what goes to another route, or to none.
        routes: all of them, in the order in which they are tried: a straight one gets no request that belongs to one
            before it.
    """

    def __init__(self, app: ASGIApp, *, routes: Iterable[Route]) -> None:
        self._app = app
        known = [(route, _handler(route)) for route in routes]
        self._ways = {name: [way for way in known if name in (way[0].methods or (name,))] for name in METHODS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        handler = self._find(scope) if scope["type"] == "http" else None
        if handler is None:
            await self._app(scope, receive, send)
            return
        response = await _answer(handler, StrictRequest(scope, receive))
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> Handler | None:
        """The handler of the route that this request goes to, when that is a straight one."""
        for route, handler in self._ways.get(scope["method"], ()):
            found = route.path_regex.match(scope["path"])
            if found is not None:
                if handler is not None:
                    scope["route"], scope["endpoint"] = route, route.endpoint
                    given = found.groupdict()
                    scope["path_params"] = {name: route.param_convertors[name].convert(given[name]) for name in given}
                return handler
        return None


def _handler(route: Route) -> Handler | None:
    return route.get_route_handler() if isinstance(route, StrictRoute) and route.is_straight else None


async def _answer(handler: Handler, request: Request) -> Response:
    """What the handler gives, or the refusal that it raises."""
    try:
        return await handler(request)
    except CutroomError as error:
        return error_response(error, request_id_of(request.scope))
    except RequestValidationError as error:
        return await on_validation_error(request, error)
