"""The workflow that finds highlights: a transcript becomes the passages of it that stand by themselves."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cutroom.highlights.document import HighlightDocument, HighlightsDocument, highlight_document, wish_document
from cutroom.highlights.features import features_of
from cutroom.highlights.finding import find_highlights as find_by_scoring
from cutroom.highlights.highlight import DEFAULT_COUNT, DEFAULT_MAX_MS, DEFAULT_MIN_MS, Found, Wish
from cutroom.highlights.loudness import Loudness, loudness_of
from cutroom.highlights.merging import merged
from cutroom.highlights.proposing import Answered, parts_of, propose
from cutroom.jobs import Context, Draft, Origin
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema
from cutroom.llm import Models
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.sentences import sentences
from cutroom.timeline import Media
from cutroom.workflows.answers import BudgetMicro, purse_of
from cutroom.workflows.listening import listen, pcm_key
from cutroom.workflows.shots import shots_of
from cutroom.workflows.sources import take
from cutroom.workflows.transcripts import read_transcript, version_of
from cutroom.workflows.warning import WorkflowWarning

READ, HEARD, SEEN, ASKED = 0.05, 0.3, 0.6, 0.95
"""Progress at the end of each stage."""
_PARTS_AT_ONCE = 4
_MOST_LENGTH_S = 900.0


class HighlightWishes(Schema):
    """What kind of passages to look for."""

    count: Annotated[int, Field(ge=1, le=50, description="How many at most.")] = DEFAULT_COUNT
    min_length: Annotated[float, Field(ge=1, le=_MOST_LENGTH_S, description="Seconds of the shortest.")] = (
        DEFAULT_MIN_MS / 1000
    )
    max_length: Annotated[float, Field(ge=1, le=_MOST_LENGTH_S, description="Seconds of the longest.")] = (
        DEFAULT_MAX_MS / 1000
    )
    prompt: Annotated[
        str | None,
        Field(min_length=1, max_length=1_000, description="What they should be about: `moments about pricing`."),
    ] = None
    method: Annotated[
        Literal["auto", "model", "scored"],
        Field(
            description="`model` asks a language model, `scored` only scores sentences by what they say and how; "
            "`auto` is the first where a model is configured."
        ),
    ] = "auto"
    model: Annotated[
        str | None, Field(min_length=1, max_length=200, description="The language model; the server's own when none.")
    ] = None
    shots: Annotated[
        bool,
        Field(description="Whether to look for cuts of the picture, which takes about a tenth of its running time."),
    ] = True

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max_length < self.min_length:
            raise ValueError("'maxLength' must not be less than 'minLength'")
        return self

    def wish(self) -> Wish:
        """What is wanted, as the engine takes it."""
        return Wish(self.count, round(self.min_length * 1000), round(self.max_length * 1000), self.prompt)


class FindHighlights(HighlightWishes):
    """In which transcript to look, and for what kind of passages."""

    transcript: Annotated[str, Field(max_length=64, description="Id of the transcript.")]
    version: Annotated[int | None, Field(ge=1, description="Which of its versions; the latest when not given.")] = None
    into: Annotated[str | None, Field(description="The highlights of which this makes the next version.")] = None
    budget_micro: BudgetMicro = None


class FindHighlightsOutput(Schema):
    """The highlights that were found."""

    highlights: Annotated[str, Field(description="Id of the highlights.")]
    version: int
    items: Annotated[list[HighlightDocument], Field(description="The best first.")]
    method: Literal["scored", "model"]
    model: str | None
    duration: Annotated[float, Field(description="Seconds of the recording.")]
    input_tokens: Annotated[int, Field(description="Read by the language model, in all.")]
    output_tokens: int
    artifacts: Annotated[list[str], Field(description="highlights.json.")]
    warnings: list[WorkflowWarning]


class Chosen(Schema):
    """Highlights before they are kept."""

    document: HighlightsDocument
    warnings: list[WorkflowWarning]


@dataclass(frozen=True, slots=True)
class Senses:
    """What was heard and seen of the recording: its sound as samples, and when the picture is cut."""

    pcm: Path | None
    cuts_ms: Sequence[int]


async def find_highlights(ctx: Context, given: FindHighlights, models: Models) -> FindHighlightsOutput:
    """Find the highlights of a transcript.

    Raises:
        NotFound: no such transcript or version.
        Invalid: `not_a_transcript`; `model_not_configured` when a model was asked for and there is none.
        CutroomError: that of the model, when it has to be one and it said nothing.
    """
    ctx.progress(0.0, "reading")
    if given.method == "model" and not models.configured:
        models.find(given.model)
    version = await ctx.step("version", version_of, ctx, given.transcript, given.version)
    source = await read_transcript(ctx, given.transcript, version)
    highlights = given.into or ctx.new_id("hls")
    ctx.progress(READ, "listening")
    warnings: list[WorkflowWarning] = []
    senses = await _sense(ctx, source, given, warnings)
    by_model = given.method != "scored" and models.configured and bool(source.segments)
    if given.model is not None and not models.configured:
        warnings.append(_UNASKED)
    answers: list[Answered] = []
    if by_model:
        ctx.progress(SEEN, "asking a model")
        answers = await _ask(ctx, source, given, models, warnings)
    ctx.progress(ASKED, "choosing")
    chosen = await ctx.step("choose", choose, source, version, given, senses, answers)
    output = await ctx.step("keep", keep, ctx, highlights, chosen, answers)
    ctx.progress(1.0, "done")
    return output.model_copy(update={"warnings": [*warnings, *output.warnings]})


async def _sense(
    ctx: Context, source: TranscriptDocument, given: FindHighlights, warnings: list[WorkflowWarning]
) -> Senses:
    """Listen to the recording and look at it; without it the words alone must do, which is said.

    Of captions it is often not known of which recording they are: then there is nothing to say.
    """
    if not source.source:
        return Senses(None, ())
    heard = await ctx.files.find(pcm_key(source.sha256))
    if heard is not None and not given.shots:
        return Senses(heard, ())
    try:
        media = await ctx.step("source", _taken, ctx, source)
        if media.info.audio is not None:
            heard = await listen(ctx, media, lambda part: ctx.progress(READ + (HEARD - READ) * part))
        ctx.progress(HEARD, "looking" if given.shots else None)
        shots = await shots_of(ctx, media, progress=(HEARD, SEEN)) if given.shots else []
    except CutroomError as error:
        what = "by its words alone" if heard is None else "by its words and its sound"
        sentence = f"The recording could not be looked at, so it was judged {what}: {error.message}"
        warnings.append(WorkflowWarning(code="recording_not_at_hand", message=sentence))
        return Senses(heard, ())
    return Senses(heard, [shot.start_ms for shot in shots[1:]])


async def _taken(ctx: Context, source: TranscriptDocument) -> Media:
    """The recording of a transcript, from the blobs if it is there.

    Raises:
        Invalid: `source_changed` when other bytes are now where it was.
        CutroomError: as `take`.
    """
    media = await take(ctx.files, ctx.scratch, source.source)
    if media.sha256 != source.sha256:
        sentence = "the file is another one than when it was transcribed; transcribe it again."
        raise Invalid("source_changed", sentence)
    return media


async def _ask(
    ctx: Context,
    source: TranscriptDocument,
    given: FindHighlights,
    models: Models,
    warnings: list[WorkflowWarning],
) -> list[Answered]:
    """What a model proposes, part by part; a part of which it says nothing that can be used is left to our scoring."""
    every = sentences(source.transcript())
    parts = parts_of(every, given.wish())
    room = asyncio.Semaphore(_PARTS_AT_ONCE)
    purse = purse_of(ctx, given.budget_micro)
    answers: dict[int, Answered] = {}
    failures: dict[int, CutroomError] = {}

    async def one(number: int) -> None:
        async with room:
            try:
                answers[number] = await ctx.step(
                    f"ask:{number}", propose, models, every, parts[number], given.wish(), given.model, purse.bill()
                )
            except CutroomError as error:
                failures[number] = error
        done = len(answers) + len(failures)
        ctx.progress(SEEN + (ASKED - SEEN) * done / len(parts), "asking a model")

    async with asyncio.TaskGroup() as group:
        for number in range(len(parts)):
            group.create_task(one(number))
    if failures:
        first = failures[min(failures)]
        if given.method == "model" and not answers:
            raise first
        where = "" if not answers else f" for {len(failures)} of the {len(parts)} parts of the recording"
        sentence = f"The language model could not be used{where}, and our own scoring chose instead: {first.message}"
        warnings.append(WorkflowWarning(code="model_failed", message=sentence))
    return [answers[number] for number in sorted(answers)]


async def choose(
    source: TranscriptDocument, version: int, given: FindHighlights, senses: Senses, answers: Sequence[Answered]
) -> Chosen:
    """Choose passages by everything that is known."""
    found = await asyncio.to_thread(_found, source, given.wish(), senses, answers)
    document = HighlightsDocument(
        source=source.source,
        sha256=source.sha256,
        language=source.language,
        duration=source.duration,
        transcript=given.transcript,
        transcript_version=version,
        wish=wish_document(given.wish()),
        method="model" if answers else "scored",
        model=answers[0].model if answers else None,
        items=[highlight_document(one) for one in found.highlights],
    )
    remarks = [WorkflowWarning(code=one.code, message=one.message) for one in found.remarks]
    return Chosen(document=document, warnings=remarks)


def _found(source: TranscriptDocument, wish: Wish, senses: Senses, answers: Sequence[Answered]) -> Found:
    transcript = source.transcript()
    loudness: Loudness | None = None if senses.pcm is None else loudness_of(senses.pcm)
    if not answers:
        return find_by_scoring(transcript, wish, loudness=loudness, cuts_ms=senses.cuts_ms)
    proposals = [one for answer in answers for one in answer.proposed]
    return merged(transcript, features_of(transcript, loudness, senses.cuts_ms), wish, proposals)


async def keep(ctx: Context, highlights: str, chosen: Chosen, answers: Sequence[Answered]) -> FindHighlightsOutput:
    """Write the production, and publish it as a file."""
    document = chosen.document
    body = document.model_dump_json()
    path = ctx.scratch / "highlights.json"
    await asyncio.to_thread(path.write_text, body, "utf-8")
    published = await ctx.files.publish(path, kind="highlights", name=path.name, content_type="application/json")
    origin = Origin(document.transcript, document.transcript_version)
    title = document.items[0].title if document.items else "No highlights"
    version = await ctx.productions.write(Draft(highlights, "highlights", title, body, [origin]))
    return FindHighlightsOutput(
        highlights=highlights,
        version=version,
        items=document.items,
        method=document.method,
        model=document.model,
        duration=document.duration,
        input_tokens=sum(answer.input_tokens for answer in answers),
        output_tokens=sum(answer.output_tokens for answer in answers),
        artifacts=[published.id],
        warnings=chosen.warnings,
    )


_UNASKED = WorkflowWarning(
    code="model_not_configured",
    message="No language model is configured, so our own scoring chose. Set CUTROOM_LLM_MODEL to have one asked.",
)
