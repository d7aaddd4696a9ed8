"""Highlights as JSON: the body of a production, and what the API answers."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cutroom.highlights.highlight import Highlight, Wish
from cutroom.kit.schema import Schema

_Seconds = Annotated[float, Field(ge=0, le=1_000_000)]
_Points = Annotated[float, Field(ge=0, le=100)]
_Word = Annotated[int, Field(ge=0, le=100_000_000)]


class PartsDocument(Schema):
    """What a score is made of; a part that could not be told is absent."""

    hook: Annotated[_Points | None, Field(description="How much its opening makes one want to go on.")] = None
    substance: Annotated[_Points | None, Field(description="How much is said, and how central it is.")] = None
    energy: Annotated[_Points | None, Field(description="Loudness, liveliness, laughter and applause.")] = None
    completeness: Annotated[_Points | None, Field(description="Whether it begins and ends where a thought does.")] = (
        None
    )
    relevance: Annotated[_Points | None, Field(description="How well it fits the prompt.")] = None
    model: Annotated[_Points | None, Field(description="What a language model gave it.")] = None


class HighlightDocument(Schema):
    """A passage that stands by itself."""

    id: Annotated[
        str,
        Field(max_length=64, description="Its own in this version of them: which words of the transcript it holds."),
    ]
    start: Annotated[_Seconds, Field(description="Second at which to cut in; never inside a word.")]
    end: Annotated[_Seconds, Field(description="Second at which to cut out; never inside a word.")]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(description="What is said in it.")]
    score: Annotated[_Points, Field(description="From 0 to 100; only comparable within one recording.")]
    parts: PartsDocument
    reasons: Annotated[list[str], Field(description="Sentences that say why it was chosen.")]
    first_word: Annotated[_Word, Field(description="Number of its first word in the transcript, from 0.")]
    last_word: Annotated[_Word, Field(description="Number of its last word in the transcript.")]
    keyframe: Annotated[_Seconds, Field(description="Second of a still that can stand for it.")]
    speakers: Annotated[list[str], Field(default_factory=list)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.start <= self.keyframe <= self.end:
            raise ValueError("'keyframe' must lie between 'start' and 'end'")
        if self.last_word < self.first_word:
            raise ValueError("'lastWord' must not be before 'firstWord'")
        return self


class WishDocument(Schema):
    """What was asked for."""

    count: Annotated[int, Field(ge=1)]
    min_length: _Seconds
    max_length: _Seconds
    prompt: str | None = None


class HighlightsDocument(Schema):
    """The highlights of a recording, the best first, with times in seconds."""

    kind: Literal["highlights"] = "highlights"
    source: Annotated[str, Field(description="The recording: `asset:<id>` or its URL.")]
    sha256: Annotated[str, Field(description="Hash of the recording's bytes.")]
    language: Annotated[str, Field(description="BCP 47 tag, such as `en`.")]
    duration: Annotated[_Seconds, Field(description="Seconds of the recording.")]
    transcript: Annotated[str, Field(description="Id of the transcript that they were found in.")]
    transcript_version: Annotated[int, Field(ge=1, description="And its version.")]
    wish: WishDocument
    method: Annotated[
        Literal["scored", "model"], Field(description="Who chose: our own scoring, or a language model as well.")
    ]
    model: Annotated[str | None, Field(description="Which model, where one chose.")] = None
    items: list[HighlightDocument]


def wish_document(wish: Wish) -> WishDocument:
    """A wish as it goes over the wire."""
    return WishDocument(
        count=wish.count, min_length=wish.min_ms / 1000, max_length=wish.max_ms / 1000, prompt=wish.prompt
    )


def highlight_document(highlight: Highlight) -> HighlightDocument:
    """A highlight as it goes over the wire; its id says which words it holds."""
    return HighlightDocument(
        id=f"w{highlight.first_word}-{highlight.last_word}",
        start=highlight.start_ms / 1000,
        end=highlight.end_ms / 1000,
        title=highlight.title,
        text=highlight.text,
        score=round(highlight.score, 1),
        parts=PartsDocument.model_validate({name: round(value, 1) for name, value in highlight.parts.items()}),
        reasons=list(highlight.reasons),
        first_word=highlight.first_word,
        last_word=highlight.last_word,
        keyframe=highlight.keyframe_ms / 1000,
        speakers=list(highlight.speakers),
    )
