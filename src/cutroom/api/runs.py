"""Pattern runs: a prompt, an input and a strategy become an output. Each is a job; this is how it looks as a run."""

from contextlib import suppress
from typing import Annotated, Final

from fastapi import Query, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api.answers import DEFAULT, ETAG, NEXT_LINK, Cursor, Limit, ListOut, Paging, resource
from cutroom.api.asking import Asked
from cutroom.api.auth import Caller
from cutroom.api.callbacks import checked_callback
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import errors, request_id_of
from cutroom.api.job_view import JobOut, ShownStatus, job_views, jobs_page
from cutroom.api.jobs import basis_of
from cutroom.api.routes import keyed
from cutroom.api.run_asking import WORKFLOW, Asking, submit_run
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait, accepted, idempotency
from cutroom.jobs import Job, Status, live_texts
from cutroom.kit.errors import NotFound
from cutroom.workflows.run_pattern import ANSWER
from cutroom.workflows.run_wishes import RunOutput, RunWishes

router: Final = keyed("runs", area="jobs", carries_texts=True)
LIST: Final = "runs"
StatusFilter = Annotated[ShownStatus | None, Query(description="Only runs in this state.")]


class RunRequest(Asked, RunWishes):
    """What to run on what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"pattern": "summary", "input": "Bees find their way by the sun…", "language": "en"},
                {
                    "patterns": ["fact_list", "critique"],
                    "inputSource": "youtube",
                    "input": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
                    "strategy": "steps",
                    "maxCost": 0.25,
                },
            ]
        }
    )


class RunOut(JobOut):
    """One run: its job, and the text of its answer."""

    text: Annotated[
        str | None,
        Field(
            description="The answer: as far as it is written while the run is at work, whole once it has succeeded; "
            "null where there is nothing yet, and where it is so long that it is an artifact alone. Nobody vouches for "
            "it: escape it as you would a stranger's."
        ),
    ] = None
    output: Annotated[RunOutput | None, Field(description="What it made, once succeeded.")] = None


class RunList(ListOut[RunOut]):
    """One page of runs."""


@router.post(
    "/runs", operation_id="createRun", status_code=202, responses={**ACCEPTED, **errors(404, 408, 409, 413, 415)}
)
async def create_run(
    request: Request,
    services: Services,
    caller: Caller,
    wanted: RunRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Run a pattern, a chain of patterns, or several side by side, over a text, an upload or a video.

    The answer is a job; `GET /runs/{id}` shows the text while it is written, and `GET /jobs/{id}/events` streams it as
    events of the kind `text`. `POST /jobs/{id}/cancel` stops the run, and the model with it.
    """
    once = idempotency(WORKFLOW, key, wanted.idempotency_key, [wanted.given(), wanted.callback_url])
    callback = await checked_callback(services, wanted.callback_url)
    asking = Asking(caller.workspace_id, request_id_of(request.scope), once, callback)
    async with services.database.begin() as session:
        submitted = await submit_run(services, session, asking, wanted)
    return await accepted(services, request, submitted.job, created=submitted.created, wait_s=wait)


@router.get(
    "/runs/{run_id}",
    operation_id="getRun",
    responses={200: {"model": RunOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_run(request: Request, services: Services, caller: Caller, run_id: str) -> Response:
    """One run, with the text of its answer so far."""
    async with services.database.begin() as session:
        job = await _run(services, session, caller.workspace_id, run_id)
        (view,) = await job_views(services, session, caller.workspace_id, [job], with_input=True)
        shown: dict[str, str] = {}
        if job.status is not Status.SUCCEEDED:
            shown = await live_texts(session, caller.workspace_id, job.id)
    run = _run_view(view, job, shown.get(ANSWER))
    return resource(request, run, basis=basis_of(run))


@router.get("/runs", operation_id="listRuns", responses={200: {"model": RunList, "headers": NEXT_LINK}})
async def list_runs(
    request: Request,
    services: Services,
    caller: Caller,
    status: StatusFilter = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """Runs of the workspace, newest first, without their inputs and the texts that are still being written."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    found, last = await jobs_page(services, caller.workspace_id, paging, status=status, types=(WORKFLOW,))
    return paging.answer(RunList, [_run_view(view, job, None) for job, view in found], last, {"status": status})


async def _run(services: ApiServices, session: AsyncSession, workspace_id: str, run_id: str) -> Job:
    """The job of a run. What is no run is as unknown as what is not there."""
    with suppress(NotFound):
        job = await services.jobs.get(session, workspace_id, run_id)
        if job.type == WORKFLOW:
            return job
    raise NotFound("run_not_found", "There is no such run.")


def _run_view(view: JobOut, job: Job, shown: str | None) -> RunOut:
    """A run on the wire; `shown` is what there is of an answer that does not stand yet."""
    output = None if job.output is None else RunOutput.model_validate(job.output)
    facts = {name: getattr(view, name) for name in JobOut.model_fields if name != "output"}
    return RunOut.model_construct(**facts, output=output, text=shown if output is None else output.text)
