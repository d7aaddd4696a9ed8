"""Repositories that tasks are carried out in."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field, StringConstraints

from cutroom.api.answers import DEFAULT, ETAG, LOCATION, NEXT_LINK, Cursor, Limit, ListOut, Paging, answer, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import errors
from cutroom.api.routes import keyed
from cutroom.kit.schema import Schema
from cutroom.repos import MAX_CHARS, address, check_branch
from cutroom.tasks import Repository, Written

router: Final = keyed("tasks", area="tasks")
LIST: Final = "repositories"
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$")]
CommandName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]


class RepositoryRequest(Schema):
    """A repository to register."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "site", "url": "https://git.example.com/acme/site", "branch": "main"}]}
    )

    name: Annotated[str, Field(min_length=1, max_length=200, description="For people; each is used once.")]
    url: Annotated[
        str,
        Field(
            max_length=MAX_CHARS,
            description="https://, http:// or file://, without a password. Whether it may be checked out is for each "
            "agent's own configuration to say.",
        ),
    ]
    branch: Annotated[str | None, Field(max_length=200, description="The repository's own when left out.")] = None
    command: Annotated[
        CommandName | None, Field(description="Which of an agent's commands runs; the agent's first when left out.")
    ] = None
    labels: Annotated[
        list[Label], Field(max_length=15, description="Only agents that have all of these take its tasks.")
    ] = []  # noqa: RUF012 — Pydantic copies it
    secrets: Annotated[
        list[CommandName],
        Field(max_length=20, description="Names of secrets that its tasks need; only agents know their values."),
    ] = []  # noqa: RUF012 — Pydantic copies it


class RepositoryOut(Schema):
    """A registered repository."""

    id: str
    name: str
    url: str
    branch: str | None
    command: str | None
    labels: list[str]
    secrets: list[str]
    version: Annotated[int, Field(description="Grows by one with every change.")]
    created_at: datetime
    updated_at: datetime


class RepositoryList(ListOut[RepositoryOut]):
    """One page of repositories."""


@router.post(
    "/repositories",
    operation_id="createRepository",
    status_code=201,
    responses={201: {"model": RepositoryOut, "headers": LOCATION}, **errors(408, 409, 413, 415, 429)},
)
async def create_repository(services: Services, caller: Caller, wanted: RepositoryRequest) -> Response:
    """Register a repository. Nothing is fetched: only agents do that."""
    written = _written(wanted)
    async with services.database.begin() as session:
        made = await services.tasks.register(session, caller.workspace_id, written)
    return answer(_view(made), status=201, headers={"Location": f"{PREFIX}/repositories/{made.id}"})


@router.get(
    "/repositories", operation_id="listRepositories", responses={200: {"model": RepositoryList, "headers": NEXT_LINK}}
)
async def list_repositories(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Repositories of the workspace, newest first."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.tasks.list_repositories(session, caller.workspace_id, limit=limit, before=paging.start)
    return paging.answer(RepositoryList, [_view(found) for found in page.items], page.next_cursor)


@router.get(
    "/repositories/{repository_id}",
    operation_id="getRepository",
    responses={200: {"model": RepositoryOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_repository(request: Request, services: Services, caller: Caller, repository_id: str) -> Response:
    """One repository."""
    async with services.database.begin() as session:
        found = await services.tasks.get(session, caller.workspace_id, repository_id)
    return resource(request, _view(found), basis=[found.id, found.version])


@router.put(
    "/repositories/{repository_id}",
    operation_id="replaceRepository",
    responses={200: {"model": RepositoryOut}, **errors(404, 408, 409, 413, 415)},
)
async def replace_repository(
    services: Services, caller: Caller, repository_id: str, wanted: RepositoryRequest
) -> Response:
    """Say something else of a repository. Tasks that were asked for before are not disturbed."""
    async with services.database.begin() as session:
        await services.tasks.get(session, caller.workspace_id, repository_id)
        changed = await services.tasks.replace(session, caller.workspace_id, repository_id, _written(wanted))
    return answer(_view(changed))


@router.delete(
    "/repositories/{repository_id}",
    operation_id="deleteRepository",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_repository(services: Services, caller: Caller, repository_id: str) -> Response:
    """Forget a repository. Its tasks stay, and those that were asked for are carried out."""
    async with services.database.begin() as session:
        await services.tasks.delete(session, caller.workspace_id, repository_id)
    return Response(status_code=204)


def _written(wanted: RepositoryRequest) -> Written:
    return Written(
        name=wanted.name,
        url=address(wanted.url),
        branch=None if wanted.branch is None else check_branch(wanted.branch),
        command=wanted.command,
        labels=tuple(dict.fromkeys(wanted.labels)),
        secrets=tuple(dict.fromkeys(wanted.secrets)),
    )


def _view(found: Repository) -> RepositoryOut:
    return RepositoryOut(
        id=found.id,
        name=found.name,
        url=found.url,
        branch=found.branch,
        command=found.command,
        labels=list(found.labels),
        secrets=list(found.secrets),
        version=found.version,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
