"""Clips: parts of recordings as films for phones, and as timelines that can be edited and rendered again."""

import json
from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import ETAG, ListOut
from cutroom.api.asking import Asked, ask
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_routes import AREA, Shelf
from cutroom.api.production_view import ProductionOut, VersionQuery, as_file
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait
from cutroom.kit.schema import is_absent
from cutroom.productions import Written
from cutroom.workflows.clip_document import ClipDocument
from cutroom.workflows.export_clip import ExportClip

router: Final = keyed("clips", area=AREA)


class ClipRequest(Asked, ExportClip):
    """What to cut out, and what to make of it.

    From `highlights` and `highlight`; or from `start` to `end` of a `source`, or of the recording of a `transcript`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"highlights": "hls_01kb0000000000000000000000", "highlight": 0, "platform": "tiktok"},
                {"source": "asset:ast_01kb0000000000000000000000", "start": 12.5, "end": 40, "aspect": "1:1"},
            ]
        }
    )


class ClipOut(ProductionOut):
    """A clip of a recording."""

    document: Annotated[
        ClipDocument | None,
        Field(
            exclude_if=is_absent,
            description="What it shows and says; in its own `document`, the timeline as `POST /render` takes it. "
            "Left out of lists.",
        ),
    ] = None


class ClipList(ListOut[ClipOut]):
    """One page of clips."""


@router.post("/clips", operation_id="createClip", status_code=202, responses={**ACCEPTED, **errors(408, 409, 413, 415)})
async def create_clip(
    request: Request,
    services: Services,
    caller: Caller,
    wanted: ClipRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Make a clip of a highlight, or of a range of a recording: framed for phones, with captions, at an even loudness.

    The answer is a job; its `output` names the clip, its artifacts are the film, a thumbnail and a file of captions.
    """
    return await ask(services, request, caller, "export_clip", wanted, key=key, wait_s=wait)


@router.get(
    "/clips/{clip_id}/timeline",
    operation_id="getClipTimeline",
    response_class=Response,
    responses={
        200: {
            "description": "The timeline and its output.",
            "headers": ETAG,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RenderRequest"}}},
        },
        304: {"description": "Not changed."},
        **errors(404),
    },
)
async def get_clip_timeline(
    request: Request, services: Services, caller: Caller, clip_id: str, version: VersionQuery = None
) -> Response:
    """The timeline that a clip was rendered from, as `POST /render` takes it: edit it, and render it again."""
    async with services.database.begin() as session:
        written = await services.productions.read(session, caller.workspace_id, "clip", clip_id, version)
    return await as_file(request, written, _timeline, extension="json", content_type="application/json")


def _timeline(written: Written) -> str:
    return json.dumps(json.loads(written.body)["document"], ensure_ascii=False, separators=(",", ":"))


Shelf(
    kind="clip",
    path="clips",
    one="Clip",
    many="Clips",
    parameter="clip_id",
    out=ClipOut,
    page=ClipList,
    filters={"source": "source"},
).add_to(router)
