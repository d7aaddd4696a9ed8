"""The workflow that writes posts: a transcript becomes a blog post, a thread and captions that say what was said."""

import asyncio
from typing import Annotated, Any, Literal

from pydantic import Field

from cutroom.jobs import Context, Draft, Origin
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema
from cutroom.llm import Bill, Models, Purse
from cutroom.posts.document import ChecksDocument, ParagraphDocument, PostDocument, RemovedDocument, cites_of, measured
from cutroom.posts.draft import Point, Style
from cutroom.posts.extract import extracted
from cutroom.posts.ground import Ground
from cutroom.posts.grounded import Tally, grounded
from cutroom.posts.limits import PostKind
from cutroom.posts.material import read
from cutroom.posts.post import Method, Post
from cutroom.posts.writer import note, parts_of, write
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.sentences import sentences
from cutroom.workflows.answers import BudgetMicro, purse_of
from cutroom.workflows.transcribe import LanguageTag
from cutroom.workflows.transcripts import read_transcript, version_of
from cutroom.workflows.warning import WorkflowWarning

NOTED, WRITTEN = 0.4, 0.95
"""Progress at the end of each stage, where there is a long recording to take notes of."""
_EXTENSIONS = {"blog": ("md", "text/markdown; charset=utf-8")}
_PLAIN = ("txt", "text/plain; charset=utf-8")


class PostWishes(Schema):
    """What to write, and how."""

    kinds: Annotated[tuple[PostKind, ...], Field(min_length=1, max_length=4, description="For which platforms.")] = (
        "blog",
        "linkedin",
        "twitter",
        "instagram",
    )
    method: Annotated[
        Literal["auto", "model", "extractive"],
        Field(
            description="`model` has a language model write, `extractive` puts sentences of the recording together; "
            "`auto` is the first where a model is configured."
        ),
    ] = "auto"
    tone: Annotated[str | None, Field(min_length=1, max_length=200, description="`friendly`, `dry`…")] = None
    audience: Annotated[str | None, Field(min_length=1, max_length=500, description="Whom it is for.")] = None
    language: Annotated[
        LanguageTag | None, Field(description="What to write in; the language of the recording when not given.")
    ] = None
    model: Annotated[
        str | None, Field(min_length=1, max_length=200, description="The language model; the server's own when none.")
    ] = None


class WritePosts(PostWishes):
    """What to write of which transcript, and how."""

    transcript: Annotated[str, Field(max_length=64, description="Id of the transcript.")]
    version: Annotated[int | None, Field(ge=1, description="Which of its versions; the latest when not given.")] = None
    voice: Annotated[
        str | None, Field(min_length=1, max_length=8_000, description="How the brand speaks, in sentences.")
    ] = None
    into: Annotated[str | None, Field(description="The post of which this makes the next version.")] = None
    budget_micro: BudgetMicro = None


class PostMade(Schema):
    """One post."""

    platform: PostKind
    id: str
    version: int
    method: Method
    artifact: Annotated[str, Field(description="The post as a file: Markdown for a blog, plain text for all else.")]


class PostFailed(Schema):
    """A post that could not be written."""

    platform: PostKind
    code: str
    message: str


class WritePostsOutput(Schema):
    """The posts that were written."""

    posts: list[PostMade]
    failed: list[PostFailed]
    duration: Annotated[float, Field(description="Seconds of the recording.")]
    input_tokens: Annotated[int, Field(description="Read by the language model, in all.")]
    output_tokens: int
    artifacts: list[str]
    warnings: list[WorkflowWarning]


class WrittenDocument(Schema):
    """A post that was written, and what it took."""

    document: PostDocument
    warnings: list[WorkflowWarning]
    input_tokens: int = 0
    output_tokens: int = 0


