"""Kinds of field: each checks itself and says in one sentence what it accepts.

Pydantic's own unions report one error per branch; a reader of `"start": "soon"` wants one. So a field that takes a
number or a word is one type here, `Number`.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from cutroom.kit import wording
from cutroom.kit.schema import Schema
from cutroom.kit.wording import one_of, shown, unquoted
from cutroom.timeline.agreement import Agreement

MAX_SECONDS: Final = 1_000_000.0
SECOND_NS: Final = 10**9
_ALIAS: Final = "alias://"
"""How another tool names a clip in the times of others."""
_MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "middle": ("center",),
    "circle": ("ellipse",),
    "oval": ("ellipse",),
    "square": ("1:1", "rectangle"),
    "portrait": ("9:16",),
    "vertical": ("9:16", "vertical"),
    "landscape": ("16:9",),
    "widescreen": ("16:9",),
    "bold": ("700",),
    "regular": ("400",),
    "oblique": ("italic",),
    "hevc": ("h265",),
    "avc": ("h264",),
    "avi": ("mp4",),
    "mkv": ("mp4",),
    "best": ("highest",),
    "good": ("high",),
    "burn": ("color-burn",),
    "dodge": ("color-dodge",),
    "invert": ("negative",),
    "1280x720": ("720p",),
    "1920x1080": ("1080p",),
    "fontsize": ("size",),
    "framerate": ("fps",),
    "end": (),
}
"""Words that say something else than what they look like, in lower case, and what is meant where that is accepted."""
_NAMED: Final = {
    "black": "#000000", "white": "#ffffff", "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0",
    "red": "#ff0000", "green": "#008000", "blue": "#0000ff", "yellow": "#ffff00", "orange": "#ffa500",
    "purple": "#800080", "pink": "#ffc0cb", "cyan": "#00ffff", "magenta": "#ff00ff", "lime": "#00ff00",
    "navy": "#000080", "teal": "#008080", "brown": "#a52a2a", "gold": "#ffd700",
}  # fmt: skip
"""Colours by their names in CSS (Color 4, section 6.1)."""
CLIP_NAME: Final = r"[A-Za-z0-9_\-]{1,64}"
CLEAR: Final = "transparent"
"""What stands for no colour at all."""
_COLOR: Final = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_OPAQUE: Final = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


class Part(Schema):
    """A part of the document. Strict: "5" is not 5, and only the names of the schema are names."""

    model_config = ConfigDict(strict=True, populate_by_name=False, validate_by_name=False, validate_by_alias=True)

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """What the published schema says of these fields together; the validators of the model check it."""
        return ()


@lru_cache(maxsize=4096)
def exact(seconds: float) -> Fraction:
    """Seconds as a fraction, to the nanosecond."""
    return Fraction(nanoseconds(seconds), SECOND_NS)


@lru_cache(maxsize=4096)
def nanoseconds(seconds: float) -> int:
    """Seconds as whole nanoseconds, which are quicker to add up than fractions.

    Finer digits are noise of somebody's float arithmetic: 0.1 + 0.2 and 0.3 are the same edge.
    """
    return int(f"{seconds:.9f}".replace(".", ""))


def did_you_mean(value: str, options: Iterable[str]) -> str:
    """A hint at the option that was probably meant, or nothing."""
    return wording.did_you_mean(value, options, _MEANT)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a range, or one of a few words.

    Args:
        at_most: the largest number accepted.
        at_least: the smallest, unless there is `more_than`.
        more_than: the end of the range that is itself left out.
        words: words accepted instead of a number.
        ways: words accepted with a colon and the name of a clip behind them.
        integer: whole numbers only.
        even: even numbers only.
        unit: what the number counts, for the sentence.
    """

    at_most: float
    at_least: float = 0
    more_than: float | None = None
    words: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    integer: bool = False
    even: bool = False
    unit: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check in `check`; Pydantic adds nothing."""
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The same rule for the published schema."""
        number: JsonSchemaValue = {"type": "integer" if self.integer else "number", **self.range_schema()}
        forms = [number, *([{"enum": list(self.words)}] if self.words else [])]
        if self.ways:
            forms.append({"type": "string", "pattern": f"^(?:{'|'.join(self.ways)}):{CLIP_NAME}$"})
        return {"anyOf": forms} if len(forms) > 1 else number

    def range_schema(self) -> JsonSchemaValue:
        """How large numbers may be, for the published schema."""
        found = {
            "minimum": self.at_least if self.more_than is None else None,
            "exclusiveMinimum": self.more_than,
            "maximum": self.at_most,
            "multipleOf": 2 if self.even else None,
        }
        return {
            key: int(value) if float(value).is_integer() else value for key, value in found.items() if value is not None
        }

    def check(self, value: Any) -> float | int | str:
        """The value itself, or an error that says what is accepted."""
        if isinstance(value, str):
            way, _, name = value.partition(":")
            if value in self.words or (way in self.ways and re.fullmatch(CLIP_NAME, name) is not None):
                return value
            raise self._refuse("unknown_value" if self.words else "wrong_type", value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refuse("wrong_type", value)
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refuse("bad_number", value)
        if self.integer and value != int(value):
            raise self._refuse("wrong_type", value)
        if self._outside(value) or (self.even and value % 2):
            raise self._refuse("out_of_range", value)
        return int(value) if self.integer else float(value)

    def _outside(self, value: float) -> bool:
        too_small = value < self.at_least if self.more_than is None else value <= self.more_than
        return too_small or value > self.at_most

    def _refuse(self, code: str, value: Any) -> PydanticCustomError:
        facts = {**_facts(value, self.accepted()), "hint": unquoted(value)}
        if self.ways and isinstance(value, str) and value.startswith(_ALIAS):
            facts["hint"] = f" (write {self.ways[0]}:{shown(value.removeprefix(_ALIAS))[1:-1]})"
        return PydanticCustomError(code, "This is {value}{hint}; accepted is {accepted}.", facts)

    def accepted(self) -> str:
        """What is accepted, as words: "a number of seconds from 0 to 10, or auto"."""
        kind = ("an even number" if self.even else "a whole number") if self.integer else "a number"
        low = f"from {self.at_least:.10g} to" if self.more_than is None else f"above {self.more_than:g} and up to"
        unit = f" of {self.unit}" if self.unit else ""
        words = "".join(f', or "{word}"' for word in (*self.words, *(f"{way}:NAME" for way in self.ways)))
        return f"{kind}{unit} {low} {self.at_most:.10g}{words}"


def _facts(value: Any, accepted: str) -> dict[str, Any]:
    return {"value": shown(value), "accepted": accepted}


def _refuse_color(value: str, accepted: str) -> PydanticCustomError:
    facts, word = _facts(value, accepted), value.strip().casefold()
    meant = _NAMED.get(word) or (f"#{word}" if _COLOR.fullmatch(f"#{word}") else None)
    facts["hint"] = f" (write {meant})" if meant else ""
    return PydanticCustomError("bad_color", "This is {value}{hint}; accepted is {accepted}.", facts)


def _color(value: str) -> str:
    if _COLOR.fullmatch(value) is None:
        accepted = "a colour such as #fff, #101418 or, with opacity, #10141880"
        raise _refuse_color(value, accepted)
    return value


def _opaque_color(value: str) -> str:
    if _OPAQUE.fullmatch(value) is None:
        accepted = "an opaque colour such as #fff or #101418"
        raise _refuse_color(value, accepted)
    return value


def _clear_or_color(value: str) -> str:
    if value != CLEAR and _COLOR.fullmatch(value) is None:
        accepted = '"transparent", or a colour such as #fff, #101418 or, with opacity, #10141880'
        raise _refuse_color(value, accepted)
    return value


def _clear_or_opaque(value: str) -> str:
    if value != CLEAR and _OPAQUE.fullmatch(value) is None:
        accepted = '"transparent", or an opaque colour such as #fff or #101418'
        raise _refuse_color(value, accepted)
    return value


ClearOrColor = Annotated[
    str,
    AfterValidator(_clear_or_color),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{CLEAR}|{_COLOR.pattern})$"}),
]
ClearOrOpaque = Annotated[
    str,
    AfterValidator(_clear_or_opaque),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{CLEAR}|{_OPAQUE.pattern})$"}),
]
ColorText = Annotated[str, AfterValidator(_color), WithJsonSchema({"type": "string", "pattern": f"^{_COLOR.pattern}$"})]
OpaqueColorText = Annotated[
    str, AfterValidator(_opaque_color), WithJsonSchema({"type": "string", "pattern": f"^{_OPAQUE.pattern}$"})
]


