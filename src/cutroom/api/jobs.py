"""Jobs of any kind: seen, cancelled, run again."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from cutroom.api.answers import DEFAULT, ETAG, LOCATION, NEXT_LINK, Cursor, Limit, Paging, answer, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import errors
from cutroom.api.job_view import JobList, JobOut, ShownStatus, job_view, job_views, jobs_page
from cutroom.api.routes import keyed

router = keyed("jobs", area="jobs")
LIST: Final = "jobs"

StatusFilter = Annotated[ShownStatus | None, Query(description="Only jobs in this state.")]
TypeFilter = Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_.]{0,63}$", description="Only jobs of this workflow.")]


@router.get("/jobs", operation_id="listJobs", responses={200: {"model": JobList, "headers": NEXT_LINK}})
async def list_jobs(
    request: Request,
    services: Services,
    caller: Caller,
    status: StatusFilter = None,
    type_: Annotated[TypeFilter, Query(alias="type")] = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """Jobs of the workspace, newest first, without their inputs."""
    types = () if type_ is None else (type_,)
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    found, last = await jobs_page(services, caller.workspace_id, paging, status=status, types=types)
    return paging.answer(JobList, [view for _, view in found], last, {"status": status, "type": type_})


@router.get(
    "/jobs/{job_id}",
    operation_id="getJob",
    responses={200: {"model": JobOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_job(request: Request, services: Services, caller: Caller, job_id: str) -> Response:
    """One job, with what it made."""
    job = await services.jobs.look(services.database, caller.workspace_id, job_id)
    view = job_view(job)
    if job.status.ended:  # only then it has artifacts
        async with services.database.begin() as session:
            view = (await job_views(services, session, caller.workspace_id, [job], with_input=True))[0]
    return resource(request, view, basis=basis_of(view))


@router.post(
    "/jobs/{job_id}/cancel",
    operation_id="cancelJob",
    responses={200: {"model": JobOut}, **errors(404, 409)},
)
async def cancel_job(services: Services, caller: Caller, job_id: str) -> Response:
    """Cancel a job: at once, or within seconds when a worker is at it. Again changes nothing."""
    async with services.database.begin() as session:
        job = await services.jobs.cancel(session, caller.workspace_id, job_id)
    return answer(job_view(job))


@router.post(
    "/jobs/{job_id}/retry",
    operation_id="retryJob",
    status_code=202,
    responses={202: {"model": JobOut, "headers": LOCATION}, **errors(404, 409)},
)
async def retry_job(services: Services, caller: Caller, job_id: str) -> Response:
    """Queue a failed or cancelled job again, with all its attempts. Steps that succeeded do not run again."""
    async with services.database.begin() as session:
        job = await services.jobs.retry(session, caller.workspace_id, job_id)
    return answer(job_view(job), status=202, headers={"Location": f"{PREFIX}/jobs/{job.id}"})


def basis_of(view: JobOut) -> Any:
    """What makes a job another: not its signed URLs, which differ at every look, until the day they were made is over.

    A job that has made no files is all that is sent.
    """
    if not view.artifacts:
        return None
    plain = view.model_dump(mode="json", exclude={"artifacts": {"__all__": {"url", "expires_at"}}})
    days = sorted({_day(artifact.expires_at) for artifact in view.artifacts})
    return [plain, days]


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
