"""`POST /fabric/youtube/transcript`: what is said in a video, by a job of the type `read_video` that is waited for."""

from typing import Any, Final

from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from cutroom.api.auth import Caller
from cutroom.api.compat.fabric_door import GoObject, answering, fabric_router, read_json, said, taking
from cutroom.api.compat.fabric_run import answer_in, cancel_if_running, followed
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import request_id_of
from cutroom.api.racing import first_to_end, until_disconnected
from cutroom.api.routes import needs
from cutroom.jobs import Job, Status, Submission
from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.media.youtube import video_id

router: Final = fabric_router()
WORKFLOW: Final = "read_video"
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_ASKED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["url"],
    "properties": {
        "url": _TEXT | {"description": "Of one video."},
        "language": _TEXT | {"description": "Of the captions; what is spoken when there are none in it."},
        "timestamps": {"type": "boolean", "description": "Begin lines with `[HH:MM:SS]`."},
    },
}
_NAMES: Final = ("transcript", "videoId", "title", "description")
_TOLD: Final[dict[str, Any]] = {
    "type": "object",
    "required": list(_NAMES),
    "properties": dict.fromkeys(_NAMES, _TEXT),
}


class VideoRequest(GoObject):
    """A video to read."""

    url: str = ""
    language: str = ""
    timestamps: bool = False


@router.post(
    "/youtube/transcript",
    operation_id="readFabricVideo",
    responses=answering(_TOLD),
    openapi_extra=needs("jobs:write", **taking("Which video.", _ASKED)),
)
async def transcript(request: Request, services: Services, caller: Caller) -> Response:
    """What is said in a video of YouTube: its captions, or what is heard in it when it has none."""
    wanted = await read_json(request, VideoRequest)
    if not wanted.url.strip():
        raise Invalid("missing_field", "url is required: the address of one video.").at("/url")
    video = video_id(wanted.url)
    given = {"url": video, "timestamps": wanted.timestamps, "language": wanted.language.strip() or None}
    submission = Submission(type=WORKFLOW, input=given, correlation_id=request_id_of(request.scope), seconds=0.0)
    async with services.database.begin() as session:
        job = (await services.jobs.submit(session, caller.workspace_id, submission)).job
    job = await _ended(request, services, job)
    output = job.output
    text = await answer_in(services, job)
    told = (text, video, output["title"] or video, output["description"])
    return said(dict(zip(_NAMES, told, strict=True)))


async def _ended(request: Request, services: ApiServices, job: Job) -> Job:
    """The job, once it has succeeded.

    Raises:
        ClientDisconnect: the client went away; the job is cancelled.
        CutroomError: what the job failed with; `server_restarting`.
    """
    gone = False

    async def left() -> None:
        nonlocal gone
        await until_disconnected(request.receive)
        gone = True

    async def end() -> None:
        async for _ in followed(services, job):
            pass

    try:
        await first_to_end(end(), left(), services.stopping.wait())
    except CutroomError:
        await cancel_if_running(services, job)
        raise
    async with services.database.begin() as session:
        job = await services.jobs.get(session, job.workspace_id, job.id)
    if gone and not job.status.ended:
        await cancel_if_running(services, job)
        raise ClientDisconnect
    if job.status is Status.SUCCEEDED:
        return job
    if not job.status.ended:
        raise Unavailable("server_restarting", "This server stops; ask again.", retry_after_s=1.0)
    if job.error is not None:
        raise CutroomError.from_json(job.error)
    raise Unavailable("job_cancelled", "The reading was cancelled.", retryable=False)
