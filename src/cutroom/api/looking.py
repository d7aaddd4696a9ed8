"""`POST /render/explain` and `POST /render/storyboard`: a look at a timeline before it is rendered."""

from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from cutroom.accounts import Principal
from cutroom.api.auth import Caller
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import errors, request_id_of
from cutroom.api.renders import Document, check_sources, files_of, read_document
from cutroom.api.routes import keyed, needs
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait, accepted
from cutroom.jobs import Idempotency, Submission, Submitted
from cutroom.kit.errors import Detail, Invalid
from cutroom.render.storyboard import MOST
from cutroom.timeline import Edit
from cutroom.workflows.explain import FRAMES, Explain, Storyboard

WAIT_S: Final = 60.0
"""How long the answer waits when nothing is said: both jobs are short, once their sources are here."""
router = keyed("render", area="jobs")
Frames = Annotated[int, Query(ge=1, le=MOST, description="How many frames to show.")]
Board = Annotated[
    int | None, Query(ge=1, le=MOST, description="Draws a storyboard of so many frames as well, as an artifact.")
]


@router.post(
    "/render/explain",
    operation_id="explainRender",
    status_code=202,
    responses={**ACCEPTED, **errors(408, 409, 413, 415)},
    openapi_extra=needs("jobs:read"),
)
async def explain_render(
    request: Request,
    services: Services,
    caller: Caller,
    document: Document,
    wait: Wait = WAIT_S,
    storyboard: Board = None,
    key: KeyHeader = None,
) -> Response:
    """Say how a timeline would be rendered, and what that would cost, without rendering it.

    Sources are fetched and probed. The job's output holds the plan: segments with their times, how each would be made
    and why, frames to encode, seconds and memory, warnings.
    """
    edit, once = await _read(services, request, document, key, "render.explain", storyboard)
    given = Explain(edit=edit, storyboard=storyboard, limits=services.limits)
    submitted = await _submit(services, request, caller, "render.explain", edit, given, once)
    return await accepted(services, request, submitted.job, created=submitted.created, wait_s=wait)


@router.post(
    "/render/storyboard",
    operation_id="drawStoryboard",
    status_code=202,
    responses={**ACCEPTED, **errors(408, 409, 413, 415)},
    openapi_extra=needs("jobs:read"),
)
async def draw_storyboard(
    request: Request,
    services: Services,
    caller: Caller,
    document: Document,
    wait: Wait = WAIT_S,
    frames: Frames = FRAMES,
    key: KeyHeader = None,
) -> Response:
    """Show some frames of a timeline on one small sheet, without rendering the rest. The sheet is an artifact."""
    edit, once = await _read(services, request, document, key, "render.storyboard", frames)
    given = Storyboard(edit=edit, frames=frames, limits=services.limits)
    submitted = await _submit(services, request, caller, "render.storyboard", edit, given, once)
    return await accepted(services, request, submitted.job, created=submitted.created, wait_s=wait)


async def _read(
    services: ApiServices, request: Request, document: Any, key: str | None, route: str, more: object
) -> tuple[Edit, Idempotency | None]:
    edit, once = await read_document(services, request, document, key, route=route, more=more)
    if isinstance(edit, Edit):
        return edit, once
    message = "This is for documents with a 'timeline'; a 'longform' is not explained here."
    raise Invalid("not_for_longform", message, details=[Detail("/longform", "not_for_longform", message)])


async def _submit(
    services: ApiServices,
    request: Request,
    caller: Principal,
    workflow: str,
    edit: Edit,
    given: Explain | Storyboard,
    once: Idempotency | None,
) -> Submitted:
    async with services.database.begin() as session:
        await check_sources(services, session, caller, files_of(edit))
        submission = Submission(
            type=workflow, input=given, correlation_id=request_id_of(request.scope), idempotency=once
        )
        return await services.jobs.submit(session, caller.workspace_id, submission)
