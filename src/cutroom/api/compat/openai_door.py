"""The door for OpenAI's clients: who is let in is found out as at every door; refusals are said as OpenAI says them."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field

from cutroom.api.errors import error_response, request_id_of, status_of
from cutroom.api.routes import KeyedRoute
from cutroom.api.straight import Handler
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema

PREFIX: Final = "/openai/v1"
_TYPES: Final = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class OpenAiErrorBody(Schema):
    """What went wrong."""

    message: Annotated[str, Field(description="A sentence for people that says what to do.")]
    type: Annotated[str, Field(description="Which kind of error it is.")]
    param: Annotated[str | None, Field(description="The parameter that is wrong.")] = None
    code: Annotated[str, Field(description="Stable name; programs may depend on it.")]
    correlation_id: Annotated[str, Field(description="The request's id, as in `X-Request-ID` and the server's logs.")]


class OpenAiError(Schema):
    """The body of every answer of this door that is an error."""

    error: OpenAiErrorBody


class OpenAiRoute(KeyedRoute):
    """A route whose errors are OpenAI's."""

    area = "content"

    def get_route_handler(self) -> Handler:
        """The keyed handler; what it refuses is said in the other dialect."""
        handler = super().get_route_handler()

        async def speaking(request: Request) -> Response:
            try:
                return await handler(request)
            except CutroomError as error:
                return refusal(error, request)
            except RequestValidationError as error:
                wrong = Invalid("invalid_input", str(error.errors()[0]["msg"]))
                return refusal(wrong, request)

        return speaking


def openai_router() -> APIRouter:
    """A router of this door."""
    return APIRouter(prefix=PREFIX, route_class=OpenAiRoute, tags=["openai"], responses=_errors())


def refusal(error: CutroomError, request: Request) -> Response:
    """An error as OpenAI says it: what is wrong with a parameter is 400, and its name is `param`."""
    status = status_of_openai(error)
    answer = error_response(error, request_id_of(request.scope))
    answer.status_code = status
    answer.body = error_text(error, request).encode()
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def error_text(error: CutroomError, request: Request) -> str:
    """The body of that answer."""
    status = status_of_openai(error)
    usual = "server_error" if status >= 500 else "invalid_request_error"
    pointers = [detail.pointer for detail in error.details if detail.pointer.startswith("/")]
    body = {
        "message": error.message,
        "type": _TYPES.get(status, usual),
        "param": pointers[0][1:].replace("/", ".") if pointers else None,
        "code": error.code,
        "correlationId": request_id_of(request.scope),
    }
    return json.dumps({"error": body})


def status_of_openai(error: CutroomError) -> int:
    """The HTTP status: OpenAI's clients know 422 for nothing but what 400 says."""
    status = status_of(error)
    return 400 if status == 422 else status


def _errors() -> dict[int | str, dict[str, Any]]:
    meanings = {
        400: "A parameter, or the form, is wrong; `param` says which.",
        401: "No API key was sent, or none that is known.",
        403: "Your key may not do this.",
        404: "There is no such model.",
        408: "The body came too slowly.",
        413: "The file is too large.",
        415: "The body must be `multipart/form-data`.",
        429: "Too much at once; see `Retry-After`.",
        500: "Our own fault.",
        503: "Something that is needed does not answer; see `Retry-After`.",
    }
    return {status: {"model": OpenAiError, "description": meaning} for status, meaning in meanings.items()}