async def write_posts(ctx: Context, given: WritePosts, models: Models) -> WritePostsOutput:
    """Write one post for each platform, at once; one that fails leaves the others alone.

    Raises:
        Invalid: `transcript_empty`; `model_not_configured` when a model was asked for and there is none.
        CutroomError: that of the first post, when none could be written.
    """
    ctx.progress(0.0, "reading")
    version = await ctx.step("version", version_of, ctx, given.transcript, given.version)
    source = await read_transcript(ctx, given.transcript, version)
    if not source.segments:
        raise Invalid("transcript_empty", "Nothing is said in this recording, so there is nothing to write about.")
    by_model = given.method == "model" or (given.method == "auto" and models.configured)
    if by_model:
        models.find(given.model)
    warnings = [] if by_model else _unheard(given)
    purse = purse_of(ctx, given.budget_micro)
    points = await notes_of(ctx, source, models, given.model, purse) if by_model else []
    ctx.progress(NOTED, "writing")
    kinds, ids = await _targets(ctx, given)
    written_by: dict[PostKind, WrittenDocument] = {}
    errors: dict[PostKind, CutroomError] = {}

    async def one(kind: PostKind) -> None:
        try:
            written_by[kind] = await ctx.step(
                f"write:{kind}",
                written,
                source,
                version,
                kind,
                given,
                models,
                points,
                purse.bill() if by_model else None,
            )
        except CutroomError as error:
            errors[kind] = error
        share = (len(written_by) + len(errors)) / len(kinds)
        ctx.progress(NOTED + (WRITTEN - NOTED) * share, "writing")

    async with asyncio.TaskGroup() as group:
        for kind in kinds:
            group.create_task(one(kind))
    if not written_by:
        raise errors[kinds[0]]
    made: list[PostMade] = []
    good = [written_by[kind] for kind in kinds if kind in written_by]
    for result in good:
        made.append(await ctx.step(f"keep:{result.document.platform}", keep, ctx, ids, result.document))
        warnings += result.warnings
    ctx.progress(1.0, "done")
    return WritePostsOutput(
        posts=made,
        failed=[PostFailed(platform=kind, code=error.code, message=error.message) for kind, error in errors.items()],
        duration=source.duration,
        input_tokens=sum(result.input_tokens for result in good),
        output_tokens=sum(result.output_tokens for result in good),
        artifacts=[post.artifact for post in made],
        warnings=list(dict.fromkeys(warnings)),
    )


async def notes_of(
    ctx: Context, source: TranscriptDocument, models: Models, model: str | None, purse: Purse
) -> list[Point]:
    """Notes on a recording that is too long to be read whole; none on others."""
    found = sentences(source.transcript())
    spans = parts_of(found)
    if len(spans) == 1:
        return []
    points: list[Point] = []
    for number, span in enumerate(spans):
        ctx.progress(NOTED * number / len(spans), "taking notes")
        points += await ctx.step(f"note:{number}", note, models, found, span, model, purse.bill())
    return points


