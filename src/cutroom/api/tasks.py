"""Tasks: prompts that agents carry out in repositories. Each is a job; boards list them by queue and state."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import Principal
from cutroom.api.answers import DEFAULT, ETAG, NEXT_LINK, Cursor, Limit, ListOut, Paging, resource
from cutroom.api.auth import Caller
from cutroom.api.callbacks import CallbackUrl, checked_callback, submit
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import errors, request_id_of
from cutroom.api.job_view import JobOut, ShownStatus, job_views
from cutroom.api.jobs import basis_of
from cutroom.api.repositories import CommandName
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait, accepted, idempotency
from cutroom.jobs import Idempotency, Job, Status, Submission, Submitted
from cutroom.jobs.many import jobs_by_id
from cutroom.kit.errors import Conflict, NotFound
from cutroom.kit.schema import Schema
from cutroom.tasks import REWORK, Queue, Repository, Task
from cutroom.workflows.run_task import (
    MAX_FEEDBACK_CHARS,
    MAX_PROMPT_CHARS,
    MAX_ROUNDS,
    TASK,
    RunTask,
    RunTaskOutput,
    TaskRepository,
    TaskRound,
)

router: Final = keyed("tasks", area="tasks")
LIST: Final = "tasks"
_SHOWN_CHARS: Final = 500
_Key = Annotated[str | None, Field(min_length=1, max_length=255, description="The same as the Idempotency-Key header.")]
_Command = Annotated[CommandName | None, Field(description="Which of an agent's commands runs; else the repository's.")]
QueueFilter = Annotated[Literal["backlog", "rework"] | None, Query(description="Only tasks of this queue.")]
StatusFilter = Annotated[ShownStatus | None, Query(description="Only tasks in this state.")]
RepositoryFilter = Annotated[
    str | None, Query(alias="repositoryId", max_length=64, description="Only tasks of this repository.")
]


class TaskRequest(Schema):
    """A prompt to be carried out in a repository."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "repositoryId": "rep_01kb0000000000000000000000",
                    "prompt": "Add a test for the empty list.",
                    "queue": "backlog",
                }
            ]
        }
    )

    repository_id: str
    prompt: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT_CHARS)]
    queue: Annotated[Queue, Field(description="Rework goes before backlog, unless the operator says otherwise.")] = (
        "backlog"
    )
    command: _Command = None
    idempotency_key: _Key = None
    callback_url: CallbackUrl = None


