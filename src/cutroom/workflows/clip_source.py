"""What a clip is to be made of: a highlight, or a range of a recording, with the words that are said in it."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from cutroom.framing.crops import Reframe
from cutroom.framing.platforms import PLACES, Aspect, Platform
from cutroom.highlights.document import HighlightDocument, HighlightsDocument
from cutroom.jobs import Context, Origin
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema
from cutroom.speech.transcript import Segment, Transcript, Word
from cutroom.timeline.assets.presets import PresetName
from cutroom.timeline.fields import exact
from cutroom.timeline.source import Source
from cutroom.workflows.clip_document import ClipDocument
from cutroom.workflows.transcripts import read_transcript, version_of

_DEFAULT_ASPECT: Aspect = "9:16"
_SAME: Final = 0.5
"""A highlight with this share of a clip's time, or more, is the passage that the clip shows."""
_Second = Annotated[float | None, Field(ge=0, le=1_000_000)]


class ClipWishes(Schema):
    """What to make of a part of a recording."""

    aspect: Annotated[
        Aspect | None, Field(description="Shape of the picture; that of the platform, or 9:16, when not given.")
    ] = None
    platform: Annotated[
        Platform | None,
        Field(description="Where it will be shown: decides shape, frame rate and where captions are not covered."),
    ] = None
    captions: Annotated[
        PresetName | bool,
        Field(description="Style of the captions; true is `highlight`, false leaves them out. Needs a transcript."),
    ] = True
    reframe: Annotated[
        Reframe,
        Field(
            description="What a narrower picture shows: `auto` follows faces, else motion, else shows all over a "
            "blurred copy; `faces` or `motion` follow one of these alone, `pad` always shows all, `center` the middle."
        ),
    ] = "auto"

    @property
    def shape(self) -> Aspect:
        """The shape of the picture."""
        return self.aspect or (PLACES[self.platform].aspect if self.platform is not None else _DEFAULT_ASPECT)

    @property
    def style(self) -> PresetName | None:
        """The style of the captions; None without any."""
        if isinstance(self.captions, bool):
            return "highlight" if self.captions else None
        return self.captions


class ExportClip(ClipWishes):
    """What to cut out, and what to make of it.

    From `highlights` and `highlight`; or from `start` to `end` of a `source`, or of the recording of a `transcript`.
    """

    highlights: Annotated[str | None, Field(max_length=64, description="Id of highlights, to take one of them.")] = None
    highlight: Annotated[
        Annotated[int, Field(ge=0, le=1000)] | Annotated[str, Field(max_length=64)] | None,
        Field(description="Which of them: its place, from 0 (the best), or its id."),
    ] = None
    source: Annotated[Source | None, Field(description="The recording: a URL, or `asset:<id>`.")] = None
    transcript: Annotated[
        str | None, Field(max_length=64, description="Id of the recording's transcript, for captions and clean cuts.")
    ] = None
    version: Annotated[
        int | None,
        Field(ge=1, description="Which version of the highlights, or of the transcript; the latest if none."),
    ] = None
    start: Annotated[_Second, Field(description="Second of the recording at which to begin.")] = None
    end: Annotated[_Second, Field(description="Second of the recording at which to end.")] = None
    title: Annotated[str | None, Field(min_length=1, max_length=200, description="What to call it.")] = None
    into: Annotated[str | None, Field(description="The clip of which this makes the next version.")] = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.highlights is not None:
            if self.highlight is None:
                raise ValueError("'highlights' needs 'highlight' beside it: the place of one, from 0, or its id")
            if (self.source, self.transcript, self.start, self.end) != (None, None, None, None):
                raise ValueError("'highlights' say what to cut out; leave out source, transcript, start and end")
            return self
        if self.highlight is not None:
            raise ValueError("'highlight' needs 'highlights' beside it")
        if self.source is None and self.transcript is None:
            raise ValueError("say what to cut out: 'highlights' and 'highlight', or 'source', 'start' and 'end'")
        if self.start is None or self.end is None:
            raise ValueError("'start' and 'end' are needed, in seconds of the recording")
        if self.end <= self.start:
            raise ValueError("'end' must be after 'start'")
        return self


class Wanted(Schema):
    """What is meant by an input, once the productions that it names were read; they may change later."""

    source: str
    sha256: str | None
    start: float
    end: float
    title: str | None
    highlights: str | None = None
    highlight: str | None = None
    highlights_version: int | None = None
    transcript: str | None = None
    transcript_version: int | None = None

    def origins(self) -> list[Origin]:
        """What the clip goes stale with."""
        named = ((self.highlights, self.highlights_version), (self.transcript, self.transcript_version))
        return [Origin(name, version) for name, version in named if name is not None and version is not None]


