"""Contexts: what models are to know, kept to be put before patterns."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Path, Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import DEFAULT, ETAG, NEXT_LINK, Cursor, Limit, ListOut, Paging, answer, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import errors
from cutroom.api.patterns import AREA
from cutroom.api.routes import keyed
from cutroom.kit.schema import Schema, is_absent
from cutroom.prompts import CONTEXT, Entry

router: Final = keyed("contexts", area=AREA, carries_texts=True)
LIST: Final = "contexts"
Name = Annotated[str, Path(alias="context_name", description="Of the context.")]


class ContextRequest(Schema):
    """A context to keep."""

    text: Annotated[str, Field(min_length=1, max_length=500_000, description="What a model is to know.")]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Acme sells paint to people who paint for the first time."}]}
    )


class ContextOut(Schema):
    """What a model is to know; runs name it as `context`."""

    name: str
    version: Annotated[int, Field(description="Grows by one with every change.")]
    size_bytes: int
    text: Annotated[str | None, Field(exclude_if=is_absent, description="Left out of lists.")] = None
    created_at: datetime
    updated_at: datetime


class ContextList(ListOut[ContextOut]):
    """One page of contexts."""


@router.get("/contexts", operation_id="listContexts", responses={200: {"model": ContextList, "headers": NEXT_LINK}})
async def list_contexts(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Contexts of the workspace, by name, without their texts."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.prompts.page(session, caller.workspace_id, CONTEXT, limit=limit, after=paging.start)
    return paging.answer(ContextList, [_view(one) for one in page.items], page.next_cursor)


@router.get(
    "/contexts/{context_name}",
    operation_id="getContext",
    responses={200: {"model": ContextOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_context(request: Request, services: Services, caller: Caller, name: Name) -> Response:
    """One context with its text."""
    async with services.database.begin() as session:
        kept = await services.prompts.get(session, caller.workspace_id, CONTEXT, name)
    return resource(request, _view(kept, kept.text))


@router.put(
    "/contexts/{context_name}",
    operation_id="putContext",
    responses={
        200: {"model": ContextOut, "description": "It is kept in the place of what was there."},
        201: {"model": ContextOut, "description": "It is kept, and is new."},
        **errors(408, 413, 415, 429),
    },
)
async def put_context(services: Services, caller: Caller, name: Name, wanted: ContextRequest) -> Response:
    """Keep a context. Runs that were asked for before keep the text that they were asked with."""
    async with services.database.begin() as session:
        is_new = await services.prompts.find(session, caller.workspace_id, CONTEXT, name) is None
        kept = await services.prompts.put(session, caller.workspace_id, CONTEXT, name, wanted.text, editor=caller.who)
    headers = {"Location": f"{PREFIX}/contexts/{name}"} if is_new else {}
    return answer(_view(kept, kept.text), status=201 if is_new else 200, headers=headers)


@router.delete(
    "/contexts/{context_name}",
    operation_id="deleteContext",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_context(services: Services, caller: Caller, name: Name) -> Response:
    """Delete a context for good. Runs that were asked for with it stay."""
    async with services.database.begin() as session:
        await services.prompts.delete(session, caller.workspace_id, CONTEXT, name)
    return Response(status_code=204)


def _view(kept: Entry, text: str | None = None) -> ContextOut:
    return ContextOut(
        name=kept.name,
        version=kept.version,
        size_bytes=kept.size_bytes,
        text=text,
        created_at=kept.created_at,
        updated_at=kept.updated_at,
    )
