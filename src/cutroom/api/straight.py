"""The straight way from a request to its handler, for routes that need nothing but what most of ours need.

FastAPI finds out anew at every request what a handler wants: it walks the tree of dependencies, opens three stacks for
what may have to be closed, and asks three security schemes for what `routes.KeyedRoute` has found already. That costs
as much as both looks into the database together. A handler that wants the request, the services, the caller and
parameters, and that gives a `Response`, is called with just these; every other goes FastAPI's way. Parameters are read
and refused by FastAPI's own functions on both.
"""

import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, QueryParams

from cutroom.api.auth import given_caller, principal_in
from cutroom.api.deps import given_services, services_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_KNOWN: Final[Mapping[object, Callable[[Request], object]]] = {given_services: services_of, given_caller: principal_in}


def straight(route: APIRoute) -> Handler | None:
    """The handler of a route as a plain function of its request; None for a route that needs more than we know."""
    wanted, endpoint = route.dependant, route.endpoint
    if not _is_plain(wanted) or not _gives_a_response(endpoint) or _is_form(route):
        return None
    given = [(str(one.name), _KNOWN[one.call]) for one in wanted.dependencies]
    query_params, header_params = wanted.query_params, wanted.header_params
    without_query, lacks_query = request_params_to_args(query_params, QueryParams())
    without_headers, lacks_header = request_params_to_args(header_params, Headers())
    header_names = [field.alias.lower().encode() for field in header_params]
    request_name, has_body = wanted.request_param_name, route.body_field is not None

    async def call(request: Request) -> Response:
        values: dict[str, Any] = {name: find(request) for name, find in given}
        errors: list[Any] = []
        read: list[tuple[Sequence[Any], Any]] = [(wanted.path_params, request.path_params)]
        # What is not there at all was found once.
        if lacks_query or request.scope["query_string"]:
            read.append((query_params, request.query_params))
        else:
            values.update(without_query)
        if lacks_header or any(name in header_names for name, _ in request.scope["headers"]):
            read.append((header_params, request.headers))
        else:
            values.update(without_headers)
        for fields, received in read:
            if fields:
                found, wrong = request_params_to_args(fields, received)
                values.update(found)
                errors += wrong
        body = await request.json() if has_body else None
        if has_body:
            found, wrong = await _body(wanted, body)
            values.update(found)
            errors += wrong
        if errors:
            raise RequestValidationError(errors, body=body)
        if request_name is not None:
            values[request_name] = request
        answer: Response = await endpoint(**values)
        return answer

    return call


async def _body(wanted: Dependant, body: Any) -> tuple[dict[str, Any], list[Any]]:
    """The parameter that takes the body, and what is wrong with it; nothing is when it may be whatever it is."""
    field = wanted.body_params[0]
    if field._type_adapter.core_schema["type"] == "any" and body is not None:  # noqa: SLF001 — what FastAPI asks
        return {str(field.name): body}, []
    return await request_body_to_args(body_fields=wanted.body_params, received_body=body, embed_body_fields=False)


def _is_plain(wanted: Dependant) -> bool:
    known = all(one.call in _KNOWN and one.name is not None for one in wanted.dependencies)
    special = (
        wanted.cookie_params,
        wanted.http_connection_param_name,
        wanted.websocket_param_name,
        wanted.response_param_name,
        wanted.background_tasks_param_name,
        wanted.security_scopes_param_name,
    )
    return known and not any(special)


def _gives_a_response(endpoint: Callable[..., Any]) -> bool:
    returned = inspect.signature(endpoint).return_annotation
    return inspect.iscoroutinefunction(endpoint) and isinstance(returned, type) and issubclass(returned, Response)


def _is_form(route: APIRoute) -> bool:
    """Whether the body is a form, or one of several values in one object."""
    several = len(route.dependant.body_params) > 1 or route._embed_body_fields  # noqa: SLF001 — as FastAPI asks itself
    return several or (route.body_field is not None and isinstance(route.body_field.field_info, Form))
