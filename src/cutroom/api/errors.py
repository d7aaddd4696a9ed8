"""From the kinds of error to HTTP: statuses, and the one envelope that every error is sent in."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from cutroom.kit import schema
from cutroom.kit.complaints import complaint
from cutroom.kit.errors import Conflict, CutroomError, Detail, Forbidden, Internal, Invalid, NotFound, first_of
from cutroom.kit.schema import details_of, refusal

_STATUS_OF_KIND: Final[Mapping[str, int]] = {
    "not_found": 404,
    "conflict": 409,
    "forbidden": 403,
    "invalid": 422,
    "quota_exceeded": 429,
    "unavailable": 503,
    "internal": 500,
}
# Where HTTP has a more exact word than the kind.
_STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "malformed_json": 400,
    "json_too_deep": 400,
    "bad_header": 400,
    "malformed_request": 400,
    "malformed_form": 400,
    "host_not_allowed": 400,
    "method_override_refused": 403,
    "key_in_url": 400,
    "unauthenticated": 401,
    "wrong_login": 401,
    "method_not_allowed": 405,
    "body_too_slow": 408,
    "upload_expired": 410,
    "tus_version_unsupported": 412,
    "precondition_failed": 412,
    "head_too_slow": 408,
    "body_too_large": 413,
    "payload_too_large": 413,
    "upload_too_large": 413,
    "unsupported_media_type": 415,
    "range_not_satisfiable": 416,
    "headers_too_large": 431,
    "checksum_mismatch": 460,  # of the tus protocol's own
}
_CLOSING: Final = frozenset({408, 413})
_PARAMETER: Final = re.compile(r"\{[^}]*\}")
DEFAULT_RETRY_AFTER_S: Final = 2.0


class ErrorDetail(schema.Schema):
    """One wrong place in a request."""

    pointer: Annotated[
        str, Field(description="JSON pointer into the body, `?name` for a query parameter, `name:` for a header.")
    ]
    code: Annotated[str, Field(description="Stable name of what is wrong there.")]
    message: Annotated[str, Field(description="What is wrong, and what would be accepted.")]


class ErrorBody(schema.Schema):
    """What went wrong."""

    code: Annotated[str, Field(description="Stable name; programs may depend on it.")]
    message: Annotated[str, Field(description="A sentence for people that says what to do.")]
    details: Annotated[list[ErrorDetail] | None, Field(description="Wrong places, at most 100.")] = None
    correlation_id: Annotated[str, Field(description="The request's id, as in `X-Request-ID` and the server's logs.")]


class ErrorEnvelope(schema.Schema):
    """The body of every answer that is an error."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "code": "out_of_range",
                        "message": "/output/fps: This is 0; accepted is a number from 1 to 60.",
                        "details": [
                            {
                                "pointer": "/output/fps",
                                "code": "out_of_range",
                                "message": "This is 0; accepted is a number from 1 to 60.",
                            }
                        ],
                        "correlationId": "req_01m7z0000000000000000000",
                    }
                }
            ]
        }
    )

    error: ErrorBody


def unauthenticated(message: str) -> Forbidden:
    """Nobody we know is asking."""
    return Forbidden("unauthenticated", message)


def status_of(error: CutroomError) -> int:
    """The HTTP status of an error."""
    return _STATUS_OF_CODE.get(error.code) or _STATUS_OF_KIND[error.kind]


