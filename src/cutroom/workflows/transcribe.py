"""The transcribe workflow: a recording becomes words with times.

The sound is decoded once, speech found in it, and cut at the longest gaps; chunks are heard by any workers that are
free (`hearing`), and put together again. Sound, activity and what was heard are kept under what determines them, so
nothing is heard twice: not by the next attempt, nor by another job with the same recording and the same wishes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from cutroom.jobs import Context, Draft, Files
from cutroom.kit.errors import CutroomError
from cutroom.kit.schema import Schema
from cutroom.speech import formats
from cutroom.speech.activity import Activity
from cutroom.speech.chunks import Piece, chunks_of, pieces_of
from cutroom.speech.cues import cues_of
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.engines import Engines
from cutroom.speech.stitching import regrouped, stitch
from cutroom.speech.transcriber import Listening, Pace, Transcriber
from cutroom.speech.transcript import Transcript
from cutroom.timeline import Media
from cutroom.timeline.source import Source, public_name
from cutroom.workflows.hearing import Chunk, Chunked, activity_of, hear, key_of, read_chunk
from cutroom.workflows.listening import listen
from cutroom.workflows.pieces import which_are_kept
from cutroom.workflows.sources import take
from cutroom.workflows.warning import WorkflowWarning

FETCHED, LISTENED, PLANNED, HEARD = 0.03, 0.06, 0.08, 0.97
"""Progress at the end of each stage; hearing is nearly all of the time."""
UNDETERMINED: Final = "und"
"""The language of a recording in which nobody speaks (BCP 47)."""
_MOST_TITLE_CHARS: Final = 200
Tell = Callable[[float, str | None], None]
"""Hears of progress, from 0 to 1, and of a new stage."""

LanguageTag = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=35,
        description="BCP 47 tag of what is spoken, such as `en` or `pt-BR`.",
    ),
]


class Transcription(Schema):
    """How to transcribe a recording."""

    language: Annotated[
        LanguageTag | None, Field(description="What is spoken; found out when it is not given, if the engine can.")
    ] = None
    engine: Annotated[
        str | None,
        Field(
            max_length=40,
            description="`auto` (the best that is ready), `pocketsphinx`, `faster-whisper` or `openai`; "
            "what the server prefers when it is not given.",
        ),
    ] = None
    model: Annotated[str | None, Field(max_length=200, description="A model of that engine; its default if none.")] = (
        None
    )
    prompt: Annotated[
        str | None, Field(max_length=2_000, description="What the recording is about, for engines that take hints.")
    ] = None
    glossary: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
        Field(max_length=200, description="Names and words to be expected, for engines that take hints."),
    ] = ()


class Transcribe(Transcription):
    """A recording to transcribe, and how."""

    source: Annotated[Source, Field(description="The recording: a URL, or `asset:<id>`.")]
    into: Annotated[str | None, Field(description="The transcript of which this makes the next version.")] = None


class TranscribeOutput(Schema):
    """What a transcription made.

    `duration` is that of the recording, in seconds.
    """

    transcript: Annotated[str, Field(description="Id of the transcript.")]
    version: int
    language: str
    engine: str
    model: str
    words: Annotated[int, Field(description="How many there are.")]
    duration: float
    artifacts: Annotated[list[str], Field(description="transcript.json, .srt, .vtt and .txt.")]
    warnings: list[WorkflowWarning]


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine that was taken, by name, so that all workers take the same."""

    engine: str
    model: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a recording is heard.

    Args:
        chunks: the pieces of each job.
        keys: under which what is heard in each is kept.
        language: what is spoken; None when each chunk finds out.
        duration_ms: of the recording.
    """

    chunks: tuple[tuple[Piece, ...], ...]
    keys: tuple[str, ...]
    language: str | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Hearing:
    """A recording that was heard.

    Args:
        media: the recording.
        plan: how.
        transcriber: the engine that heard it.
    """

    media: Media
    plan: Plan
    transcriber: Transcriber

    async def read(self, files: Files) -> "Heard":
        """What was heard; raises `Unavailable` (`blob_missing`) when it was swept meanwhile."""
        chunks = [await read_chunk(files, key) for key in self.plan.keys]
        made = await asyncio.to_thread(_together, self.plan, chunks, self.transcriber)
        return Heard(made, sum(chunk.untimed for chunk in chunks))


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in a recording.

    Args:
        transcript: put together.
        untimed: how many words the engine gave no times.
    """

    transcript: Transcript
    untimed: int


