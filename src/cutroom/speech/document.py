"""A transcript as JSON: the body of a production, what the API answers, and what a timeline reads captions from."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cutroom.kit.schema import Schema
from cutroom.speech.transcript import Engine, Segment, Transcript, Word

_Seconds = Annotated[float, Field(ge=0, le=1_000_000)]


class WordDocument(Schema):
    """One word, its punctuation included."""

    text: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$")]
    start: Annotated[_Seconds, Field(description="Second at which it begins.")]
    end: Annotated[_Seconds, Field(description="Second at which it ends.")]
    confidence: Annotated[
        float | None, Field(ge=0, le=1, description="How sure the engine is; absent when it does not say.")
    ] = None
    speaker: Annotated[str | None, Field(max_length=100, description="Who says it, where that is told.")] = None


class SegmentDocument(Schema):
    """Words that were said in one go."""

    start: _Seconds
    end: _Seconds
    text: str
    words: Annotated[list[WordDocument], Field(min_length=1)]


class EngineDocument(Schema):
    """What recognised the speech."""

    name: str
    model: str
    writes_punctuation: Annotated[
        bool, Field(description="Whether its text has capitals, punctuation and digits; some engines only know words.")
    ]


class TranscriptDocument(Schema):
    """What was said in a recording, word by word, with times in seconds."""

    kind: Literal["transcript"] = "transcript"
    source: Annotated[str, Field(description="The recording: `asset:<id>` or its URL.")]
    sha256: Annotated[str, Field(description="Hash of the recording's bytes.")]
    language: Annotated[str, Field(description="BCP 47 tag, such as `en`.")]
    duration: Annotated[_Seconds, Field(description="Seconds of the recording, silence included.")]
    engine: EngineDocument
    segments: list[SegmentDocument]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        last = 0.0
        for number, segment in enumerate(self.segments):
            for place, word in enumerate(segment.words):
                if word.start < last or word.end < word.start:
                    raise ValueError(f"segment {number}, word {place}: words must follow each other in time")
                last = word.end
        return self

    @classmethod
    def of(cls, transcript: Transcript, *, source: str, sha256: str) -> Self:
        """The document of a transcript of this recording."""
        return cls(
            source=source,
            sha256=sha256,
            language=transcript.language,
            duration=transcript.duration_ms / 1000,
            engine=EngineDocument(
                name=transcript.engine.name,
                model=transcript.engine.model,
                writes_punctuation=transcript.engine.writes_punctuation,
            ),
            segments=[_segment(segment) for segment in transcript.segments],
        )

    def transcript(self) -> Transcript:
        """The transcript as engines take it."""
        return Transcript(
            language=self.language,
            duration_ms=_ms(self.duration),
            engine=Engine(self.engine.name, self.engine.model, self.engine.writes_punctuation),
            segments=tuple(Segment(tuple(_word(word) for word in segment.words)) for segment in self.segments),
        )


def _segment(segment: Segment) -> SegmentDocument:
    words = [
        WordDocument(
            text=word.text,
            start=word.start_ms / 1000,
            end=word.end_ms / 1000,
            confidence=word.confidence,
            speaker=word.speaker,
        )
        for word in segment.words
    ]
    return SegmentDocument(start=segment.start_ms / 1000, end=segment.end_ms / 1000, text=segment.text, words=words)


def _word(word: WordDocument) -> Word:
    return Word(word.text, _ms(word.start), _ms(word.end), word.confidence, word.speaker)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