def error_response(error: CutroomError, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that says so."""
    status = status_of(error)
    answer = Response(
        error_bytes(error, request_id),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
    if status in {429, 503} or error.retry_after_s is not None:
        answer.headers["Retry-After"] = str(math.ceil(error.retry_after_s or DEFAULT_RETRY_AFTER_S))
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="cutroom"'
    if status in _CLOSING:
        # The rest of the body is still under way, and nobody will read it.
        answer.headers["Connection"] = "close"
    return answer


def error_bytes(error: CutroomError, request_id: str) -> bytes:
    """The body of that answer."""
    details = [ErrorDetail(pointer=d.pointer, code=d.code, message=d.message) for d in error.details]
    body = ErrorBody(code=error.code, message=error.message, details=details or None, correlation_id=request_id)
    return ErrorEnvelope(error=body).model_dump_json(exclude_none=True).encode()


def request_id_of(scope: Scope) -> str:
    """The id that the middleware gave this request."""
    return str(scope["cutroom.request_id"])


async def on_cutroom_error(request: Request, error: Exception) -> Response:
    """Answer one of our own errors."""
    shown = first_of(error) or Internal("internal_error", "Something went wrong on our side.")
    return error_response(shown, request_id_of(request.scope))


async def on_validation_error(request: Request, error: Exception) -> Response:
    """Answer what FastAPI found wrong with a body, a query or a header."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    body = error.body if isinstance(error, RequestValidationError) else None
    field = getattr(request.scope.get("route"), "body_field", None)
    model = None if field is None else field.field_info.annotation
    return error_response(_invalid(found, body, model), request_id_of(request.scope))


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: unknown paths and methods."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    shown: CutroomError
    if status == 404:
        shown = NotFound("not_found", "There is nothing at this address.")
    elif status == 405:
        headers["Allow"] = ", ".join(methods_at(request))
        message = f"This address does not take {request.method}; it takes {headers['Allow']}."
        shown = Conflict("method_not_allowed", message)
    else:
        shown = Invalid("malformed_json", "The request could not be read.")
    return error_response(shown, request_id_of(request.scope), headers)


def methods_at(request: Request) -> list[str]:
    """Every method that the request's address takes; the router itself tells those of the first route alone.

    `/assets/import` could be an asset's id too; what is meant is the path that says the most by itself.
    """
    routes: list[Route] = request.app.state.routes
    found = [route for route in routes if route.matches(request.scope)[0] is Match.PARTIAL]
    said = {route.path: len(_PARAMETER.sub("", route.path)) for route in found}
    most = max(said.values(), default=0)
    return sorted({name for route in found if said[route.path] == most for name in route.methods or ()})


def _invalid(found: Sequence[Mapping[str, Any]], body: Any, model: Any) -> Invalid:
    in_body = [{**item, "loc": tuple(item["loc"][1:])} for item in found if item["loc"][0] == "body"]
    elsewhere = [_parameter(item) for item in found if item["loc"][0] != "body"]
    inside, unsaid = details_of(in_body, body, model=model)
    return refusal([*elsewhere, *inside], unsaid)


def _parameter(item: Mapping[str, Any]) -> Detail:
    place, name = str(item["loc"][0]), str(item["loc"][-1])
    wrong = complaint(item)
    return Detail(f"?{name}" if place == "query" else f"{name}:", wrong.code, wrong.sentence)


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors that a route declares in its description."""
    return {status: {"model": ErrorEnvelope, "description": _MEANING[status]} for status in statuses}


_MEANING: Final[Mapping[int, str]] = {
    400: "The request cannot be read.",
    401: "No API key was sent, or none that is known.",
    403: "Your key or role may not do this; for links: the signature does not fit, or has expired.",
    404: "There is no such thing in this workspace.",
    405: "The address does not take this method.",
    408: "The body came too slowly.",
    409: "The thing is in a state that refuses the request.",
    410: "The time of the upload is over.",
    412: "There is another version now; for tus: the protocol's version is not `1.0.0`, or is missing.",
    413: "The body is too large.",
    415: "The body must be `application/json`.",
    416: "The range lies outside of the file.",
    422: "The request can be read but not accepted; `details` say where and why.",
    429: "Too much at once; see `Retry-After`.",
    460: "The bytes are not those of the checksum; none of them were kept.",
    500: "Our own fault.",
    503: "Something that is needed does not answer; see `Retry-After`.",
}