async def wanted_of(ctx: Context, given: ExportClip) -> Wanted:
    """Read the productions that an input names. To be called as a step: their latest versions may change.

    Raises:
        NotFound: when there is none of an id, or no such version.
        Invalid: `not_highlights`, `highlight_not_found`, `not_a_transcript`, `transcript_of_another`.
    """
    if given.highlights is not None:
        return await _of_highlight(ctx, given, given.highlights)
    source, sha256, version = given.source, None, None
    if given.transcript is not None:
        version = await version_of(ctx, given.transcript, given.version)
        transcript = await read_transcript(ctx, given.transcript, version)
        source, sha256 = source or transcript.source, transcript.sha256
    if source is None or given.start is None or given.end is None:
        raise Invalid("invalid_input", "Say what to cut out: 'source', 'start' and 'end'.")
    return Wanted(
        source=source,
        sha256=sha256,
        start=given.start,
        end=given.end,
        title=given.title,
        transcript=given.transcript,
        transcript_version=version,
    )


async def _of_highlight(ctx: Context, given: ExportClip, production: str) -> Wanted:
    found = await ctx.productions.read(production, given.version)
    if found.kind != "highlights":
        sentence = f"'{production}' are no highlights; the id of some begins with 'hls_'."
        raise Invalid("not_highlights", sentence).at("/highlights")
    document = HighlightsDocument.model_validate_json(found.body)
    item = _item(document, given.highlight) if given.into is None else await _kept(ctx, document, given.into)
    # A highlight is a span of time, and corrections move no word: captions are of the words as they are now.
    words = document.transcript_version
    if given.version is None:
        words = await version_of(ctx, document.transcript, None)
    return Wanted(
        source=document.source,
        sha256=document.sha256,
        start=item.start,
        end=item.end,
        title=given.title or item.title,
        highlights=production,
        highlight=item.id,
        highlights_version=found.version,
        transcript=document.transcript,
        transcript_version=words,
    )


@dataclass(frozen=True, slots=True)
class _Passage:
    """A part of a recording, in seconds, and the highlight that it is or was."""

    start: float
    end: float
    title: str
    id: str | None

    @classmethod
    def of(cls, item: HighlightDocument) -> Self:
        return cls(item.start, item.end, item.title, item.id)

    def shared(self, item: HighlightDocument) -> float:
        """Seconds that are in both."""
        return min(self.end, item.end) - max(self.start, item.start)

    def spanned(self, item: HighlightDocument) -> float:
        """Seconds from the start of the first to the end of the last."""
        return max(self.end, item.end) - min(self.start, item.start)


async def _kept(ctx: Context, document: HighlightsDocument, clip: str) -> _Passage:
    """The highlight that shares most time with the latest version of a clip; that version's time if all share little.

    Places and numbers of words change when a transcript is corrected and looked through again; time does not.
    """
    last = ClipDocument.model_validate_json((await ctx.productions.read(clip)).body)
    passage = _Passage(last.start, last.end, last.title, last.highlight)
    nearest = max(document.items, key=passage.shared, default=None)
    if nearest is None or passage.shared(nearest) < _SAME * passage.spanned(nearest):
        return passage
    return _Passage.of(nearest)


def _item(document: HighlightsDocument, wanted: int | str | None) -> _Passage:
    for place, item in enumerate(document.items):
        if wanted in {place, item.id}:
            return _Passage.of(item)
    sentence = f"There are {len(document.items)} highlights; name one by its place, from 0, or by its id."
    raise Invalid("highlight_not_found", sentence).at("/highlight")


@dataclass(frozen=True, slots=True)
class Speech:
    """The words of a recording, as far as they are known.

    Args:
        transcript: all of them; None when there is no transcript.
    """

    transcript: Transcript | None

    def spoken(self) -> list[tuple[int, int]]:
        """When each is spoken, in milliseconds."""
        if self.transcript is None:
            return []
        return [(word.start_ms, word.end_ms) for word in self.transcript.words()]

    def within(self, start: Fraction, end: Fraction) -> Transcript | None:
        """The words of a part of the recording, on the part's own clock."""
        if self.transcript is None:
            return None
        first, last = round(start * 1000), round(end * 1000)
        segments = [self._moved(segment, first, last) for segment in self.transcript.segments]
        said = tuple(Segment(words) for words in segments if words)
        return replace(self.transcript, duration_ms=last - first, segments=said)

    @staticmethod
    def _moved(segment: Segment, first: int, last: int) -> tuple[Word, ...]:
        """The words most of which are said from `first` to `last`, in milliseconds after `first`."""
        return tuple(
            replace(word, start_ms=max(0, word.start_ms - first), end_ms=min(word.end_ms, last) - first)
            for word in segment.words
            if first <= (word.start_ms + word.end_ms) // 2 < last
        )


async def speech_of(ctx: Context, wanted: Wanted) -> Speech:
    """The words of the recording that a clip is made of."""
    if wanted.transcript is None or wanted.transcript_version is None:
        return Speech(None)
    document = await read_transcript(ctx, wanted.transcript, wanted.transcript_version)
    return Speech(document.transcript())


def range_of(wanted: Wanted) -> tuple[Fraction, Fraction]:
    """Start and end, exactly as they were written."""
    return exact(wanted.start), exact(wanted.end)
