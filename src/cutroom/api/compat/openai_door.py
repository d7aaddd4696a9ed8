"""The door for OpenAI's clients: who is let in is found out as at every door; refusals are said as OpenAI says them."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from pydantic import Field

from cutroom.api.compat.dialect import DialectRoute, status_in_dialect
from cutroom.api.errors import request_id_of
from cutroom.kit.errors import CutroomError
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


class OpenAiRoute(DialectRoute):
    """A route whose errors are OpenAI's."""

    area = "content"

    @staticmethod
    def said(error: CutroomError, request: Request) -> tuple[int, str]:
        """What is wrong with a parameter is 400, and its name is `param`."""
        return status_in_dialect(error), error_text(error, request)


def openai_router() -> APIRouter:
    """A router of this door."""
    return APIRouter(prefix=PREFIX, route_class=OpenAiRoute, tags=["openai"], responses=_errors())


def error_text(error: CutroomError, request: Request) -> str:
    """The body of an answer that is an error."""
    status = status_in_dialect(error)
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
