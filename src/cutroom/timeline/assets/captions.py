"""Captions: what is said, word by word, from a file, a text or the document itself."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from cutroom.kit.errors import Invalid
from cutroom.timeline.agreement import Agreement, given, one_given, only, when
from cutroom.timeline.assets.lettering import Background, Shadow, Stroke
from cutroom.timeline.assets.presets import PRESET_NAMES, CaptionFont, PresetName
from cutroom.timeline.assets.text import VISIBLE, Case
from cutroom.timeline.cueing import cue_of_text
from cutroom.timeline.cues import parse_cues
from cutroom.timeline.cuesheet import CueSheet
from cutroom.timeline.fields import ColorText, Forms, Number, Part, Seconds, Word, exact, wrong
from cutroom.timeline.limits import MAX_CUES
from cutroom.timeline.resolved import CaptionAnimation
from cutroom.timeline.resolved import Cue as ResolvedCue
from cutroom.timeline.resolved import SpokenWord as ResolvedWord
from cutroom.timeline.source import Source

MAX_CHARACTERS: Final = 2_000_000
"""Characters of caption text in a document: twenty thousand cues of a hundred."""
_MAX_WORDS: Final = 200


def _some(found: tuple[Part, ...]) -> tuple[Part, ...]:
    if not found:
        raise PydanticCustomError("too_few", "This list has no entries; at least one is needed.")
    return found


def _from_one_to(most: int) -> JsonDict:
    return {"minItems": 1, "maxItems": most}


# Not `min_length`: Pydantic would also say it of a list whose only entry is wrong.
_SOME: Final = AfterValidator(_some)
_ONE_TEXT: Final = "Give the cue's 'text' or its 'words', not both."
_ONE_PLACE: Final = "Captions come from one place; give '{}' or '{}', not both."


class CaptionWord(Part):
    """A word and when it is spoken."""

    text: Annotated[str, Field(min_length=1, max_length=200, description="The word.")]
    start: Annotated[Seconds, Field(description="Second at which it begins, on the captions' own clock.")]
    end: Annotated[Seconds, Field(description="Second at which it ends.")]


class CaptionCue(Part):
    """What is on screen at a time."""

    start: Annotated[Seconds, Field(description="Second at which it comes, on the captions' own clock.")]
    end: Annotated[Seconds, Field(description="Second at which it goes.")]
    text: Annotated[
        str | None,
        Field(min_length=1, max_length=2000, description="The words, when they carry no times; line breaks are kept."),
    ] = None
    words: Annotated[
        Annotated[
            tuple[CaptionWord, ...],
            _SOME,
            Field(strict=False, max_length=_MAX_WORDS, json_schema_extra=_from_one_to(_MAX_WORDS)),
        ]
        | None,
        Field(description="The words with their times, instead of `text`; each starts no earlier than the last one."),
    ] = None

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """Words with their times, or without."""
        return [
            one_given("text", "words"),
            when(given("text"), {"words": only(None, _ONE_TEXT), "text": {"pattern": VISIBLE}}),
        ]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = []
        if exact(self.end) <= exact(self.start):
            problems.append(("end", "not_rising", "A cue ends after it starts; this 'end' is not after its 'start'."))
        if self.text is None and self.words is None:
            problems.append(
                ("text", "missing_field", "A cue has a 'text', or 'words' with their times; give it one of them.")
            )
        elif self.text is not None and self.words is not None:
            problems.append(("words", "conflicting_fields", _ONE_TEXT))
        elif self.text is not None and not self.text.strip():
            problems.append(("text", "empty", "This cue is empty; write at least one word, or leave the cue out."))
        if problems:
            raise wrong(problems)
        return self

    def resolved(self) -> ResolvedCue | None:
        """The cue on the captions' own clock."""
        start, end = exact(self.start), exact(self.end)
        if self.words is None:
            return cue_of_text(self.text or "", start, end)
        return ResolvedCue(start, end, tuple(_spoken(self.words, start, end)))


def _spoken(words: tuple[CaptionWord, ...], start: Fraction, end: Fraction) -> Iterator[ResolvedWord]:
    """The words inside of their cue, in order, none ending before it starts."""
    earliest = start
    for word in words:
        begins = min(max(exact(word.start), earliest), end)
        earliest = begins
        yield ResolvedWord(" ".join(word.text.split()), begins, min(max(exact(word.end), begins), end))


def _readable(text: str) -> str:
    try:
        sheet = parse_cues(text)
    except Invalid as error:
        raise PydanticCustomError("bad_captions", "{sentence}", {"sentence": error.message}) from None
    if len(sheet.cues) > MAX_CUES:
        facts = {"count": len(sheet.cues), "limit": MAX_CUES}
        raise PydanticCustomError("too_many", "There are {count} cues; at most {limit} are accepted.", facts)
    return text


