"""Merge fields: `{{NAME}}` in the strings of a document, filled from its `merge` before anything else is looked at.

A string that is one placeholder and nothing else becomes the value itself, with its type: `"start": "{{START}}"` and
`"merge": {"START": 5.2}` give `"start": 5.2`. Anywhere else the value is written into the string. Names are
case-sensitive, spaces inside the braces mean nothing, values are not looked at for further placeholders, names that
nothing uses are ignored, and placeholders that nothing fills are left for `scan` to refuse.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.schema import pointer
from cutroom.kit.wording import shown

FIELD: Final = "merge"
MAX_NAMES: Final = 1_000
MAX_VALUE_CHARS: Final = 20_000
MAX_GROWTH_CHARS: Final = 4_000_000
"""How much longer merging may make all strings of a document together: each of many places may take a long value."""
MAX_DEPTH: Final = 42
"""Levels into which values are put; what lies deeper is refused by `scan`, which allows fewer."""
NAME: Final = r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}"
PLACEHOLDER: Final = re.compile(rf"\{{\{{[ \t]*({NAME})[ \t]*\}}\}}")
_NAME: Final = re.compile(NAME)
_BRACES: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)

Scalar = str | int | float | bool
"""What a placeholder can stand for."""

EDITORS: Final = "$schema"
"""What editors look for in a document to find its schema; nobody else reads it."""
EDITORS_SCHEMA: Final[Mapping[str, Any]] = {
    "description": "Where editors find the schema of the document; it changes nothing.",
    "type": "string",
}
MERGE_SCHEMA: Final[Mapping[str, Any]] = {
    "description": "Values for placeholders: `{{NAME}}` in any string of the document becomes the value of `NAME`. A "
    "string that is nothing but one placeholder takes the value with its type. Names are case-sensitive; a "
    "placeholder without a value is refused.",
    "anyOf": [
        {
            "type": "object",
            "propertyNames": {"pattern": f"^{NAME}$"},
            "additionalProperties": {"type": ["string", "number", "boolean"]},
            "maxProperties": MAX_NAMES,
        },
        {
            "type": "array",
            "maxItems": MAX_NAMES,
            "items": {
                "type": "object",
                "properties": {
                    "find": {"type": "string", "pattern": f"^{NAME}$", "description": "Name of the placeholder."},
                    "replace": {"type": ["string", "number", "boolean"], "description": "What stands there instead."},
                },
                "required": ["find", "replace"],
                "additionalProperties": False,
            },
        },
    ],
}
"""JSON Schema of the field."""


def merged(document: Any) -> tuple[Any, list[Detail]]:
    """The document with its placeholders filled, without `merge` and `$schema`, and all that is wrong with those.

    Raises:
        Invalid: `too_large`, when the values would make the document grow beyond reason.
    """
    if not isinstance(document, dict) or (FIELD not in document and EDITORS not in document):
        return document, []
    values, problems = read_values(document.get(FIELD, {}))
    if not isinstance(address := document.get(EDITORS, ""), str):
        sentence = f"This is {shown(address)}; accepted is the address of a schema, as text."
        problems.append(Detail(pointer([EDITORS]), "wrong_type", sentence))
    rest = {name: value for name, value in document.items() if name not in {FIELD, EDITORS}}
    return (fill(rest, values) if values else rest), problems


def fill(document: Any, values: Mapping[str, Scalar]) -> Any:
    """A copy of JSON data with the values in the places of their names.

    Raises:
        Invalid: `too_large`.
    """
    return _Filling(values).filled(document, 0)


def placeholders(value: Any, trail: tuple[str | int, ...] = ()) -> Iterator[tuple[str, tuple[str | int, ...], bool]]:
    """Every placeholder in JSON data: its name, its path, and whether it is all of its string."""
    if isinstance(value, str):
        for found in PLACEHOLDER.finditer(value):
            yield found.group(1), trail, found.group() == value
    elif len(trail) > MAX_DEPTH:
        return
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from placeholders(item, (*trail, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from placeholders(item, (*trail, index))


def read_values(given: Any) -> tuple[dict[str, Scalar], list[Detail]]:
    """The values of a `merge`: an object of names, or a list of {"find", "replace"} as other tools write it."""
    problems: list[Detail] = []
    values: dict[str, Scalar] = {}
    pairs = _pairs(given, problems)
    if len(pairs) > MAX_NAMES:
        sentence = f"'merge' holds {len(pairs)} names; at most {MAX_NAMES} are accepted."
        return {}, [Detail(pointer([FIELD]), "too_many_names", sentence)]
    for name, value, name_place, value_place in pairs:
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            sentence = (
                f"{shown(name)} cannot be a name; a name has 1 to 64 letters, digits, '_', '.' or '-', starts with a "
                "letter or '_', and is written without braces."
            )
            problems.append(Detail(name_place, "bad_merge_name", sentence))
        elif name in values:
            problems.append(Detail(name_place, "duplicate_name", f"{shown(name)} has a value already; give it one."))
        elif (wrong := value_problem(value)) is not None:
            problems.append(Detail(value_place, *wrong))
        else:
            values[name] = value
    return values, problems


def value_problem(value: Any) -> tuple[str, str] | None:
    """What is wrong with a value: a code and a sentence; None when nothing is."""
    if isinstance(value, str):
        if len(value) > MAX_VALUE_CHARS:
            sentence = f"This value has {len(value)} characters; at most {MAX_VALUE_CHARS} are accepted."
            return "text_too_long", sentence
        if _BRACES.search(value) is not None:
            return "bad_merge_value", "A value cannot hold placeholders; values are not merged themselves."
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return "bad_number", "This is no finite number."
    if isinstance(value, bool | int | float):
        return None
    return "wrong_type", f"This is {shown(value)}; accepted is text, a number, true or false."


def written(value: Scalar) -> str:
    """A value as it stands inside a longer string: numbers as JSON writes them, 5.0 as 5."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _pairs(given: Any, problems: list[Detail]) -> list[tuple[Any, Any, str, str]]:
    """Name, value and the places of both."""
    if isinstance(given, dict):
        return [(name, value, place, place) for name, value in given.items() for place in (_place(name),)]
    if not isinstance(given, list):
        sentence = f"'merge' is {shown(given)}; accepted is an object of names and values."
        problems.append(Detail(pointer([FIELD]), "wrong_type", sentence))
        return []
    pairs: list[tuple[Any, Any, str, str]] = []
    for index, item in enumerate(given):
        place = pointer([FIELD, index])
        if isinstance(item, dict) and item.keys() == {"find", "replace"}:
            pairs.append((item["find"], item["replace"], f"{place}/find", f"{place}/replace"))
        else:
            sentence = 'An entry of a \'merge\' list is {"find": "NAME", "replace": value}.'
            problems.append(Detail(place, "wrong_type", sentence))
    return pairs