@dataclass(frozen=True, slots=True, eq=False)
class Transcribing:
    """The workflows of transcription, with the engines of this program."""

    engines: Engines

    async def transcribe(self, ctx: Context, given: Transcribe) -> TranscribeOutput:
        """Transcribe a recording.

        Raises:
            Invalid: `no_speech_track`; `language_not_supported`, `unknown_speech_engine` and what else `Engines.choose`
                raises; what is wrong with the source.
            Unavailable: when the engine cannot be had.
        """
        transcript = given.into or ctx.new_id("trn")

        async def fetch() -> Media:
            media = await fetched(ctx, given.source, "/source")
            await hold(ctx, media)
            return media

        heard = await self.hear(ctx, given, fetch)
        ctx.progress(HEARD, "writing")
        output = await ctx.step("write", _write, ctx, given, heard, transcript)
        ctx.progress(1.0, "done")
        return output

    async def hear(
        self,
        ctx: Context,
        given: Transcription,
        fetch: Callable[[], Awaitable[Media]],
        *,
        prefix: str = "",
        until: float = 1.0,
    ) -> "Hearing":
        """Hear a recording, and keep nothing of it but what saves hearing it again.

        Args:
            ctx: of the job; this takes steps, so it is none itself.
            given: how.
            fetch: brings the recording in; run as a step.
            prefix: begins the steps' names.
            until: the job's progress if this were all of a transcription.

        Raises:
            CutroomError: as `transcribe`.
        """

        def tell(fraction: float, stage: str | None) -> None:
            ctx.progress(until * fraction, stage)

        tell(0.0, "fetching")
        chosen = await ctx.step(f"{prefix}engine", self._choose, given)
        transcriber = self.engines.choose(chosen.engine, chosen.model, given.language)
        media = await ctx.step(f"{prefix}source", fetch)
        tell(FETCHED, "listening")
        plan = await ctx.step(f"{prefix}plan", self._plan, ctx, given, media, transcriber, tell)
        tell(PLANNED, "transcribing")
        kept = await ctx.step(f"{prefix}kept", which_are_kept, ctx.files, list(plan.keys))
        missing = [
            Chunk(
                key=key,
                media=media,
                pieces=pieces,
                engine=chosen.engine,
                model=chosen.model,
                language=plan.language,
                prompt=given.prompt,
                glossary=given.glossary,
            )
            for key, pieces in zip(plan.keys, plan.chunks, strict=True)
            if key not in kept
        ]
        await ctx.map(f"{prefix}chunks", self.chunk, missing, span=(until * PLANNED, until * HEARD))
        return Hearing(media, plan, transcriber)

    async def chunk(self, ctx: Context, chunk: Chunk) -> str:
        """Hear one chunk, unless that was done before, and keep what was heard; the key is the result."""
        return await hear(ctx, chunk, self.engines)

    async def _choose(self, given: Transcription) -> Choice:
        engine = self.engines.choose(given.engine, given.model, given.language).engine
        return Choice(engine.name, engine.model)

    async def _plan(
        self, ctx: Context, given: Transcription, media: Media, transcriber: Transcriber, tell: Tell
    ) -> Plan:
        """Decode, find speech, cut, and find out the language where that was not said."""

        def decoded(part: float) -> None:
            tell(FETCHED + (LISTENED - FETCHED) * part, None)

        pcm = await listen(ctx, media, decoded)
        activity = await activity_of(ctx, media, pcm)
        chunks = await asyncio.to_thread(_cut, activity, transcriber.pace)
        language = given.language
        if language is None and chunks:
            spans = tuple(piece.heard for piece in chunks[0])
            listening = Listening(pcm, spans, None, given.prompt, given.glossary)
            await _prepare(tell, transcriber)
            language = await transcriber.detect(listening, scratch=ctx.scratch)
        wanted = partial(key_of, media, transcriber, language, given.prompt, given.glossary)
        keys = tuple(wanted(chunk) for chunk in chunks)
        if len(await which_are_kept(ctx.files, list(keys))) < len(keys):
            await _prepare(tell, transcriber)
        duration_ms = activity.length_ms if media.info.duration is None else round(media.info.duration * 1000)
        return Plan(
            tuple(map(tuple, chunks)),
            keys,
            language,
            max(duration_ms, activity.length_ms),
        )


async def _prepare(tell: Tell, transcriber: Transcriber) -> None:
    """Have the model here before all chunks ask for it, and say so while it is downloaded."""
    await transcriber.prepare(lambda part, stage: tell(LISTENED + (PLANNED - LISTENED) * part, stage))


def _cut(activity: Activity, pace: Pace) -> list[list[Piece]]:
    return chunks_of(pieces_of(activity.spans(), activity.length_ms, pace), pace)


async def hold(ctx: Context, media: Media) -> None:
    """Have a recording's minutes held before it is heard: how long one behind a URL is, nobody knew before.

    Raises:
        QuotaExceeded: `minutes_exceeded`.
    """
    await ctx.hold(float(media.info.duration or 0))


