"""`/fabric/contexts` and `/fabric/sessions`: what the workspace keeps, as Fabric keeps it in files.

Fabric has the same routes for both. What is alike is made once, by `_alike`; what a context and a session say, and how
they are stored, stands below.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Literal

from fastapi import APIRouter, Request, Response

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

Endpoint = Callable[..., Awaitable[Response]]
Answers = dict[int | str, dict[str, Any]]
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


def _alike(kind: Kind, noun: str) -> APIRouter:
    """The routes that Fabric has alike for contexts and for sessions: names, exists, rename and delete.

    Args:
        kind: of what is kept.
        noun: what one is called, `Context` or `Session`.
    """
    made = fabric_router()
    word = noun.lower()

    async def names(services: Services, caller: Caller) -> Response:
        async with services.database.begin() as session:
            return said(await services.prompts.names(session, caller.workspace_id, kind))

    async def exists(services: Services, caller: Caller, name: str) -> Response:
        async with services.database.begin() as session:
            return said(await services.prompts.find(session, caller.workspace_id, kind, name) is not None)

    async def rename(services: Services, caller: Caller, name: str, to: str) -> Response:
        return await renamed(services, caller, kind, name, to)

    async def delete(services: Services, caller: Caller, name: str) -> Response:
        return await deleted(services, caller, kind, name)

    def add(verb: str, does: str, path: str, endpoint: Endpoint, meaning: str, answers: Answers) -> None:
        many = "s" if endpoint is names else ""
        made.add_api_route(
            f"/{word}s{path}",
            endpoint,
            methods=[verb],
            operation_id=f"{does.lower()}Fabric{noun}{many}",
            summary=f"{does} {noun}{many}",
            description=meaning,
            response_class=Response,
            responses=answers,
        )

    add("GET", "List", "/names", names, f"The names of all {word}s.", answering(NAMES))
    add("GET", "Has", "/exists/{name}", exists, f"Whether there is a {word} of this name.", answering(FLAG))
    add("PUT", "Rename", "/rename/{name}/{to}", rename, f"Give a {word} another name.", NOT_THERE)
    add("DELETE", "Delete", "/{name}", delete, f"Delete a {word}.", NOT_THERE)
    return made


router: Final = fabric_router()
# Their names come before `/{name}` below, which would take `names` for one.
router.routes.extend(_alike(CONTEXT, "Context").routes)
router.routes.extend(_alike(SESSION, "Session").routes)


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
    text = text_of(await raw_body(request))
    async with services.database.begin() as session:
        await services.prompts.put(session, caller.workspace_id, CONTEXT, name, text, editor=caller.who)
    return done()


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
    messages = await read_json(request, list[SessionMessage])
    turns = [Turn(one.role, one.content) for one in messages]
    async with services.database.begin() as session:
        await services.prompts.replace(session, caller.workspace_id, name, turns)
    return done()
