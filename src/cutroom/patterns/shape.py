"""The shape that an answer must have: a JSON schema from a pattern, which anybody may have written."""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

import jsonschema_rs

from cutroom.kit.schema import pointer

_MOST_COMPLAINTS: Final = 10
_MOST_CHARACTERS: Final = 200


class Shape:
    """A JSON schema, draft 2020-12. It fetches nothing, and its regular expressions take linear time.

    Args:
        schema: as JSON data.

    Raises:
        ValueError: when it is no schema, or refers to another document.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
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


def _refuse(uri: str) -> NoReturn:
    raise ValueError("a schema may not refer to another document")


def _shortened(text: str) -> str:
    text = text.splitlines()[0] if text else ""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}\u2026"
