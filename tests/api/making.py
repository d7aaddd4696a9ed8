"""Workflows of the tests' world that make productions at once, of the words that they are given."""

from typing import Any, Final

from pydantic import Field

from cutroom.highlights.document import HighlightsDocument
from cutroom.jobs import Context, Draft, Origin, Registry
from cutroom.kit.schema import Schema
from cutroom.posts.document import PostDocument
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.cues import cues_of
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.limits import limits_for
from cutroom.speech.measures import measure
from cutroom.speech.subtitles import SubtitlesDocument
from cutroom.workflows.answers import SPENT
from cutroom.workflows.clip_document import ClipDocument
from cutroom.workflows.clip_source import ExportClip, wanted_of
from cutroom.workflows.find_highlights import FindHighlights
from cutroom.workflows.repurpose import Repurpose
from cutroom.workflows.subtitle import Subtitle
from cutroom.workflows.transcribe import Transcribe
from cutroom.workflows.transcripts import read_transcript, version_of
from cutroom.workflows.write_posts import WritePosts

SECONDS: Final = 8.0
TEXTS: Final = ("welcome to the cut room", "here is how we cut")


class Made(Schema):
    """What they answer."""

    id: str
    version: int
    duration: float = SECONDS
    artifacts: list[str] = Field(default_factory=list)
    heard: dict[str, Any] = Field(default_factory=dict)


def transcript_of(*texts: str) -> Transcript:
    """Segments of words of 0.2 s with pauses of 0.1 s, a second between segments; the speakers are A and B in turn."""
    at, segments = 500, []
    for number, text in enumerate(texts):
        words = []
        for word in text.split():
            words.append(Word(word, at, at + 200, 0.8, "AB"[number % 2]))
            at += 300
        segments.append(Segment(tuple(words)))
        at += 1000
    return Transcript(
        "en", round(SECONDS * 1000), Engine("pocketsphinx", "en-us", writes_punctuation=False), tuple(segments)
    )


async def transcribe(ctx: Context, given: Transcribe) -> Made:
    """Hears the prompt, a segment in each line, whatever the recording says."""
    said = transcript_of(*(given.prompt.split("\n") if given.prompt else TEXTS))
    body = TranscriptDocument.of(said, source=given.source, sha256="0" * 64).model_dump_json()
    made = given.into or ctx.new_id("trn")
    version = await ctx.productions.write(Draft(made, "transcript", "Talk", body))
    return Made(id=made, version=version)


async def subtitle(ctx: Context, given: Subtitle) -> Made:
    """Makes the usual cues."""
    origin, source = await _read(ctx, given.transcript, given.version)
    said = source.transcript()
    limits = limits_for(said.language)
    cues = cues_of(said, limits)
    document = SubtitlesDocument.of(
        cues,
        **_told(source),
        sha256=source.sha256,
        duration_ms=said.duration_ms,
        limits=limits,
        measures=measure(cues, limits, said),
    )
    made = given.into or ctx.new_id("sub")
    draft = Draft(made, "subtitles", "Cues", document.model_dump_json(), [origin])
    return Made(id=made, version=await ctx.productions.write(draft))


def _pay(ctx: Context, budget_micro: int | None) -> None:
    """Stands in for a model: takes a quarter of what was reserved for it."""
    if budget_micro is not None:
        ctx.log("info", "A model was asked.", **{SPENT: budget_micro // 4})


async def find_highlights(ctx: Context, given: FindHighlights) -> Made:
    """Finds every segment."""
    _pay(ctx, given.budget_micro)
    origin, source = await _read(ctx, given.transcript, given.version)
    items = [
        {
            "id": f"h{number}",
            "start": segment.start,
            "end": segment.end,
            "title": segment.text,
            "text": segment.text,
            "score": 50,
            "parts": {},
            "reasons": ["It is there."],
            "firstWord": 0,
            "lastWord": 0,
            "keyframe": segment.start,
        }
        for number, segment in enumerate(source.segments)
    ]
    document = HighlightsDocument.model_validate(
        {
            **_told(source),
            "transcript": origin.id,
            "transcriptVersion": origin.version,
            "duration": source.duration,
            "sha256": source.sha256,
            "wish": {"count": given.count, "minLength": 1, "maxLength": 60},
            "method": "scored",
            "items": items,
        }
    )
    made = given.into or ctx.new_id("hls")
    draft = Draft(made, "highlights", "Found", document.model_dump_json(), [origin])
    return Made(id=made, version=await ctx.productions.write(draft))


async def export_clip(ctx: Context, given: ExportClip) -> Made:
    """Cuts nothing out: its timeline is a line of text."""
    wanted = await wanted_of(ctx, given)
    text = {"asset": {"type": "text", "text": f"{wanted.start:g} to {wanted.end:g}"}, "length": 1}
    document = ClipDocument(
        title="Clip",
        source=wanted.source,
        sha256="0" * 64,
        start=wanted.start,
        end=wanted.end,
        duration=wanted.end - wanted.start,
        aspect=given.shape,
        reframe=given.reframe,
        crops=[],
        document={
            "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10},
            "timeline": {"tracks": [{"clips": [text]}]},
        },
    )
    made = given.into or ctx.new_id("clp")
    draft = Draft(made, "clip", "Clip", document.model_dump_json(), wanted.origins())
    return Made(id=made, version=await ctx.productions.write(draft), duration=document.duration)


async def write_posts(ctx: Context, given: WritePosts) -> Made:
    """Writes down what was said, for the first platform."""
    _pay(ctx, given.budget_micro)
    origin, source = await _read(ctx, given.transcript, given.version)
    document = PostDocument.model_validate(
        {
            **_told(source),
            "platform": given.kinds[0],
            "transcript": origin.id,
            "transcriptVersion": origin.version,
            "title": "Said" if given.kinds[0] == "blog" else None,
            "paragraphs": [
                {"text": one.text, "cites": [{"start": one.start, "end": one.end, "text": one.text}]}
                for one in source.segments
            ],
            "hashtags": [],
            "parts": ["x"],
            "length": 1,
            "method": "extractive",
            "checks": {"numbers": 0, "names": 0, "quotations": 0, "removed": []},
        }
    )
    made = given.into or ctx.new_id("pst")
    version = await ctx.productions.write(Draft(made, "post", "Said", document.model_dump_json(), [origin]))
    return Made(id=made, version=version, heard={"voice": given.voice})


async def repurpose(ctx: Context, given: Repurpose) -> Made:
    """Tells what it was asked for."""
    _pay(ctx, given.budget_micro)
    return Made(id=given.transcript or "none", version=1, heard=given.model_dump(mode="json"))


async def _read(ctx: Context, transcript: str, version: int | None) -> tuple[Origin, TranscriptDocument]:
    version = await version_of(ctx, transcript, version)
    return Origin(transcript, version), await read_transcript(ctx, transcript, version)


def _told(source: TranscriptDocument) -> dict[str, Any]:
    return {"source": source.source, "language": source.language}


def add_makers(known: Registry) -> None:
    """Put them under the names of the real ones."""
    known.add("transcribe", transcribe, deterministic=True)
    known.add("subtitle", subtitle)
    known.add("find_highlights", find_highlights)
    known.add("export_clip", export_clip)
    known.add("write_posts", write_posts)
    known.add("repurpose", repurpose)
