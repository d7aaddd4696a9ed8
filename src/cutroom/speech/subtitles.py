"""Subtitles as JSON: the body of a production, what the API answers, and a source of captions for a timeline."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from cutroom.kit.schema import Schema
from cutroom.speech.cues import Cue
from cutroom.speech.document import WordDocument
from cutroom.speech.limits import CueLimits
from cutroom.speech.measures import Fault, Measures
from cutroom.speech.transcript import Word
from cutroom.timeline.cuesheet import join_words

_Seconds = Annotated[float, Field(ge=0, le=1_000_000)]
_Characters = Annotated[int, Field(ge=4, le=120, description="Characters in a line; full-width ones in CJK languages.")]
_Lines = Annotated[int, Field(ge=1, le=4, description="Lines in a cue.")]
_Speed = Annotated[float, Field(ge=2, le=60, description="Characters a second.")]
_Shortest = Annotated[float, Field(ge=0.1, le=10, description="Seconds that a cue is shown at least.")]
_Longest = Annotated[float, Field(ge=1, le=30, description="Seconds that a cue is shown at most.")]
_Words = Annotated[int | None, Field(ge=1, le=40, description="Words in a cue.")]
MOST_TOLD: Final = 100
"""Cues that warnings name, of those that break a limit."""


class LimitsWish(Schema):
    """What every cue keeps to; what is not said is usual for the language."""

    characters: _Characters | None = None
    lines: _Lines | None = None
    reading_speed: _Speed | None = None
    shortest: _Shortest | None = None
    longest: _Longest | None = None
    words: _Words = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        longest = CueLimits().longest_ms / 1000 if self.longest is None else self.longest
        if self.shortest is not None and self.shortest > longest:
            raise ValueError(f"'shortest' must not be more than 'longest', which is {longest:g} seconds")
        return self

    def applied(self, usual: CueLimits) -> CueLimits:
        """The usual limits with what is wished for."""
        return replace(
            usual,
            characters=self.characters or usual.characters,
            lines=self.lines or usual.lines,
            reading_speed=self.reading_speed or usual.reading_speed,
            shortest_ms=usual.shortest_ms if self.shortest is None else round(self.shortest * 1000),
            longest_ms=usual.longest_ms if self.longest is None else round(self.longest * 1000),
            words=self.words or usual.words,
        )


class LimitsDocument(Schema):
    """What the cues were made to keep to."""

    characters: _Characters
    lines: _Lines
    reading_speed: _Speed
    shortest: _Shortest
    longest: _Longest
    words: _Words = None
    gap: Annotated[float, Field(description="Seconds between two cues at least: two frames.")]
    fps: Annotated[str, Field(description="Frames a second, as a fraction.")]
    full_width: Annotated[bool, Field(description="Whether characters are measured as full-width ones.")]

    @classmethod
    def of(cls, limits: CueLimits) -> Self:
        """The document of limits."""
        return cls(
            characters=limits.characters,
            lines=limits.lines,
            reading_speed=limits.reading_speed,
            shortest=limits.shortest_ms / 1000,
            longest=limits.longest_ms / 1000,
            words=limits.words,
            gap=limits.gap_ms / 1000,
            fps=str(limits.fps),
            full_width=limits.full_width,
        )

    def limits(self) -> CueLimits:
        """The limits as engines take them."""
        return CueLimits(
            characters=self.characters,
            lines=self.lines,
            reading_speed=self.reading_speed,
            shortest_ms=round(self.shortest * 1000),
            longest_ms=round(self.longest * 1000),
            fps=Fraction(self.fps),
            words=self.words,
            full_width=self.full_width,
        )


class LineDocument(Schema):
    """A line of a cue."""

    text: str
    words: Annotated[list[WordDocument], Field(min_length=1)]


class CueDocument(Schema):
    """What is on screen at a time."""

    start: Annotated[_Seconds, Field(description="Second at which it comes.")]
    end: Annotated[_Seconds, Field(description="Second at which it goes.")]
    lines: Annotated[list[LineDocument], Field(min_length=1)]


class SubtitleWarning(Schema):
    """What was done, but perhaps not as meant."""

    code: str
    message: str
    cue: Annotated[int | None, Field(description="Number of the cue, from 1, if it is about one.")] = None


class MeasuresDocument(Schema):
    """What was measured of the cues."""

    cues: Annotated[int, Field(description="How many there are.")]
    within: Annotated[float, Field(description="Share of them that keep to every limit.")]
    fastest: Annotated[float, Field(description="Characters a second of the fastest cue.")]
    longest_line: Annotated[float, Field(description="Characters of the widest line.")]
    least_gap: Annotated[float | None, Field(description="Seconds of the smallest gap.")]
    splits: Annotated[int, Field(description="Breaks behind articles, prepositions, conjunctions and within names.")]
    over_cuts: Annotated[int, Field(description="Cues that stay over a cut of the pictures.")]
    in_offset: Annotated[float, Field(description="Mean seconds between a cue and its first word.")]
    out_offset: Annotated[float, Field(description="Mean seconds that a cue stays after its last word.")]

    @classmethod
    def of(cls, measures: Measures) -> Self:
        """The document of measures."""
        return cls(
            cues=measures.cues,
            within=round(measures.within, 6),
            fastest=round(measures.fastest, 2),
            longest_line=measures.longest_line,
            least_gap=None if measures.least_gap_ms is None else measures.least_gap_ms / 1000,
            splits=measures.splits,
            over_cuts=measures.over_cuts,
            in_offset=round(measures.in_offset_ms / 1000, 4),
            out_offset=round(measures.out_offset_ms / 1000, 4),
        )


class SubtitlesDocument(Schema):
    """Subtitles of a recording, cue by cue, with times in seconds."""

    kind: Literal["subtitles"] = "subtitles"
    source: Annotated[str, Field(description="The recording: `asset:<id>` or its URL.")]
    sha256: Annotated[str, Field(description="Hash of the recording's bytes.")]
    language: Annotated[str, Field(description="BCP 47 tag, such as `en`.")]
    duration: Annotated[_Seconds, Field(description="Seconds of the recording.")]
    limits: LimitsDocument
    measures: MeasuresDocument
    cues: list[CueDocument]

    @classmethod
    def of(
        cls,
        cues: Sequence[Cue],
        *,
        source: str,
        sha256: str,
        language: str,
        duration_ms: int,
        limits: CueLimits,
        measures: Measures,
    ) -> Self:
        """The document of cues."""
        return cls(
            source=source,
            sha256=sha256,
            language=language,
            duration=duration_ms / 1000,
            limits=LimitsDocument.of(limits),
            measures=MeasuresDocument.of(measures),
            cues=[_cue(cue) for cue in cues],
        )

    def as_cues(self) -> list[Cue]:
        """The cues as engines take them."""
        return [
            Cue(
                round(cue.start * 1000),
                round(cue.end * 1000),
                tuple(tuple(_word(word) for word in line.words) for line in cue.lines),
            )
            for cue in self.cues
        ]


def warnings_of(measures: Measures, limits: CueLimits) -> list[SubtitleWarning]:
    """A sentence for each limit that a cue breaks; one for the rest when there are many."""
    told = [
        SubtitleWarning(code=f"cue_{fault.kind}", message=_sentence(fault, limits), cue=fault.cue + 1)
        for fault in measures.faults[:MOST_TOLD]
    ]
    more = len(measures.faults) - len(told)
    if more:
        told.append(SubtitleWarning(code="cues_more", message=f"{more} more limits are broken by other cues."))
    return told


def _sentence(fault: Fault, limits: CueLimits) -> str:
    figure = fault.figure
    sentences = {
        "line_long": f"has a line of {figure:g} characters; {limits.characters} are the limit",
        "lines_many": f"has {figure:g} lines; {limits.lines} are the limit",
        "words_many": f"has {figure:g} words; {limits.words} are the limit",
        "fast": f"is to be read at {figure:g} characters a second, since it is spoken so fast; "
        f"{limits.reading_speed:g} are the limit. Shorten its text",
        "short": f"is shown for {figure / 1000:g} s; {limits.shortest_ms / 1000:g} s are the least",
        "long": f"is shown for {figure / 1000:g} s; {limits.longest_ms / 1000:g} s are the most",
        "gap": f"comes {figure / 1000:g} s after the one before; {limits.gap_ms / 1000:g} s are the least",
        "overlap": f"comes {-figure / 1000:g} s before the one before it goes",
    }
    return f"Cue {fault.cue + 1} {sentences[fault.kind]}."


def _cue(cue: Cue) -> CueDocument:
    lines = [
        LineDocument(text=join_words([word.text for word in line]), words=[_word_document(word) for word in line])
        for line in cue.lines
    ]
    return CueDocument(start=cue.start_ms / 1000, end=cue.end_ms / 1000, lines=lines)


def _word_document(word: Word) -> WordDocument:
    return WordDocument(
        text=word.text,
        start=word.start_ms / 1000,
        end=word.end_ms / 1000,
        confidence=word.confidence,
        speaker=word.speaker,
    )


def _word(word: WordDocument) -> Word:
    return Word(word.text, round(word.start * 1000), round(word.end * 1000), word.confidence, word.speaker)
