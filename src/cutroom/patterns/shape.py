"""The shape that an answer must have: a JSON schema from a pattern, which anybody may have written."""

from collections.abc import Mapping
from typing import Any, Final, NoReturn
from urllib.parse import unquote

import jsonschema_rs

from cutroom.kit.schema import pointer

_MOST_COMPLAINTS: Final = 10
_MOST_CHARACTERS: Final = 200
_MOST_PLACES: Final = 2_000
"""Objects and lists of a schema with all that its references stand for: what one value of an answer is held against."""
_ELSEWHERE: Final = frozenset({"$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef"})
"""Other ways than `$ref` to mean another place of a schema; models do not know them."""
_TWICE: Final = frozenset({"unevaluatedItems", "unevaluatedProperties"})
"""Whose neighbours are looked at once more."""


class Shape:
    """A JSON schema, draft 2020-12. It fetches nothing, and takes time that grows no faster than what it checks.

    Args:
        schema: as JSON data.

    Raises:
        ValueError: when it is no schema, refers to another document or to itself, or is too large.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        _check_size(schema)
        try:
            self._check = jsonschema_rs.Draft202012Validator(
                dict(schema), pattern_options=jsonschema_rs.RegexOptions(), retriever=_refuse
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise ValueError(_shortened(str(getattr(error, "message", error)))) from error

    def complaint(self, data: Any) -> str | None:
        """What is wrong with JSON data, in sentences with JSON pointers; None when nothing is."""
        wrong: list[str] = []
        for error in self._check.iter_errors(data):
            wrong.append(f"{pointer(error.instance_path) or 'All of it'}: {_shortened(error.message)}.")
            if len(wrong) == _MOST_COMPLAINTS:
                break
        return " ".join(wrong) or None


def _check_size(schema: Mapping[str, Any]) -> None:
    """Refuse a schema with which a few lines could take years: nested references double at every level.

    It is walked as a validator does, with every reference followed; one that never ends is too large as well.
    """
    waiting: list[Any] = [schema]
    places = 0
    while waiting:
        place = waiting.pop()
        if not isinstance(place, Mapping | list):
            continue
        places += 1
        if places > _MOST_PLACES:
            message = f"it refers to itself, or has more than {_MOST_PLACES:,} places with all that it refers to"
            raise ValueError(message)
        if isinstance(place, list):
            waiting += place
            continue
        if place is not schema and isinstance(place.get("$id"), str):
            raise ValueError("a schema has one '$id' at most, at its beginning")
        if any(isinstance(place.get(name), str) for name in _ELSEWHERE):
            raise ValueError("a schema refers to its own parts by '$ref' alone")
        waiting += [*place.values()] * (1 if _TWICE.isdisjoint(place) else 2)
        if isinstance(reference := place.get("$ref"), str):
            waiting.append(_part(schema, reference))


def _part(schema: Mapping[str, Any], reference: str) -> Any:
    """What a reference means (RFC 6901)."""
    found: Any = {"#": schema}
    try:
        for name in unquote(reference).split("/"):
            key = name.replace("~1", "/").replace("~0", "~")
            found = found[int(key)] if isinstance(found, list) else found[key]
    except (LookupError, TypeError, ValueError):
        raise ValueError(f"'{_shortened(reference)}' is no part of it") from None
    return found


def _refuse(uri: str) -> NoReturn:
    raise ValueError("a schema may not refer to another document")


def _shortened(text: str) -> str:
    text = text.splitlines()[0] if text else ""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}\u2026"
