"""Corrections of transcripts as clients send them."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from cutroom.api.production_view import EditedVersion
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema
from cutroom.speech import Transcript, editing
from cutroom.speech.document import TranscriptDocument

_Number = Annotated[int, Field(ge=0, le=10**9)]
_Seconds = Annotated[float, Field(ge=0, le=1_000_000)]
# Control characters cannot be seen, and would end up in files for programs that take them for something else.
_PRINTED: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
_Text = Annotated[str, Field(max_length=20_000, pattern=_PRINTED)]
_Speaker = Annotated[str | None, Field(min_length=1, max_length=100, pattern=_PRINTED)]


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


def corrected(operations: Sequence[Operation], body: str) -> str | None:
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