def _place(name: Any) -> str:
    return pointer([FIELD, str(name)[:80].encode("utf-8", "replace").decode()])


class _Filling:
    """One pass over a document."""

    def __init__(self, values: Mapping[str, Scalar]) -> None:
        self._values = values
        self._growth = 0

    def filled(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self._text(value) if "{{" in value else value
        if depth > MAX_DEPTH:
            return value
        if isinstance(value, dict):
            return {name: self.filled(item, depth + 1) for name, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item, depth + 1) for item in value]
        return value

    def _text(self, text: str) -> Scalar:
        whole = PLACEHOLDER.fullmatch(text)
        if whole is not None and whole.group(1) in self._values:
            value = self._values[whole.group(1)]
            self._grown(len(value) if isinstance(value, str) else 0)
            return value
        return PLACEHOLDER.sub(self._inside, text)

    def _inside(self, found: re.Match[str]) -> str:
        if found.group(1) not in self._values:
            return found.group()
        text = written(self._values[found.group(1)])
        self._grown(len(text))
        return text

    def _grown(self, chars: int) -> None:
        self._growth += chars
        if self._growth > MAX_GROWTH_CHARS:
            sentence = "The values of 'merge' would make the document far too large; use shorter ones, or fewer places."
            raise Invalid("too_large", sentence, details=[Detail(pointer([FIELD]), "too_large", sentence)])
