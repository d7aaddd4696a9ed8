"""`/fabric/patterns`: the patterns that a workspace sees, its own before those that all share, in Fabric's form."""

import asyncio
from typing import Any, Final

from fastapi import Request, Response
from pydantic import Field

from cutroom.api.auth import Caller
from cutroom.api.compat.fabric_door import (
    AREA,
    NOT_THERE,
    GoObject,
    answering,
    done,
    fabric_router,
    raw_body,
    read_json,
    said,
    taking,
    text_of,
)
from cutroom.api.compat.fabric_library import find_pattern, pattern_names
from cutroom.api.compat.fabric_stored import FLAG, NAMES, deleted, renamed
from cutroom.api.deps import Services
from cutroom.api.keeping import keep_pattern
from cutroom.api.routes import needs
from cutroom.patterns import Pattern
from cutroom.patterns.template import fill
from cutroom.prompts import PATTERN

router: Final = fabric_router()
_PATTERN: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["Name", "Description", "Pattern"],
    "properties": {key: {"type": "string"} for key in ("Name", "Description", "Pattern")},
}
_APPLY: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "input": {"type": "string"},
        "variables": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


class Application(GoObject):
    """What to put into a pattern."""

    input: str = ""
    variables: dict[str, str | bool | int | float] = Field(default_factory=dict)


@router.get("/patterns/names", operation_id="listFabricPatterns", responses=answering(NAMES))
async def list_patterns(services: Services, caller: Caller) -> Response:
    """The names of all patterns, sorted."""
    return said(await pattern_names(services, caller.workspace_id))


@router.get("/patterns/exists/{name}", operation_id="hasFabricPattern", responses=answering(FLAG))
async def has_pattern(services: Services, caller: Caller, name: str) -> Response:
    """Whether there is a pattern of this name."""
    return said(name in await pattern_names(services, caller.workspace_id))


@router.get("/patterns/{name}", operation_id="getFabricPattern", responses={**answering(_PATTERN), **NOT_THERE})
async def get_pattern(services: Services, caller: Caller, name: str) -> Response:
    """A pattern as its author wrote it, with what stands in front of its text."""
    pattern = await find_pattern(services, caller.workspace_id, name)
    return _shown(pattern, pattern.raw)


@router.post(
    "/patterns/{name}/apply",
    operation_id="applyFabricPattern",
    responses={**answering(_PATTERN), **NOT_THERE},
    openapi_extra=needs(f"{AREA}:read", **taking("What to put in.", _APPLY)),
)
async def apply_pattern(request: Request, services: Services, caller: Caller, name: str) -> Response:
    """A pattern with its input and variables put in. Parameters of the query are variables too; the body wins."""
    wanted = await read_json(request, Application)
    pattern = await find_pattern(services, caller.workspace_id, name)
    values = pattern.values({**request.query_params, **wanted.variables})
    text = await asyncio.to_thread(fill, pattern.text, values, wanted.input)
    return _shown(pattern, text)


@router.post(
    "/patterns/{name}",
    operation_id="saveFabricPattern",
    response_class=Response,
    openapi_extra=taking("The pattern.", {"type": "string"}, "text/plain"),
)
async def save_pattern(request: Request, services: Services, caller: Caller, name: str) -> Response:
    """Keep a pattern: the body is its text, and its next version."""
    text = text_of(await raw_body(request))
    await keep_pattern(services, caller, name, text)
    return done()


@router.put(
    "/patterns/rename/{name}/{to}", operation_id="renameFabricPattern", response_class=Response, responses=NOT_THERE
)
async def rename_pattern(services: Services, caller: Caller, name: str, to: str) -> Response:
    """Give a pattern of the workspace's own another name."""
    return await renamed(services, caller, PATTERN, name, to)


@router.delete("/patterns/{name}", operation_id="deleteFabricPattern", response_class=Response, responses=NOT_THERE)
async def delete_pattern(services: Services, caller: Caller, name: str) -> Response:
    """Delete a pattern of the workspace's own; one of the same name that all share is seen again."""
    return await deleted(services, caller, PATTERN, name)


def _shown(pattern: Pattern, text: str) -> Response:
    return said({"Name": pattern.name, "Description": pattern.description, "Pattern": text})