async def written(
    source: TranscriptDocument,
    version: int,
    kind: PostKind,
    given: WritePosts,
    models: Models,
    points: list[Point],
    bill: Bill | None,
) -> WrittenDocument:
    """One post: by a model, where there is a bill for it, or from the recording's own sentences.

    Raises:
        Invalid: `nothing_to_post` when nothing of the recording can stand in a post.
        CutroomError: what `write` raises.
    """
    by_model = bill is not None
    said = sentences(source.transcript())
    style = Style(given.tone, given.audience, given.voice, given.language)
    warnings: list[WorkflowWarning] = []
    if by_model:
        ground = Ground(said)
        made = await write(
            models, kind, ground, points, language=source.language, style=style, model=given.model, bill=bill
        )
        post, tally, model, usage = made.post, made.tally, made.model, made.usage
        if tally.removed:
            claims = ", ".join(f"'{one.claim.text[:60]}'" for one in tally.removed[:5])
            message = f"The {kind} post lost {len(tally.removed)} claims that nobody made in the recording: {claims}."
            warnings.append(WorkflowWarning(code="claims_removed", message=message))
    else:
        post, tally = await asyncio.to_thread(_from_recording, kind, source)
        model, usage = None, None
        if not post.paragraphs:
            sentence = (
                "Nothing of this recording can stand in a post: what is said holds links, or cannot be cut short."
            )
            raise Invalid("nothing_to_post", sentence)
    document = PostDocument(
        platform=kind,
        source=source.source,
        transcript=given.transcript,
        transcript_version=version,
        language=(given.language if by_model else None) or source.language,
        title=post.title,
        summary=post.summary,
        paragraphs=[
            ParagraphDocument(text=one.text, heading=one.heading, cites=cites_of(one, said)) for one in post.paragraphs
        ],
        hashtags=list(post.hashtags),
        parts=[],
        length=0,
        method="model" if by_model else "extractive",
        model=model,
        checks=_checks(tally),
    )
    return WrittenDocument(
        document=measured(document),
        warnings=warnings,
        input_tokens=usage.input_tokens if usage else 0,
        output_tokens=usage.output_tokens if usage else 0,
    )


async def keep(ctx: Context, ids: dict[str, str], document: PostDocument) -> PostMade:
    """Write the production of a post, and publish it as a file."""
    extension, content_type = _EXTENSIONS.get(document.platform, _PLAIN)
    path = ctx.scratch / f"{document.platform}.{extension}"
    await asyncio.to_thread(path.write_text, "\n\n---\n\n".join(document.parts), "utf-8")
    published = await ctx.files.publish(path, kind="post", name=path.name, content_type=content_type)
    version = await ctx.productions.write(
        Draft(
            id=ids[document.platform],
            kind="post",
            title=(document.title or document.paragraphs[0].text)[:200],
            body=document.model_dump_json(),
            made_from=[Origin(document.transcript, document.transcript_version)],
        )
    )
    return PostMade(
        platform=document.platform,
        id=ids[document.platform],
        version=version,
        method=document.method,
        artifact=published.id,
    )


async def _targets(ctx: Context, given: WritePosts) -> tuple[list[PostKind], dict[str, str]]:
    """The platforms to write for, and the id of the post of each."""
    if given.into is None:
        kinds = list(dict.fromkeys(given.kinds))
        return kinds, {kind: ctx.new_id("pst") for kind in kinds}
    kind = await ctx.step("platform", _platform, ctx, given.into)
    return [kind], {kind: given.into}


async def _platform(ctx: Context, post: str) -> PostKind:
    return PostDocument.model_validate_json((await ctx.productions.read(post)).body).platform


def _from_recording(kind: PostKind, source: TranscriptDocument) -> tuple[Post, Tally]:
    transcript = source.transcript()
    material = read(transcript)
    post = extracted(kind, material)
    # What was cut off at its end may not say what was said any more; it is looked up like all else.
    return grounded(post, Ground(material.sentences), source.language)


def _checks(tally: Tally) -> ChecksDocument:
    return ChecksDocument(
        numbers=tally.counts["number"],
        names=tally.counts["name"],
        quotations=tally.counts["quotation"],
        removed=[
            RemovedDocument(kind=one.claim.kind, claim=one.claim.text, sentence=one.sentence) for one in tally.removed
        ],
    )


def _unheard(given: WritePosts) -> list[WorkflowWarning]:
    """What only a model could do, and was asked for."""
    asked: dict[str, Any] = {
        "tone": given.tone,
        "audience": given.audience,
        "voice": given.voice,
        "language": given.language,
        "model": given.model,
    }
    names = [name for name, value in asked.items() if value is not None]
    if not names:
        return []
    message = (
        f"No language model writes here, so {', '.join(names)} changed nothing: "
        "the posts are sentences of the recording. Set CUTROOM_LLM_MODEL to have them written."
    )
    return [WorkflowWarning(code="model_not_configured", message=message)]
