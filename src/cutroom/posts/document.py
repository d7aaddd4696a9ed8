"""A post as JSON: the body of a production, and what the API answers."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from cutroom.kit.schema import Schema
from cutroom.posts.limits import LIMITS, PostKind, length_of
from cutroom.posts.post import Method, Paragraph, Post
from cutroom.speech.sentences import Sentence

_Seconds = Annotated[float, Field(ge=0, le=1_000_000)]
PostText = Annotated[str, Field(min_length=1, max_length=20_000)]


class CiteDocument(Schema):
    """A span of the recording that a paragraph stands on."""

    start: _Seconds
    end: _Seconds
    text: Annotated[str, Field(description="What is said there.")]


class ParagraphDocument(Schema):
    """A paragraph, or a part of a thread."""

    text: PostText
    heading: Annotated[str | None, Field(max_length=300, description="What stands above it, in a blog.")] = None
    cites: Annotated[
        list[CiteDocument], Field(default_factory=list, description="Where it was said; empty where a person wrote it.")
    ]


class RemovedDocument(Schema):
    """Something that a model claimed and nobody said; the sentence that held it was taken out."""

    kind: Literal["number", "name", "quotation", "link"]
    claim: str
    sentence: str


class ChecksDocument(Schema):
    """What was looked up in the transcript."""

    numbers: Annotated[int, Field(ge=0, description="Numbers in the post, all of them said in the recording.")]
    names: Annotated[int, Field(ge=0)]
    quotations: Annotated[int, Field(ge=0)]
    removed: list[RemovedDocument]


class PostDocument(Schema):
    """A post for one platform."""

    kind: Literal["post"] = "post"
    platform: PostKind
    source: Annotated[str, Field(description="The recording: `asset:<id>` or its URL.")]
    transcript: Annotated[str, Field(description="Id of the transcript that it was written from.")]
    transcript_version: Annotated[int, Field(ge=1, description="And its version.")]
    language: Annotated[str, Field(description="BCP 47 tag of the post.")]
    title: Annotated[str | None, Field(max_length=300)] = None
    summary: Annotated[str | None, Field(max_length=500)] = None
    paragraphs: Annotated[list[ParagraphDocument], Field(min_length=1, max_length=500)]
    hashtags: Annotated[list[Annotated[str, Field(pattern=r"^\w{1,100}$")]], Field(max_length=100)]
    parts: Annotated[list[str], Field(description="What is posted: several texts for a thread, one for all else.")]
    length: Annotated[int, Field(description="Characters of the longest part, as the platform counts them.")]
    limit: Annotated[int | None, Field(description="Most that it takes.")] = None
    method: Annotated[Method, Field(description="Who wrote it: a model, or nobody: sentences of the recording itself.")]
    model: str | None = None
    checks: ChecksDocument


def post_of(document: PostDocument) -> Post:
    """The post in a document; what it stands on stays behind."""
    return Post(
        document.platform,
        tuple(Paragraph(one.text, (), one.heading) for one in document.paragraphs),
        tuple(document.hashtags),
        document.title,
        document.summary,
    )


def cites_of(paragraph: Paragraph, sentences: Sequence[Sentence]) -> list[CiteDocument]:
    """The spans of a paragraph; sentences that follow each other are one."""
    spans: list[list[Sentence]] = []
    last = -2
    for number in paragraph.sentences:
        if number == last + 1:
            spans[-1].append(sentences[number])
        else:
            spans.append([sentences[number]])
        last = number
    return [
        CiteDocument(start=span[0].start_ms / 1000, end=span[-1].end_ms / 1000, text=" ".join(one.text for one in span))
        for span in spans
    ]


def measured(document: PostDocument) -> PostDocument:
    """The document with `parts` and `length` that belong to the rest of it."""
    parts = post_of(document).parts()
    return document.model_copy(
        update={
            "parts": parts,
            "length": max(length_of(document.platform, part) for part in parts),
            "limit": LIMITS[document.platform].characters,
        }
    )
