"""Subtitles: transcripts in cues that can be read, as files and in films."""

from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import ListOut
from cutroom.api.asking import Asked, ask
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_files import add_files
from cutroom.api.production_routes import AREA, Shelf
from cutroom.api.production_view import ProductionOut
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait
from cutroom.kit.schema import is_absent
from cutroom.productions import Written
from cutroom.speech.ass import to_ass
from cutroom.speech.cues import Cue
from cutroom.speech.formats import to_srt, to_vtt
from cutroom.speech.subtitles import SubtitlesDocument
from cutroom.workflows.subtitle import Subtitle

router: Final = keyed("subtitles", area=AREA)


class SubtitlesRequest(Asked, Subtitle):
    """Which transcript to make subtitles of, and what they should be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"transcript": "trn_01kb0000000000000000000000", "formats": ["srt"], "limits": {"characters": 37}},
                {"transcript": "trn_01kb0000000000000000000000", "burnIn": True, "style": "karaoke"},
            ]
        }
    )


class SubtitlesOut(ProductionOut):
    """Subtitles of a recording, cue by cue."""

    document: Annotated[
        SubtitlesDocument | None, Field(exclude_if=is_absent, description="The cues; left out of lists.")
    ] = None


class SubtitlesList(ListOut[SubtitlesOut]):
    """One page of subtitles."""


@router.post(
    "/subtitles", operation_id="createSubtitles", status_code=202, responses={**ACCEPTED, **errors(408, 409, 413, 415)}
)
async def create_subtitles(
    request: Request,
    services: Services,
    caller: Caller,
    wanted: SubtitlesRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Make subtitles of a transcript: as files, as a track of the film, or burnt into its pictures.

    The answer is a job; its `output` names the subtitles and says how well they keep to the limits.
    """
    return await ask(services, request, caller, "subtitle", wanted, key=key, wait_s=wait)


def _cues(written: Written) -> list[Cue]:
    return SubtitlesDocument.model_validate_json(written.body).as_cues()


def _as_text(written: Written) -> str:
    return "".join("\n".join(cue.texts) + "\n" for cue in _cues(written))


add_files(
    router,
    "subtitles",
    "/subtitles/{subtitles_id}",
    {
        "srt": lambda written: to_srt(_cues(written)),
        "vtt": lambda written: to_vtt(_cues(written)),
        "ass": lambda written: to_ass(_cues(written), title=written.title),
        "txt": _as_text,
        "json": lambda written: written.body,
    },
)
Shelf(
    kind="subtitles",
    path="subtitles",
    one="Subtitles",
    many="Subtitles",
    parameter="subtitles_id",
    out=SubtitlesOut,
    page=SubtitlesList,
    filters={"source": "source"},
).add_to(router)