class ReworkRequest(Schema):
    """What is to be made better in what a task did."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"feedback": "Name the test after what it shows."}]})

    feedback: Annotated[str, Field(min_length=1, max_length=MAX_FEEDBACK_CHARS)]
    command: _Command = None
    idempotency_key: _Key = None
    callback_url: CallbackUrl = None


class TaskOut(JobOut):
    """One task: its job, and its place on the board."""

    queue: Queue
    repository_id: Annotated[str | None, Field(description="None once the repository was deleted.")]
    rework_of: Annotated[str | None, Field(description="The task that this one makes better.")]
    round: Annotated[int, Field(description="1 for a first try, one more for each rework.")]
    prompt: Annotated[str, Field(description="In lists, its beginning.")]
    feedback: Annotated[str, Field(description="What is to be made better; in lists, its beginning.")]
    output: Annotated[RunTaskOutput | None, Field(description="What came of it, once succeeded.")] = None


class TaskList(ListOut[TaskOut]):
    """One page of tasks."""


@router.post(
    "/tasks", operation_id="createTask", status_code=202, responses={**ACCEPTED, **errors(404, 408, 409, 413, 415)}
)
async def create_task(
    request: Request, services: Services, caller: Caller, wanted: TaskRequest, wait: Wait = 0.0, key: KeyHeader = None
) -> Response:
    """Ask for a task. An agent that has the labels of the repository, and is allowed it, takes it.

    The answer is its job; `GET /jobs/{id}/events` streams what the command prints while it runs, and the artifacts are
    the patch, a summary, the list of changed files, and how the command ended.
    """
    body = wanted.model_dump(mode="json", exclude={"idempotency_key"})
    once = idempotency(TASK, key, wanted.idempotency_key, body)
    callback = await checked_callback(services, wanted.callback_url)
    async with services.database.begin() as session:
        earlier = await services.jobs.repeated(session, caller.workspace_id, once)
        if earlier is None:
            repository = await services.tasks.get(session, caller.workspace_id, wanted.repository_id)
            given = RunTask(
                repository=_repository(repository), prompt=wanted.prompt, command=wanted.command or repository.command
            )
            asking = _Asking(request, caller, once, callback)
            earlier = await _submit(services, session, asking, repository, given, wanted.queue)
    return await accepted(services, request, earlier.job, created=earlier.created, wait_s=wait)


@router.post(
    "/tasks/{task_id}/rework",
    operation_id="reworkTask",
    status_code=202,
    responses={**ACCEPTED, **errors(404, 408, 409, 413, 415)},
)
async def rework_task(
    request: Request,
    services: Services,
    caller: Caller,
    task_id: str,
    wanted: ReworkRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Have what a task did made better: a new task on the rework queue, which goes on from its changes.

    It is given the prompt, the summaries and the feedback of every round before, and begins with the patch of the last.
    """
    body = [task_id, wanted.model_dump(mode="json", exclude={"idempotency_key"})]
    once = idempotency("task.rework", key, wanted.idempotency_key, body)
    callback = await checked_callback(services, wanted.callback_url)
    async with services.database.begin() as session:
        task = await services.tasks.get_task(session, caller.workspace_id, task_id)
        earlier = await services.jobs.repeated(session, caller.workspace_id, once)
        if earlier is None:
            job = await services.jobs.get(session, caller.workspace_id, task_id)
            repository = await _repository_of(services, session, task)
            given = _again(job, repository, wanted)
            asking = _Asking(request, caller, once, callback)
            earlier = await _submit(services, session, asking, repository, given, REWORK, rework_of=task.id)
    return await accepted(services, request, earlier.job, created=earlier.created, wait_s=wait)


