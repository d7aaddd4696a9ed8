"""Repurposing: everything of one recording, by one job."""

from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.asking import Asked, ask
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_routes import AREA
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait
from cutroom.workflows.repurpose import Repurpose

router: Final = keyed("repurpose", area=AREA)


class RepurposeRequest(Asked, Repurpose):
    """A recording, or its transcript, and what to make of it. A part that is null is left out."""

    voice: Annotated[
        str | None,
        Field(min_length=1, max_length=100, description="How posts sound: the id or the name of a voice."),
    ] = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "asset:ast_01kb0000000000000000000000",
                    "clips": {"count": 3, "platform": "tiktok"},
                    "posts": {"kinds": ["blog", "linkedin"], "tone": "friendly"},
                    "subtitles": {"formats": ["srt", "vtt"]},
                }
            ]
        }
    )


@router.post(
    "/repurpose", operation_id="createRepurpose", status_code=202, responses={**ACCEPTED, **errors(408, 409, 413, 415)}
)
async def create_repurpose(
    request: Request,
    services: Services,
    caller: Caller,
    wanted: RepurposeRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Make transcript, subtitles, highlights, clips and posts of a recording.

    The answer is a job. Its events tell of each part as it is done; a part that fails is named in `output.failed` and
    leaves the others alone. To make one part again, give the `transcript` that there is now, and null for the others.
    """
    return await ask(services, request, caller, "repurpose", wanted, key=key, wait_s=wait)
