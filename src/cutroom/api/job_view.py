"""A job as it is seen from outside."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api.answers import ListOut, Paging
from cutroom.api.deps import ApiServices
from cutroom.api.errors import ErrorDetail
from cutroom.assets import Artifact, AssetService
from cutroom.jobs import Job, JobEvent, Status
from cutroom.kit.schema import Schema, is_absent
from cutroom.workflows.answers import BUDGET
from cutroom.workflows.metering import SPENDING
from cutroom.workflows.run_wishes import asked_of

ShownStatus = Literal["scheduled", "queued", "running", "retrying", "succeeded", "failed", "cancelled"]
When = Annotated[datetime | None, Field(exclude_if=is_absent)]


_SHOWN: Final[TypeAdapter[ShownStatus]] = TypeAdapter(ShownStatus)


class ArtifactOut(Schema):
    """A file that the job made."""

    id: str
    kind: str
    name: str
    url: Annotated[str, Field(description="Signed: reads the file until `expiresAt`, without a key.")]
    content_type: str
    size_bytes: int
    sha256: str
    expires_at: datetime


class AttemptErrorOut(Schema):
    """Why one attempt failed."""

    attempt: int
    code: str
    message: str
    at: When = None


class JobErrorOut(Schema):
    """Why the job failed, or why its last attempt did."""

    code: str
    message: str
    retryable: bool
    details: Annotated[list[ErrorDetail] | None, Field(exclude_if=is_absent)] = None
    attempts: Annotated[list[AttemptErrorOut] | None, Field(exclude_if=is_absent)] = None


class JobOut(Schema):
    """One durable request to run a workflow with one input."""

    id: str
    type: str
    status: ShownStatus
    progress: Annotated[float, Field(description="Percent, 0 to 100.")]
    stage: Annotated[str | None, Field(description="What it does now.")]
    attempt: Annotated[int, Field(description="Number of the current or last attempt; 0 before the first.")]
    max_attempts: int
    priority: int
    input: Annotated[Any, Field(exclude_if=is_absent, description="What was asked for; left out of lists.")] = None
    output: Annotated[Any, Field(description="What the workflow answered, once succeeded.")] = None
    artifacts: list[ArtifactOut]
    warnings: Annotated[
        list[dict[str, str]],
        Field(description="What was done, but perhaps not as meant: code, pointer into the document, message."),
    ]
    error: Annotated[JobErrorOut | None, Field(exclude_if=is_absent)] = None
    correlation_id: Annotated[str | None, Field(exclude_if=is_absent, description="Id of the request.")] = None
    run_at: When = None
    created_at: datetime
    started_at: When = None
    finished_at: When = None
    cancel_requested_at: When = None
    dead_at: Annotated[When, Field(description="When it became a dead letter.")] = None
    sandbox_level: Annotated[int | None, Field(description="How well its media tools were fenced in.")] = None


class JobEventOut(Schema):
    """An appended fact on a job."""

    seq: Annotated[int, Field(description="Grows by one per event of the job; a cursor to follow from.")]
    at: datetime
    kind: Literal["state", "progress", "log", "text"]
    data: Annotated[
        dict[str, Any],
        Field(
            description="state: status, attempt. progress: progress (percent), stage. log: level, message, facts; "
            "stream (stdout, stderr) where a program wrote the line. text: the next piece (text) of one (stream) that "
            "is being written; where it begins, what was shown of it "
            "before is void. Pieces are gone once the job has succeeded: its output has the whole."
        ),
    ]


class JobList(ListOut[JobOut]):
    """One page of jobs."""


class JobEventList(ListOut[JobEventOut]):
    """One page of events."""


def event_view(event: JobEvent) -> JobEventOut:
    """An event on the wire."""
    return JobEventOut(seq=event.seq, at=event.at, kind=event.kind, data=dict(event.data))


def job_view(job: Job, artifacts: Sequence[Artifact] = (), *, with_input: bool = True) -> JobOut:
    """A job on the wire."""
    return JobOut(
        id=job.id,
        type=job.type,
        status=_SHOWN.validate_python(job.status.shown.value),
        progress=round(job.progress * 100, 1),
        stage=job.stage,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        priority=job.priority,
        input=_asked(job) if with_input else None,
        output=job.output,
        artifacts=[_artifact(artifact) for artifact in artifacts],
        warnings=list(job.output.get("warnings", ())) if isinstance(job.output, dict) else [],
        error=None if job.error is None else _error(job.error),
        correlation_id=job.correlation_id,
        run_at=None if job.status.ended else job.run_at,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        cancel_requested_at=job.cancel_requested_at,
        dead_at=job.dead_at,
        sandbox_level=job.sandbox_level,
    )


async def job_views(
    services: ApiServices, session: AsyncSession, workspace_id: str, jobs: Sequence[Job], *, with_input: bool
) -> list[JobOut]:
    """Jobs on the wire with their artifacts, in one more query."""
    artifacts = await services.assets.artifacts(session, workspace_id, [job.id for job in jobs])
    return [job_view(job, artifacts.get(job.id, ()), with_input=with_input) for job in jobs]


async def jobs_page(
    services: ApiServices,
    workspace_id: str,
    paging: Paging,
    *,
    status: ShownStatus | None,
    types: Sequence[str],
) -> tuple[list[tuple[Job, JobOut]], str | None]:
    """One page of a workspace's jobs, newest first and without their inputs, and where it ends if one follows.

    Args:
        services: what the routes stand on.
        workspace_id: whose jobs.
        paging: which page.
        status: only jobs in this state.
        types: only jobs of these workflows; of all when empty.
    """
    async with services.database.begin() as session:
        page = await services.jobs.list_jobs(
            session,
            workspace_id,
            limit=paging.limit,
            before=paging.start,
            statuses=() if status is None else (Status(status),),
            types=tuple(types),
        )
        views = await job_views(services, session, workspace_id, page.items, with_input=False)
    return list(zip(page.items, views, strict=True)), page.next_cursor


def describe_job(assets: AssetService) -> Callable[[AsyncSession, Job], Awaitable[dict[str, Any]]]:
    """Gives jobs to what has no door: the JSON that `GET /jobs/{id}` answers with, but for the input.

    What goes out to others is read by more people than what is asked for, and inputs name sources by signed URLs.
    """

    async def describe(session: AsyncSession, job: Job) -> dict[str, Any]:
        artifacts = await assets.artifacts(session, job.workspace_id, [job.id])
        return job_view(job, artifacts.get(job.id, ()), with_input=False).model_dump(mode="json")

    return describe


def _asked(job: Job) -> Any:
    """The input of a job, without what was reserved for it, and without the texts that a run's names stood for."""
    if job.type == "run":
        return asked_of(job.input)
    return {name: value for name, value in job.input.items() if name != BUDGET} if job.type in SPENDING else job.input


def _artifact(artifact: Artifact) -> ArtifactOut:
    return ArtifactOut(
        id=artifact.id,
        kind=artifact.kind,
        name=artifact.name,
        url=artifact.url,
        content_type=artifact.content_type,
        size_bytes=artifact.size_bytes,
        sha256=artifact.sha256,
        expires_at=artifact.expires_at,
    )


def _error(data: Mapping[str, Any]) -> JobErrorOut:
    return JobErrorOut(
        code=data["code"],
        message=data["message"],
        retryable=data["retryable"],
        details=[ErrorDetail(**detail) for detail in data.get("details", ())] or None,
        attempts=[_attempt(entry) for entry in data.get("attempts", ())] or None,
    )


def _attempt(entry: Mapping[str, Any]) -> AttemptErrorOut:
    error = entry["error"]
    return AttemptErrorOut(attempt=entry["attempt"], code=error["code"], message=error["message"], at=entry.get("at"))
