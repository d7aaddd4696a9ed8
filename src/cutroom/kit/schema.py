"""Pydantic models of the edge: camelCase on the wire, snake_case inside, nothing unknown let in."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from cutroom.kit.complaints import Complaint, alternatives, complaint
from cutroom.kit.errors import Detail, Invalid

MOST_DETAILS: Final = 100
"""How many complaints are told of one document."""


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


def invalid(error: ValidationError, document: Any, *, prefix: str = "", model: Any = None) -> Invalid:
    """Turn Pydantic's complaint about `document` into ours, with pointers into what the caller sent.

    `prefix` is put before every pointer. With the type that the document should have, `model`, fields are named where
    one is unknown.
    """
    return refusal(*details_of(error.errors(include_url=False), document, prefix=prefix, model=model))


def refusal(details: Sequence[Detail], unsaid: int = 0) -> Invalid:
    """The error that says the first of the details, and how many more there are: the others, and those left unsaid."""
    first, count = details[0], len(details) - 1 + unsaid
    more = f" (and {count} more)" if count else ""
    return Invalid(
        "invalid_input", f"{first.pointer or 'the document'}: {first.message}{more}", details=details[:MOST_DETAILS]
    )


def details_of(
    items: Sequence[Mapping[str, Any]], document: Any, *, prefix: str = "", model: Any = None
) -> tuple[list[Detail], int]:
    """What Pydantic complains of, as `invalid` says it: once for each place, whatever forms a value may have there.

    Of the first complaints alone, with the number of the rest: a body of strangers may have 100,000 unknown fields.
    """
    found: dict[str, list[Complaint]] = {}
    for item in items[:MOST_DETAILS]:
        path, holders = _place(item["loc"], document, missing=item["type"] == "missing", model=model)
        known = list(dict.fromkeys(name for holder in holders for name in _fields(holder)))
        found.setdefault(pointer(path), []).append(complaint(item, known))
    # Where something inside of a value is wrong, the value has the form that was meant.
    outer = {place.rpartition("/")[0] for place in found}
    for place in [place for place in found if place and place in outer]:
        found[place] = [one for one in found[place] if one.code != "wrong_type"]
    details = [
        Detail(prefix + place, one.code, one.sentence)
        for place, complaints in found.items()
        if complaints
        for one in alternatives(complaints)
    ]
    return details, max(len(items) - MOST_DETAILS, 0)


def _place(
    location: Sequence[str | int], document: Any, *, missing: bool, model: Any
) -> tuple[list[str | int], list[type[BaseModel]]]:
    """The path in the document, and the models that its last part but one may have.

    Pydantic's locations name union branches too; only the parts that exist in the document (or the last, missing one)
    belong in a pointer.
    """
    path: list[str | int] = []
    here, models = document, list(_models(model))
    holders = models
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(here, dict) and part in here:
            path.append(part)
            here, holders = here[part], models
            inner = [
                found for one in models if part in (fields := _fields(one)) for found in _models(fields[str(part)])
            ]
            models = inner or models  # the entries of an object with any names are what was found for the object
        elif isinstance(here, list | tuple) and isinstance(part, int) and part < len(here):
            path.append(part)
            here = here[part]
        elif last and missing and isinstance(here, dict):
            path.append(part)
        else:
            models = [one for one in models if _is_branch(one, part)] or models
    return path, holders


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type: in a union's branches, in a list's entries."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


@lru_cache(maxsize=1024)
def _fields(model: type[BaseModel]) -> Mapping[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _is_branch(model: type[BaseModel], name: str | int) -> bool:
    """Whether Pydantic means this branch of a union: it says the model's name, or the value of the field that tells."""
    return model.__name__ == name or any(
        name in get_args(annotation) for annotation in _fields(model).values() if get_origin(annotation) is Literal
    )
