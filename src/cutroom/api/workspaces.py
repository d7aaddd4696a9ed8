"""Workspaces: those that one may act in, seen, made, named, closed."""

from datetime import datetime
from typing import Annotated, Final

import structlog
from fastapi import Query, Request, Response
from pydantic import ConfigDict, Field

from cutroom.accounts import CLOSE_WORKSPACE, Role, Seat
from cutroom.api.answers import DEFAULT, ETAG, LOCATION, NEXT_LINK, Cursor, Limit, ListOut, Paging, answer, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import errors
from cutroom.api.names import Name, person
from cutroom.api.routes import keyed, needs
from cutroom.jobs import Status
from cutroom.kit.errors import Conflict, Detail, Invalid
from cutroom.kit.schema import Schema

log = structlog.get_logger()
router: Final = keyed("workspaces", area="members")
LIST: Final = "workspaces"
_UNDER_WAY: Final = (Status.RUNNING, Status.QUEUED, Status.SCHEDULED, Status.RETRYING)

Confirmation = Annotated[
    str | None, Query(max_length=100, description="The workspace's name, to show that you mean this one.")
]


class WorkspaceRequest(Schema):
    """What a workspace is called."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Acme"}]})

    name: Name


class WorkspaceChange(Schema):
    """What to change of a workspace; what is absent stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Acme films"}]})

    name: Annotated[Name | None, Field(description="What to call it: one line.")] = None
    model: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            description="The language model of runs that name none: `model` or `provider/model`, as `GET /models` "
            "lists them. `null`: the server's own.",
        ),
    ] = None


class WorkspaceOut(Schema):
    """A workspace, and what you are in it."""

    id: str
    name: str
    model: Annotated[str | None, Field(description="The language model of runs that name none; null: the server's.")]
    role: Annotated[Role | None, Field(description="Your role; null for API keys, which have scopes instead.")]
    created_at: datetime


class WorkspaceList(ListOut[WorkspaceOut]):
    """One page of workspaces."""


class ClosedOut(Schema):
    """What was lost: nobody and no key has a way into the workspace any more."""

    id: str
    members: Annotated[int, Field(description="People who were members.")]
    invitations: Annotated[int, Field(description="Open invitations that were revoked.")]
    api_keys: Annotated[int, Field(description="API keys that were revoked.")]


def workspace_view(seat: Seat) -> WorkspaceOut:
    """A workspace on the wire."""
    workspace = seat.workspace
    return WorkspaceOut(
        id=workspace.id, name=workspace.name, model=workspace.model, role=seat.role, created_at=workspace.created_at
    )


@router.get(
    "/workspaces",
    operation_id="listWorkspaces",
    responses={200: {"model": WorkspaceList, "headers": NEXT_LINK}},
    openapi_extra=needs(None),
)
async def list_workspaces(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """The workspaces that you may act in, newest first. Name one in `X-Workspace-Id` to act there."""
    paging = Paging(request, services.cursors, limit, cursor, caller.who, LIST)
    async with services.database.begin() as session:
        page = await services.accounts.workspaces.page(session, caller, limit=limit, before=paging.start)
    return paging.answer(WorkspaceList, [workspace_view(seat) for seat in page.items], page.next_cursor)


@router.post(
    "/workspaces",
    operation_id="createWorkspace",
    status_code=201,
    responses={201: {"model": WorkspaceOut, "headers": LOCATION}, **errors(408, 413, 415, 429)},
    openapi_extra=needs(None),
)
async def create_workspace(services: Services, caller: Caller, wanted: WorkspaceRequest) -> Response:
    """Make a workspace that you own. For people only: an API key belongs to the workspace that it was made in."""
    owner = person(caller)
    async with services.database.begin() as session:
        made = await services.accounts.workspaces.create(session, wanted.name, owner=owner)
    log.info("workspace.created", workspace_id=made.id, by=owner)
    view = workspace_view(Seat(made, Role.OWNER))
    return answer(view, status=201, headers={"Location": f"{PREFIX}/workspaces/{made.id}"})


@router.get(
    "/workspaces/{workspace_id}",
    operation_id="getWorkspace",
    responses={200: {"model": WorkspaceOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
    openapi_extra=needs(None),
)
async def get_workspace(request: Request, services: Services, caller: Caller, workspace_id: str) -> Response:
    """One workspace."""
    async with services.database.begin() as session:
        seat = await services.accounts.workspaces.seat(session, caller)
    view = workspace_view(seat)
    return resource(request, view)


@router.patch(
    "/workspaces/{workspace_id}",
    operation_id="changeWorkspace",
    responses={200: {"model": WorkspaceOut}, **errors(404, 408, 413, 415)},
)
async def change_workspace(services: Services, caller: Caller, workspace_id: str, wanted: WorkspaceChange) -> Response:
    """Give a workspace another name, or another language model."""
    if wanted.model is not None:
        try:
            services.models.find(wanted.model)
        except Invalid as error:
            raise error.at("/model") from error
    workspaces = services.accounts.workspaces
    async with services.database.begin() as session:
        if wanted.name is not None:
            await workspaces.rename(session, caller.workspace_id, wanted.name)
        if "model" in wanted.model_fields_set:
            await workspaces.choose_model(session, caller.workspace_id, wanted.model)
        seat = await services.accounts.workspaces.seat(session, caller)
    return answer(workspace_view(seat))


@router.delete(
    "/workspaces/{workspace_id}",
    operation_id="deleteWorkspace",
    responses={200: {"model": ClosedOut}, **errors(404, 409)},
    openapi_extra=needs(CLOSE_WORKSPACE),
)
async def delete_workspace(
    services: Services, caller: Caller, workspace_id: str, name: Confirmation = None
) -> Response:
    """Close a workspace: every member, invitation and API key loses it at once, and with them all that it holds.

    For owners. Refused while jobs are under way: wait for them or cancel them first.
    """
    async with services.database.begin() as session:
        workspace = await services.accounts.workspaces.get(session, caller.workspace_id)
        if name != workspace.name:
            message = "Everybody loses all that this workspace holds. To mean it, repeat its name: '?name=…'."
            raise Invalid("name_not_confirmed", message, details=[Detail("?name", "name_not_confirmed", message)])
        jobs = await services.jobs.list_jobs(session, workspace.id, limit=1, statuses=_UNDER_WAY)
        if jobs.items:
            message = "Jobs of this workspace are under way; wait for them, or cancel them first."
            raise Conflict("workspace_busy", message)
        closed = await services.accounts.workspaces.close(session, workspace.id)
    log.info("workspace.closed", workspace_id=workspace.id, by=caller.who)
    return answer(
        ClosedOut(id=workspace.id, members=closed.members, invitations=closed.invitations, api_keys=closed.api_keys)
    )