@router.get("/tasks", operation_id="listTasks", responses={200: {"model": TaskList, "headers": NEXT_LINK}})
async def list_tasks(
    request: Request,
    services: Services,
    caller: Caller,
    queue: QueueFilter = None,
    status: StatusFilter = None,
    repository_id: RepositoryFilter = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """Tasks of the workspace, newest first: a board is one such list for each queue and state."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    statuses = set() if status is None else {Status(status)}
    if Status.RUNNING in statuses:
        statuses.add(Status.WAITING)  # shown as running
    async with services.database.begin() as session:
        page = await services.tasks.list_tasks(
            session,
            caller.workspace_id,
            queue=queue,
            repository_id=repository_id,
            statuses=statuses,
            limit=limit,
            before=paging.start,
        )
        items = await _views(services, session, caller.workspace_id, page.items, whole=False)
    filters = {"queue": queue, "status": status, "repositoryId": repository_id}
    return paging.answer(TaskList, items, page.next_cursor, filters)


@router.get(
    "/tasks/{task_id}",
    operation_id="getTask",
    responses={200: {"model": TaskOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_task(request: Request, services: Services, caller: Caller, task_id: str) -> Response:
    """One task, with what came of it; its input holds the rounds before."""
    async with services.database.begin() as session:
        task = await services.tasks.get_task(session, caller.workspace_id, task_id)
        (view,) = await _views(services, session, caller.workspace_id, [task], whole=True)
    return resource(request, view, basis=basis_of(view))


class _Asking:
    """Who asks for a task, and how."""

    def __init__(self, request: Request, caller: Principal, once: Idempotency | None, callback: str | None) -> None:
        self.workspace_id = caller.workspace_id
        self.correlation_id = request_id_of(request.scope)
        self.once, self.callback = once, callback


async def _submit(
    services: ApiServices,
    session: AsyncSession,
    asking: _Asking,
    repository: Repository,
    given: RunTask,
    queue: Queue,
    *,
    rework_of: str | None = None,
) -> Submitted:
    """Make the job and the task in one transaction."""
    submission = Submission(
        type=TASK,
        input=given,
        priority=services.tasks.limits.priority(queue),
        correlation_id=asking.correlation_id,
        idempotency=asking.once,
        needs=(TASK, *repository.labels),
    )
    submitted = await submit(services, session, asking.workspace_id, submission, asking.callback)
    if submitted.created:
        await services.tasks.add(
            session,
            asking.workspace_id,
            submitted.job.id,
            repository_id=repository.id,
            queue=queue,
            rework_of=rework_of,
        )
    return submitted


async def _repository_of(services: ApiServices, session: AsyncSession, task: Task) -> Repository:
    if task.repository_id is None:
        raise Conflict("repository_gone", "The repository of this task was deleted; register it, and make a new task.")
    return await services.tasks.get(session, task.workspace_id, task.repository_id)


def _again(job: Job, repository: Repository, wanted: ReworkRequest) -> RunTask:
    """The input of the next round.

    Raises:
        Conflict: `task_not_ended`, `too_many_rounds`.
    """
    if not job.status.ended:
        raise Conflict("task_not_ended", "The task is still to be carried out, or at it; wait, or cancel it first.")
    before = RunTask.model_validate(job.input)
    if len(before.rounds) >= MAX_ROUNDS:
        raise Conflict("too_many_rounds", f"A task has at most {MAX_ROUNDS + 1} rounds; make a new one.")
    made = None if job.output is None else RunTaskOutput.model_validate(job.output)
    ended = job.status.value if made is None else made.outcome
    said = (job.error or {}).get("message", "") if made is None else made.summary
    # A round that came to no result leaves what it began with.
    patch = before.patch if made is None else made.patch and f"artifact:{made.patch}"
    commit = before.commit if made is None else made.commit
    return RunTask(
        repository=_repository(repository),
        prompt=before.prompt,
        command=wanted.command or repository.command or before.command,
        feedback=wanted.feedback,
        rounds=[*before.rounds, TaskRound(task=job.id, feedback=before.feedback, summary=said, outcome=ended)],
        commit=commit if patch is not None else None,
        patch=patch,
    )


def _repository(repository: Repository) -> TaskRepository:
    return TaskRepository(
        id=repository.id, url=repository.url, branch=repository.branch, secrets=list(repository.secrets)
    )


async def _views(
    services: ApiServices,
    session: AsyncSession,
    workspace_id: str,
    tasks: tuple[Task, ...] | list[Task],
    *,
    whole: bool,
) -> list[TaskOut]:
    """Tasks on the wire, in two more queries."""
    jobs = await jobs_by_id(session, workspace_id, [task.id for task in tasks])
    if len(tasks) == 1 and tasks[0].id not in jobs:
        raise NotFound("task_not_found", "There is no task with this id.")
    known = [task for task in tasks if task.id in jobs]
    views = await job_views(services, session, workspace_id, [jobs[task.id] for task in known], with_input=whole)
    return [_view(task, jobs[task.id], view, whole=whole) for task, view in zip(known, views, strict=True)]


def _view(task: Task, job: Job, view: JobOut, *, whole: bool) -> TaskOut:
    asked: dict[str, Any] = job.input
    output = None if job.output is None else RunTaskOutput.model_validate(job.output)
    facts = {name: getattr(view, name) for name in JobOut.model_fields if name != "output"}
    shown = None if whole else _SHOWN_CHARS
    return TaskOut.model_construct(
        **facts,
        output=output,
        queue=task.queue,
        repository_id=task.repository_id,
        rework_of=task.rework_of,
        round=len(asked.get("rounds", ())) + 1,
        prompt=asked["prompt"][:shown],
        feedback=asked.get("feedback", "")[:shown],
    )
