"""Jobs that used up their attempts: listed, inspected, re-driven."""

from typing import Annotated, Final, Self

from fastapi import Request, Response
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from cutroom.api.answers import DEFAULT, NEXT_LINK, Cursor, Limit, Paging
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.job_view import JobList, job_views
from cutroom.api.routes import keyed
from cutroom.kit.schema import Schema

router = keyed("dead letters", area="jobs")
LIST: Final = "dead-letters"
MAX_IDS: Final = 1_000

JobId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class RedriveRequest(Schema):
    """Which dead letters to run again: those named, or all of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": ["job_01kb0000000000000000000000"]}]})

    ids: Annotated[list[JobId] | None, Field(min_length=1, max_length=MAX_IDS)] = None
    all: Annotated[bool, Field(description="All of the workspace, at most 1,000 at a time, oldest first.")] = False

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.ids is not None) == self.all:
            raise ValueError('Name the "ids" of some dead letters, or say "all": true.')
        return self


class RedriveOut(Schema):
    """The jobs that were queued again; ids that are no dead letters of this workspace are left out."""

    redriven: list[str]


@router.get(
    "/dead-letters",
    operation_id="listDeadLetters",
    responses={200: {"model": JobList, "headers": NEXT_LINK}},
)
async def list_dead_letters(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Dead letters of the workspace, newest first, without their inputs; each with the error of every attempt."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.jobs.dead_letters(session, caller.workspace_id, limit=limit, before=paging.start)
        views = await job_views(services, session, caller.workspace_id, page.items, with_input=False)
    return paging.answer(JobList, views, page.next_cursor)


@router.post(
    "/dead-letters/redrive",
    operation_id="redriveDeadLetters",
    responses=errors(408, 413, 415),
)
async def redrive(services: Services, caller: Caller, wanted: RedriveRequest) -> RedriveOut:
    """Run dead letters again, each with all its attempts."""
    async with services.database.begin() as session:
        ids = await services.jobs.redrive(session, caller.workspace_id, wanted.ids)
    return RedriveOut(redriven=ids)
