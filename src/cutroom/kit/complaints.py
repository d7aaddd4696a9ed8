"""Pydantic's complaints as ours: a stable code, and a sentence that says what to write.

No sentence repeats a text that was refused for its length or form: it may be a password.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from cutroom.kit.wording import did_you_mean, one_of, shown, unquoted

_WANTED: Final = {
    "string": "text",
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
    "url": "an address that begins with https:// or http://",
    "none": "null",
}
"""What is accepted, by how the name of a complaint about a type or a form begins."""
_KIND: Final = re.compile(
    r"(.+?)_(?:type|parsing|parsing_size|from_float|from_date_parsing|aware|naive|offset|exact|scheme|syntax_violation)"
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


def complaint(item: Mapping[str, Any], known: Sequence[str] = ()) -> tuple[str, str]:
    """Code and sentence of one of the errors of a `ValidationError`.

    Args:
        item: the error, with its context where it has one.
        known: the fields of the object, where one is unknown.
    """
    kind: str = item["type"]
    if kind == "extra_forbidden":
        return "unknown_field", _unknown_field(str(item["loc"][-1]), known)
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return "out_of_range", _accepted(item["input"], words.format(shown(item["ctx"][name])))
    if kind in _SAID:
        return _SAID[kind](item)
    if (found := _KIND.fullmatch(kind)) and found[1] in _WANTED:
        wanted = _WANTED[found[1]]
        hint = unquoted(item["input"]) if kind in {"int_type", "float_type", "bool_type"} else ""
        return "wrong_type", _accepted(item["input"], wanted, hint)
    text = item["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return kind, text if text.endswith(".") else f"{text}."


def alternatives(found: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Codes and sentences about one value, with those of the forms that it may have as one sentence."""
    types = [sentence for code, sentence in found if code == "wrong_type"]
    if len(types) < 2:
        yield from found
        return
    value = types[0].partition("; accepted is ")[0]
    wanted = dict.fromkeys(sentence.partition("; accepted is ")[2].removesuffix(".") for sentence in types)
    yield "wrong_type", f"{value}; accepted is {one_of(list(wanted))}."
    yield from (said for said in found if said[0] != "wrong_type")


def _accepted(value: Any, wanted: str, hint: str = "") -> str:
    return f"This is {shown(value)}{hint}; accepted is {wanted}."


def _unknown_field(name: str, known: Sequence[str]) -> str:
    listed = f"; the fields here are {', '.join(known)}" if 0 < len(known) <= _MOST_FIELDS else ""
    return f"{shown(name)} is not a known field{did_you_mean(name, known)}{listed}."


def choose(value: Any, words: Sequence[str]) -> str:
    """The sentence for what is none of the words."""
    return _accepted(value, one_of(words), did_you_mean(value, words) if isinstance(value, str) else "")


def _missing(item: Mapping[str, Any]) -> tuple[str, str]:
    return "missing_field", f"'{item['loc'][-1]}' is required."


def _none_of(item: Mapping[str, Any]) -> tuple[str, str]:
    return "unknown_value", choose(item["input"], _QUOTED.findall(item["ctx"]["expected"]) or [item["ctx"]["expected"]])


def _no_such_form(item: Mapping[str, Any]) -> tuple[str, str]:
    tag = _QUOTED.sub(r"\1", item["ctx"]["discriminator"])
    value = item["input"].get(tag) if isinstance(item["input"], dict) else item["input"]
    return "unknown_type", f"'{tag}': {choose(value, _QUOTED.findall(item['ctx']['expected_tags']))}"


def _no_form(item: Mapping[str, Any]) -> tuple[str, str]:
    tag = _QUOTED.sub(r"\1", item["ctx"]["discriminator"])
    return "missing_field", f"'{tag}' is required."


def _too_short(item: Mapping[str, Any]) -> tuple[str, str]:
    count, least = len(item["input"]), item["ctx"]["min_length"]
    if count == 0:
        return "empty", "This text is empty; write something."
    return "text_too_short", f"This text has {count} characters; at least {least} are needed."


def _too_long(item: Mapping[str, Any]) -> tuple[str, str]:
    count, most = len(item["input"]), item["ctx"]["max_length"]
    return "text_too_long", f"This text has {count} characters; at most {most} are accepted."


def _pattern(item: Mapping[str, Any]) -> tuple[str, str]:
    pattern = item["ctx"]["pattern"]
    return "bad_form", f"This text has another form than is accepted: the regular expression {pattern}."


def _few(item: Mapping[str, Any]) -> tuple[str, str]:
    count, least = item["ctx"]["actual_length"], item["ctx"]["min_length"]
    return "too_few", f"This list has {entries(count)}; at least {least} are needed."


def _many(item: Mapping[str, Any]) -> tuple[str, str]:
    what = "object" if isinstance(item["input"], dict) else "list"
    return (
        "too_many",
        f"This {what} has {entries(len(item['input']))}; at most {item['ctx']['max_length']} are accepted.",
    )


def _not_finite(item: Mapping[str, Any]) -> tuple[str, str]:
    return "bad_number", _accepted(item["input"], "a number that is not infinite")


def entries(count: int) -> str:
    """How many entries a list has, as words."""
    return "1 entry" if count == 1 else f"{count or 'no'} entries"


_SAID: Final[Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]]] = {
    "missing": _missing,
    "literal_error": _none_of,
    "enum": _none_of,
    "union_tag_invalid": _no_such_form,
    "union_tag_not_found": _no_form,
    "string_too_short": _too_short,
    "string_too_long": _too_long,
    "string_pattern_mismatch": _pattern,
    "too_short": _few,
    "too_long": _many,
    "finite_number": _not_finite,
}
