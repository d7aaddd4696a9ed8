"""Pydantic models of the edge: camelCase on the wire, snake_case inside, nothing unknown let in."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from cutroom.kit.errors import Detail, Invalid


class Schema(BaseModel):
    """Base of every model that is read from or written to the wire."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
    )


def is_absent(value: object) -> bool:
    """Whether a field is left out of the JSON instead of being written as null; for `exclude_if`."""
    return value is None


def pointer(parts: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) from its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def invalid(error: ValidationError, document: Any, *, prefix: str = "") -> Invalid:
    """Turn Pydantic's complaint about `document` into ours, with pointers into what the caller sent.

    Pydantic's locations name union branches too; only the parts that exist in the document (or the last, missing
    one) belong in a pointer. `prefix` is put before every pointer.
    """
    details: list[Detail] = []
    for item in error.errors(include_url=False, include_context=False):
        place = prefix + pointer(_path(item["loc"], document, missing=item["type"] == "missing"))
        details.append(Detail(place, _code(item["type"]), _sentence(item)))
    first = details[0]
    where = first.pointer or "the document"
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return Invalid("invalid_input", f"{where}: {first.message}{more}", details=details[:100])


def _path(location: Sequence[str | int], document: Any, *, missing: bool) -> list[str | int]:
    path: list[str | int] = []
    here: Any = document
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(here, dict) and part in here:
            path.append(part)
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            path.append(part)
            here = here[part]
        elif last and missing and isinstance(here, dict):
            path.append(part)
    return path


_CODES = {"missing": "missing_field", "extra_forbidden": "unknown_field", "union_tag_invalid": "unknown_type"}


def _code(kind: str) -> str:
    return _CODES.get(kind, kind)


def _sentence(item: Any) -> str:
    if item["type"] == "missing":
        return f"'{item['loc'][-1]}' is required."
    if item["type"] == "extra_forbidden":
        return f"'{item['loc'][-1]}' is not a known field."
    text: str = item["msg"]
    text = text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text if text.endswith(".") else text + "."
