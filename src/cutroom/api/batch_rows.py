"""`GET /jobs/{id}/rows`: what became of the rows of a batch, while others are still at work and after a cancel too."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query, Request, Response
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api.answers import DEFAULT, NEXT_LINK, Cursor, Limit, ListOut, Paging
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import ErrorDetail, errors
from cutroom.api.routes import keyed
from cutroom.jobs.outputs import outputs_of_items
from cutroom.kit.errors import Conflict
from cutroom.kit.schema import Schema, is_absent
from cutroom.workflows import batch

router = keyed("jobs", area="jobs")
LIST: Final = "rows"
_AT_ONCE: Final = 8
"""Windows read together: some 100 kB."""

RowStatus = Literal["succeeded", "failed"]


class RowArtifactOut(Schema):
    """A file of a row."""

    id: str
    url: Annotated[str, Field(description="Leads to the file, with a key.")]


class RowErrorOut(Schema):
    """Why a row has no files."""

    code: str
    message: str
    retryable: bool = False
    details: Annotated[list[ErrorDetail] | None, Field(exclude_if=is_absent)] = None


class RowOut(Schema):
    """What became of a row."""

    row: Annotated[int, Field(description="Its number, from 1; the line that names a CSV's fields is none.")]
    status: RowStatus
    artifacts: Annotated[list[RowArtifactOut] | None, Field(exclude_if=is_absent)] = None
    duration: Annotated[float | None, Field(exclude_if=is_absent, description="Seconds.")] = None
    size_bytes: Annotated[int | None, Field(exclude_if=is_absent)] = None
    warnings: Annotated[list[dict[str, str]] | None, Field(exclude_if=is_absent)] = None
    error: Annotated[RowErrorOut | None, Field(exclude_if=is_absent)] = None


class RowList(ListOut[RowOut]):
    """One page of rows."""


_ROW: Final[TypeAdapter[RowOut]] = TypeAdapter(RowOut)


@router.get(
    "/jobs/{job_id}/rows",
    operation_id="listRows",
    responses={200: {"model": RowList, "headers": NEXT_LINK}, **errors(404, 409)},
)
async def list_rows(
    request: Request,
    services: Services,
    caller: Caller,
    job_id: str,
    status: Annotated[RowStatus | None, Query(description="Only rows that ended so.")] = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """The rows of a batch that have ended, in order, while others are still at work and after a cancel too.

    They come as their neighbours end, fifty at a time. Once the batch has succeeded, its artifact has all of them.
    """
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST, job_id)
    after = paging.number or 0
    async with services.database.begin() as session:
        job = await services.jobs.get(session, caller.workspace_id, job_id)
        if job.type != batch.TYPE:
            raise Conflict("no_batch", f"Only jobs of the type {batch.TYPE} have rows; this is a {job.type}.")
        found = await _rows(session, caller.workspace_id, job_id, status, after=after, most=limit + 1)
    last = found[limit - 1].row if len(found) > limit else None
    return paging.answer(RowList, found[:limit], last, {"status": status})


async def _rows(
    session: AsyncSession, workspace_id: str, job_id: str, status: RowStatus | None, *, after: int, most: int
) -> list[RowOut]:
    found: list[RowOut] = []
    while len(found) < most:
        start = batch.place_of(after + 1)
        outputs: Any = await outputs_of_items(
            session, workspace_id, job_id, batch.WINDOW_TYPE, start=start, limit=_AT_ONCE, having=status
        )
        told = [_ROW.validate_json(line) for output in outputs for line in batch.lines_of(output)]
        news = [row for row in told if row.row > after]
        if not news:
            break
        found += [row for row in news if status in {None, row.status}]
        after = news[-1].row
    return found[:most]