class Word:
    """One word of a closed list.

    Args:
        words: what is accepted.
        says: the list as a sentence says it, where it is too long to be said in full.
    """

    def __init__(self, words: Iterable[str], says: str | None = None) -> None:
        self.words = tuple(words)
        self._says = says or one_of(self.words)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check in `check`; Pydantic adds nothing."""
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The same rule for the published schema."""
        return {"type": "string", "enum": list(self.words)}

    def check(self, value: Any) -> str:
        """The word itself, or an error that says what is accepted."""
        if isinstance(value, str) and value in self.words:
            return value
        facts = _facts(value, self._says)
        if not isinstance(value, str):
            raise PydanticCustomError("wrong_type", "This is {value}; accepted is {accepted}.", facts)
        facts["hint"] = " (leave it out)" if value == "none" else did_you_mean(value, self.words)
        raise PydanticCustomError("unknown_value", "This is {value}{hint}; accepted is {accepted}.", facts)


FORM_MARK: Final = "\x00form:"
"""How the steps begin that `Forms` puts into Pydantic's paths; no name in a document may hold a NUL."""


class Forms:
    """A value that may be written in several JSON types; the type alone decides which form is meant, and is checked.

    Args:
        accepted: all forms, as words.
        text: the type of a JSON string, when that is a form; and so on.
        number: of a number.
        flag: of true or false.
        listed: of a list.
        fields: of an object.
    """

    def __init__(
        self, accepted: str, *, text: Any = None, number: Any = None, flag: Any = None, listed: Any = None,
        fields: Any = None,
    ) -> None:  # fmt: skip
        self._accepted = accepted
        forms = {"text": text, "number": number, "flag": flag, "listed": listed, "fields": fields}
        self._forms = {FORM_MARK + name: form for name, form in forms.items() if form is not None}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A union in which each value is tried as one form only, so that one error says what is wrong."""
        return core_schema.tagged_union_schema(
            {name: handler.generate_schema(form) for name, form in self._forms.items()},
            _form_of,
            custom_error_type="wrong_form",
            custom_error_message="Accepted is {accepted}.",
            custom_error_context={"accepted": self._accepted},
        )


def _form_of(value: Any) -> str | None:
    if isinstance(value, bool):
        return f"{FORM_MARK}flag"
    for kinds, name in ((str, "text"), ((int, float), "number"), ((list, tuple), "listed"), ((dict, Part), "fields")):
        if isinstance(value, kinds):
            return FORM_MARK + name
    return None


Seconds = Annotated[float, Number(at_least=0, at_most=MAX_SECONDS, unit="seconds")]
Share = Annotated[float, Number(at_least=0, at_most=1)]
Degrees = Annotated[float, Number(at_least=-360, at_most=360, unit="degrees")]


def wrong(problems: Sequence[tuple[str | tuple[str | int, ...], str, str]]) -> ValidationError:
    """Several problems of one object at once: (field as written in the document, or the path to it, code, sentence).

    Raised inside a model's validator, Pydantic puts every one of them at its own place.
    """
    lines = [
        InitErrorDetails(
            type=PydanticCustomError(code, "{sentence}", {"sentence": sentence}),
            loc=field if isinstance(field, tuple) else (field,),
            input=None,
        )
        for field, code, sentence in problems
    ]
    return ValidationError.from_exception_data("timeline", lines)
