"""The transcribe workflow: a recording becomes words with times."""

from typing import Annotated

from pydantic import Field

from cutroom.kit.schema import Schema
from cutroom.timeline.source import Source

LanguageTag = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=35,
        description="BCP 47 tag of what is spoken, such as `en` or `pt-BR`.",
    ),
]


class Transcribe(Schema):
    """A recording to transcribe, and how."""

    source: Annotated[Source, Field(description="The recording: a URL, or `asset:<id>`.")]
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
    into: Annotated[str | None, Field(description="The transcript of which this makes the next version.")] = None


class TranscribeWarning(Schema):
    """What was done, but perhaps not as meant."""

    code: str
    message: str


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
    warnings: list[TranscribeWarning]
