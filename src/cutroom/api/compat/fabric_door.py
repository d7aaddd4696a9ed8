"""The door for clients of Fabric's server: who is let in is found out as at every door; refusals are said its way.

Fabric tells most of what is wrong as `{"error": "…"}`, and that a thing is not there as a bare JSON string with the
status 500, by whose words clients know it.
"""

import asyncio
import json
from typing import Any, ClassVar, Final, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, TypeAdapter, ValidationError, model_validator

from cutroom.api.body import IN_A_THREAD_ABOVE, SCOPE_KEY, TEXTS_BYTES, TEXTS_DEADLINE_S, Body, StrictRequest
from cutroom.api.compat.dialect import DialectRoute, status_in_dialect
from cutroom.api.errors import request_id_of
from cutroom.api.straight import Handler
from cutroom.kit import strict_json
from cutroom.kit.errors import CutroomError, Invalid, NotFound
from cutroom.kit.schema import Schema, invalid

PREFIX: Final = "/fabric"
AREA: Final = "templates"
JSON: Final = "application/json"
T = TypeVar("T")
_NOT_THERE: Final = frozenset({"pattern_not_found", "context_not_found", "session_not_found"})
"""What Fabric finds no file for."""


class FabricError(Schema):
    """The body of every answer of this door that is an error, but for those that are a bare string."""

    error: str
    code: str
    correlation_id: str


class GoObject(Schema):
    """A JSON object as Go reads it: keys in whatever capitals, unknown ones left out, null for nothing."""

    model_config = ConfigDict(**{**Schema.model_config, "extra": "ignore", "strict": True})

    @model_validator(mode="before")
    @classmethod
    def _as_go_does(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {(field.alias or name).lower(): field.alias or name for name, field in cls.model_fields.items()}
        found = ((known.get(str(key).lower()), value) for key, value in data.items() if value is not None)
        return {name: value for name, value in found if name is not None}


class FabricRoute(DialectRoute):
    """A route whose refusals are Fabric's. Query parameters that it does not know mean nothing, as in Fabric."""

    area: ClassVar[str | None] = AREA

    @staticmethod
    def said(error: CutroomError, request: Request) -> tuple[int, str]:
        """An object, or a bare string with 500 for what is not there."""
        if isinstance(error, NotFound) and error.code in _NOT_THERE:
            return 500, json.dumps(f"{error.message.rstrip('.')}: no such file or directory")
        data = {"error": error.message, "code": error.code, "correlationId": request_id_of(request.scope)}
        return status_in_dialect(error), json.dumps(data)

    def _strict(self, handler: Handler) -> Handler:
        async def strict(request: Request) -> Response:
            ours = request if isinstance(request, StrictRequest) else StrictRequest(request.scope, request.receive)
            await self.admit(ours)
            return await handler(ours)

        return strict


def fabric_router() -> APIRouter:
    """A router of this door."""
    return APIRouter(prefix=PREFIX, route_class=FabricRoute, tags=["fabric"], responses=_errors())


def said(data: Any, status: int = 200) -> Response:
    """JSON data as this door says it: in ASCII, for clients that take U+2028 in a string for the end of a line."""
    return Response(json.dumps(data), status_code=status, media_type=JSON, headers={"Cache-Control": "no-store"})


def done() -> Response:
    """The answer to what has been done: nothing."""
    return Response(headers={"Cache-Control": "no-store"})


async def raw_body(request: Request) -> bytes:
    """All of a body, whatever its type is said to be: as much as the other doors take of texts for models.

    Raises:
        Invalid: `body_too_large`, `body_too_slow`.
    """
    body: Body = request.scope[SCOPE_KEY]
    body.allow(TEXTS_BYTES, TEXTS_DEADLINE_S)
    return await request.body()


async def read_json(request: Request, kind: type[T]) -> T:
    """A body of JSON, as a `GoObject` or a list of some.

    Raises:
        Invalid: `bad_request_format`, and as `raw_body`.
    """
    raw = await raw_body(request)
    try:
        data = (
            await asyncio.to_thread(strict_json.parse, raw) if len(raw) > IN_A_THREAD_ABOVE else strict_json.parse(raw)
        )
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        raise _unreadable(invalid(error, data, model=kind)) from error
    except Invalid as error:
        raise _unreadable(error) from error


def text_of(raw: bytes) -> str:
    """A body as text.

    Raises:
        Invalid: `bad_text`.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("bad_text", f"The body is not UTF-8: byte {error.start} is wrong.") from error
    if strict_json.UNSTORABLE.search(text):
        raise Invalid("bad_text", "Text with NUL in it cannot be stored; remove that character.")
    return text


def taking(description: str, schema: dict[str, Any], media_type: str = JSON) -> dict[str, Any]:
    """The `openapi_extra` of a route that reads its body itself."""
    return {"requestBody": {"required": True, "description": description, "content": {media_type: {"schema": schema}}}}


def answering(schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """The answers of a route: JSON of this schema."""
    return {200: {"description": "Done.", "content": {JSON: {"schema": schema}}}}


NOT_THERE: Final[dict[int | str, dict[str, Any]]] = {
    500: {"description": "There is no such thing.", "content": {JSON: {"schema": {"type": "string"}}}}
}
"""How a route says that there is nothing of this name."""


def _unreadable(error: Invalid) -> Invalid:
    return Invalid("bad_request_format", f"Invalid request format: {error.message}", details=error.details)


def _errors() -> dict[int | str, dict[str, Any]]:
    meanings = {
        400: "The request cannot be read, or something in it is wrong.",
        401: "No API key was sent, or none that is known.",
        403: "Your key may not do this, or nobody may here.",
        404: "There is nothing at this address.",
        408: "The body came too slowly.",
        409: "There is something of this name already.",
        413: "The body is too large.",
        422: "Never sent: Fabric's clients know 400.",
        429: "Too much at once; see `Retry-After`.",
        500: "Our own fault.",
        503: "Something that is needed does not answer; see `Retry-After`.",
    }
    return {status: {"model": FabricError, "description": meaning} for status, meaning in meanings.items()}
