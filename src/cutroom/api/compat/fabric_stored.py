"""`/fabric/contexts` and `/fabric/sessions`: what the workspace keeps, as Fabric keeps it in files."""

from contextlib import suppress
from typing import Any, Final, Literal

from fastapi import Request, Response

from cutroom.accounts import Principal
from cutroom.api.auth import Caller
from cutroom.api.compat.fabric_door import (
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
from cutroom.api.deps import ApiServices, Services
from cutroom.kit.errors import NotFound
from cutroom.prompts import CONTEXT, SESSION, Kind, Turn

router: Final = fabric_router()
MOST_CONTEXT_BYTES: Final = 2_000_000
MOST_SESSION_BYTES: Final = 16_000_000
NAMES: Final[dict[str, Any]] = {"type": "array", "items": {"type": "string"}}
FLAG: Final[dict[str, Any]] = {"type": "boolean"}
_CONTEXT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["Name", "Content"],
    "properties": {"Name": {"type": "string"}, "Content": {"type": "string"}},
}
_MESSAGES: Final[dict[str, Any]] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["role", "content"],
        "properties": {
            "role": {"type": "string", "enum": ["user", "assistant", "system", "meta"]},
            "content": {"type": "string"},
        },
    },
}
_SESSION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["Name", "Messages"],
    "properties": {"Name": {"type": "string"}, "Messages": _MESSAGES},
}


class SessionMessage(GoObject):
    """A turn of a session."""

    role: Literal["user", "assistant", "system", "meta"]
    content: str = ""


async def stored_names(services: ApiServices, caller: Principal, kind: Kind) -> list[str]:
    """The names of what a workspace keeps."""
    async with services.database.begin() as session:
        return await services.prompts.names(session, caller.workspace_id, kind)


async def is_stored(services: ApiServices, caller: Principal, kind: Kind, name: str) -> bool:
    """Whether a workspace keeps something of this name."""
    async with services.database.begin() as session:
        return await services.prompts.find(session, caller.workspace_id, kind, name) is not None


async def renamed(services: ApiServices, caller: Principal, kind: Kind, name: str, to: str) -> Response:
    """Give what a workspace keeps another name."""
    async with services.database.begin() as session:
        await services.prompts.rename(session, caller.workspace_id, kind, name, to)
    return done()


async def deleted(services: ApiServices, caller: Principal, kind: Kind, name: str) -> Response:
    """Delete what a workspace keeps."""
    async with services.database.begin() as session:
        await services.prompts.delete(session, caller.workspace_id, kind, name)
    return done()


@router.get("/contexts/names", operation_id="listFabricContexts", responses=answering(NAMES))
async def list_contexts(services: Services, caller: Caller) -> Response:
    """The names of all contexts."""
    return said(await stored_names(services, caller, CONTEXT))


@router.get("/contexts/exists/{name}", operation_id="hasFabricContext", responses=answering(FLAG))
async def has_context(services: Services, caller: Caller, name: str) -> Response:
    """Whether there is a context of this name."""
    return said(await is_stored(services, caller, CONTEXT, name))


@router.get("/contexts/{name}", operation_id="getFabricContext", responses={**answering(_CONTEXT), **NOT_THERE})
async def get_context(services: Services, caller: Caller, name: str) -> Response:
    """A context."""
    async with services.database.begin() as session:
        found = await services.prompts.get(session, caller.workspace_id, CONTEXT, name)
    return said({"Name": found.name, "Content": found.text})


@router.post(
    "/contexts/{name}",
    operation_id="saveFabricContext",
    response_class=Response,
    openapi_extra=taking("The text.", {"type": "string"}, "text/plain"),
)
async def save_context(request: Request, services: Services, caller: Caller, name: str) -> Response:
    """Keep a context: the body is its text."""
    text = text_of(await raw_body(request, MOST_CONTEXT_BYTES))
    async with services.database.begin() as session:
        await services.prompts.put(session, caller.workspace_id, CONTEXT, name, text, editor=caller.who)
    return done()


@router.put(
    "/contexts/rename/{name}/{to}", operation_id="renameFabricContext", response_class=Response, responses=NOT_THERE
)
async def rename_context(services: Services, caller: Caller, name: str, to: str) -> Response:
    """Give a context another name."""
    return await renamed(services, caller, CONTEXT, name, to)


@router.delete("/contexts/{name}", operation_id="deleteFabricContext", response_class=Response, responses=NOT_THERE)
async def delete_context(services: Services, caller: Caller, name: str) -> Response:
    """Delete a context."""
    return await deleted(services, caller, CONTEXT, name)


@router.get("/sessions/names", operation_id="listFabricSessions", responses=answering(NAMES))
async def list_sessions(services: Services, caller: Caller) -> Response:
    """The names of all sessions."""
    return said(await stored_names(services, caller, SESSION))


@router.get("/sessions/exists/{name}", operation_id="hasFabricSession", responses=answering(FLAG))
async def has_session(services: Services, caller: Caller, name: str) -> Response:
    """Whether there is a session of this name."""
    return said(await is_stored(services, caller, SESSION, name))


@router.get("/sessions/{name}", operation_id="getFabricSession", responses=answering(_SESSION))
async def get_session(services: Services, caller: Caller, name: str) -> Response:
    """What was said in a session; nothing in one that nobody has begun."""
    turns: list[Turn] = []
    async with services.database.begin() as session:
        with suppress(NotFound):
            turns = await services.prompts.turns(session, caller.workspace_id, name)
    return said({"Name": name, "Messages": [{"role": turn.role, "content": turn.text} for turn in turns]})


@router.post(
    "/sessions/{name}",
    operation_id="saveFabricSession",
    response_class=Response,
    openapi_extra=taking("All that was said.", _MESSAGES),
)
async def save_session(request: Request, services: Services, caller: Caller, name: str) -> Response:
    """Put what the body says in the place of all that was said in a session."""
    messages = await read_json(request, list[SessionMessage], MOST_SESSION_BYTES)
    turns = [Turn(one.role, one.content) for one in messages]
    async with services.database.begin() as session:
        await services.prompts.replace(session, caller.workspace_id, name, turns)
    return done()


@router.put(
    "/sessions/rename/{name}/{to}", operation_id="renameFabricSession", response_class=Response, responses=NOT_THERE
)
async def rename_session(services: Services, caller: Caller, name: str, to: str) -> Response:
    """Give a session another name."""
    return await renamed(services, caller, SESSION, name, to)


@router.delete("/sessions/{name}", operation_id="deleteFabricSession", response_class=Response, responses=NOT_THERE)
async def delete_session(services: Services, caller: Caller, name: str) -> Response:
    """Delete a session."""
    return await deleted(services, caller, SESSION, name)
