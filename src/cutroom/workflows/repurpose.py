"""Everything of one recording: transcript, subtitles, highlights, clips and posts, by one job.

The transcript comes first. What is made of it are branches: each is an item of its own that any worker may take, and
tells when it is done. A branch that fails does so alone; what the others made stays.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator

from cutroom.jobs import Context
from cutroom.kit.errors import CutroomError
from cutroom.kit.schema import Schema
from cutroom.timeline.source import Source
from cutroom.workflows.answers import BudgetMicro
from cutroom.workflows.clip_source import ClipWishes, ExportClip
from cutroom.workflows.export_clip import ExportClipOutput
from cutroom.workflows.find_highlights import FindHighlights, FindHighlightsOutput, HighlightWishes
from cutroom.workflows.repurposed import (
    BranchWarning,
    ClipMade,
    Failure,
    HighlightsMade,
    Made,
    PostPart,
    SubtitlesMade,
    together,
)
from cutroom.workflows.subtitle import Subtitle, SubtitleOutput, SubtitleWishes
from cutroom.workflows.transcribe import Transcribe, TranscribeOutput, Transcription
from cutroom.workflows.transcripts import read_transcript, version_of
from cutroom.workflows.write_posts import PostWishes, WritePosts, WritePostsOutput

BRANCH: Final = "repurpose.branch"
TRANSCRIBED, BRANCHED = 0.45, 0.98
"""Progress when there is a transcript, and when every branch has ended."""
_FOUND: Final = 0.25
"""Progress of the branch of clips when the highlights are found."""
MOST_CLIPS: Final = 20


class ClipsWishes(ClipWishes):
    """Which clips to make."""

    count: Annotated[int, Field(ge=0, le=MOST_CLIPS, description="How many: of the best highlights. 0 makes none.")] = 3


class Repurpose(Schema):
    """A recording, or its transcript, and what to make of it. A part that is null is left out."""

    source: Annotated[Source | None, Field(description="The recording: a URL, or `asset:<id>`.")] = None
    transcript: Annotated[
        str | None, Field(max_length=64, description="Id of a transcript that there is; instead of `source`.")
    ] = None
    version: Annotated[int | None, Field(ge=1, description="Which of its versions; the latest when not given.")] = None
    transcription: Annotated[Transcription, Field(description="How to transcribe.")] = Transcription()
    subtitles: Annotated[SubtitleWishes | None, Field(description="The subtitles.")] = SubtitleWishes()
    highlights: Annotated[HighlightWishes | None, Field(description="What to look for.")] = HighlightWishes()
    clips: Annotated[ClipsWishes | None, Field(description="Clips of the highlights.")] = ClipsWishes()
    posts: Annotated[PostWishes | None, Field(description="The posts.")] = PostWishes()
    voice: Annotated[
        str | None, Field(min_length=1, max_length=8_000, description="How the brand speaks, in sentences; for posts.")
    ] = None
    budget_micro: BudgetMicro = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.source is None) == (self.transcript is None):
            raise ValueError("give 'source' or 'transcript', and not both")
        if self.version is not None and self.transcript is None:
            raise ValueError("'version' is that of a 'transcript'")
        if self.clips is not None and self.clips.count and self.highlights is None:
            raise ValueError("clips are made of highlights: leave 'clips' out too, or give 'highlights'")
        return self


class RepurposeOutput(Made):
    """Everything that was made. Artifacts of the parts are read by their ids, at `/artifacts/{id}/download`."""

    transcript: str
    version: int
    duration: Annotated[float, Field(description="Seconds of the recording.")]
    artifacts: Annotated[list[str], Field(description="made.json: the same as this answer.")]


class Branch(Schema):
    """One branch, for a worker: exactly one of its inputs is set."""

    subtitles: Subtitle | None = None
    highlights: FindHighlights | None = None
    clips: ClipsWishes | None = None
    posts: WritePosts | None = None


class BranchOutput(Schema):
    """What a branch made; its artifacts stay with the job of the branch."""

    made: Made
    artifacts: list[str]


class ClipItem(Schema):
    """One clip of a branch, for a worker."""

    place: int
    clip: ExportClip


class ClipOutcome(Schema):
    """A clip, or why there is none."""

    clip: ClipMade | None = None
    failed: Failure | None = None
    warnings: list[BranchWarning] = Field(default_factory=list)
    artifacts: list[str] = Field(default_factory=list)


class Repurposing:
    """The workflows of repurposing, made of those that the registry has for each part.

    Args:
        transcribe: makes a transcript.
        subtitle: makes subtitles.
        find: finds highlights.
        export: makes a clip.
        write: writes posts.
        attempts: how often an item is tried; the last failure is told and not raised.
    """

    def __init__(
        self,
        *,
        transcribe: Callable[[Context, Transcribe], Awaitable[TranscribeOutput]],
        subtitle: Callable[[Context, Subtitle], Awaitable[SubtitleOutput]],
        find: Callable[[Context, FindHighlights], Awaitable[FindHighlightsOutput]],
        export: Callable[[Context, ExportClip], Awaitable[ExportClipOutput]],
        write: Callable[[Context, WritePosts], Awaitable[WritePostsOutput]],
        attempts: int,
    ) -> None:
        self._transcribe = transcribe
        self._subtitle = subtitle
        self._find = find
        self._export = export
        self._write = write
        self._attempts = attempts

    async def repurpose(self, ctx: Context, given: Repurpose) -> RepurposeOutput:
        """Make everything that is asked for of a recording.

        Raises:
            CutroomError: what kept the transcript from being made; all later failures are told in the output.
        """
        ctx.progress(0.0, "transcribing")
        transcript, version = await self._transcript(ctx, given)
        document = await read_transcript(ctx, transcript, version)
        await ctx.step("told", _tell, ctx, transcript, version)
        ctx.progress(TRANSCRIBED, "making")
        branches = branches_of(given, transcript, version)
        outputs = await ctx.map("branches", self.branch, branches, span=(TRANSCRIBED, BRANCHED))
        ctx.progress(BRANCHED, "listing")
        made = together([output.made for output in outputs])
        output = RepurposeOutput(
            **made.model_dump(), transcript=transcript, version=version, duration=document.duration, artifacts=[]
        )
        artifact = await ctx.step("list", _publish, ctx, output)
        ctx.progress(1.0, "done")
        return output.model_copy(update={"artifacts": [artifact]})

    async def branch(self, ctx: Context, given: Branch) -> BranchOutput:
        """Make one part."""
        if given.subtitles is not None:
            return await self._subtitles(ctx, given.subtitles)
        if given.posts is not None:
            return await self._posts(ctx, given.posts)
        if given.highlights is None:
            raise ValueError("a branch is subtitles, highlights or posts")
        return await self._clips(ctx, given.highlights, given.clips)

    async def clip(self, ctx: Context, given: ClipItem) -> ClipOutcome:
        """Make one clip."""
        part = f"clips/{given.place}"
        try:
            made = await self._export(ctx, given.clip)
        except CutroomError as error:
            return ClipOutcome(failed=self._told(ctx, part, error))
        clip = ClipMade(
            id=made.clip,
            version=made.version,
            title=made.title,
            start=made.start,
            end=made.end,
            highlight=given.place,
            artifacts=made.artifacts,
        )
        warnings = [BranchWarning(part=part, code=one.code, message=one.message) for one in made.warnings]
        return ClipOutcome(clip=clip, warnings=warnings, artifacts=made.artifacts)

    async def _transcript(self, ctx: Context, given: Repurpose) -> tuple[str, int]:
        if given.transcript is not None:
            return given.transcript, await ctx.step("version", version_of, ctx, given.transcript, given.version)
        if given.source is None:
            raise ValueError("a recording or a transcript is given")
        wanted = Transcribe(source=given.source, **given.transcription.model_dump(exclude_unset=True))
        (made,) = await ctx.map("transcript", self._transcribe, [wanted], span=(0.0, TRANSCRIBED))
        return made.transcript, made.version

    async def _subtitles(self, ctx: Context, wanted: Subtitle) -> BranchOutput:
        try:
            made = await self._subtitle(ctx, wanted)
        except CutroomError as error:
            return _failed(self._told(ctx, "subtitles", error))
        found = SubtitlesMade(id=made.subtitles, version=made.version, artifacts=made.artifacts)
        warnings = [BranchWarning(part="subtitles", code=one.code, message=one.message) for one in made.warnings]
        return BranchOutput(made=Made(subtitles=found, warnings=warnings), artifacts=made.artifacts)

    async def _posts(self, ctx: Context, wanted: WritePosts) -> BranchOutput:
        try:
            made = await self._write(ctx, wanted)
        except CutroomError as error:
            return _failed(self._told(ctx, "posts", error))
        posts = [
            PostPart(platform=post.platform, id=post.id, version=post.version, artifacts=[post.artifact])
            for post in made.posts
        ]
        failed = [Failure(part=f"posts/{one.platform}", code=one.code, message=one.message) for one in made.failed]
        warnings = [BranchWarning(part="posts", code=one.code, message=one.message) for one in made.warnings]
        return BranchOutput(made=Made(posts=posts, failed=failed, warnings=warnings), artifacts=made.artifacts)

    async def _clips(self, ctx: Context, wanted: FindHighlights, wishes: ClipsWishes | None) -> BranchOutput:
        try:
            found = await self._find(ctx, wanted)
        except CutroomError as error:
            return _failed(self._told(ctx, "highlights", error))
        ctx.log("info", "The highlights are found.", highlights=found.highlights, found=len(found.items))
        highlights = HighlightsMade(
            id=found.highlights, version=found.version, found=len(found.items), artifacts=found.artifacts
        )
        warnings = [BranchWarning(part="highlights", code=one.code, message=one.message) for one in found.warnings]
        outcomes = await ctx.map("clips", self.clip, clips_of(found, wishes), span=(_FOUND, 1.0))
        made = Made(
            highlights=highlights,
            clips=[outcome.clip for outcome in outcomes if outcome.clip is not None],
            failed=[outcome.failed for outcome in outcomes if outcome.failed is not None],
            warnings=[*warnings, *(warning for outcome in outcomes for warning in outcome.warnings)],
        )
        return BranchOutput(made=made, artifacts=found.artifacts)

    def _told(self, ctx: Context, part: str, error: CutroomError) -> Failure:
        """The failure of a part. What may pass is raised, to be tried again, as long as there are attempts left."""
        if error.retryable and ctx.attempt < self._attempts:
            raise error
        ctx.log("warning", f"{part}: {error.message}", code=error.code)
        return Failure(part=part, code=error.code, message=error.message)


def branches_of(given: Repurpose, transcript: str, version: int) -> list[Branch]:
    """What is to be made of a transcript, the longest work first. Those that may ask models share the budget."""
    meant: dict[str, Any] = {"transcript": transcript, "version": version}
    asking = sum(part is not None for part in (given.highlights, given.posts))
    share = None if given.budget_micro is None or not asking else given.budget_micro // asking
    branches: list[Branch] = []
    if given.highlights is not None:
        wanted = FindHighlights(**meant, **given.highlights.model_dump(), budget_micro=share)
        branches.append(Branch(highlights=wanted, clips=given.clips))
    if given.posts is not None:
        wishes = given.posts.model_dump()
        branches.append(Branch(posts=WritePosts(**meant, **wishes, voice=given.voice, budget_micro=share)))
    if given.subtitles is not None:
        branches.append(Branch(subtitles=Subtitle(**meant, **given.subtitles.model_dump())))
    return branches


def clips_of(found: FindHighlightsOutput, wishes: ClipsWishes | None) -> list[ClipItem]:
    """The clips of the best highlights."""
    if wishes is None:
        return []
    like = wishes.model_dump(exclude={"count"})
    return [
        ClipItem(
            place=place,
            clip=ExportClip(highlights=found.highlights, version=found.version, highlight=place, **like),
        )
        for place in range(min(wishes.count, len(found.items)))
    ]


def _tell(ctx: Context, transcript: str, version: int) -> None:
    """A step, since what comes after waits, and the workflow is then run again from its top."""
    ctx.log("info", "The transcript is ready.", transcript=transcript, version=version)


def _failed(failure: Failure) -> BranchOutput:
    return BranchOutput(made=Made(failed=[failure]), artifacts=[])


async def _publish(ctx: Context, output: RepurposeOutput) -> str:
    path = ctx.scratch / "made.json"
    path.write_text(output.model_dump_json(indent=1), "utf-8")
    published = await ctx.files.publish(path, kind="results", name="made.json", content_type="application/json")
    return published.id
