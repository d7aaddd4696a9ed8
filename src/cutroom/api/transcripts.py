"""Transcripts: made of recordings, corrected by people, read as files."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import ListOut, is_absent
from cutroom.api.asking import Asked, ask
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_edits import edit_production
from cutroom.api.production_routes import AREA, Shelf
from cutroom.api.production_view import EditedVersion, IfMatch, ProductionOut, VersionQuery, as_file
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema
from cutroom.productions import Written
from cutroom.speech import Transcript, editing
from cutroom.speech.ass import to_ass
from cutroom.speech.cues import cues_of
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.formats import CONTENT_TYPES, SubtitleFormat, to_srt, to_text, to_vtt
from cutroom.workflows.transcribe import Transcribe

router: Final = keyed("transcripts", area=AREA)
_Number = Annotated[int, Field(ge=0, le=10**9)]
_Seconds = Annotated[float, Field(ge=0, le=1_000_000)]
# Control characters cannot be seen, and would end up in files for programs that take them for something else.
_PRINTED: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
_Text = Annotated[str, Field(max_length=20_000, pattern=_PRINTED)]
_Speaker = Annotated[str | None, Field(min_length=1, max_length=100, pattern=_PRINTED)]


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


class ReplaceText(Schema):
    """Write something else in the place of a segment; unchanged words keep their times. Without words, it goes."""

    op: Literal["replaceText"]
    segment: Annotated[_Number, Field(description="Its number, from 0.")]
    text: _Text

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript after it."""
        return editing.replace_text(transcript, self.segment, self.text)


class ReplaceWords(Schema):
    """Write something else in the place of words: of none, to insert; nothing, to delete."""

    op: Literal["replaceWords"]
    first: Annotated[_Number, Field(description="Number of the first word, from 0 over the whole transcript.")]
    count: Annotated[_Number, Field(description="How many words go; 0 inserts before the first.")]
    text: Annotated[_Text, Field(description="What comes in their place.")] = ""

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript after it."""
        return editing.replace_words(transcript, self.first, self.count, self.text)


class ReplaceAll(Schema):
    """Write something else wherever a text stands within a segment."""

    op: Literal["replaceAll"]
    find: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
    replace: Annotated[str, Field(max_length=500, pattern=_PRINTED)]
    match_case: bool = False
    whole_words: bool = True

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript after it."""
        return editing.replace_all(
            transcript, self.find, self.replace, match_case=self.match_case, whole_words=self.whole_words
        )


class RenameSpeaker(Schema):
    """Give all words of a speaker to another name."""

    op: Literal["renameSpeaker"]
    speaker: Annotated[_Speaker, Field(description="As they are called now; null: words of nobody that is known.")]
    name: Annotated[_Speaker, Field(description="As they should be called.")]

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript after it."""
        return editing.rename_speaker(transcript, self.speaker, self.name)


class SetSpeaker(Schema):
    """Say who says a segment."""

    op: Literal["setSpeaker"]
    segment: _Number
    name: _Speaker

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript after it."""
        return editing.set_speaker(transcript, self.segment, self.name)


class MergeSegments(Schema):
    """Make one segment of several that follow each other."""

    op: Literal["mergeSegments"]
    first: _Number
    count: Annotated[int, Field(ge=2, le=10**6)] = 2

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript after it."""
        return editing.merge_segments(transcript, self.first, self.count)


class SplitSegment(Schema):
    """Make two segments of one."""

    op: Literal["splitSegment"]
    segment: _Number
    word: Annotated[_Number, Field(description="With which the second begins, from 0 within the segment.")]

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript after it."""
        return editing.split_segment(transcript, self.segment, self.word)


