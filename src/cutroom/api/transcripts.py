"""Transcripts: made of recordings, corrected by people, read as files."""

from functools import partial
from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import ListOut
from cutroom.api.asking import Asked, ask
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_edits import edit_production
from cutroom.api.production_files import add_files
from cutroom.api.production_routes import AREA, Shelf
from cutroom.api.production_view import IfMatch, ProductionOut
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait
from cutroom.api.transcript_edits import TranscriptEdit, corrected
from cutroom.kit.schema import is_absent
from cutroom.productions import Written
from cutroom.speech import Transcript
from cutroom.speech.ass import to_ass
from cutroom.speech.cues import cues_of
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.formats import to_srt, to_text, to_vtt
from cutroom.workflows.transcribe import Transcribe

router: Final = keyed("transcripts", area=AREA)


class TranscriptRequest(Asked, Transcribe):
    """A recording to transcribe, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"source": "asset:ast_01kb0000000000000000000000", "language": "en", "glossary": ["Cutroom"]}]
        }
    )


class TranscriptOut(ProductionOut):
    """What was said in a recording, word by word."""

    document: Annotated[
        TranscriptDocument | None, Field(exclude_if=is_absent, description="The words; left out of lists.")
    ] = None


class TranscriptList(ListOut[TranscriptOut]):
    """One page of transcripts."""


@router.post(
    "/transcripts",
    operation_id="createTranscript",
    status_code=202,
    responses={**ACCEPTED, **errors(408, 409, 413, 415)},
)
async def create_transcript(
    request: Request,
    services: Services,
    caller: Caller,
    wanted: TranscriptRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Transcribe a recording: every word with its times.

    The answer is a job; its `output` names the transcript. The same recording is never transcribed twice in the same
    way: a second job answers from what the first one has kept.
    """
    return await ask(services, request, caller, "transcribe", wanted, key=key, wait_s=wait)


@router.patch(
    "/transcripts/{transcript_id}",
    operation_id="editTranscript",
    responses={200: {"model": TranscriptOut}, **errors(404, 408, 409, 412, 413, 415)},
)
async def edit_transcript(
    request: Request,
    services: Services,
    caller: Caller,
    transcript_id: str,
    wanted: TranscriptEdit,
    if_match: IfMatch = None,
) -> Response:
    """Correct a transcript: the result is its next version, and what was made from it becomes stale.

    Words that are not touched keep their times to the millisecond; new ones take those of what they replace, or lie in
    the silence beside their neighbours. Say which version you edited, by `If-Match` or `version`.
    """
    return await edit_production(
        services,
        request,
        caller,
        "transcript",
        transcript_id,
        if_match=if_match,
        version=wanted.version,
        change=partial(corrected, wanted.operations),
        title=wanted.title,
    )


def _read(written: Written) -> Transcript:
    return TranscriptDocument.model_validate_json(written.body).transcript()


add_files(
    router,
    "transcript",
    "/transcripts/{transcript_id}",
    {
        "srt": lambda written: to_srt(cues_of(_read(written))),
        "vtt": lambda written: to_vtt(cues_of(_read(written))),
        "ass": lambda written: to_ass(cues_of(_read(written)), title=written.title),
        "txt": lambda written: to_text(_read(written)),
        "json": lambda written: written.body,
    },
)
Shelf(
    kind="transcript",
    path="transcripts",
    one="Transcript",
    many="Transcripts",
    parameter="transcript_id",
    out=TranscriptOut,
    page=TranscriptList,
    filters={"source": "source"},
    made_from=None,
).add_to(router)
