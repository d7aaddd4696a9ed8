"""What is said in a video of YouTube, without a word of a language model: its captions, or what is heard in it."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from cutroom.jobs import Context
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema
from cutroom.media.documents import clean_text
from cutroom.media.youtube import YouTube, video_id
from cutroom.workflows.run_inputs import read_input
from cutroom.workflows.run_wishes import MOST_INLINE
from cutroom.workflows.transcribe import LanguageTag, Transcribing
from cutroom.workflows.warning import WorkflowWarning

_TEXT: Final = "text/plain; charset=utf-8"


class ReadVideo(Schema):
    """A video to read."""

    url: Annotated[str, Field(min_length=1, max_length=2_048, description="Its address, or its id.")]
    language: Annotated[LanguageTag | None, Field(description="Of the captions that are wanted.")] = None
    timestamps: Annotated[
        bool, Field(description="Begin each line of the captions with its time; there must be some then.")
    ] = False


class ReadVideoOutput(Schema):
    """What is said in it."""

    text: Annotated[
        str | None, Field(description=f"Untrusted, as is all of this; null above {MOST_INLINE:,} bytes: see the file.")
    ]
    video: Annotated[str, Field(description="Its id.")]
    title: str
    description: str
    language: Annotated[str | None, Field(description="Which it is in, where that is known.")]
    duration: Annotated[float, Field(description="Seconds of sound that were heard for this; 0 for captions.")] = 0.0
    artifacts: list[str]
    warnings: list[WorkflowWarning]


class _Read(Schema):
    """What a video says of itself, and its captions; None where there are none."""

    title: str
    description: str
    text: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class _Sound:
    """A video, as a run would read it."""

    input: str
    language: str | None
    input_source: Literal["youtube"] = "youtube"


@dataclass(frozen=True, slots=True)
class VideoReading:
    """The workflow that reads videos.

    Args:
        transcribing: hears those that have no captions.
        youtube: where videos are.
    """

    transcribing: Transcribing
    youtube: YouTube

    async def read(self, ctx: Context, given: ReadVideo) -> ReadVideoOutput:
        """Read a video.

        Raises:
            Invalid: `captions_missing`, when times are asked for and there are none; as `read_input`.
            Unavailable: as `read_input`.
        """
        ctx.progress(0.0, "fetching")
        found = await ctx.step("captions", self._captions, ctx, given)
        text, language, seconds = found.text, found.language, 0.0
        warnings: list[WorkflowWarning] = []
        if text is None:
            heard = await read_input(ctx, _Sound(given.url, given.language), self.transcribing, self.youtube)
            text, language, seconds = heard.text, heard.language, heard.seconds
            warnings += heard.warnings
        ctx.progress(1.0, "writing")
        artifact = await ctx.step("write", _publish, ctx, text)
        return ReadVideoOutput(
            text=text if len(text.encode()) <= MOST_INLINE else None,
            video=video_id(given.url),
            title=found.title,
            description=found.description,
            language=language,
            duration=seconds,
            artifacts=[artifact],
            warnings=warnings,
        )

    async def _captions(self, ctx: Context, given: ReadVideo) -> _Read:
        video = await self.youtube.watch(given.url, scratch=ctx.scratch)
        captions = await self.youtube.captions(video, given.language)
        if captions is None:
            if given.timestamps:
                message = "The video has no captions that can be had; ask without timestamps to have its sound heard."
                raise Invalid("captions_missing", message)
            return _Read(title=video.title, description=video.description)
        text = clean_text(captions.timed_text if given.timestamps else captions.text)
        return _Read(title=video.title, description=video.description, text=text, language=captions.language)


async def _publish(ctx: Context, text: str) -> str:
    path = ctx.scratch / "transcript.txt"
    await asyncio.to_thread(path.write_text, text, "utf-8")
    published = await ctx.files.publish(path, kind="transcript", name=path.name, content_type=_TEXT)
    return published.id