async def fetched(ctx: Context, source: str, pointer: str) -> Media:
    """Bring in a source; what is wrong with it points at the place in the input that names it."""
    try:
        return await take(ctx.files, ctx.scratch, source)
    except CutroomError as error:
        raise (error.at(pointer) if not error.details else error) from error


async def _write(ctx: Context, given: Transcribe, heard: Hearing, transcript: str) -> TranscribeOutput:
    """Put together what was heard, keep it as a production, and publish it as files."""
    found = await heard.read(ctx.files)
    made = found.transcript
    document = TranscriptDocument.of(made, source=given.source, sha256=heard.media.sha256)
    body = document.model_dump_json()
    artifacts = await _publish(ctx, made, body)
    name = await ctx.files.name_of(given.source) or public_name(given.source).rstrip("/").rpartition("/")[2]
    title = name[:_MOST_TITLE_CHARS] or "Recording"
    version = await ctx.productions.write(Draft(transcript, "transcript", title, body))
    return TranscribeOutput(
        transcript=transcript,
        version=version,
        language=made.language,
        engine=made.engine.name,
        model=made.engine.model,
        words=sum(len(segment.words) for segment in made.segments),
        duration=made.duration_ms / 1000,
        artifacts=artifacts,
        warnings=remarks(given, heard.transcriber, found),
    )


def _together(plan: Plan, chunks: list[Chunked], transcriber: Transcriber) -> Transcript:
    pieces = [piece for chunk in plan.chunks for piece in chunk]
    stitched = stitch(pieces, [segments for chunk in chunks for segments in chunk.pieces])
    return Transcript(
        language=plan.language or _language(chunks),
        duration_ms=plan.duration_ms,
        engine=transcriber.engine,
        segments=tuple(regrouped(stitched, punctuated=transcriber.engine.writes_punctuation)),
    )


def _language(chunks: list[Chunked]) -> str:
    """The language in which most words were heard."""
    counts: dict[str, int] = {}
    for chunk in chunks:
        words = sum(len(segment.words) for segments in chunk.pieces for segment in segments)
        counts[chunk.language] = counts.get(chunk.language, 0) + words
    return max(counts, key=lambda language: counts[language], default=UNDETERMINED)


async def _publish(ctx: Context, made: Transcript, body: str) -> list[str]:
    """The transcript as files: our JSON, subtitles of both usual kinds, and text to be read."""
    cues = await asyncio.to_thread(cues_of, made) if made.segments else []
    files = {
        "transcript.json": ("application/json", body),
        "transcript.srt": (formats.CONTENT_TYPES["srt"], formats.to_srt(cues)),
        "transcript.vtt": (formats.CONTENT_TYPES["vtt"], formats.to_vtt(cues)),
        "transcript.txt": (formats.CONTENT_TYPES["txt"], formats.to_text(made)),
    }
    artifacts: list[str] = []
    for name, (content_type, text) in files.items():
        path: Path = ctx.scratch / name
        await asyncio.to_thread(path.write_text, text, "utf-8")
        published = await ctx.files.publish(path, kind="transcript", name=name, content_type=content_type)
        artifacts.append(published.id)
    return artifacts


def remarks(given: Transcription, transcriber: Transcriber, heard: Heard) -> list[WorkflowWarning]:
    """What whoever reads a transcript should know of how it came about."""
    engine, untimed = transcriber.engine, heard.untimed
    found: list[WorkflowWarning] = []
    if not any(segment.words for segment in heard.transcript.segments):
        found.append(WorkflowWarning(code="no_speech", message="Nobody was heard to speak in this recording."))
    if untimed:
        sentence = (
            f"{engine.name} gave {untimed} words without times; theirs were found by laying the words over the sound, "
            "and may be off by some tenths of a second."
        )
        found.append(WorkflowWarning(code="times_aligned", message=sentence))
    if not engine.writes_punctuation:
        sentence = (
            f"{engine.name} writes words without capitals, punctuation and digits, and gets about one in ten wrong in "
            "clear speech, many more in noise; faster-whisper or a server of speech models does much better."
        )
        found.append(WorkflowWarning(code="basic_engine", message=sentence))
        if given.language is None:
            sentence = f"{engine.name} knows English only, and took this for English."
            found.append(WorkflowWarning(code="language_assumed", message=sentence))
    if not transcriber.takes_hints and (given.prompt is not None or given.glossary):
        sentence = f"{engine.name} takes no prompt and no glossary; they made no difference."
        found.append(WorkflowWarning(code="hints_ignored", message=sentence))
    return found