class SetTimes(Schema):
    """Say when a word is said, between its neighbours."""

    op: Literal["setTimes"]
    word: Annotated[_Number, Field(description="Its number, from 0 over the whole transcript.")]
    start: _Seconds
    end: _Seconds

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript after it."""
        return editing.set_times(transcript, self.word, round(self.start * 1000), round(self.end * 1000))


Operation = Annotated[
    ReplaceText | ReplaceWords | ReplaceAll | RenameSpeaker | SetSpeaker | MergeSegments | SplitSegment | SetTimes,
    Field(discriminator="op"),
]


class TranscriptEdit(Schema):
    """Corrections, done one after another: numbers in each are those that the one before it has left. All or none."""

    version: EditedVersion = None
    title: Annotated[str | None, Field(min_length=1, max_length=300, pattern=_PRINTED)] = None
    operations: Annotated[list[Operation], Field(max_length=100)] = Field(default_factory=list)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "operations": [
                        {"op": "replaceAll", "find": "cut room", "replace": "Cutroom"},
                        {"op": "replaceText", "segment": 0, "text": "Welcome, everybody."},
                        {"op": "renameSpeaker", "speaker": "SPEAKER_00", "name": "Anna"},
                    ],
                }
            ]
        }
    )


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
        change=partial(_corrected, wanted.operations),
        title=wanted.title,
    )


def _corrected(operations: Sequence[Operation], body: str) -> str | None:
    """The document after these corrections; None when they change nothing."""
    document = TranscriptDocument.model_validate_json(body)
    before = transcript = document.transcript()
    for number, operation in enumerate(operations):
        try:
            transcript = operation.done(transcript)
        except Invalid as error:
            raise error.at(f"/operations/{number}") from error
    if transcript == before:
        return None
    return TranscriptDocument.of(transcript, source=document.source, sha256=document.sha256).model_dump_json()


def _as_json(written: Written) -> str:
    return written.body


def _as_text(written: Written) -> str:
    return to_text(_read(written))


def _as_srt(written: Written) -> str:
    return to_srt(cues_of(_read(written)))


def _as_vtt(written: Written) -> str:
    return to_vtt(cues_of(_read(written)))


def _as_ass(written: Written) -> str:
    return to_ass(cues_of(_read(written)), title=written.title)


def _read(written: Written) -> Transcript:
    return TranscriptDocument.model_validate_json(written.body).transcript()


_FILES: Final[dict[SubtitleFormat, Callable[[Written], str]]] = {
    "srt": _as_srt,
    "vtt": _as_vtt,
    "ass": _as_ass,
    "txt": _as_text,
    "json": _as_json,
}


def _add_file(name: SubtitleFormat, make: Callable[[Written], str]) -> None:
    """A transcript as a file of one format, at an address that ends as files of that format do."""

    async def read_file(
        request: Request,
        services: Services,
        caller: Caller,
        transcript_id: Annotated[str, Path()],
        version: VersionQuery = None,
    ) -> Response:
        async with services.database.begin() as session:
            written = await services.productions.read(
                session, caller.workspace_id, "transcript", transcript_id, version
            )
        return await as_file(request, written, make, extension=name, content_type=CONTENT_TYPES[name])

    content: dict[str, Any] = {CONTENT_TYPES[name]: {"schema": {"type": "string"}}}
    router.add_api_route(
        f"/transcripts/{{transcript_id}}.{name}",
        read_file,
        methods=["GET"],
        operation_id=f"getTranscript{name.capitalize()}",
        summary=f"Get Transcript as {name.upper()}",
        response_class=Response,
        description=f"The transcript as a file: {_MEANING[name]}. `POST /subtitles` makes files to your measures.",
        responses={
            200: {"description": "The file.", "content": content},
            304: {"description": "Not changed."},
            **errors(404),
        },
    )


_MEANING: Final[dict[SubtitleFormat, str]] = {
    "srt": "cues in lines that can be read, as SubRip",
    "vtt": "cues in lines that can be read, as WebVTT",
    "ass": "cues in lines that can be read, as Advanced SubStation Alpha",
    "txt": "plain text in paragraphs, a new one for each speaker",
    "json": "its document alone, words with times, which a timeline takes as captions",
}
for _name, _make in _FILES.items():
    _add_file(_name, _make)
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