class Active(Part):
    """How the word looks that is spoken."""

    color: Annotated[ColorText | None, Field(description="Its colour; as the style says when not given.")] = None
    background: Annotated[
        ColorText | None, Field(description="Colour of a box behind it; as the style says when not given.")
    ] = None
    scale: Annotated[
        Annotated[float, Number(at_least=0.5, at_most=3)] | None,
        Field(description="How much larger it is; as the style says when not given."),
    ] = None


_Box = Annotated[Background | bool, Forms("an object, or false for none", flag=bool, fields=Background)]
_Line = Annotated[Stroke | bool, Forms("an object, or false for none", flag=bool, fields=Stroke)]
_Shade = Annotated[Shadow | bool, Forms("an object, or false for none", flag=bool, fields=Shadow)]


class CaptionsAsset(Part):
    """Captions, word by word, from exactly one of `src`, `text` and `cues`."""

    type: Literal["captions"]
    src: Annotated[
        Source | None, Field(description="A file with captions: SRT, WebVTT, ASS, or the JSON of a Cutroom transcript.")
    ] = None
    text: Annotated[
        Annotated[str, AfterValidator(_readable)] | None,
        Field(min_length=1, max_length=MAX_CHARACTERS, description="The text of such a file, instead of `src`."),
    ] = None
    cues: Annotated[
        Annotated[
            tuple[CaptionCue, ...],
            _SOME,
            Field(strict=False, max_length=MAX_CUES, json_schema_extra=_from_one_to(MAX_CUES)),
        ]
        | None,
        Field(description="The captions themselves, instead of `src`."),
    ] = None
    style: Annotated[
        PresetName,
        Word(PRESET_NAMES),
        Field(
            description="How they look, where nothing else is said: `plain`, `outline` and `box` stand still; "
            "`karaoke` and `highlight` colour the word that is spoken; `pop` and `bounce` move it; `word` "
            "shows one word at a time; `typewriter` writes them; `minimal` is small and quiet."
        ),
    ] = "outline"
    font: Annotated[
        CaptionFont, Field(description="How the letters look; what is not said is as the style has it.")
    ] = CaptionFont()
    stroke: Annotated[
        _Line | None,
        Field(description="A line around the letters; false for none, as the style has it when not given."),
    ] = None
    background: Annotated[
        _Box | None, Field(description="A box behind the lines; false for none, as the style has it when not given.")
    ] = None
    shadow: Annotated[
        _Shade | None, Field(description="A shadow; false for none, as the style has it when not given.")
    ] = None
    active: Annotated[Active, Field(description="How the word looks that is spoken.")] = Active()
    spoken_color: Annotated[
        ColorText | None,
        Field(description="Colour of words that were spoken already; as the style has it when not given."),
    ] = None
    animation: Annotated[
        CaptionAnimation | None,
        Field(
            description="How words or cues come: `highlight` and `box` mark the word that is spoken, `karaoke` fills "
            "it, `single` shows it alone; as the style has it when not given."
        ),
    ] = None
    max_lines: Annotated[
        Annotated[int, Number(integer=True, at_least=1, at_most=10)] | None,
        Field(description="Lines at a time; a cue with more is shown in parts. As the style has it when not given."),
    ] = None
    width: Annotated[
        Annotated[int, Number(integer=True, at_least=16, at_most=8192, unit="pixels")] | None,
        Field(description="Pixels that a line may be wide; three quarters of the picture and more when not given."),
    ] = None
    case: Annotated[
        Case | None, Field(description="Letters as written, or changed; as the style has it when not given.")
    ] = None

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """They come from one place."""
        return [
            one_given("src", "text", "cues"),
            when(given("src"), {name: only(None, _ONE_PLACE.format("src", name)) for name in ("text", "cues")}),
            when(given("text"), {"cues": only(None, _ONE_PLACE.format("text", "cues"))}),
        ]

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        found = [name for name in ("src", "text", "cues") if getattr(self, name) is not None]
        if not found:
            sentence = "Captions come from one of 'src' (a file), 'text' (SRT, WebVTT…) and 'cues'; give one of them."
            raise wrong([("src", "missing_field", sentence)])
        if len(found) > 1:
            raise wrong([(found[1], "conflicting_fields", _ONE_PLACE.format(found[0], found[1]))])
        return self

    def sheet(self) -> CueSheet | None:
        """The captions that stand in the document; None when they come from a file."""
        if self.text is not None:
            return parse_cues(self.text)
        if self.cues is None:
            return None
        found = [cue for one in self.cues if (cue := one.resolved()) is not None]
        return CueSheet(tuple(sorted(found, key=lambda cue: cue.start)))
