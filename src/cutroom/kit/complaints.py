"""Pydantic's complaints as ours: a stable code, and a sentence that says what to write.

No sentence repeats what was refused for its length or form, or where a text should be: it may be a password.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cutroom.kit.wording import did_you_mean, one_of, shown, unquoted

_WANTED: Final = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "an object",
    "mapping": "an object",
    "model": "an object",
    "model_attributes": "an object",
    "dataclass": "an object",
    "datetime": "a time with its zone, such as 2026-11-21T09:30:00Z",
    "timezone": "a time with its zone, such as 2026-11-21T09:30:00Z",
    "date": "a date, such as 2026-11-21",
    "date_from_datetime": "a date, such as 2026-11-21",
    "none": "null",
}
"""What is accepted, by how the name of a complaint about a type or a form begins."""
_SECRET: Final = {"string": "text", "url": "an address that begins with https:// or http://"}
"""The same, where the value is not to be shown."""
_KIND: Final = re.compile(
    r"(.+?)_(?:type|parsing|parsing_size|from_float|from_date_parsing|inexact|aware|scheme|syntax_violation|required)"
)
_BOUNDS: Final = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "at most {}"),
    "less_than": ("lt", "less than {}"),
    "multiple_of": ("multiple_of", "a multiple of {}"),
}
_QUOTED: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")
_MOST_FIELDS: Final = 40
"""How many fields a sentence names."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one value.

    Args:
        code: stable.
        said: the sentence; or its beginning, where something is named that is accepted.
        accepted: what that is.
    """

    code: str
    said: str
    accepted: str = ""

    @property
    def sentence(self) -> str:
        """All of it."""
        return f"{self.said}; accepted is {self.accepted}." if self.accepted else self.said


def complaint(item: Mapping[str, Any], known: Sequence[str] = ()) -> Complaint:
    """One of the errors of a `ValidationError`.

    Args:
        item: the error, with its context where it has one.
        known: the fields of the object, where one is unknown.
    """
    kind: str = item["type"]
    if kind == "extra_forbidden":
        return Complaint("unknown_field", _unknown_field(str(item["loc"][-1]), known))
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return Complaint("out_of_range", f"This is {shown(item['input'])}", words.format(_bound(item["ctx"][name])))
    if kind in _SAID:
        return _SAID[kind](item)
    found = _KIND.fullmatch(kind)
    if found and found[1] in _SECRET:
        return Complaint("wrong_type", f"This is {_sort(item['input'])}", _SECRET[found[1]])
    if found and found[1] in _WANTED:
        return Complaint("wrong_type", f"This is {shown(item['input'])}{_hint(item)}", _WANTED[found[1]])
    text = item["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return Complaint(kind, text if text.endswith(".") else f"{text}.")


def alternatives(found: Sequence[Complaint]) -> Iterator[Complaint]:
    """The complaints about one value, of which several are there where it may have several forms.

    A form whose type fits says what is wrong; where none fits, all are named at once.
    """
    choices = [one for one in found if one.accepted and one.code in {"wrong_type", "unknown_value"}]
    others = [one for one in found if one not in choices]
    if others:
        yield from others
        return
    first = next((one for one in choices if one.code == "unknown_value"), choices[0])
    wanted = dict.fromkeys(one.accepted for one in (first, *choices))
    yield Complaint(
        first.code, first.said, ", or ".join(wanted) if first.code == "unknown_value" else one_of([*wanted])
    )


def _bound(limit: Any) -> str:
    return f"{limit:.10g}" if isinstance(limit, float) else str(limit)


def _sort(value: Any) -> str:
    """What sort of value stands there, without saying it."""
    if isinstance(value, str):
        return "another text"
    return "a number" if isinstance(value, int | float) and not isinstance(value, bool) else shown(value)


def _hint(item: Mapping[str, Any]) -> str:
    """At a number or a flag in quotes, where that alone is wrong."""
    flag = item["input"] in ("true", "false")
    return unquoted(item["input"]) if item["type"] in (("bool_type",) if flag else ("int_type", "float_type")) else ""


def _unknown_field(name: str, known: Sequence[str]) -> str:
    listed = f"; the fields here are {', '.join(known)}" if 0 < len(known) <= _MOST_FIELDS else ""
    return f"{shown(name)} is not a known field{did_you_mean(name, known)}{listed}."


def _choose(value: Any, words: str) -> tuple[str, str]:
    """How the sentence begins for what is none of the words, as Pydantic lists them; and the words."""
    options = _QUOTED.findall(words)
    if not options or re.sub(r"\W|or", "", _QUOTED.sub("", words)):
        return f"This is {shown(value)}", words
    hint = did_you_mean(value, options) if isinstance(value, str) else ""
    return f"This is {shown(value)}{hint}", one_of(options)


def _missing(item: Mapping[str, Any]) -> Complaint:
    return Complaint("missing_field", f"'{item['loc'][-1]}' is required." if item["loc"] else "The body is required.")


def _none_of(item: Mapping[str, Any]) -> Complaint:
    return Complaint("unknown_value", *_choose(item["input"], item["ctx"]["expected"]))


def _no_such_form(item: Mapping[str, Any]) -> Complaint:
    tag = _QUOTED.sub(r"\1", item["ctx"]["discriminator"])
    value = item["input"].get(tag) if isinstance(item["input"], dict) else item["input"]
    said, words = _choose(value, item["ctx"]["expected_tags"])
    return Complaint("unknown_type", f"'{tag}': {said}", words)


def _no_form(item: Mapping[str, Any]) -> Complaint:
    tag = _QUOTED.sub(r"\1", item["ctx"]["discriminator"])
    return Complaint("missing_field", f"'{tag}' is required.")


def _too_short(item: Mapping[str, Any]) -> Complaint:
    value, least = item["input"], item["ctx"]["min_length"]
    if isinstance(value, str):
        if not value.strip():
            return Complaint("empty", "This text is empty; write something.")
        return Complaint("text_too_short", f"This text has {len(value)} characters; at least {least} are needed.")
    return Complaint("too_few", f"This {_holder(value)} has {entries(len(value))}; at least {least} are needed.")


def _too_long(item: Mapping[str, Any]) -> Complaint:
    value, most = item["input"], item["ctx"]["max_length"]
    if isinstance(value, str):
        return Complaint("text_too_long", f"This text has {len(value)} characters; at most {most} are accepted.")
    return Complaint("too_many", f"This {_holder(value)} has {entries(len(value))}; at most {most} are accepted.")


def _holder(value: Any) -> str:
    return "object" if isinstance(value, dict) else "list"


def _pattern(item: Mapping[str, Any]) -> Complaint:
    pattern = item["ctx"]["pattern"]
    return Complaint("bad_form", f"This text has another form than is accepted: the regular expression {pattern}.")


def _not_finite(item: Mapping[str, Any]) -> Complaint:
    return Complaint("bad_number", f"This is {shown(item['input'])}", "a number that is not infinite")


def entries(count: int) -> str:
    """How many entries a list has, as words."""
    return "1 entry" if count == 1 else f"{count or 'no'} entries"


_SAID: Final[Mapping[str, Callable[[Mapping[str, Any]], Complaint]]] = {
    "missing": _missing,
    "literal_error": _none_of,
    "enum": _none_of,
    "union_tag_invalid": _no_such_form,
    "union_tag_not_found": _no_form,
    "string_too_short": _too_short,
    "string_too_long": _too_long,
    "string_pattern_mismatch": _pattern,
    "too_short": _too_short,
    "too_long": _too_long,
    "finite_number": _not_finite,
}
